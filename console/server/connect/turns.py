"""Chat messages become turns, and nothing is lost on the way."""

from collections.abc import Iterable, Sequence

from console.contract.conversations import ChatFunction, ChatMessage, ChatToolCall, Speaker, Turn
from console.server.connect.ai_context import Versions, read_context
from console.server.connect.tool_calls import Numbered, pair_calls
from console.server.connect.transcript import TranscriptMessage


def build_turns(messages: Iterable[Numbered], versions: Versions) -> tuple[Turn, ...]:
    """Return the turns of the messages after the prompt; ValueError for a tool result without its call.

    The turns' `messages`, one after another, are the messages that came in.
    """
    groups: list[list[Numbered]] = []
    for index, message in messages:
        if groups and _continues(groups[-1], message):
            groups[-1].append((index, message))
        else:
            groups.append([(index, message)])
    return tuple(_turn(number, group, versions) for number, group in enumerate(groups, start=1))


def chat_message(message: TranscriptMessage) -> ChatMessage:
    """Return a message in the contract's shape; `developer` is the newer name of `system`."""
    return ChatMessage(
        role="system" if message.role == "developer" else message.role,
        content=message.content,
        tool_calls=tuple(
            ChatToolCall(id=call.id, function=ChatFunction(name=call.function.name, arguments=call.function.arguments))
            for call in message.tool_calls or ()
        ),
        tool_call_id=message.tool_call_id,
        name=message.name,
    )


def _continues(group: Sequence[Numbered], message: TranscriptMessage) -> bool:
    """Whether a message belongs to the turn before it: tool work does, and an assistant's first text."""
    first = group[0][1]
    if first.role != "assistant":
        return False
    if message.role == "tool":
        return True
    is_ai = _speaker(first) is Speaker.AI and _speaker(message) is Speaker.AI
    return is_ai and not (_has_text(message) and any(_has_text(earlier) for _, earlier in group))


def _turn(number: int, group: Sequence[Numbered], versions: Versions) -> Turn:
    messages = [message for _, message in group]
    spoken = next(filter(_has_text, messages), messages[0])
    speaker = _speaker(messages[0])
    calls = pair_calls(group)
    times = (spoken.timestamp, *(message.timestamp for message in reversed(messages)))
    return Turn(
        number=number,
        speaker=speaker,
        text=spoken.content or "",
        at=next((time for time in times if time is not None), None),
        ai=read_context(messages, calls, versions) if speaker is Speaker.AI else None,
        messages=tuple(map(chat_message, messages)),
    )


def _speaker(message: TranscriptMessage) -> Speaker:
    if message.role == "user":
        return Speaker.CUSTOMER
    if message.role in ("system", "developer"):
        return Speaker.SYSTEM
    return Speaker.HUMAN if message.metadata and message.metadata.sent_by == "human" else Speaker.AI


def _has_text(message: TranscriptMessage) -> bool:
    return message.role == "assistant" and bool(message.content and message.content.strip())
