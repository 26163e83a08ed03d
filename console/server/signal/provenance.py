"""A correction with all that is known of how it came about: the row that other datasets are cut from."""

from typing import Literal

from console.contract.base import Key, Line, Model, Text, UtcTime
from console.contract.conversations import ChatMessage, Conversation, Gate, OutcomeLabel, Signal, TurnNumber
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
from console.contract.views import CorrectionRecord, CorrectionState, Count
from console.server.signal.places import answer_place, context_before, corrected_turn


class ProvenanceRow(Model):
    """One correction. What was for one customer only is counted, and its words are left out.

    `taught_text` is what any customer should have read, `corrected_text` what this one should have: None where the two
    differ. `labels` were confirmed by a person, `suggested_labels` were not and are no human labels. `context`: the
    chat messages before the corrected answer.
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
    gate: Gate | None
    gate_inferred: bool
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
    context: tuple[ChatMessage, ...]
    outcome: tuple[OutcomeLabel, ...]


def provenance_row(conversation: Conversation, record: CorrectionRecord) -> ProvenanceRow:
    """Return a correction's row; NoLesson where it does not fit its conversation."""
    correction, receipt, handoff = record.correction, record.receipt, conversation.handoff
    turn = corrected_turn(conversation, correction)
    taught = tuple(hunk for hunk in correction.hunks if hunk.scope is Scope.TEACH)
    left_out = len(correction.hunks) - len(taught)
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
        model=turn.ai.model if turn.ai else None,
        prompt_version=turn.ai.prompt_version if turn.ai else None,
        policy_version=turn.ai.policy_version if turn.ai else None,
        trace_id=turn.ai.trace_id if turn.ai else None,
        topic=conversation.topic,
        language=conversation.language,
        signals=turn.ai.signals if turn.ai else (),
        gate=handoff.gate if handoff else None,
        gate_inferred=handoff.inferred if handoff else False,
        original_text=turn.text,
        corrected_text=None if left_out else correction.corrected_text,
        taught_text=taught_text(turn.text, correction),
        hunks=taught,
        customer_only_hunks_left_out=left_out,
        labels=tuple(label for label in correction.labels if label.confirmed),
        suggested_labels=tuple(label for label in correction.labels if not label.confirmed),
        taxonomy_version=correction.taxonomy_version,
        codes=correction.codes,
        severity=correction.severity,
        root_cause=correction.root_cause,
        source_verdicts=correction.source_verdicts,
        tool_calls=correction.tool_calls,
        should_have_handed_off=correction.should_have_handed_off,
        handoff_gate=correction.handoff_gate,
        assertions=correction.assertions,
        note=correction.note,
        context=context_before(conversation, turn, answer_place(turn)),
        outcome=conversation.outcome,
    )
