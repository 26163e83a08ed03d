"""What must never happen: the ledger hears what people were told and what the server committed, and compares them."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.client.domain.drafts import CorrectionDraft
from console.client.services.corrections import CorrectionStatus, SavedState
from console.contract.corrections import Correction
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.views import CorrectionState, Receipt
from console.server.services.identity import Identity

MOMENT = timedelta(seconds=1)
ON_ITS_WAY = frozenset({SavedState.SAVED_HERE, SavedState.SENT})
AT_SERVER = frozenset({SavedState.STORED, SavedState.LATE})


@dataclass(frozen=True)
class Kept:
    """A refused item as a profile keeps it."""

    id: CorrectionId
    words: str


@dataclass(frozen=True)
class Lease:
    """Who holds a conversation, as the server's file says it."""

    epoch: int
    holder: str | None
    until: str | None

    def runs(self, now: datetime) -> bool:
        """Say whether it surely runs, though the server may have looked at its clock a moment before."""
        return self.until is not None and self.until > f"{now + MOMENT:%Y-%m-%d %H:%M:%S.%f}"


class Ledger:
    """Collects violations, each beginning with its invariant's letter.

    L0 nothing saved is lost, D0 nothing is there twice, O1 one owner at a time and fenced, H0 nothing is stuck, F0 a
    conversation's corrections keep their order, V the screen never says more than is so, I nothing goes under another
    name, Q what a desk shows is what a fresh read shows, E nothing fails in a way that nobody foresaw.
    """

    def __init__(self, trace: Callable[[str], None]) -> None:
        self.violations: list[str] = []
        self._trace = trace
        self._submitted: dict[str, CorrectionDraft] = {}
        self._shown: dict[str, CorrectionId] = {}
        self._withdrawn: set[str] = set()
        self._committed: dict[str, str] = {}
        self._refused: set[str] = set()
        self._typed: dict[tuple[str, ConversationId, UserId], str] = {}
        self._order: dict[tuple[str, ConversationId, UserId], list[str]] = defaultdict(list)
        self._leases: dict[str, Lease] = {}
        self._corrections = self._histories = 0

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

    def submitting(self, at: str, draft: CorrectionDraft) -> None:
        """Somebody presses submit; every submission has words of its own, and ends whatever draft was kept."""
        self._submitted[draft.text] = draft
        key = at, draft.conversation_id, draft.author_id
        if self._typed.get(key) != draft.text:
            self._typed.pop(key, None)

    def typing(self, at: str, draft: CorrectionDraft) -> None:
        """A draft is about to be kept: it may stand in place of the one before even where the desk says it does not."""
        self._typed.pop((at, draft.conversation_id, draft.author_id), None)

    def typed(self, at: str, draft: CorrectionDraft) -> None:
        """A draft is kept at a desk, in place of what was kept of its turn and author."""
        self._typed[at, draft.conversation_id, draft.author_id] = draft.text

    def shown_as_saved(self, at: str, draft: CorrectionDraft, correction_id: CorrectionId) -> None:
        """A desk's screen said: saved here."""
        self._shown[draft.text] = correction_id
        self._order[at, draft.conversation_id, draft.author_id].append(correction_id)

    def withdrawn(self, words: str) -> None:
        """Its author dropped a refused one, or writes it anew."""
        self._withdrawn.add(words)

    def seen(self, at: str, statuses: Iterable[CorrectionStatus], kept: frozenset[str]) -> None:
        """A desk's screen shows these states; `kept` are the ids in its outbox on disk."""
        for status in statuses:
            if status.state in AT_SERVER and status.id not in self._committed:
                self.violated(f"V {at} showed {status.id} as {status.state}, which the server never committed")
            if status.state in ON_ITS_WAY and status.id not in kept:
                self.violated(f"V {at} showed {status.id} as {status.state}, which is not on its disk")
            if status.state is SavedState.REFUSED and status.id not in self._refused:
                self.violated(f"V {at} showed {status.id} as refused, which the server never did")

    # what the server does

    def sent(self, correction: Correction, by: Identity) -> None:
        """A correction reached the server under somebody's token."""
        if correction.author_id != by.user_id:
            self.violated(f"I {correction.id} of {correction.author_id} was sent as {by.user_id}")

    def acknowledged(self, receipt: Receipt) -> None:
        """The server answers that it holds a correction; `begin` and `committed` told what is under its id."""
        if self._committed.get(receipt.id) != receipt.body_sha256:
            self.violated(f"V the server gave a receipt for {receipt.id} with words that it never committed")

    def refused(self, correction_id: str) -> None:
        """The server refused a correction for good."""
        self._refused.add(correction_id)

    def begin(self, db: sqlite3.Connection) -> None:
        """Take the database as it is: a history begins, or one that was restored from a backup."""
        self._histories += 1
        self._leases = {about: Lease(*lease) for about, *lease in db.execute(_LEASES)}
        (self._corrections,) = db.execute("SELECT coalesce(max(rowid), 0) FROM correction").fetchone()
        self._committed |= dict(db.execute("SELECT id, body_sha256 FROM correction"))

    def committed(
        self, db: sqlite3.Connection, by: str, *, taken_back: bool, given_back: int | None, now: datetime | None
    ) -> None:
        """The server has just committed what somebody asked for; `now` is None where its clock was ever wrong.

        `given_back`: the epoch of the claim that they asked to end, if they did.
        """
        for about, *columns in db.execute(_LEASES):
            before, lease = self._leases[about], Lease(*columns)
            self._leases[about] = lease
            if lease.epoch < before.epoch:
                self.violated(f"O1 the epoch of {about} went back from {before.epoch} to {lease.epoch}")
            elif lease.epoch > before.epoch:
                if now and not taken_back and before.runs(now):
                    self.violated(f"O1 {by} took {about}, which {before.holder} held until {before.until}")
            elif lease.holder != before.holder:
                self.violated(f"O1 epoch {lease.epoch} of {about} went from {before.holder} to {lease.holder}")
            elif lease.until != before.until and by != lease.holder:
                self.violated(f"O1 {by} changed the lease of {about}, which {lease.holder} holds")
            elif lease.until != before.until and given_back not in (None, lease.epoch):
                self.violated(f"O1 epoch {lease.epoch} of {about} ended when {by} gave back epoch {given_back}")
        for row, author, state, sha256, body in db.execute(_NEW_CORRECTIONS, (self._corrections,)):
            said = Correction.model_validate_json(body)
            self._corrections = row
            self._committed[said.id] = sha256
            lease = self._leases[said.conversation_id]
            current = (lease.epoch, lease.holder) == (said.epoch, author)
            if current != (state == CorrectionState.STORED):
                self.violated(f"O1 {said.id} of epoch {said.epoch} by {author} was kept as {state}")

    # the end

    def compare(
        self, db: sqlite3.Connection, parked: Sequence[Kept], drafts: Mapping[str, Collection[str]]
    ) -> list[str]:
        """Return where the server does not hold what was submitted; what is on its way counts as missing.

        `parked`: what desks set aside. `drafts`: by desk, the words of the drafts it keeps.
        """
        everything = [
            Correction.model_validate_json(body) for (body,) in db.execute("SELECT body FROM correction ORDER BY rowid")
        ]
        stored: dict[str, list[Correction]] = defaultdict(list)
        for said in everything:
            stored[said.corrected_text].append(said)
        found = [f"L0 {item.id} is set aside, but was never refused" for item in parked if item.id not in self._refused]
        for words, there in stored.items():
            if len(there) > 1:
                found.append(f"D0 {words!r} is stored {len(there)} times")
            if words not in self._submitted or not _says_the_same(self._submitted[words], there[0]):
                found.append(f"L0 {words!r} is stored with other words than were submitted")
        accounted_for = {*stored, *self._withdrawn, *(item.words for item in parked)}
        for words, correction_id in self._shown.items():
            if words not in accounted_for:
                found.append(f"L0 {words!r}, shown as saved under {correction_id}, is lost")
        for (at, about, author), words in self._typed.items():
            if words not in accounted_for and words not in drafts[at]:
                found.append(f"L0 {words!r}, a draft of {author} on {about} at {at}, is lost")
        return found + self._out_of_order([said.id for said in everything])

    def _out_of_order(self, stored: Sequence[str]) -> list[str]:
        """Return where a desk's corrections of a conversation were not stored in the order they were submitted in."""
        if self._histories > 1:  # what a restored server lost comes after what it kept
            return []
        place = {
            correction_id: number for number, correction_id in enumerate(stored) if correction_id not in self._refused
        }
        found: list[str] = []
        for (at, about, _), submitted in self._order.items():
            places = [place[correction_id] for correction_id in submitted if correction_id in place]
            if places != sorted(places):
                found.append(f"F0 what was submitted about {about} at {at} was stored in another order")
        return found


_LEASES = "SELECT id, epoch, holder_id, lease_until FROM conversation"
_NEW_CORRECTIONS = "SELECT rowid, author_id, state, body_sha256, body FROM correction WHERE rowid > ? ORDER BY rowid"


def _says_the_same(draft: CorrectionDraft, said: Correction) -> bool:
    submitted = draft.text, draft.codes, draft.note, draft.severity, draft.author_id, draft.turn
    return submitted == (said.corrected_text, said.codes, said.note, said.severity, said.author_id, said.turn)
