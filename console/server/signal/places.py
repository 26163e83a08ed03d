"""Where in a conversation a correction stands, and the chat messages before it."""

from console.contract.conversations import ChatMessage, Conversation, Speaker, Turn
from console.contract.corrections import Correction, fits
from console.server.signal.left_out import LeftOut, NoLesson


def corrected_turn(conversation: Conversation, correction: Correction) -> Turn:
    """Return the AI turn a correction is of; NoLesson where the two do not fit."""
    try:
        turn = conversation.turn(correction.turn)
    except KeyError:
        raise NoLesson(LeftOut.MISFIT) from None
    spoke = turn.speaker is Speaker.AI and any(message.role == "assistant" for message in turn.messages)
    if not spoke or not fits(turn.text, correction):
        raise NoLesson(LeftOut.MISFIT)
    return turn


def answer_place(turn: Turn) -> int:
    """Return the index in `turn.messages` of the one with text; of the last assistant message where none has."""
    spoken = [place for place, message in enumerate(turn.messages) if message.role == "assistant"]
    return next((place for place in spoken if (turn.messages[place].content or "").strip()), spoken[-1])


def context_before(conversation: Conversation, turn: Turn, place: int) -> tuple[ChatMessage, ...]:
    """Return all chat messages before a turn's message at `place`, as they were imported, the prompt first."""
    prompt = (ChatMessage(role="system", content=conversation.prompt),) if conversation.prompt else ()
    earlier = (message for each in conversation.turns[: turn.number - 1] for message in each.messages)
    return (*prompt, *earlier, *turn.messages[:place])
