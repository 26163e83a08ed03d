"""The correction: what the AI should have said or done, against one turn, as labelled signal.

Offsets are Unicode code points of the original text, start inclusive, end exclusive.
"""

import json
from enum import StrEnum
from typing import Annotated, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from console.contract.base import Count, Key, Line, Many, Model, Text, UtcTime, content_sha256
from console.contract.conversations import Gate, TurnNumber
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.limits import MAX_CHANGES, MAX_CORRECTION, MIB
from console.contract.taxonomy import RootCause, Severity

Offset = Count
"""A place between two code points of a text."""

T = TypeVar("T")
Marks = Annotated[Many[T], Field(max_length=MAX_CHANGES)]
"""What a correction may hold many of."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Scope(StrEnum):
    """Whether a change teaches the AI, or was right for this one customer only."""

    TEACH = "teach"
    CUSTOMER_ONLY = "customer_only"


class Hunk(Model):
    """One changed stretch: the original's [start, end), which read `removed`, becomes `replacement`."""

    start: Offset
    end: Offset
    removed: Text
    replacement: Text
    scope: Scope = Scope.TEACH

    @model_validator(mode="after")
    def _is_a_change(self) -> Self:
        if self.end - self.start != len(self.removed):
            raise ValueError("removed text does not span start to end")
        if self.removed == self.replacement:
            raise ValueError("a hunk must change something")
        return self


class SpanLabel(Model):
    """An error code on a stretch of the original. Unconfirmed: a suggestion no person touched, never a human label."""

    start: Offset
    end: Offset
    code: Key
    confirmed: bool

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end < self.start:
            raise ValueError("a span ends before it starts")
        return self


class SourceJudgement(StrEnum):
    """What a person says of a retrieved source."""

    RIGHT = "right"
    WRONG = "wrong"
    STALE = "stale"


class SourceVerdict(Model):
    """A judgement on one source of the turn."""

    source_id: Key
    judgement: SourceJudgement


class ToolCallCorrection(Model):
    """What the AI should have called. `tool_call_id` None: a call it left out. `name` None: should not have called."""

    tool_call_id: Line | None = None
    name: Line | None = None
    arguments: Text = "{}"

    @field_validator("arguments")
    @classmethod
    def _is_a_json_object(cls, arguments: str) -> str:
        try:
            parsed = json.loads(arguments)
            json.dumps(parsed, allow_nan=False, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:  # NaN, 1e400 and half a character are read, but never written
            raise ValueError("arguments are not JSON") from error
        if not isinstance(parsed, dict):
            raise ValueError("arguments are not a JSON object")
        return arguments

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.tool_call_id is None and self.name is None:
            raise ValueError("a tool call correction names a call, a tool, or both")
        return self


class AssertionKind(StrEnum):
    """Which way an assertion points."""

    MUST_SAY = "must_say"
    MUST_NOT_SAY = "must_not_say"


class Assertion(Model):
    """What any good answer here must, or must not, say."""

    kind: AssertionKind
    text: Text


class Correction(Model):
    """One person's correction of one AI turn. `id` is made by the client and is the idempotency key.

    `epoch` is the fencing token of the claim it was written under. `original_sha256` is of the turn's text, so that
    offsets can never land on another text.
    """

    id: CorrectionId
    conversation_id: ConversationId
    turn: TurnNumber
    author_id: UserId
    epoch: Count
    original_sha256: Sha256
    corrected_text: Text
    hunks: Marks[Hunk] = ()
    labels: Marks[SpanLabel] = ()
    codes: Marks[Key] = ()
    taxonomy_version: Key
    severity: Severity | None = None
    root_cause: RootCause | None = None
    source_verdicts: Marks[SourceVerdict] = ()
    tool_calls: Marks[ToolCallCorrection] = ()
    should_have_handed_off: bool = False
    handoff_gate: Gate | None = None
    assertions: Marks[Assertion] = ()
    note: Text = ""
    opened_at: UtcTime
    submitted_at: UtcTime

    @model_validator(mode="after")
    def _hunks_are_in_order(self) -> Self:
        edge = 0
        for hunk in self.hunks:
            if hunk.start < edge:
                raise ValueError("hunks overlap or are out of order")
            edge = hunk.end
        return self

    @model_validator(mode="after")
    def _fits_the_wire(self) -> Self:
        if len(self.model_dump_json().encode()) > MAX_CORRECTION:
            raise ValueError(f"a correction may be {MAX_CORRECTION // MIB} MiB long")
        return self

    @property
    def says_something(self) -> bool:
        """Whether it corrects anything: a change of text or tools, a code, a handoff, a source or an assertion."""
        return bool(
            self.hunks
            or self.codes
            or self.source_verdicts
            or self.tool_calls
            or self.should_have_handed_off
            or self.assertions
        )


class HunkMismatchError(ValueError):
    """The hunks do not belong to this original."""


def apply_hunks(original: str, hunks: tuple[Hunk, ...], *, scopes: frozenset[Scope] = frozenset(Scope)) -> str:
    """Return the original with those hunks applied whose scope is in `scopes`.

    Raises HunkMismatchError where a hunk's removed text is not what stands at its place.
    """
    pieces: list[str] = []
    edge = 0
    for hunk in hunks:
        if hunk.start < edge or original[hunk.start : hunk.end] != hunk.removed or hunk.end > len(original):
            raise HunkMismatchError(f"hunk at {hunk.start} does not fit the original")
        if hunk.scope in scopes:
            pieces += (original[edge : hunk.start], hunk.replacement)
            edge = hunk.end
    pieces.append(original[edge:])
    return "".join(pieces)


def taught_text(original: str, correction: Correction) -> str:
    """Return what the AI should have said to any customer: only the hunks marked teach are applied."""
    return apply_hunks(original, correction.hunks, scopes=frozenset({Scope.TEACH}))


def fits(original: str, correction: Correction) -> bool:
    """Whether a correction belongs to this original: hash, hunks and corrected text agree, spans lie inside it."""
    if correction.original_sha256 != content_sha256(original):
        return False
    if any(label.end > len(original) for label in correction.labels):
        return False
    try:
        return apply_hunks(original, correction.hunks) == correction.corrected_text
    except HunkMismatchError:
        return False
