"""Conversations that the tests of the desk are told with."""

from datetime import UTC, datetime, timedelta

from console.contract.conversations import (
    AiContext,
    ChatMessage,
    Conversation,
    Customer,
    Gate,
    Handoff,
    Signal,
    SignalKind,
    Source,
    Speaker,
    Tier,
    ToolCall,
    Turn,
)
from console.contract.ids import ConversationId, CustomerId

ANSWER = "The parcel was left at your door on Monday. A refund takes ten days. You pay for the return."
ANSWER_TURN = 4
UNREPORTED_TURN = 6

_CONTEXT = AiContext(
    model="agent-1",
    prompt_version="p7",
    sources=(
        Source(id="kb-1", title="Returns", version="v3", snippet="A refund takes five days.", score=0.81),
        Source(id="kb-2", title="Carriers", snippet="Proof of delivery is kept for a year."),
    ),
    tool_calls=(ToolCall(id="call-1", name="track_parcel", arguments='{"parcel": "P-1"}', result='{"left": "door"}'),),
    signals=(
        Signal(kind=SignalKind.SELF_REPORTED, value=0.41, threshold=0.6, gate=Gate.CONFIDENCE, fired=True),
        Signal(kind=SignalKind.SENTIMENT, value=0.52, threshold=0.7),
    ),
)


def story(
    name: str,
    *,
    customer: str = "Maria Berg",
    ask: str = "Wants the parcel.",
    tier: Tier = Tier.AGENT,
    gate: Gate = Gate.CONFIDENCE,
    topic: str = "delivery",
    waiting_min: float = 5,
    turns: tuple[Turn, ...] | None = None,
    handoff: Handoff | None = None,
    handed_off: bool = True,
) -> Conversation:
    """Return a conversation of six turns; the AI's are 2, 4 and 6, and 6 reports no confidence."""
    at = datetime.now(UTC) - timedelta(minutes=waiting_min)
    handoff = handoff or Handoff(gate=gate, at_turn=len(turns or range(6)), at=at, ask=ask, to_tier=tier)
    told = turns or (
        said(1, Speaker.CUSTOMER, "Where is my parcel?"),
        said(2, Speaker.AI, "I will look.", _confidence(0.82)),
        said(3, Speaker.CUSTOMER, "It is not here, and I want my money back."),
        said(4, Speaker.AI, ANSWER, _CONTEXT),
        said(5, Speaker.CUSTOMER, "That is not true."),
        said(6, Speaker.AI, "A colleague takes over.", AiContext()),
    )
    return Conversation(
        id=ConversationId(name),
        customer=Customer(id=CustomerId(f"of-{name}"), name=customer),
        topic=topic,
        language="en",
        opened_at=at,
        handoff=handoff if handed_off else None,
        turns=told,
    )


def said(number: int, speaker: Speaker, text: str, ai: AiContext | None = None) -> Turn:
    message = ChatMessage(role="assistant" if speaker is Speaker.AI else "user", content=text)
    return Turn(number=number, speaker=speaker, text=text, ai=ai, messages=(message,))


def _confidence(value: float) -> AiContext:
    return AiContext(signals=(Signal(kind=SignalKind.SELF_REPORTED, value=value, threshold=0.6),))


def alternating(texts: list[str]) -> tuple[Turn, ...]:
    """Return turns that say these texts, customer and AI in turn."""
    speakers = (Speaker.CUSTOMER, Speaker.AI)
    return tuple(
        said(number, speakers[(number - 1) % 2], text, AiContext() if number % 2 == 0 else None)
        for number, text in enumerate(texts, 1)
    )
