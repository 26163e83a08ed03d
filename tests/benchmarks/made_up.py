"""What both sides are given: long conversations, a long answer, a long queue; the same at every run."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from console.contract.conversations import (
    AiContext,
    Conversation,
    Customer,
    Gate,
    Handoff,
    OwnerState,
    Priority,
    Signal,
    SignalKind,
    Source,
    Speaker,
    Tier,
    ToolCall,
    Turn,
)
from console.contract.ids import ConversationId, CustomerId
from console.contract.views import ConversationView, QueueRow

NOW = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
TURNS = 1_000
ROWS = 100_000
ANSWER_LENGTH = 10_000
KEYS = "The parcel is on its way, and we paid the fee back. "
_TEXT = (
    "the refund for your order was sent to the card you paid with and arrives within five working days "
    "because the parcel came back to our warehouse in Malm\u00f6 on Tuesday so please tell me if it does not"
)
_WORDS = _TEXT.split()


def sentence(random: Random, words: int) -> str:
    """Return so many words that mean nothing much."""
    said = random.choices(_WORDS, k=words)
    return " ".join([said[0].capitalize(), *said[1:]]) + "."


def answer(random: Random, length: int) -> str:
    """Return an answer of exactly so many characters, in paragraphs."""
    text = ""
    while len(text) < length:
        text += sentence(random, random.randrange(6, 24)) + random.choice((" ", " ", " ", "\n\n"))
    return text[: length - 1] + "."


def queue_row(number: int, turns: int = 12) -> QueueRow:
    """Return one line of the queue."""
    random = Random(number)
    return QueueRow(
        conversation_id=ConversationId(f"c-{number}"),
        customer_name=random.choice(
            ("Jordan Meyer", "Aino Virtanen", "\u0644\u064a\u0644\u0649 \u062d\u0633\u0646", "Li")
        ),
        ask=sentence(random, random.randrange(4, 30)),
        topic=random.choice(("refunds", "delivery", "account_change", "billing")),
        language="en",
        tier=random.choice((Tier.AGENT, Tier.AGENT, Tier.SPECIALIST)),
        priority=random.choice(list(Priority)),
        owner_state=OwnerState.WAITING,
        gate=random.choice(list(Gate)),
        gate_inferred=False,
        gate_value=random.randrange(100) / 100,
        gate_threshold=0.6,
        waiting_since=NOW - timedelta(minutes=random.randrange(3_000)),
        due_at=random.choice((None, NOW + timedelta(minutes=random.randrange(3_000)))),
        claim=None,
        turns=turns,
        corrections=random.choice((0, 0, 0, 2)),
    )


def queue() -> Iterator[QueueRow]:
    """Yield the long queue."""
    return map(queue_row, range(ROWS))


def places(most: int, page: int, random: Random) -> list[int]:
    """Return 600 places to scroll to, each different from the one before."""
    found = [0]
    while len(found) <= 600:
        step = random.choice((60, 180, page, random.randrange(most)))
        found.append((found[-1] + step) % most)
    return found[1:]


def conversation(number: int, answer_length: int | None = None, turns: int = TURNS) -> ConversationView:
    """Return a conversation in which customer and AI take turns, some of them with tool calls and sources."""
    random = Random(number)
    row = queue_row(number, turns)
    said = [
        Turn(number=place, speaker=Speaker.CUSTOMER, text=sentence(random, random.randrange(1, 40)), at=NOW)
        if place % 2
        else Turn(
            number=place,
            speaker=Speaker.AI,
            text=answer(random, answer_length or random.randrange(40, 900)),
            at=NOW,
            ai=_context(random, place),
        )
        for place in range(1, turns + 1)
    ]
    whole = Conversation(
        id=row.conversation_id,
        customer=Customer(id=CustomerId(f"u-{number}"), name=row.customer_name),
        topic=row.topic,
        language="en",
        opened_at=NOW,
        handoff=Handoff(gate=Gate.CONFIDENCE, value=0.41, threshold=0.6, at_turn=turns, ask=row.ask),
        turns=tuple(said),
    )
    return ConversationView(row=row, conversation=whole, corrections=(), server_time=NOW)


def _context(random: Random, place: int) -> AiContext:
    value = random.randrange(100) / 100
    low = Signal(kind=SignalKind.SELF_REPORTED, value=value, threshold=0.6, gate=Gate.CONFIDENCE, fired=value < 0.6)
    call = ToolCall(id=f"t-{place}", name="find_order", arguments='{"order": "A-1001"}', result='{"state": "back"}')
    source = Source(id=f"s-{place}", title="Returns and refunds", version="7", snippet=sentence(random, 30), score=0.8)
    return AiContext(
        model="example-1",
        prompt_version="v12",
        signals=(low,),
        tool_calls=(call,) if place % 6 == 0 else (),
        sources=(source,) if place % 4 == 0 else (),
    )
