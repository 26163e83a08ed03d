"""Messages become turns without loss, whatever their order."""

import json
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from console.contract.conversations import Conversation, Speaker
from console.server.connect.chat_completions import read_line
from console.server.domain.json_objects import JsonObject
from console.server.signal.places import context_before
from console.server.signal.shapes import openai_message
from tests.connect.lines import PROMPT, called, read_one, result, said, transcript, user
from tests.contract.made_up import CALM, TEXTS

IDS = st.sampled_from(["call_1", "call_2"])


def all_messages(conversation: Conversation) -> list[JsonObject]:
    last = conversation.turns[-1]
    return [openai_message(message) for message in (*context_before(conversation, last, 0), *last.messages)]


@st.composite
def dialogues(draw: st.DrawFn) -> list[JsonObject]:
    """Messages in any order that chat-completions allows: results right after their calls, ids used again."""
    messages: list[JsonObject] = []
    for kind in draw(st.lists(st.sampled_from(["user", "said", "called", "system"]), min_size=1, max_size=12)):
        text = draw(TEXTS)
        if kind == "called":
            call_id = draw(IDS)
            messages.append(called(call_id, "get_order", draw(st.sampled_from([None, "", text])), note=text))
            messages += [result(call_id, draw(TEXTS))] if draw(st.booleans()) else []
        else:
            messages.append({"user": user, "said": said, "system": _system}[kind](text))
    return messages


def _system(text: str) -> JsonObject:
    return {"role": "system", "content": text}


@CALM
@given(dialogues())
def test_turns_give_the_imported_messages_back(messages: list[JsonObject]) -> None:
    line = transcript(user("Hello"), *messages)
    conversation = read_line(json.dumps(line).encode())
    assert all_messages(conversation) == line["messages"]
    assert [turn.number for turn in conversation.turns] == list(range(1, len(conversation.turns) + 1))
    for turn in conversation.turns:
        texts = [message.content for message in turn.messages if message.role == "assistant" and message.content]
        assert len([text for text in texts if text.strip()]) <= 1


def test_an_ai_turn_gathers_its_tools_and_ends_before_its_second_text(tmp_path: Path) -> None:
    conversation = read_one(
        tmp_path,
        user("Where is it?"),
        said("Let me look."),
        called("1", "get_order"),
        result("1", "{}"),
        said("It is on its way."),
        user("Thanks"),
        user("Bye"),
    )
    assert [(turn.speaker, turn.text, len(turn.messages)) for turn in conversation.turns] == [
        (Speaker.CUSTOMER, "Where is it?", 1),
        (Speaker.AI, "Let me look.", 3),
        (Speaker.AI, "It is on its way.", 1),
        (Speaker.CUSTOMER, "Thanks", 1),
        (Speaker.CUSTOMER, "Bye", 1),
    ]


def test_a_turn_without_text_keeps_its_calls(tmp_path: Path) -> None:
    conversation = read_one(tmp_path, user("Hi"), called("1", "get_order", order_id=5), result("1", '{"a": 1}'))
    turn = conversation.turn(2)
    assert turn.text == ""
    assert turn.ai is not None
    (call,) = turn.ai.tool_calls
    assert (call.name, call.arguments, call.result, call.error) == ("get_order", '{"order_id": 5}', '{"a": 1}', None)


def test_a_call_nobody_answered_has_no_result(tmp_path: Path) -> None:
    turn = read_one(tmp_path, user("Hi"), called("1", "get_order"), said("Sorry.")).turn(2)
    assert turn.ai is not None
    assert [(call.result, call.error) for call in turn.ai.tool_calls] == [(None, None)]


def test_an_id_used_again_within_a_turn_is_told_apart(tmp_path: Path) -> None:
    turn = read_one(
        tmp_path, called("x", "first"), result("x", "1"), called("x", "second"), result("x", "2"), said("Done.")
    ).turn(1)
    assert turn.ai is not None
    assert [(call.id, call.name, call.result) for call in turn.ai.tool_calls] == [
        ("x", "first", "1"),
        ("x#2", "second", "2"),
    ]
    assert [call.id for message in turn.messages for call in message.tool_calls] == ["x", "x"]


def test_a_failed_call_has_its_error_and_its_duration(tmp_path: Path) -> None:
    turn = read_one(
        tmp_path,
        called("1", "a"),
        result("1", "Error: no such order", metadata={"duration_ms": 12}),
        called("2", "b"),
        result("2", "{}", metadata={"error": "timeout"}),
    ).turn(1)
    assert turn.ai is not None
    assert [(call.result, call.error, call.duration_ms) for call in turn.ai.tool_calls] == [
        (None, "Error: no such order", 12),
        ("{}", "timeout", None),
    ]


def test_what_a_person_wrote_is_a_human_turn(tmp_path: Path) -> None:
    conversation = read_one(
        tmp_path, user("Hi"), said("One moment."), said("This is Ada.", metadata={"sent_by": "human"}), said("Back.")
    )
    assert [turn.speaker for turn in conversation.turns[1:]] == [Speaker.AI, Speaker.HUMAN, Speaker.AI]
    assert conversation.turn(3).ai is None


def test_a_persons_tool_result_stays_in_their_turn(tmp_path: Path) -> None:
    by_person = called("1", "get_order") | {"metadata": {"sent_by": "human"}}
    conversation = read_one(tmp_path, user("Hi"), by_person, result("1", "{}"), said("Back."))
    assert [(turn.speaker, len(turn.messages)) for turn in conversation.turns[1:]] == [
        (Speaker.HUMAN, 2),
        (Speaker.AI, 1),
    ]


def test_opening_system_messages_are_the_prompt_and_later_ones_are_turns(tmp_path: Path) -> None:
    developer: JsonObject = {"role": "developer", "content": "Be brief."}
    conversation = read_one(tmp_path, developer, user("Hi"), _system("The shop closes."), said("Bye."))
    assert conversation.prompt == f"{PROMPT['content']}\n\nBe brief."
    assert [turn.speaker for turn in conversation.turns] == [Speaker.CUSTOMER, Speaker.SYSTEM, Speaker.AI]


def test_text_parts_are_joined(tmp_path: Path) -> None:
    parts: JsonObject = {
        "role": "user",
        "content": [{"type": "text", "text": "Where is "}, {"type": "text", "text": "my order?"}],
    }
    assert read_one(tmp_path, parts).turn(1).text == "Where is my order?"


def test_times_come_as_seconds_or_iso_and_are_unknown_where_absent(tmp_path: Path) -> None:
    conversation = read_one(
        tmp_path,
        user("Hi", timestamp=1_700_000_000),
        called("1", "a") | {"timestamp": "2023-11-14T23:13:30+01:00"},
        result("1", "{}", timestamp=1_700_000_020.5),
        user("Hello?"),
    )
    assert [turn.at for turn in conversation.turns] == [
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        datetime(2023, 11, 14, 22, 13, 30, tzinfo=UTC),
        None,
    ]
    assert conversation.opened_at == conversation.turn(1).at
    assert read_one(tmp_path, user("Hi")).opened_at is None


def test_versions_come_from_metadata_else_from_the_prompts_hash(tmp_path: Path) -> None:
    told = read_one(tmp_path, said("Hi", metadata={"prompt_version": "v31"}), metadata={"prompt_version": "v30"})
    assert (told.prompt_version, told.policy_version) == ("v30", "sha256:580f685d")
    assert told.turn(1).ai is not None
    assert told.turn(1).ai.prompt_version == "v31"


def test_an_id_that_fits_is_kept_and_another_is_made_from_the_content(tmp_path: Path) -> None:
    assert read_one(tmp_path, user("Hi"), id="order:50117").id == "order:50117"
    made = read_one(tmp_path, user("Hi"), id="has spaces").id
    assert made.startswith("t-")
    assert len(made) == 18
    assert read_one(tmp_path, user("Hi"), id="has spaces").id == made
    assert read_one(tmp_path, user("Ho"), id="has spaces").id != made
