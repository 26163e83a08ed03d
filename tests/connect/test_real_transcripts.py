"""The 100 real conversations and the shipped sample load whole."""

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from console.contract.conversations import Conversation, Gate
from console.server.connect.chat_completions import read_transcripts
from console.server.signal.places import answer_place, context_before
from console.server.signal.shapes import openai_message

SAMPLES = sorted((Path(__file__).parents[2] / "resources" / "sample").glob("*.jsonl"))


@pytest.fixture(scope="module")
def airline(airline_transcripts: Path) -> list[Conversation]:
    read = list(read_transcripts(airline_transcripts))
    assert all(isinstance(each, Conversation) for each in read), [
        each for each in read if type(each) is not Conversation
    ]
    return [each for each in read if isinstance(each, Conversation)]


def test_a_hundred_conversations_load_of_which_57_failed(airline: list[Conversation]) -> None:
    outcomes = [label.value for each in airline for label in each.outcome if label.name == "Task outcome"]
    assert len(airline) == len({each.id for each in airline}) == 100
    assert sorted(set(outcomes)) == ["failed", "passed"]
    assert outcomes.count("failed") == 57
    assert len(outcomes) == 100


def test_the_22_transfers_are_handoffs_with_a_gate_read_by_rule(airline: list[Conversation]) -> None:
    handoffs = [each.handoff for each in airline if each.handoff]
    assert len(handoffs) == 22
    assert all(handoff.inferred and handoff.ask and handoff.reason for handoff in handoffs)
    assert {handoff.gate for handoff in handoffs} == {Gate.CUSTOMER_ASKED, Gate.TOOL_FAILED, Gate.TOPIC}
    assert all("Confidence was not reported." in handoff.missing for handoff in handoffs)


def test_every_tool_call_is_paired_with_its_result(airline: list[Conversation]) -> None:
    calls = [call for each in airline for turn in each.turns if turn.ai for call in turn.ai.tool_calls]
    assert len(calls) == 572
    assert all(call.result is not None or call.error is not None for call in calls)
    for each in airline:
        for turn in each.turns:
            ids = [call.id for call in turn.ai.tool_calls] if turn.ai else []
            assert len(set(ids)) == len(ids)


def test_nothing_was_reported_so_no_confidence_is_shown(airline: list[Conversation]) -> None:
    assert not [turn for each in airline for turn in each.turns if turn.ai and turn.ai.signals]


def test_most_customers_can_be_named(airline: list[Conversation]) -> None:
    named = [each.customer.name for each in airline if not each.customer.name.startswith("Customer ")]
    assert airline[0].customer.name == "Mia Li"
    assert airline[0].customer.email == "mia.li3818@example.com"
    assert len(named) == 87, "59 by a profile the AI looked up, 28 by an id that is made of a name"


def test_the_messages_come_back_as_they_were_written(airline: list[Conversation], airline_transcripts: Path) -> None:
    with airline_transcripts.open(encoding="utf-8") as file:
        written: list[JsonValue] = [json.loads(line)["messages"] for line in file]
    for each, messages in zip(airline, written, strict=True):
        last = each.turns[-1]
        context = (*context_before(each, last, 0), *last.messages)
        assert [openai_message(message) for message in context] == messages


def test_an_ai_turn_holds_at_most_one_message_with_text(airline: list[Conversation]) -> None:
    for turn in (turn for each in airline for turn in each.turns if turn.ai):
        texts = [message.content for message in turn.messages if message.role == "assistant" and message.content]
        assert len(texts) <= 1
        assert turn.text == (texts[0] if texts else "")
        assert turn.messages[answer_place(turn)].content == (turn.text or None)


def test_the_prompt_is_versioned_by_its_hash_where_nothing_else_is_known(airline: list[Conversation]) -> None:
    assert {each.prompt_version for each in airline} == {each.policy_version for each in airline}
    assert all((each.prompt_version or "").startswith("sha256:") and each.prompt for each in airline)
    assert {each.topic for each in airline} == {"airline"}


def test_the_shipped_sample_has_files() -> None:
    assert SAMPLES


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_shipped_sample_loads_without_a_problem(path: Path) -> None:
    read = list(read_transcripts(path))
    assert [str(each) for each in read if not isinstance(each, Conversation)] == []
    assert read
