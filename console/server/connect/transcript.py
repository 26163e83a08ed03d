"""The transcript format that `redline import` reads: OpenAI chat-completions messages, one conversation a line.

Only `messages` is needed. Whatever else the exporting system knows goes where chat-completions puts it (`logprobs`,
`timestamp`, `metadata`, `labels`); fields Redline has no use for are passed over, never an error. Times are ISO 8601
with a zone, or epoch seconds. Texts have the contract's bounds, so that what passes here fits there.
Source of the message shape: OpenAI API reference, "Create chat completion".
"""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
)

from console.contract.base import Count, Line, Score, Text, to_utc
from console.contract.conversations import EarlierContact, Gate, LanguageTag, Priority, SignalKind, Tier


def _join_parts(content: object) -> object:
    """Join a list of text parts; anything else goes on to the field's own check."""
    if not isinstance(content, list):
        return content
    texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
    if len(texts) != len(content) or not all(isinstance(text, str) for text in texts):
        raise ValueError("holds a part that is not text")
    return "".join(str(text) for text in texts)


def _pairs(facts: object) -> object:
    """Turn an object into its pairs, so that an error names a fact by its place and never repeats it."""
    if not isinstance(facts, dict):
        raise ValueError("must be an object")
    return tuple(facts.items())


Moment = Annotated[AwareDatetime, Field(strict=False), AfterValidator(to_utc)]
Content = Annotated[Text | None, BeforeValidator(_join_parts)]
Facts = Annotated[tuple[tuple[Line, Line], ...], BeforeValidator(_pairs)]


class Open(BaseModel):
    """Closed to wrong types, open to fields it does not know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", populate_by_name=True)


class TranscriptFunction(Open):
    """`arguments` is JSON text; it is kept exactly as it is."""

    name: Line
    arguments: Text = "{}"


class TranscriptToolCall(Open):
    """A tool call of an assistant message."""

    id: Line
    function: TranscriptFunction
    type: Literal["function"] = "function"


class TokenLogprob(Open):
    """A sampled token's natural-log probability; a little above 0 by rounding, -9999 for the all but impossible."""

    token: str = ""
    logprob: Annotated[float, Field(ge=-1_000_000, le=1)]


class Logprobs(Open):
    """Log probabilities of a message's content tokens."""

    content: list[TokenLogprob] | None = None


class TranscriptSignal(Open):
    """A value of the confidence trace; `value` absent means "not reported"."""

    kind: SignalKind
    value: Score | None = None
    threshold: Score | None = None
    gate: Gate | None = None
    fired: bool = False
    detail: Line | None = None


class TranscriptSource(Open):
    """A document retrieved for a message."""

    id: Line
    title: Line
    version: Line | None = None
    snippet: Text = ""
    score: Score | None = None


class TranscriptUsage(Open):
    """Token use of one completion."""

    prompt_tokens: Count = 0
    completion_tokens: Count = 0


class MessageMetadata(Open):
    """What is known of one message beside its text. `duration_ms` and `error` belong to tool results.

    `sent_by` = "human" marks an assistant message that a person wrote.
    """

    signals: list[TranscriptSignal] = []
    sources: list[TranscriptSource] = []
    trace_id: Line | None = None
    prompt_version: Line | None = None
    policy_version: Line | None = None
    model: Line | None = None
    duration_ms: Count | None = None
    error: Text | None = None
    sent_by: Literal["ai", "human"] = "ai"


class TranscriptMessage(Open):
    """One chat-completions message. `content` may be a text, null, or a list of text parts, which are joined."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Content = None
    tool_calls: list[TranscriptToolCall] | None = None
    tool_call_id: Line | None = None
    name: Line | None = None
    timestamp: Moment | None = Field(default=None, validation_alias=AliasChoices("timestamp", "created_at", "created"))
    logprobs: Logprobs | None = None
    usage: TranscriptUsage | None = None
    metadata: MessageMetadata | None = None


class TranscriptCustomer(Open):
    """The customer; `facts` are shown as they are, in their order."""

    id: Line | None = None
    name: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    facts: Facts = ()


class TranscriptHandoff(Open):
    """A handoff that the AI platform recorded. Its turn: the transfer call's, else the AI's last by `timestamp`."""

    gate: Gate
    value: Score | None = None
    threshold: Score | None = None
    to_tier: Tier = Tier.AGENT
    timestamp: Moment | None = None
    reason: Text = ""
    message_to_customer: Text | None = None
    ask: Text = ""
    did: list[Text] = []
    promised: list[Text] = []
    already_asked: list[Text] = []
    missing: list[Text] = []
    next_steps: list[Text] = []
    unsent_draft: Text | None = None


class TranscriptMetadata(Open):
    """What is known of the conversation beside its messages."""

    customer: TranscriptCustomer | None = None
    topic: Line | None = None
    language: LanguageTag | None = None
    priority: Priority = Priority.NORMAL
    prompt_version: Line | None = None
    policy_version: Line | None = None
    handoff: TranscriptHandoff | None = None
    earlier_contacts: list[EarlierContact] = []


class Transcript(Open):
    """One line of a transcript file."""

    id: str | None = None
    model: Line | None = None
    created_at: Moment | None = Field(default=None, validation_alias=AliasChoices("created_at", "created", "timestamp"))
    messages: Annotated[list[TranscriptMessage], Field(min_length=1, max_length=10_000)]
    logprobs: Logprobs | None = None
    metadata: TranscriptMetadata | None = None
    domain: Line | None = None
    task_id: JsonValue = None
    trial: JsonValue = None
    outcome: JsonValue = None
    customer_goal: JsonValue = None
    expected_actions: JsonValue = None
    labels: JsonValue = None
