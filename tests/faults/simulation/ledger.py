"""What must never happen: the ledger hears what people were told and what the server committed, and compares them."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from console.client.domain.drafts import CorrectionDraft
from console.client.services.corrections import CorrectionStatus, SavedState
from console.contract.corrections import Correction
from console.contract.ids import CorrectionId
from console.contract.views import CorrectionState
from console.server.services.identity import Identity

AT_SERVER = frozenset({SavedState.STORED, SavedState.LATE})


@dataclass(frozen=True)
class Parked:
    """A refused item as a profile keeps it."""

    id: CorrectionId
    words: str


class Ledger:
    """Collects violations, each beginning with its invariant's letter.

    L0 nothing saved is lost, D0 nothing is there twice, O1 one owner an epoch, H0 nothing is stuck, V the screen never
    says more than is so, I nothing goes under another name, Q what a desk shows is what a fresh read shows.
    """

    def __init__(self, trace: Callable[[str], None]) -> None:
        self.violations: list[str] = []
        self._trace = trace
        self._submitted: dict[str, CorrectionDraft] = {}
        self._shown: dict[str, CorrectionId] = {}
        self._withdrawn: set[str] = set()
        self._committed: set[str] = set()
        self._refused: set[str] = set()
        self._epochs: dict[str, tuple[int, str | None]] = {}
        self._corrections = 0

    @property
    def submitted(self) -> int:
        """How many corrections somebody tried to submit."""
        return len(self._submitted)

    def violated(self, what: str) -> None:
        """Write a violation down, once."""
        if what not in self.violations:
            self._trace(f"VIOLATED {what}")
            self.violations.append(what)

    # what people do and are told

    def submitting(self, draft: CorrectionDraft) -> None:
        """Somebody presses submit; every submission has words of its own."""
        self._submitted[draft.text] = draft

    def shown_as_saved(self, draft: CorrectionDraft, correction_id: CorrectionId) -> None:
        """The screen said: saved here."""
        self._shown[draft.text] = correction_id

    def withdrawn(self, words: str) -> None:
        """Its author dropped a refused one, or writes it anew."""
        self._withdrawn.add(words)

    def seen(self, at: str, statuses: Iterable[CorrectionStatus], kept: frozenset[str]) -> None:
        """A desk's screen shows these states; `kept` are the ids in its outbox on disk."""
        for status in statuses:
            if status.state in AT_SERVER and status.id not in self._committed:
                self.violated(f"V {at} showed {status.id} as {status.state}, which the server never committed")
            if status.state not in AT_SERVER and status.id not in kept:
                self.violated(f"V {at} showed {status.id} as {status.state}, which is not on its disk")
            if status.state is SavedState.REFUSED and status.id not in self._refused:
                self.violated(f"V {at} showed {status.id} as refused, which the server never did")

    # what the server does

    def sent(self, correction: Correction, by: Identity) -> None:
        """A correction reached the server under somebody's token."""
        if correction.author_id != by.user_id:
            self.violated(f"I {correction.id} of {correction.author_id} was sent as {by.user_id}")

    def refused(self, correction_id: str) -> None:
        """The server refused a correction for good."""
        self._refused.add(correction_id)

    def begin(self, db: sqlite3.Connection) -> None:
        """Take the database as it is: a history begins, or one that was restored from a backup."""
        self._epochs = {about: (epoch, holder) for about, epoch, holder in db.execute(_CLAIMS)}
        (self._corrections,) = db.execute("SELECT coalesce(max(rowid), 0) FROM correction").fetchone()

    def committed(self, db: sqlite3.Connection) -> None:
        """The server has just committed."""
        for about, epoch, holder in db.execute(_CLAIMS):
            before, held_by = self._epochs[about]
            if epoch < before:
                self.violated(f"O1 the epoch of {about} went back from {before} to {epoch}")
            if epoch == before and holder != held_by:
                self.violated(f"O1 epoch {epoch} of {about} went from {held_by} to {holder}")
            self._epochs[about] = epoch, holder
        for row, author, state, body in db.execute(_NEW_CORRECTIONS, (self._corrections,)):
            said = Correction.model_validate_json(body)
            self._corrections = row
            self._committed.add(said.id)
            current = self._epochs[said.conversation_id] == (said.epoch, author)
            if current != (state == CorrectionState.STORED):
                self.violated(f"O1 {said.id} of epoch {said.epoch} by {author} was kept as {state}")

    # the end

    def compare(self, db: sqlite3.Connection, parked: Iterable[Parked]) -> list[str]:
        """Return where the server does not hold what was submitted; what is on its way counts as missing."""
        stored: dict[str, list[Correction]] = defaultdict(list)
        for (body,) in db.execute("SELECT body FROM correction ORDER BY rowid"):
            said = Correction.model_validate_json(body)
            stored[said.corrected_text].append(said)
        found: list[str] = []
        for words, there in stored.items():
            if len(there) > 1:
                found.append(f"D0 {words!r} is stored {len(there)} times")
            if words not in self._submitted or not _says_the_same(self._submitted[words], there[0]):
                found.append(f"L0 {words!r} is stored with other words than were submitted")
        parked = tuple(parked)
        found += [
            f"L0 {item.id} is set aside, but was never refused" for item in parked if item.id not in self._refused
        ]
        accounted_for = {*stored, *self._withdrawn, *(item.words for item in parked)}
        for words, correction_id in self._shown.items():
            if words not in accounted_for:
                found.append(f"L0 {words!r}, shown as saved under {correction_id}, is lost")
        return found


_CLAIMS = "SELECT id, epoch, holder_id FROM conversation"
_NEW_CORRECTIONS = "SELECT rowid, author_id, state, body FROM correction WHERE rowid > ? ORDER BY rowid"


def _says_the_same(draft: CorrectionDraft, said: Correction) -> bool:
    submitted = draft.text, draft.codes, draft.note, draft.severity, draft.author_id, draft.turn
    return submitted == (said.corrected_text, said.codes, said.note, said.severity, said.author_id, said.turn)
