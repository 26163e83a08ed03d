"""The AI's context holds what was reported, and nothing that was not."""

import math
from pathlib import Path

import pytest
from pydantic import JsonValue

from console.contract.conversations import AiContext, Signal, SignalKind, TokenUse
from console.server.domain.json_objects import JsonObject
from tests.connect.lines import called, read_one, result, said, user


def logprobs(*values: float) -> JsonObject:
    return {"content": [{"token": "x", "logprob": value} for value in values]}


def context(folder: Path, *messages: JsonObject, **fields: JsonValue) -> AiContext:
    turn = read_one(folder, *messages, **fields).turns[-1]
    assert turn.ai is not None
    return turn.ai


def test_log_probabilities_become_their_geometric_mean_probability(tmp_path: Path) -> None:
    said_with = said("Hello there", logprobs=logprobs(math.log(0.9), math.log(0.4)))
    (signal,) = context(tmp_path, user("Hi"), said_with).signals
    assert signal.kind is SignalKind.LOGPROB
    assert signal.value == pytest.approx(0.6)
    assert (signal.threshold, signal.gate, signal.fired) == (None, None, False)


def test_log_probabilities_beside_the_messages_are_those_of_the_last_answer(tmp_path: Path) -> None:
    conversation = read_one(
        tmp_path, said("One"), user("Go on"), called("1", "a"), result("1", ""), said("Two"), logprobs=logprobs(0.0)
    )
    first, last = conversation.turn(1).ai, conversation.turn(3).ai
    assert first is not None
    assert last is not None
    assert first.confidence is None
    assert last.confidence == Signal(kind=SignalKind.LOGPROB, value=1.0)


@pytest.mark.parametrize("none", [None, {}, {"content": None}, {"content": []}])
def test_no_log_probabilities_give_no_number(tmp_path: Path, none: JsonValue) -> None:
    assert context(tmp_path, user("Hi"), said("Hello", logprobs=none)).signals == ()


def test_reported_signals_stand_as_they_are_and_over_what_is_computed(tmp_path: Path) -> None:
    reported: list[JsonValue] = [
        {"kind": "logprob", "value": 0.31, "threshold": 0.6, "gate": "confidence", "fired": True},
        {"kind": "retrieval", "value": None},
    ]
    signals = context(tmp_path, said("Hi", logprobs=logprobs(0.0), metadata={"signals": reported})).signals
    assert [signal.model_dump(mode="json", exclude_defaults=True) for signal in signals] == [
        reported[0],
        {"kind": "retrieval"},
    ]


def test_sources_tokens_and_trace_are_kept(tmp_path: Path) -> None:
    source: JsonObject = {"id": "https://kb.example/returns", "title": "Returns", "version": "v7", "score": 0.5}
    found = context(
        tmp_path,
        called("1", "search") | {"usage": {"prompt_tokens": 10, "completion_tokens": 2}},
        result("1", "[]"),
        said(
            "Hi",
            usage={"prompt_tokens": 20, "completion_tokens": 3},
            metadata={"sources": [source, {"id": "kb-1", "title": "One"}], "trace_id": "abc", "model": "m2"},
        ),
        model="m1",
    )
    assert found.token_use == TokenUse(prompt=30, completion=5)
    assert (found.trace_id, found.model) == ("abc", "m2")
    assert [(each.id[:2], each.title, each.version, each.score) for each in found.sources] == [
        ("s-", "Returns", "v7", 0.5),
        ("kb", "One", None, None),
    ]


def test_nothing_reported_stays_empty(tmp_path: Path) -> None:
    found = context(tmp_path, said("Hi"))
    assert (found.sources, found.signals, found.token_use, found.trace_id, found.model) == ((), (), None, None, None)
