"""The transcript format that `redline import` reads: OpenAI chat-completions messages, one conversation a line.

Only `messages` is needed. Whatever else the exporting system knows goes where chat-completions puts it (`logprobs`,
`timestamp`, `metadata`, `labels`); fields Redline has no use for are passed over, never an error.
Source of the message shape: OpenAI API reference, "Create chat completion".
"""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field

from console.contract.conversations import EarlierContact, Gate, Priority, SignalKind, Tier

Fraction = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class Open(BaseModel):
    """Closed to wrong types, open to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class TranscriptFunction(Open):
    """`arguments` is JSON text; it is kept exactly as it is."""

    name: str
    arguments: str = "{}"


class TranscriptToolCall(Open):
    """A tool call of an assistant message."""

    id: str
    function: TranscriptFunction
    type: Literal["function"] = "function"


class TokenLogprob(Open):
    """A sampled token's natural-log probability."""

    token: str = ""
    logprob: float


class Logprobs(Open):
    """Log probabilities of a message's content tokens."""

    content: list[TokenLogprob] | None = None


class TranscriptSignal(Open):
    """A value of the confidence trace; `value` absent means "not reported"."""

    kind: SignalKind
    value: Fraction | None = None
    threshold: Fraction | None = None
    gate: Gate | None = None
    fired: bool = False
    detail: str | None = None


class TranscriptSource(Open):
    """A document retrieved for a message."""

    id: str
    title: str
    version: str | None = None
    snippet: str = ""
    score: Fraction | None = None


class TranscriptUsage(Open):
    """Token use of one completion."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class MessageMetadata(Open):
    """What is known of one message beside its text. `duration_ms` and `error` belong to tool results."""

    signals: list[TranscriptSignal] = []
    sources: list[TranscriptSource] = []
    trace_id: str | None = None
    prompt_version: str | None = None
    policy_version: str | None = None
    model: str | None = None
    duration_ms: int | None = None
    error: str | None = None


class TranscriptMessage(Open):
    """One chat-completions message. `content` may be a text, null, or a list of text parts.

    `metadata.sent_by` = "human" marks an assistant message that a person wrote.
    """

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[TranscriptToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    timestamp: AwareDatetime | float | None = Field(
        default=None, validation_alias=AliasChoices("timestamp", "created_at", "created")
    )
    logprobs: Logprobs | None = None
    usage: TranscriptUsage | None = None
    metadata: MessageMetadata | None = None


class TranscriptCustomer(Open):
    """The customer; `facts` are shown as they are, in their order."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    facts: dict[str, str] = {}


class TranscriptHandoff(Open):
    """A handoff that the AI platform recorded. `at_turn` is found from the transfer call, else it is the last turn."""

    gate: Gate
    value: Fraction | None = None
    threshold: Fraction | None = None
    to_tier: Tier = Tier.AGENT
    timestamp: AwareDatetime | None = None
    reason: str = ""
    message_to_customer: str | None = None
    ask: str = ""
    did: list[str] = []
    promised: list[str] = []
    already_asked: list[str] = []
    missing: list[str] = []
    next_steps: list[str] = []
    unsent_draft: str | None = None


class TranscriptMetadata(Open):
    """What is known of the conversation beside its messages."""

    customer: TranscriptCustomer | None = None
    topic: str | None = None
    language: str | None = None
    priority: Priority = Priority.NORMAL
    prompt_version: str | None = None
    policy_version: str | None = None
    handoff: TranscriptHandoff | None = None
    earlier_contacts: list[EarlierContact] = []


class Transcript(Open):
    """One line of a transcript file."""

    id: str | None = None
    model: str | None = None
    created_at: AwareDatetime | float | None = Field(
        default=None, validation_alias=AliasChoices("created_at", "created", "timestamp")
    )
    messages: Annotated[list[TranscriptMessage], Field(min_length=1, max_length=10_000)]
    logprobs: Logprobs | None = None
    metadata: TranscriptMetadata | None = None
    labels: dict[str, Any] | list[Any] | None = None
