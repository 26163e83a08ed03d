"""Why Tier 0 let go: as the AI platform recorded it, else as its transfer call and what came before it show."""

from collections.abc import Sequence
from datetime import datetime
from itertools import dropwhile, takewhile

from pydantic import JsonValue

from console.contract.conversations import Gate, Handoff, Speaker, ToolCall, Turn
from console.server.connect.asking import asks_for_person
from console.server.connect.json_text import compact, storable
from console.server.connect.sentences import first_sentence, shorten
from console.server.connect.transcript import TranscriptHandoff
from console.server.domain.json_objects import JsonObject, read_object
from console.server.domain.transfer import SUMMARY_ARGUMENTS, is_transfer

_GATES = {gate.value: gate for gate in Gate}
_THOUGHT = "think"
"""The tool that agents note their thoughts with: not a thing done."""
_VALUE_LENGTH, _PHRASE_LENGTH = 24, 80


def find_handoff(
    recorded: TranscriptHandoff | None, turns: Sequence[Turn], policy_version: str | None
) -> Handoff | None:
    """Return the handoff of a conversation that has turns; None where the AI kept it.

    A recorded handoff stands as it is. Else the last transfer call makes one: the gate its arguments name, or one read
    by rule and marked inferred. What the AI left unsaid (ask, what it did, what is missing) is filled from the turns.
    """
    transfer_turn, transfer = _last_transfer(turns)
    if recorded is None and transfer is None:
        return None
    at = transfer_turn or _turn_of_letting_go(turns, recorded.timestamp if recorded else None)
    told = (read_object(transfer.arguments) if transfer else None) or {}
    summary = _summary(told)
    earlier = _calls_before(transfer, turns[: at.number])
    named = _GATES.get(storable(told.get("gate")).casefold())
    facts = recorded or TranscriptHandoff(
        gate=named or _infer_gate(turns[: at.number], earlier), reason=summary, message_to_customer=at.text or None
    )
    return Handoff(
        gate=facts.gate,
        inferred=recorded is None and named is None,
        value=facts.value,
        threshold=facts.threshold,
        policy_version=policy_version,
        to_tier=facts.to_tier,
        at_turn=at.number,
        at=facts.timestamp or at.at,
        reason=facts.reason or summary,
        message_to_customer=facts.message_to_customer,
        ask=facts.ask or first_sentence(summary) or _first_words(turns),
        did=tuple(facts.did) or tuple(dict.fromkeys(_phrase(call) for call in earlier)),
        promised=tuple(facts.promised),
        already_asked=tuple(facts.already_asked),
        missing=tuple(facts.missing) or _missing(turns[: at.number], facts.reason or summary),
        next_steps=tuple(facts.next_steps),
        unsent_draft=facts.unsent_draft,
    )


def _last_transfer(turns: Sequence[Turn]) -> tuple[Turn, ToolCall] | tuple[None, None]:
    for turn in reversed(turns):
        for call in reversed(turn.ai.tool_calls if turn.ai else ()):
            if is_transfer(call.name):
                return turn, call
    return None, None


def _turn_of_letting_go(turns: Sequence[Turn], moment: datetime | None) -> Turn:
    """Return the AI's last turn up to the recorded moment; its last turn, or the last of all, where none is known."""
    spoken = [turn for turn in turns if turn.speaker is Speaker.AI]
    before = [turn for turn in spoken if moment is not None and turn.at is not None and turn.at <= moment]
    return (before or spoken or [*turns])[-1]


def _calls_before(transfer: ToolCall | None, turns: Sequence[Turn]) -> tuple[ToolCall, ...]:
    """Return what the AI did by tools up to the handoff, transfers and thoughts aside."""
    calls = takewhile(
        lambda call: call is not transfer, (call for turn in turns if turn.ai for call in turn.ai.tool_calls)
    )
    return tuple(call for call in calls if not is_transfer(call.name) and call.name != _THOUGHT)


def _infer_gate(turns: Sequence[Turn], earlier: Sequence[ToolCall]) -> Gate:
    """Read the gate by rule: the customer asked; else the last tool failed; else it was outside what the AI may do."""
    if any(asks_for_person(text) for text in _last_customer_words(turns)):
        return Gate.CUSTOMER_ASKED
    return Gate.TOOL_FAILED if earlier and earlier[-1].error is not None else Gate.TOPIC


def _last_customer_words(turns: Sequence[Turn]) -> list[str]:
    """Return the last unbroken run of customer turns, latest first."""
    backwards = dropwhile(lambda turn: turn.speaker is not Speaker.CUSTOMER, reversed(turns))
    return [turn.text for turn in takewhile(lambda turn: turn.speaker is Speaker.CUSTOMER, backwards)]


def _summary(told: JsonObject) -> str:
    return next((text for name in SUMMARY_ARGUMENTS if (text := storable(told.get(name)).strip())), "")


def _first_words(turns: Sequence[Turn]) -> str:
    return first_sentence("\n\n".join(turn.text for turn in turns if turn.speaker is Speaker.CUSTOMER))


def _phrase(call: ToolCall) -> str:
    """Return a call as one short phrase: get_order(order_id=10423), with "failed" where it did."""
    told = read_object(call.arguments) or {}
    listed = ", ".join(f"{name}={shorten(_plain(value), _VALUE_LENGTH)}" for name, value in told.items())
    return storable(shorten(f"{call.name}({listed}", _PHRASE_LENGTH) + (") failed" if call.error else ")"))


def _plain(value: JsonValue) -> str:
    return " ".join(compact(value).split())


def _missing(turns: Sequence[Turn], summary: str) -> tuple[str, ...]:
    """Say what a person will look for in vain."""
    contexts = [turn.ai for turn in turns if turn.ai]
    absent = {
        "The AI left no summary.": not summary,
        "No source was retrieved.": not any(context.sources for context in contexts),
        "Confidence was not reported.": not any(context.confidence for context in contexts),
    }
    return tuple(words for words, is_absent in absent.items() if is_absent)
