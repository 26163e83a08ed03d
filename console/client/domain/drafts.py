"""The correction draft: what a person has said so far about one AI turn, and what still stops it from being submitted.

Every function returns a new draft; none reads a clock. A suggestion stays unconfirmed until a person touches it.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from pydantic import ValidationError

from console.client.domain.words import Change, changes
from console.contract.base import Key, Line, Model, Text, UtcTime, content_sha256
from console.contract.conversations import Gate, Turn, TurnNumber
from console.contract.corrections import (
    Assertion,
    Correction,
    Hunk,
    Scope,
    SourceJudgement,
    SourceVerdict,
    SpanLabel,
    ToolCallCorrection,
)
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.limits import MAX_CHANGES, MAX_CORRECTION, MAX_TEXT, MIB
from console.contract.taxonomy import RootCause, Severity

PERSONAL_SHORTEST, PERSONAL_LONGEST, PERSONAL_KEPT = 3, 1_000, 200
"""Code points of words kept to one customer that are remembered, at least and at most, and how many of them."""


class DraftHunk(Hunk):
    """A changed stretch with its error code: a suggestion until `confirmed` by a person."""

    code: Key | None = None
    confirmed: bool = False


class ToolCallDraft(Model):
    """A corrected tool call while it is being typed: `arguments` may not be JSON yet."""

    tool_call_id: Line | None = None
    name: Line | None = None
    arguments: Text = "{}"


class CorrectionDraft(Model):
    """One person's unfinished correction of one AI turn. `id` becomes the correction's id and idempotency key."""

    id: CorrectionId
    conversation_id: ConversationId
    turn: TurnNumber
    author_id: UserId
    original: Text
    text: Text
    hunks: tuple[DraftHunk, ...] = ()
    codes: tuple[Key, ...] = ()
    severity: Severity | None = None
    root_cause: RootCause | None = None
    source_verdicts: tuple[SourceVerdict, ...] = ()
    tool_calls: tuple[ToolCallDraft, ...] = ()
    should_have_handed_off: bool = False
    handoff_gate: Gate | None = None
    assertions: tuple[Assertion, ...] = ()
    note: Text = ""
    opened_at: UtcTime
    taxonomy_version: Key
    personal: tuple[Line, ...] = ()
    """What was kept to this customer, without case and spaces: a hunk that holds it again is kept to them again."""

    @property
    def key(self) -> tuple[ConversationId, int, UserId]:
        """What a stored draft is found by: there is one for each conversation, turn and author."""
        return self.conversation_id, self.turn, self.author_id


def open_draft(
    draft_id: CorrectionId,
    conversation_id: ConversationId,
    turn: Turn,
    author_id: UserId,
    *,
    opened_at: datetime,
    taxonomy_version: str,
) -> CorrectionDraft:
    """Return the untouched draft of a turn."""
    return CorrectionDraft(
        id=draft_id,
        conversation_id=conversation_id,
        turn=turn.number,
        author_id=author_id,
        original=turn.text,
        text=turn.text,
        opened_at=opened_at,
        taxonomy_version=taxonomy_version,
    )


def reopened(correction: Correction, draft_id: CorrectionId) -> CorrectionDraft:
    """Return the draft, under a fresh id, that a submitted correction was made of."""
    labels = {(label.start, label.end): label for label in correction.labels}
    hunks = []
    for hunk in correction.hunks:
        label = labels.get((hunk.start, hunk.end))
        code, confirmed = (label.code, label.confirmed) if label else (None, False)
        hunks.append(DraftHunk(**hunk.model_dump(), code=code, confirmed=confirmed))
    return CorrectionDraft(
        id=draft_id,
        conversation_id=correction.conversation_id,
        turn=correction.turn,
        author_id=correction.author_id,
        original=_original_of(correction),
        text=correction.corrected_text,
        hunks=tuple(hunks),
        codes=correction.codes,
        severity=correction.severity,
        root_cause=correction.root_cause,
        source_verdicts=correction.source_verdicts,
        tool_calls=tuple(ToolCallDraft(**call.model_dump()) for call in correction.tool_calls),
        should_have_handed_off=correction.should_have_handed_off,
        handoff_gate=correction.handoff_gate,
        assertions=correction.assertions,
        note=correction.note,
        opened_at=correction.opened_at,
        taxonomy_version=correction.taxonomy_version,
    )


def _original_of(correction: Correction) -> str:
    """Return the original, which a correction does not hold: its text with every hunk undone."""
    pieces: list[str] = []
    read = undone = 0
    for hunk in correction.hunks:
        same = hunk.start - undone
        pieces += (correction.corrected_text[read : read + same], hunk.removed)
        read += same + len(hunk.replacement)
        undone = hunk.end
    return "".join((*pieces, correction.corrected_text[read:]))


def with_text(draft: CorrectionDraft, text: str) -> CorrectionDraft:
    """Return the draft with another corrected text.

    A hunk keeps scope, code and confirmation from the old hunk it overlaps most in the original; one that holds words
    which were kept to this customer is kept to them again, until a person says that it teaches. Characters the contract
    refuses (NUL, lone surrogates) are dropped, and what is beyond its limit is cut.
    """
    text = _storable(text)
    if text == draft.text:
        return draft
    draft = _remembering(draft, _edited_words(draft))
    hunks = tuple(_carried(change, draft) for change in changes(draft.original, text))
    return draft.model_copy(update={"text": text, "hunks": hunks})


def _storable(text: str) -> str:
    kept = text.replace("\x00", "").encode("utf-8", "ignore").decode()
    return kept[:MAX_TEXT]


def _remembering(draft: CorrectionDraft, personal: Iterable[str]) -> CorrectionDraft:
    """Return the draft with these words kept to the customer; too short ones would be found in anything."""
    long_enough = dict.fromkeys(words[:PERSONAL_LONGEST] for words in personal if len(words) >= PERSONAL_SHORTEST)
    return draft.model_copy(update={"personal": tuple(long_enough)[-PERSONAL_KEPT:]})


def _edited_words(draft: CorrectionDraft) -> list[str]:
    """Return the personal words, as they were marked and as they were edited since; not what deleting left of them."""
    said = list(draft.personal)
    for hunk in draft.hunks:
        words = _folded(hunk.replacement)[:PERSONAL_LONGEST]
        if hunk.scope is Scope.CUSTOMER_ONLY and not any(known in words or words in known for known in said):
            said.append(words)
    return said


def _held(personal: tuple[str, ...], text: str) -> list[str]:
    """Return which personal words a text holds."""
    folded = _folded(text) if personal else ""
    return [words for words in personal if words in folded]


def _folded(text: str) -> str:
    return "".join(text.casefold().split())


def _carried(change: Change, draft: CorrectionDraft) -> DraftHunk:
    touching = [old for old in draft.hunks if change.start <= old.end and old.start <= change.end]
    nearest = max(touching, key=lambda old: min(change.end, old.end) - max(change.start, old.start), default=None)
    # What was for one customer must never teach: neither what swallowed a personal hunk, nor its words elsewhere.
    known = {said for old in touching if old.scope is Scope.TEACH for said in _held(draft.personal, old.replacement)}
    personal = any(old.scope is Scope.CUSTOMER_ONLY for old in touching)
    personal = personal or not known.issuperset(_held(draft.personal, change.replacement))
    scope = Scope.CUSTOMER_ONLY if personal else Scope.TEACH
    code = nearest.code if nearest else next(iter(draft.codes), None)
    return DraftHunk(**change._asdict(), scope=scope, code=code, confirmed=nearest is not None and nearest.confirmed)


def with_hunk_scope(draft: CorrectionDraft, index: int, scope: Scope) -> CorrectionDraft:
    """Return the draft with one hunk taught, or kept to this customer. IndexError where there is no such hunk."""
    hunk = draft.hunks[index]
    words = _folded(hunk.replacement)
    said = [*draft.personal, words]
    if scope is Scope.TEACH:
        said = [known for known in draft.personal if known not in words]
    return _with_hunk(_remembering(draft, said), hunk.model_copy(update={"scope": scope}), index)


def with_hunk_code(draft: CorrectionDraft, index: int, code: str) -> CorrectionDraft:
    """Return the draft with one hunk's code chosen, which confirms it and says it of the turn too."""
    said = draft if code in draft.codes else toggle_code(draft, code)
    return _with_hunk(said, said.hunks[index].model_copy(update={"code": code, "confirmed": True}), index)


def confirm_hunk(draft: CorrectionDraft, index: int) -> CorrectionDraft:
    """Return the draft with one hunk's suggested code confirmed; unchanged where nothing is suggested."""
    hunk = draft.hunks[index]
    return draft if hunk.code is None else _with_hunk(draft, hunk.model_copy(update={"confirmed": True}), index)


def _with_hunk(draft: CorrectionDraft, hunk: DraftHunk, index: int) -> CorrectionDraft:
    hunks = list(draft.hunks)
    hunks[index] = hunk
    return draft.model_copy(update={"hunks": tuple(hunks)})


def toggle_code(draft: CorrectionDraft, code: str) -> CorrectionDraft:
    """Return the draft with a code said of the turn, or taken back.

    The first code said is the suggestion for every hunk without one; hunks lose a code that is taken back.
    """
    codes = tuple(said for said in draft.codes if said != code) if code in draft.codes else (*draft.codes, code)
    suggestion = next(iter(codes), None)
    hunks = tuple(
        hunk if hunk.code in codes else hunk.model_copy(update={"code": suggestion, "confirmed": False})
        for hunk in draft.hunks
    )
    return draft.model_copy(update={"codes": codes, "hunks": hunks})


def with_severity(draft: CorrectionDraft, severity: Severity | None) -> CorrectionDraft:
    """Return the draft with what the error would have cost."""
    return draft.model_copy(update={"severity": severity})


def with_root_cause(draft: CorrectionDraft, root_cause: RootCause | None) -> CorrectionDraft:
    """Return the draft with where the error came from."""
    return draft.model_copy(update={"root_cause": root_cause})


def toggle_source(draft: CorrectionDraft, source_id: str, judgement: SourceJudgement) -> CorrectionDraft:
    """Return the draft with a source judged; the same judgement again takes it back."""
    verdict = SourceVerdict(source_id=source_id, judgement=judgement)
    others = tuple(said for said in draft.source_verdicts if said.source_id != source_id)
    return draft.model_copy(
        update={"source_verdicts": others if verdict in draft.source_verdicts else (*others, verdict)}
    )


def with_tool_call(draft: CorrectionDraft, call: ToolCallDraft) -> CorrectionDraft:
    """Return the draft with a corrected tool call, in the place of what was said of the same call before."""
    calls = [said for said in draft.tool_calls if said.tool_call_id != call.tool_call_id]
    return draft.model_copy(update={"tool_calls": (*calls, call)})


def without_tool_call(draft: CorrectionDraft, tool_call_id: str | None) -> CorrectionDraft:
    """Return the draft with nothing said of a call; None is the call the AI left out."""
    calls = tuple(said for said in draft.tool_calls if said.tool_call_id != tool_call_id)
    return draft.model_copy(update={"tool_calls": calls})


def with_handoff(draft: CorrectionDraft, should: bool, gate: Gate | None = None) -> CorrectionDraft:
    """Return the draft saying whether the AI should have handed off, and by which gate."""
    return draft.model_copy(update={"should_have_handed_off": should, "handoff_gate": gate if should else None})


def with_assertions(draft: CorrectionDraft, assertions: tuple[Assertion, ...]) -> CorrectionDraft:
    """Return the draft with what any good answer must, and must not, say."""
    return draft.model_copy(update={"assertions": assertions})


def with_note(draft: CorrectionDraft, note: str) -> CorrectionDraft:
    """Return the draft with a note for whoever reads the correction."""
    return draft.model_copy(update={"note": _storable(note)})


def is_untouched(draft: CorrectionDraft) -> bool:
    """Whether nobody has said anything yet, so that nothing is lost without it."""
    return not _says_something(draft) and not draft.note and draft.severity is None and draft.root_cause is None


def _says_something(draft: CorrectionDraft) -> bool:
    return bool(
        draft.hunks
        or draft.codes
        or draft.source_verdicts
        or draft.tool_calls
        or draft.should_have_handed_off
        or draft.assertions
    )


def faults(draft: CorrectionDraft) -> tuple[str, ...]:
    """Return what still stops submission, each a sentence that says what to do; empty when it can go."""
    found: list[str] = []
    if not _says_something(draft):
        found.append("Change the answer, or say what is wrong with it.")
    if not draft.codes:
        found.append("Choose at least one error code.")
    if draft.should_have_handed_off and draft.handoff_gate is None:
        found.append("Choose the gate that should have handed it off.")
    found += [fault for call in draft.tool_calls if (fault := _tool_call_fault(call))]
    if not found and not _fits_the_wire(draft):
        room = f"a correction may be {MAX_CORRECTION // MIB} MiB long, with {MAX_CHANGES:,} changes"
        found.append(f"Shorten the answer or what is said of it: {room}.")
    return tuple(found)


def _fits_the_wire(draft: CorrectionDraft) -> bool:
    try:
        _correction(draft, 0, draft.opened_at)
    except ValidationError:
        return False
    return True


def _tool_call_fault(call: ToolCallDraft) -> str | None:
    tool = call.tool_call_id if call.name is None else call.name
    if not tool:
        return "Name the tool the AI should have called."
    try:
        ToolCallCorrection(tool_call_id=call.tool_call_id, name=call.name, arguments=call.arguments)
    except ValidationError:
        return f"Write the arguments of {tool} as a JSON object{_where(call.arguments)}."
    return None


def _where(arguments: str) -> str:
    """Say where JSON stops being JSON, in a person's counting."""
    try:
        json.loads(arguments)
    except json.JSONDecodeError as error:
        return f" (line {error.lineno}, column {error.colno} is not)"
    except (ValueError, RecursionError):
        return ""
    return ", in braces"


class IncompleteDraftError(ValueError):
    """The draft cannot be submitted yet; `faults` says why."""

    def __init__(self, found: tuple[str, ...]) -> None:
        super().__init__(" ".join(found))
        self.faults = found


def to_correction(draft: CorrectionDraft, epoch: int, submitted_at: datetime) -> Correction:
    """Return the correction a finished draft stands for; it fits the draft's original.

    Raises IncompleteDraftError while the draft has faults.
    """
    if found := faults(draft):
        raise IncompleteDraftError(found)
    return _correction(draft, epoch, submitted_at)


def _correction(draft: CorrectionDraft, epoch: int, submitted_at: datetime) -> Correction:
    return Correction(
        id=draft.id,
        conversation_id=draft.conversation_id,
        turn=draft.turn,
        author_id=draft.author_id,
        epoch=epoch,
        original_sha256=content_sha256(draft.original),
        corrected_text=draft.text,
        hunks=tuple(
            Hunk(start=h.start, end=h.end, removed=h.removed, replacement=h.replacement, scope=h.scope)
            for h in draft.hunks
        ),
        labels=tuple(
            SpanLabel(start=h.start, end=h.end, code=h.code, confirmed=h.confirmed) for h in draft.hunks if h.code
        ),
        codes=draft.codes,
        taxonomy_version=draft.taxonomy_version,
        severity=draft.severity,
        root_cause=draft.root_cause,
        source_verdicts=draft.source_verdicts,
        tool_calls=tuple(
            ToolCallCorrection(tool_call_id=c.tool_call_id, name=c.name, arguments=c.arguments)
            for c in draft.tool_calls
        ),
        should_have_handed_off=draft.should_have_handed_off,
        handoff_gate=draft.handoff_gate,
        assertions=draft.assertions,
        note=draft.note,
        opened_at=draft.opened_at,
        submitted_at=submitted_at,
    )
