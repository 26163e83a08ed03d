"""A correction with all that is known of how it came about: the row that other datasets are cut from."""

from typing import Literal

from console.contract.base import Count, Key, Line, Model, Score, Text, UtcTime
from console.contract.conversations import (
    AiContext,
    ChatMessage,
    Conversation,
    Gate,
    Handoff,
    OutcomeLabel,
    Signal,
    Source,
    Tier,
    TokenUse,
    TurnNumber,
)
from console.contract.corrections import (
    Assertion,
    Hunk,
    Scope,
    Sha256,
    SourceVerdict,
    SpanLabel,
    ToolCallCorrection,
    taught_text,
)
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.permissions import Role
from console.contract.taxonomy import RootCause, Severity
from console.contract.views import CorrectionRecord, CorrectionState
from console.server.signal.places import answer_place, context_before, corrected_turn


class RetrievedSource(Model):
    """A document that the AI retrieved for the turn; its text stays where it is."""

    id: Key
    title: Line
    version: Line | None
    score: Score | None


class FiredGate(Model):
    """The gate by which the AI handed the conversation off, with what it was measured by."""

    gate: Gate
    inferred: bool
    value: Score | None
    threshold: Score | None
    policy_version: Line | None
    tier: Tier
    turn: TurnNumber


class ProvenanceRow(Model):
    """One correction. What was for one customer only is counted; its words and labels are left out.

    `taught_text` is what any customer should have read, `corrected_text` what this one should have: None where the two
    differ. `labels` were confirmed by a person, `suggested_labels` were not and are no human labels. The note speaks of
    the whole correction, so it is left out with the first hunk. `handoff` is the one there was,
    `handoff_gate` the gate there should have been. `context`: the chat messages before the corrected answer.
    """

    format: Literal["redline.correction.1"] = "redline.correction.1"
    id: CorrectionId
    conversation_id: ConversationId
    turn: TurnNumber
    state: CorrectionState
    author_id: UserId
    author_name: Line
    author_role: Role
    epoch: Count
    opened_at: UtcTime
    submitted_at: UtcTime
    received_at: UtcTime
    original_sha256: Sha256
    body_sha256: Sha256
    model: Line | None
    prompt_version: Line | None
    policy_version: Line | None
    trace_id: Line | None
    topic: Line
    language: Line | None
    signals: tuple[Signal, ...]
    sources: tuple[RetrievedSource, ...]
    token_use: TokenUse | None
    handoff: FiredGate | None
    original_text: Text
    corrected_text: Text | None
    taught_text: Text
    hunks: tuple[Hunk, ...]
    customer_only_hunks_left_out: Count
    labels: tuple[SpanLabel, ...]
    suggested_labels: tuple[SpanLabel, ...]
    taxonomy_version: Key
    codes: tuple[Key, ...]
    severity: Severity | None
    root_cause: RootCause | None
    source_verdicts: tuple[SourceVerdict, ...]
    tool_calls: tuple[ToolCallCorrection, ...]
    should_have_handed_off: bool
    handoff_gate: Gate | None
    assertions: tuple[Assertion, ...]
    note: Text
    note_left_out: bool
    context: tuple[ChatMessage, ...]
    outcome: tuple[OutcomeLabel, ...]


def provenance_row(conversation: Conversation, record: CorrectionRecord) -> ProvenanceRow:
    """Return a correction's row; NoLesson where it does not fit its conversation."""
    correction, receipt = record.correction, record.receipt
    turn = corrected_turn(conversation, correction)
    ai = turn.ai or AiContext()
    taught = tuple(hunk for hunk in correction.hunks if hunk.scope is Scope.TEACH)
    left_out = tuple(hunk for hunk in correction.hunks if hunk.scope is Scope.CUSTOMER_ONLY)
    labels = tuple(label for label in correction.labels if not any(_lies_on(label, hunk) for hunk in left_out))
    return ProvenanceRow(
        id=correction.id,
        conversation_id=correction.conversation_id,
        turn=correction.turn,
        state=receipt.state,
        author_id=correction.author_id,
        author_name=record.author_name,
        author_role=record.author_role,
        epoch=correction.epoch,
        opened_at=correction.opened_at,
        submitted_at=correction.submitted_at,
        received_at=receipt.received_at,
        original_sha256=correction.original_sha256,
        body_sha256=receipt.body_sha256,
        model=ai.model,
        prompt_version=ai.prompt_version,
        policy_version=ai.policy_version,
        trace_id=ai.trace_id,
        topic=conversation.topic,
        language=conversation.language,
        signals=ai.signals,
        sources=tuple(_retrieved(source) for source in ai.sources),
        token_use=ai.token_use,
        handoff=_fired_gate(conversation.handoff) if conversation.handoff else None,
        original_text=turn.text,
        corrected_text=None if left_out else correction.corrected_text,
        taught_text=taught_text(turn.text, correction),
        hunks=taught,
        customer_only_hunks_left_out=len(left_out),
        labels=tuple(label for label in labels if label.confirmed),
        suggested_labels=tuple(label for label in labels if not label.confirmed),
        taxonomy_version=correction.taxonomy_version,
        codes=correction.codes,
        severity=correction.severity,
        root_cause=correction.root_cause,
        source_verdicts=correction.source_verdicts,
        tool_calls=correction.tool_calls,
        should_have_handed_off=correction.should_have_handed_off,
        handoff_gate=correction.handoff_gate,
        assertions=correction.assertions,
        note="" if left_out else correction.note,
        note_left_out=bool(left_out and correction.note),
        context=context_before(conversation, turn, answer_place(turn)),
        outcome=conversation.outcome,
    )


def _retrieved(source: Source) -> RetrievedSource:
    return RetrievedSource(id=source.id, title=source.title, version=source.version, score=source.score)


def _fired_gate(handoff: Handoff) -> FiredGate:
    return FiredGate(
        gate=handoff.gate,
        inferred=handoff.inferred,
        value=handoff.value,
        threshold=handoff.threshold,
        policy_version=handoff.policy_version,
        tier=handoff.to_tier,
        turn=handoff.at_turn,
    )


def _lies_on(label: SpanLabel, hunk: Hunk) -> bool:
    """Whether the two overlap; where nothing was removed, they are as wide as the character they stand before."""
    return label.start < max(hunk.end, hunk.start + 1) and hunk.start < max(label.end, label.start + 1)
