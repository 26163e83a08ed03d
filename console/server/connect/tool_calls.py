"""Tool calls paired with their results, as one AI turn holds them."""

from collections.abc import Iterable

from console.contract.conversations import ToolCall
from console.server.connect.transcript import MessageMetadata, TranscriptMessage, TranscriptToolCall

Numbered = tuple[int, TranscriptMessage]
"""A message with its index in the transcript, so that a refusal can name it."""


def pair_calls(messages: Iterable[Numbered]) -> tuple[ToolCall, ...]:
    """Return a turn's calls in their order, each with the first free result of its id.

    Real transcripts use an id again, even within one turn: the second call of `x` is called `x#2` here, while the
    chat messages keep what was written. ValueError for a result without its call.
    """
    calls: list[TranscriptToolCall] = []
    unanswered: dict[str, list[int]] = {}
    results: dict[int, TranscriptMessage] = {}
    for index, message in messages:
        for call in message.tool_calls or ():
            unanswered.setdefault(call.id, []).append(len(calls))
            calls.append(call)
        if message.role == "tool":
            waiting = unanswered.get(message.tool_call_id or "")
            if not waiting:
                raise ValueError(f"messages[{index}] is a tool result without its call")
            results[waiting.pop(0)] = message
    uses: dict[str, int] = {}
    paired: list[ToolCall] = []
    for place, call in enumerate(calls):
        uses[call.id] = use = uses.get(call.id, 0) + 1
        paired.append(_tool_call(call, call.id if use == 1 else f"{call.id}#{use}", results.get(place)))
    return tuple(paired)


def _tool_call(call: TranscriptToolCall, call_id: str, answer: TranscriptMessage | None) -> ToolCall:
    facts = (answer.metadata if answer else None) or MessageMetadata()
    text = (answer.content or "") if answer else None
    error = facts.error or (text if text and text.startswith("Error") else None)
    return ToolCall(
        id=call_id,
        name=call.function.name,
        arguments=call.function.arguments,
        result=None if text == error else text,
        error=error,
        duration_ms=facts.duration_ms,
    )
