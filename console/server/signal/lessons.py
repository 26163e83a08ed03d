"""What a correction teaches: at one point of a conversation, the message to prefer and the one to avoid."""

import json
from dataclasses import dataclass

from console.contract.conversations import ChatFunction, ChatMessage, ChatToolCall, Conversation, Speaker, Turn
from console.contract.corrections import Correction, taught_text
from console.contract.views import CorrectionRecord, CorrectionState
from console.server.domain.json_objects import read_object
from console.server.domain.transfer import SUMMARY_ARGUMENTS, is_transfer
from console.server.signal.call_fixes import fix_calls
from console.server.signal.left_out import LeftOut, NoLesson
from console.server.signal.places import answer_place, context_before, corrected_turn


@dataclass(frozen=True, slots=True)
class Lesson:
    """After `context` (the prompt first), `chosen` rather than `rejected`; both are assistant messages.

    `tools`: the names of the tools the conversation shows, sorted. `leaves_out`: what of the correction is not in it.
    """

    context: tuple[ChatMessage, ...]
    chosen: ChatMessage
    rejected: ChatMessage
    tools: tuple[str, ...]
    leaves_out: LeftOut | None = None


def read_lesson(conversation: Conversation, record: CorrectionRecord) -> Lesson:
    """Return what a stored correction teaches; NoLesson where it must not or cannot be trained on.

    A corrected tool call is the first thing that should have gone otherwise, so the lesson stands there. Else it stands
    where the AI spoke: hand off, or say the taught text.
    """
    correction = record.correction
    if record.receipt.state is CorrectionState.LATE:
        raise NoLesson(LeftOut.LATE)
    turn = corrected_turn(conversation, correction)
    taught = taught_text(turn.text, correction)
    leaves_out = None
    if correction.tool_calls:
        place, chosen, is_whole = fix_calls(turn, correction, taught)
        leaves_out = None if is_whole else LeftOut.AFTER_CALL
    else:
        place = answer_place(turn)
        chosen = _better_answer(conversation, turn, correction, taught)
    return Lesson(
        context=context_before(conversation, turn, place),
        chosen=chosen,
        rejected=turn.messages[place],
        tools=tuple(sorted({call.function.name for call in (*_calls(conversation), *chosen.tool_calls)})),
        leaves_out=leaves_out,
    )


def _better_answer(conversation: Conversation, turn: Turn, correction: Correction, taught: str) -> ChatMessage:
    answer = turn.messages[answer_place(turn)]
    if correction.should_have_handed_off:
        return _handing_off(conversation, turn, said=None if taught == turn.text else taught)
    if taught == turn.text:
        raise NoLesson(LeftOut.CUSTOMER_ONLY if correction.hunks else LeftOut.NO_CHANGE)
    if not taught.strip() and not answer.tool_calls:
        raise NoLesson(LeftOut.NO_ANSWER)
    return answer.model_copy(update={"content": taught or None})


def _handing_off(conversation: Conversation, turn: Turn, said: str | None) -> ChatMessage:
    """Return a call of the conversation's transfer tool; its summary is the customer's own last words so far."""
    known = next((call.function for call in _calls(conversation) if is_transfer(call.function.name)), None)
    if known is None:
        raise NoLesson(LeftOut.NO_TRANSFER_TOOL)
    takes = read_object(known.arguments) or {}
    asked = (each.text for each in reversed(conversation.turns[: turn.number - 1]) if each.speaker is Speaker.CUSTOMER)
    summary = {name: next(asked, "") for name in SUMMARY_ARGUMENTS if name in takes}
    call = ChatToolCall(
        id=f"call_{turn.number}_handoff",
        function=ChatFunction(name=known.name, arguments=json.dumps(summary, ensure_ascii=False)),
    )
    return ChatMessage(role="assistant", content=said or None, tool_calls=(call,))


def _calls(conversation: Conversation) -> tuple[ChatToolCall, ...]:
    return tuple(call for turn in conversation.turns for message in turn.messages for call in message.tool_calls)
