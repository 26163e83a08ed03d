"""Each training format has the shape its readers expect, written out by hand."""

import json
from pathlib import Path

import pytest

from console.contract.corrections import ToolCallCorrection
from console.server.domain.json_objects import JsonObject
from console.server.signal.exports import ExportFormat, ExportItem
from console.server.signal.left_out import LeftOut
from tests.connect.lines import PROMPT, called, result, said, transcript, user
from tests.signal.desk import ANSWER, LINE, MESSAGES, TOOLS, WRITTEN, change, conversation, corrected, export

TRUTH = "It was delivered. You get 20 EUR back, Mara."
LIE = change(ANSWER, "is lost", "was delivered")


def test_openai_sft_learns_only_the_corrected_answer(tmp_path: Path) -> None:
    ((row,), report) = export(tmp_path, ExportFormat.OPENAI_SFT, corrected(LIE))
    assert row == {
        "messages": [
            {"role": "system", "content": "You help customers of a shop."},
            {"role": "user", "content": "Where is order 50117?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "get_order", "arguments": '{"order_id": 50117}'},
                    }
                ],
                "weight": 0,
            },
            {"role": "tool", "content": '{"status": "delivered"}', "tool_call_id": "call_1", "name": "get_order"},
            {"role": "assistant", "content": TRUTH, "weight": 1},
        ],
        "tools": TOOLS,
    }
    assert report.path == tmp_path / "redline-openai-sft.jsonl"
    assert report.left_out == {}


def test_openai_dpo_prefers_the_corrected_answer(tmp_path: Path) -> None:
    ((row,), report) = export(tmp_path, ExportFormat.OPENAI_DPO, corrected(LIE))
    assert row == {
        "input": {"messages": WRITTEN[:4], "tools": TOOLS, "parallel_tool_calls": True},
        "preferred_output": [{"role": "assistant", "content": TRUTH}],
        "non_preferred_output": [{"role": "assistant", "content": ANSWER}],
    }
    assert report.path.name == "redline-openai-dpo.jsonl"


def test_trl_dpo_has_arguments_as_objects_and_no_null_content(tmp_path: Path) -> None:
    ((row,), report) = export(tmp_path, ExportFormat.TRL_DPO, corrected(LIE))
    call = {"id": "call_1", "type": "function", "function": {"name": "get_order", "arguments": {"order_id": 50117}}}
    assert row == {
        "prompt": [*WRITTEN[:2], {"role": "assistant", "content": "", "tool_calls": [call]}, WRITTEN[3]],
        "chosen": [{"role": "assistant", "content": TRUTH}],
        "rejected": [{"role": "assistant", "content": ANSWER}],
        "tools": TOOLS,
    }
    assert report.path.name == "redline-trl-dpo.jsonl"


def test_without_any_tool_call_no_tools_are_named(tmp_path: Path) -> None:
    talk = corrected(change("Hi", "Hi", "Hello"), turn=1, of=conversation(transcript(said("Hi"))))
    ((sft,), _) = export(tmp_path, ExportFormat.OPENAI_SFT, talk)
    ((trl,), _) = export(tmp_path, ExportFormat.TRL_DPO, talk)
    assert "tools" not in sft
    assert "tools" not in trl


@pytest.mark.parametrize("written", ["not json", "[1]", '{"a": NaN}', '{"a": 1e400}', '{"a": "\\ud800"}', "[" * 5000])
def test_arguments_that_are_no_json_object_keep_a_row_out_of_trl_alone(tmp_path: Path, written: str) -> None:
    function: JsonObject = {"name": "get_order", "arguments": written}
    call: JsonObject = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": function}]}
    item = corrected(
        change("Hi", "Hi", "Hello"), turn=1, of=conversation(transcript(call, result("1", ""), said("Hi")))
    )
    rows, report = export(tmp_path, ExportFormat.TRL_DPO, item)
    assert rows == []
    assert report.left_out == {LeftOut.NOT_AN_OBJECT: 1}
    assert len(export(tmp_path, ExportFormat.OPENAI_DPO, item)[0]) == 1


def lesson(folder: Path, item: ExportItem) -> tuple[object, JsonObject, JsonObject]:
    """Return context, chosen and rejected of the one row that the preference format holds."""
    ((row,), _) = export(folder, ExportFormat.OPENAI_DPO, item)
    return row["input"]["messages"], row["preferred_output"][0], row["non_preferred_output"][0]


def test_a_corrected_tool_call_ends_the_context_before_it(tmp_path: Path) -> None:
    fix = ToolCallCorrection(tool_call_id="call_1", name="track_parcel", arguments='{"order_id": 50117}')
    context, chosen, rejected = lesson(tmp_path, corrected(tool_calls=(fix,)))
    assert context == WRITTEN[:2]
    assert chosen == called("call_1", "track_parcel", order_id=50117)
    assert rejected == MESSAGES[1]


def test_text_after_a_corrected_call_is_left_out_and_counted(tmp_path: Path) -> None:
    fix = ToolCallCorrection(tool_call_id="call_1", name="track_parcel")
    rows, report = export(tmp_path, ExportFormat.OPENAI_SFT, corrected(LIE, tool_calls=(fix,)))
    assert len(rows) == 1
    assert TRUTH not in json.dumps(rows)
    assert report.left_out == {LeftOut.AFTER_CALL: 1}


def test_a_call_that_was_left_out_takes_the_place_of_the_answer(tmp_path: Path) -> None:
    fix = ToolCallCorrection(name="track_parcel", arguments='{"order_id": 50117}')
    context, chosen, rejected = lesson(tmp_path, corrected(tool_calls=(fix,)))
    assert context == WRITTEN[:4]
    assert chosen == called("call_0193-1_1", "track_parcel", order_id=50117)
    assert rejected == said(ANSWER)


def test_a_call_that_should_not_have_been_made_gives_way_to_the_taught_text(tmp_path: Path) -> None:
    fix = ToolCallCorrection(tool_call_id="call_1")
    context, chosen, rejected = lesson(tmp_path, corrected(LIE, tool_calls=(fix,)))
    assert (context, chosen, rejected) == (WRITTEN[:2], said(TRUTH), MESSAGES[1])
    rows, report = export(tmp_path, ExportFormat.OPENAI_DPO, corrected(tool_calls=(fix,)))
    assert rows == []
    assert report.left_out == {LeftOut.NO_ANSWER: 1}


def test_one_of_two_calls_with_the_same_id_is_corrected_alone(tmp_path: Path) -> None:
    calls = (called("x", "first"), result("x", "1"), called("x", "second"), result("x", "2"), said("Done."))
    fix = ToolCallCorrection(tool_call_id="x#2", name="third")
    item = corrected(turn=2, of=conversation(transcript(user("Hi"), *calls)), tool_calls=(fix,))
    context, chosen, rejected = lesson(tmp_path, item)
    assert context == [PROMPT, user("Hi"), calls[0], calls[1]]
    assert (chosen, rejected) == (called("x", "third"), calls[2])


def test_of_calls_made_together_the_right_ones_stay(tmp_path: Path) -> None:
    together = called("a", "get_order")
    together["tool_calls"] += called("b", "refund", amount=20)["tool_calls"]
    talk = conversation(transcript(user("Hi"), together, result("a", ""), result("b", ""), said("Done.")))
    _, chosen, _ = lesson(tmp_path, corrected(turn=2, of=talk, tool_calls=(ToolCallCorrection(tool_call_id="b"),)))
    assert chosen == called("a", "get_order")


def test_a_silent_turn_is_corrected_at_its_last_call(tmp_path: Path) -> None:
    words = "A colleague will help you."
    spoke = change("", "", words)
    context, chosen, rejected = lesson(tmp_path, corrected(spoke, turn=4))
    assert context == WRITTEN[:6]
    assert chosen == called("call_2", "transfer_to_human_agents", words, summary="Wants a person.")
    assert rejected == MESSAGES[5]


def test_should_have_handed_off_is_a_call_of_the_known_transfer_tool(tmp_path: Path) -> None:
    context, chosen, rejected = lesson(tmp_path, corrected(should_have_handed_off=True))
    assert context == WRITTEN[:4]
    assert chosen == called("call_2_handoff", "transfer_to_human_agents", summary="Where is order 50117?")
    assert rejected == said(ANSWER)


def test_should_have_handed_off_without_a_known_tool_is_left_out(tmp_path: Path) -> None:
    item = corrected(turn=1, of=conversation(transcript(said("Hi"))), should_have_handed_off=True)
    rows, report = export(tmp_path, ExportFormat.OPENAI_SFT, item)
    assert (rows, report.left_out) == ([], {LeftOut.NO_TRANSFER_TOOL: 1})


def test_the_context_of_a_later_turn_is_every_message_before_it(tmp_path: Path) -> None:
    later = transcript(*MESSAGES[:5], said("No."), user("Why?"), said("So."), id="c2")
    context, _, _ = lesson(tmp_path, corrected(change("So.", "So.", "Sorry."), turn=6, of=conversation(later)))
    assert context == [PROMPT, *MESSAGES[:5], said("No."), user("Why?")]
    assert LINE["messages"] == WRITTEN
