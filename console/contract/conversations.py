"""Conversations as Tier 0 leaves them: turns, the AI's context, its confidence trace, gates and the handoff."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from console.contract.base import Count, Key, Line, Many, Model, Score, Text, UtcTime
from console.contract.ids import ConversationId, CustomerId
from console.contract.permissions import Tier as Tier

TurnNumber = Annotated[Count, Field(ge=1)]
"""A turn's place in its conversation, counted from 1; it never changes."""

LanguageTag = Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A BCP 47 language tag, such as `sv` or `pt-BR`."""


class Speaker(StrEnum):
    """Who said a turn."""

    CUSTOMER = "customer"
    AI = "ai"
    HUMAN = "human"
    SYSTEM = "system"


class OwnerState(StrEnum):
    """Who the conversation belongs to now."""

    AI = "ai"
    WAITING = "waiting"
    HUMAN = "human"
    CLOSED = "closed"


class Priority(StrEnum):
    """How urgent a conversation is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Gate(StrEnum):
    """The rule that handed a conversation off."""

    CONFIDENCE = "confidence"
    SENTIMENT = "sentiment"
    TOPIC = "topic"
    CUSTOMER_ASKED = "customer_asked"
    TOOL_FAILED = "tool_failed"
    POLICY = "policy"


class SignalKind(StrEnum):
    """Where a value of the confidence trace comes from."""

    SELF_REPORTED = "self_reported"
    LOGPROB = "logprob"
    RETRIEVAL = "retrieval"
    CLASSIFIER = "classifier"
    SENTIMENT = "sentiment"
    TOPIC = "topic"


CONFIDENCE_KINDS = (SignalKind.SELF_REPORTED, SignalKind.CLASSIFIER, SignalKind.LOGPROB, SignalKind.RETRIEVAL)
"""The kinds that can stand as a turn's confidence, the first one reported wins."""


class Signal(Model):
    """One value of the confidence trace. `value` None means "not reported"; it is never shown as a number."""

    kind: SignalKind
    value: Score | None = None
    threshold: Score | None = None
    gate: Gate | None = None
    fired: bool = False
    detail: Line | None = None


class Source(Model):
    """A document the AI retrieved for a turn."""

    id: Key
    title: Line
    version: Line | None = None
    snippet: Text = ""
    score: Score | None = None


class ToolCall(Model):
    """A call the AI made, paired with what came back. `arguments` is the JSON text exactly as the model wrote it."""

    id: Line
    name: Line
    arguments: Text
    result: Text | None = None
    error: Text | None = None
    duration_ms: Count | None = None


class TokenUse(Model):
    """Tokens a turn cost."""

    prompt: Count
    completion: Count


class AiContext(Model):
    """All that is known of how the AI came to one turn."""

    model: Line | None = None
    prompt_version: Line | None = None
    policy_version: Line | None = None
    sources: Many[Source] = ()
    tool_calls: Many[ToolCall] = ()
    signals: Many[Signal] = ()
    token_use: TokenUse | None = None
    trace_id: Line | None = None

    @property
    def confidence(self) -> Signal | None:
        """The signal that stands as this turn's confidence, or None where nothing was reported."""
        reported = {signal.kind: signal for signal in self.signals if signal.value is not None}
        return next((reported[kind] for kind in CONFIDENCE_KINDS if kind in reported), None)

    def signal(self, kind: SignalKind) -> Signal | None:
        """The signal of one kind, if it was named at all."""
        return next((signal for signal in self.signals if signal.kind is kind), None)


class ChatFunction(Model):
    """The function half of a chat-completions tool call."""

    name: Line
    arguments: Text


class ChatToolCall(Model):
    """A tool call in the chat-completions shape."""

    id: Line
    function: ChatFunction
    type: Literal["function"] = "function"


class ChatMessage(Model):
    """One message in the chat-completions shape, as it was imported; exports give it back unchanged."""

    role: Literal["system", "user", "assistant", "tool"]
    content: Text | None = None
    tool_calls: Many[ChatToolCall] = ()
    tool_call_id: Line | None = None
    name: Line | None = None


class Turn(Model):
    """One message by customer, AI, human agent or system.

    `messages` are the chat messages it was made of, in order: an AI turn gathers its tool calls, their results and at
    most one message with text.
    """

    number: TurnNumber
    speaker: Speaker
    text: Text
    at: UtcTime | None = None
    ai: AiContext | None = None
    messages: Many[ChatMessage] = ()


class Handoff(Model):
    """Why Tier 0 let go, and what it leaves behind. Action, reason and the message to the customer are three fields.

    `inferred`: the gate was read from the transcript by rule, because nothing in it names one.
    """

    gate: Gate
    inferred: bool = False
    value: Score | None = None
    threshold: Score | None = None
    policy_version: Line | None = None
    to_tier: Tier = Tier.AGENT
    at_turn: TurnNumber
    at: UtcTime | None = None
    reason: Text = ""
    message_to_customer: Text | None = None
    ask: Text = ""
    did: Many[Text] = ()
    promised: Many[Text] = ()
    already_asked: Many[Text] = ()
    missing: Many[Text] = ()
    next_steps: Many[Text] = ()
    unsent_draft: Text | None = None


class Customer(Model):
    """The person on the other side."""

    id: CustomerId
    name: Line
    email: Line | None = None
    phone: Line | None = None
    facts: Many[tuple[Line, Line]] = ()


class EarlierContact(Model):
    """One earlier conversation with the same customer."""

    at: UtcTime
    topic: Line
    summary: Text
    resolved: bool


class OutcomeLabel(Model):
    """A fact that came with the transcript, such as the outcome of its task."""

    name: Line
    value: Text


class Conversation(Model):
    """Turns with one customer, and everything the AI left with them."""

    id: ConversationId
    customer: Customer
    topic: Line
    language: LanguageTag | None = None
    priority: Priority = Priority.NORMAL
    model: Line | None = None
    prompt_version: Line | None = None
    policy_version: Line | None = None
    prompt: Text = ""
    opened_at: UtcTime | None = None
    handoff: Handoff | None = None
    turns: Many[Turn]
    earlier_contacts: Many[EarlierContact] = ()
    outcome: Many[OutcomeLabel] = ()

    def turn(self, number: int) -> Turn:
        """Return a turn by its number; KeyError where there is none."""
        if 1 <= number <= len(self.turns):
            return self.turns[number - 1]
        raise KeyError(number)
