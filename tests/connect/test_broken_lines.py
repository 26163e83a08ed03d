"""A line that cannot be read is one problem in plain words, and the lines after it still load."""

import json
from pathlib import Path

import pytest

from console.contract.conversations import Conversation
from console.server.connect.chat_completions import LINE_LIMIT, LineProblem, read_transcripts
from console.server.domain.json_objects import JsonObject
from tests.connect.lines import called, read, result, said, transcript, user

GOOD = transcript(user("Hello?"), said("Hello!"), id="good")
SECRET = "4111-1111"


def broken(line: JsonObject) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode()


CASES: dict[str, tuple[bytes, str]] = {
    "not JSON": (b'{"messages": [', "is not JSON: Expecting value at column 15"),
    "not an object": (b"5", "transcript must be an object"),
    "bad UTF-8": (b'{"messages": "\xff"}', "is not UTF-8 at byte 15"),
    "a lone surrogate": (b'{"note": "\\ud800"}', "holds a lone surrogate, half of a character"),
    "NUL": (broken(transcript(user("a\x00b"))), "messages[1].content: text holds a NUL character"),
    "NaN": (b'{"messages": [], "score": NaN}', "holds NaN, which JSON does not have"),
    "a number without end": (b'{"messages": [], "score": 1e400}', "holds a number too large to keep"),
    "a key twice": (b'{"messages": [], "id": "a", "id": "b"}', "holds an object with the same key twice"),
    "too deep": (b'{"messages": ' + b"[" * 5000 + b"]" * 5000 + b"}", "is nested too deeply"),
    "rather deep": (b'{"messages": ' + b"[" * 500 + b"]" * 500 + b"}", "is nested too deeply"),
    "too long": (b'{"messages": "' + b"x" * LINE_LIMIT + b'"}', "is longer than 8 MiB"),
    "no messages": (b"{}", "messages is missing"),
    "an empty list": (b'{"messages": []}', "messages: List should have at least 1 item after validation, not 0"),
    "only the prompt": (broken(transcript()), "messages hold nothing but the prompt"),
    "messages of a wrong type": (b'{"messages": 5}', "messages must be a list"),
    "a number for content": (
        broken({"messages": [{"role": "user", "content": 5}]}),
        "messages[0].content must be text",
    ),
    "an image": (
        broken({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": SECRET}}]}]}),
        "messages[0].content: holds a part that is not text",
    ),
    "an unknown role": (
        broken({"messages": [{"role": SECRET, "content": ""}]}),
        "messages[0].role: must be 'system', 'developer', 'user', 'assistant' or 'tool'",
    ),
    "a call without id": (
        broken(transcript(said(None, tool_calls=[{"function": {"name": "a", "arguments": "{}"}}]))),
        "messages[1].tool_calls[0].id is missing",
    ),
    "arguments as an object": (
        broken(transcript(said(None, tool_calls=[{"id": "1", "function": {"name": "a", "arguments": {}}}]))),
        "messages[1].tool_calls[0].function.arguments must be text",
    ),
    "a result without its call": (
        broken(transcript(user("Hi"), called("call_1", "get_order"), result("call_2", "{}"))),
        "messages[3] is a tool result without its call",
    ),
    "a result given twice": (
        broken(transcript(user("Hi"), called("call_1", "a"), result("call_1", "{}"), result("call_1", "{}"))),
        "messages[4] is a tool result without its call",
    ),
    "a result after the customer spoke": (
        broken(transcript(called("call_1", "a"), user("Hi"), result("call_1", "{}"))),
        "messages[3] is a tool result without its call",
    ),
    "a score above one": (
        broken(transcript(said("Hi", metadata={"signals": [{"kind": "self_reported", "value": 7.5}]}))),
        "messages[1].metadata.signals[0].value: must be less than or equal to 1",
    ),
    "a time without zone": (
        broken(transcript(user("Hi", timestamp="2026-11-20T10:45:00"))),
        "messages[1].timestamp is a time without its zone",
    ),
    "a time that UTC cannot hold": (
        broken(transcript(user("Hi", timestamp="0001-01-01T00:00:00+14:00"))),
        "messages[1].timestamp: a moment must lie within the years 1970 to 2999",
    ),
    "a handoff at the end of time": (
        broken(transcript(said("Hi"), metadata={"handoff": {"gate": "topic", "timestamp": "9999-12-31T23:59:59Z"}})),
        "metadata.handoff.timestamp: a moment must lie within the years 1970 to 2999",
    ),
    "log-probabilities whose sum has no end": (
        broken(transcript(said("Hi", logprobs={"content": [{"logprob": -1e308}, {"logprob": -1e308}]}))),
        "messages[1].logprobs.content[0].logprob: must be greater than or equal to -1000000 (and 1 more)",
    ),
    "log-probabilities of more than certainty": (
        broken(transcript(said("Hi", logprobs={"content": [{"logprob": 1e308}]}))),
        "messages[1].logprobs.content[0].logprob: must be less than or equal to 1",
    ),
    "more tokens than can be counted": (
        broken(transcript(said("Hi", usage={"prompt_tokens": 2**53}))),
        "messages[1].usage.prompt_tokens: must be less than or equal to 9007199254740991",
    ),
    "a fact that is no text": (
        broken(transcript(user("Hi"), metadata={"customer": {"facts": {SECRET: 5}}})),
        "metadata.customer.facts[0][1] must be text",
    ),
    "a language that is none": (
        broken(transcript(user("Hi"), metadata={"language": SECRET})),
        "metadata.language is not in the form it must have",
    ),
    "two things wrong": (b'{"messages": 5, "id": 5}', "id must be text (and 1 more)"),
}


@pytest.mark.parametrize(("line", "reason"), CASES.values(), ids=CASES.keys())
def test_a_broken_line_is_named_and_the_next_one_loads(tmp_path: Path, line: bytes, reason: str) -> None:
    problem, good = read(tmp_path, line, GOOD)
    assert problem == LineProblem(tmp_path / "transcripts.jsonl", 1, reason)
    assert isinstance(good, Conversation)
    assert SECRET not in str(problem)


def test_a_line_of_50_mb_is_passed_over_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    with path.open("wb") as file:
        for _ in range(50):
            file.write(b"x" * 1024 * 1024)
        file.write(b"\n" + broken(GOOD))
    problem, good = read_transcripts(path)
    assert str(problem) == f"{path}:1: is longer than 8 MiB"
    assert isinstance(good, Conversation)


def test_a_line_just_within_the_limit_is_read(tmp_path: Path) -> None:
    padding = LINE_LIMIT - len(broken(GOOD | {"pad": ""})) - 1
    (good,) = read(tmp_path, broken(GOOD | {"pad": "x" * padding}) + b"\n")
    assert isinstance(good, Conversation)


@pytest.mark.parametrize("id_", [".", "..", "a/b", "é"])
def test_an_id_that_no_address_could_hold_is_made_anew(tmp_path: Path, id_: str) -> None:
    (made,) = read(tmp_path, GOOD | {"id": id_})
    assert isinstance(made, Conversation)
    assert made.id.startswith("t-")


def test_a_conversation_too_large_to_be_shown_is_refused(tmp_path: Path) -> None:
    words = "x" * 300_000
    fits, too_large = read(tmp_path, transcript(*[user(words)] * 6), transcript(*[user(words)] * 7))
    assert isinstance(fits, Conversation)
    assert str(too_large).endswith(":2: makes a conversation of more than 4 MiB, too large to be shown")


def test_a_conversation_of_too_many_parts_is_refused(tmp_path: Path) -> None:
    facts = {str(number): "" for number in range(130_000)}
    customer = {"id": "c-1", "name": "Maria Berg", "facts": facts}
    (problem,) = read(tmp_path, transcript(user("Hello")) | {"metadata": {"customer": customer}})
    assert str(problem).endswith(":1: makes a conversation of too many parts to be shown")


def test_blank_lines_and_a_byte_order_mark_pass(tmp_path: Path) -> None:
    lines = read(tmp_path, b"\xef\xbb\xbf" + broken(GOOD), b"", b"  \r", broken(GOOD | {"id": "other"}) + b"\r", b"")
    assert [line.id for line in lines if isinstance(line, Conversation)] == ["good", "other"]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\r\n \n"], ids=["", "byte order mark", "blank lines"])
@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "pretty-printed"])
def test_a_json_array_is_said_once_and_read_no_further(tmp_path: Path, indent: int | None, start: bytes) -> None:
    array = json.dumps([GOOD, GOOD], indent=indent).encode()
    (problem,) = read(tmp_path, start + array, GOOD)
    assert isinstance(problem, LineProblem)
    assert problem.line == start.count(b"\n") + 1
    assert problem.reason == "this is a JSON array; write one conversation a line (JSON Lines)"


def test_an_array_among_the_lines_is_but_a_bad_line(tmp_path: Path) -> None:
    _, problem, good = read(tmp_path, GOOD, b"[1, 2]", broken(GOOD | {"id": "other"}))
    assert problem == LineProblem(tmp_path / "transcripts.jsonl", 2, "transcript must be an object")
    assert isinstance(good, Conversation)


def test_an_id_seen_before_in_the_file_is_a_problem(tmp_path: Path) -> None:
    _, again, same_words, twice = read(tmp_path, GOOD, GOOD, transcript(user("Hi")), transcript(user("Hi")))
    assert str(again).endswith(":2: has the same id as line 1")
    assert isinstance(same_words, Conversation)
    assert str(twice).endswith(":4: has the same id as line 3")


def test_a_missing_file_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_transcripts(tmp_path / "none.jsonl"))
