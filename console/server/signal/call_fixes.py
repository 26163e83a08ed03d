"""What the AI should have called, at the first message of a turn whose calls should have been others."""

from console.contract.conversations import ChatFunction, ChatMessage, ChatToolCall, Turn
from console.contract.corrections import Correction, ToolCallCorrection
from console.server.signal.left_out import LeftOut, NoLesson
from console.server.signal.places import answer_place


def fix_calls(turn: Turn, correction: Correction, taught: str) -> tuple[int, ChatMessage, bool]:
    """Return the message's place, the message as it should have been, and whether that is the whole correction.

    A call that was left out stands beside the first corrected one; where none was corrected, in place of the answer.
    NoLesson where a corrected call is not in the turn, nothing changes, or nothing remains.
    """
    fixes = {fix.tool_call_id: fix for fix in correction.tool_calls if fix.tool_call_id is not None}
    places = _places(turn)
    if not fixes.keys() <= places.keys():
        raise NoLesson(LeftOut.MISFIT)
    answer = answer_place(turn)
    place = min((places[call_id] for call_id in fixes), default=answer)
    original = turn.messages[place]
    ids = (call_id for call_id, where in places.items() if where == place)
    kept = (_fixed(call, fixes.get(call_id)) for call_id, call in zip(ids, original.tool_calls, strict=True))
    calls = (*(call for call in kept if call is not None), *_added(correction))
    if calls == original.tool_calls:
        raise NoLesson(LeftOut.NO_CHANGE)
    says_more = taught != turn.text
    says_here = (place == answer and original.tool_calls) or (says_more and not calls)
    content = taught if says_here and taught.strip() else None
    if not calls and content is None:
        raise NoLesson(LeftOut.NO_ANSWER)
    is_whole = (
        not correction.should_have_handed_off
        and (not says_more or bool(says_here))
        and all(places[call_id] == place for call_id in fixes)
    )
    return place, ChatMessage(role="assistant", content=content, tool_calls=calls), is_whole


def _places(turn: Turn) -> dict[str, int]:
    """Return each call's index in `turn.messages` by its id in the AI context, which lists the calls in their order."""
    indices = [index for index, message in enumerate(turn.messages) for _ in message.tool_calls]
    calls = turn.ai.tool_calls if turn.ai else ()
    if len(calls) != len(indices):
        raise NoLesson(LeftOut.MISFIT)
    return {call.id: index for call, index in zip(calls, indices, strict=True)}


def _fixed(call: ChatToolCall, fix: ToolCallCorrection | None) -> ChatToolCall | None:
    """Return the call as it should have been; None where it should not have been made."""
    if fix is None:
        return call
    if fix.name is None:
        return None
    return call.model_copy(update={"function": ChatFunction(name=fix.name, arguments=fix.arguments)})


def _added(correction: Correction) -> list[ChatToolCall]:
    left_out = (fix for fix in correction.tool_calls if fix.tool_call_id is None)
    return [
        ChatToolCall(
            id=f"call_{correction.id}_{number}", function=ChatFunction(name=fix.name or "", arguments=fix.arguments)
        )
        for number, fix in enumerate(left_out, start=1)
    ]
