"""Corrections at this desk: drafts as they are typed, submission, and what became of each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from console.client.domain.drafts import CorrectionDraft, open_draft, reopened, to_correction
from console.client.services.changes import Changes, ChangeSet
from console.client.services.claims import Claims
from console.client.services.conversations import ConversationService
from console.client.services.errors import DraftExistsError
from console.client.services.outbox import Outbox
from console.client.services.outbox_pump import OutboxPump
from console.client.services.ports import Clock, Delivery, LocalStore, OutboxItem, Unreadable
from console.contract.corrections import Correction
from console.contract.ids import ConversationId, CorrectionId, UserId, new_correction_id
from console.contract.taxonomy import TAXONOMY
from console.contract.views import CorrectionState


class SavedState(StrEnum):
    """How far a submitted correction is: on this disk, on its way, at the backend; the last three need a look."""

    SAVED_HERE = "saved_here"
    SENT = "sent"
    STORED = "stored"
    LATE = "late"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


_STORED = {CorrectionState.STORED: SavedState.STORED, CorrectionState.LATE: SavedState.LATE}


@dataclass(frozen=True, slots=True)
class CorrectionStatus:
    """What became of one submitted correction; `reason` says why it was refused."""

    id: CorrectionId
    turn: int
    state: SavedState
    submitted_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """Something of one person's that is not plainly stored: it waits, was refused, came late, or cannot be read here.

    `correction` is None where its words cannot be shown; `submitted_at` is None for what cannot be read.
    `next_try_at`: by this computer's clock, where the last try failed for this conversation alone.
    """

    key: str
    conversation_id: ConversationId
    turn: int
    state: SavedState
    submitted_at: datetime | None = None
    reason: str | None = None
    correction: Correction | None = None
    next_try_at: datetime | None = None


class CorrectionService:
    """Keeps one person's drafts, submits them, and says what became of them."""

    def __init__(
        self,
        store: LocalStore,
        changes: Changes,
        clock: Clock,
        random: Random,
        outbox: Outbox,
        pump: OutboxPump,
        conversations: ConversationService,
        claims: Claims,
        me_id: UserId,
    ) -> None:
        self._store = store
        self._changes = changes
        self._clock = clock
        self._random = random
        self._outbox = outbox
        self._pump = pump
        self._conversations = conversations
        self._claims = claims
        self._me_id = me_id
        self._submitted: dict[CorrectionId, CorrectionDraft] = {}
        self._late: dict[CorrectionId, Correction] = {}

    async def draft(self, conversation_id: ConversationId, turn: int) -> CorrectionDraft:
        """Return one's stored draft of a turn, or an untouched one. Raises KeyError (no such turn), DeskError."""
        stored = await self._store.draft(conversation_id, turn, self._me_id)
        if stored is not None and self._outbox.holds(stored.id):  # submitted at one desk, written on at another
            return stored.model_copy(update={"id": self._new_id()})
        if stored is not None:
            return stored
        view = self._conversations.get(conversation_id) or await self._conversations.open(conversation_id)
        return open_draft(
            self._new_id(),
            conversation_id,
            view.conversation.turn(turn),
            self._me_id,
            opened_at=self._clock.now(),
            taxonomy_version=TAXONOMY.version,
        )

    async def drafts(self) -> tuple[CorrectionDraft, ...]:
        """Return all of one's stored drafts. Raises StoreError."""
        return await self._store.drafts(self._me_id)

    async def save_draft(self, draft: CorrectionDraft) -> bool:
        """Keep a draft: on disk when this returns True; False for one that is being or was submitted: it stays ended.

        Raises DraftExistsError (its turn has another draft somebody worked on) and StoreError: nothing changed.
        """
        if draft.id in self._submitted:
            return False
        if not await self._store.save_draft(draft):
            raise DraftExistsError
        return True

    async def discard_draft(self, draft: CorrectionDraft) -> None:
        """Forget a draft. Raises StoreError."""
        await self._store.discard_draft(draft)

    async def submit(self, draft: CorrectionDraft) -> CorrectionId:
        """Put a finished draft in the outbox and end it, in one transaction: saved here when this returns.

        Returns the id it was saved under: a fresh one where another desk of this profile submitted other words under
        the draft's. A second submit of the same draft changes nothing. Raises IncompleteDraftError, and StoreError:
        then nothing was saved and the draft is as it was.
        """
        if self._submitted.get(draft.id) == draft:
            return draft.id
        correction = to_correction(draft, self._claims.epoch(draft.conversation_id), self._clock.now())
        self._submitted[draft.id] = draft
        try:
            while not await self._outbox.add(correction):
                correction = correction.model_copy(update={"id": self._new_id()})
        except BaseException:
            del self._submitted[draft.id]
            raise
        self._publish(draft.conversation_id)
        self._pump.wake()
        return correction.id

    def states(self, conversation_id: ConversationId) -> tuple[CorrectionStatus, ...]:
        """Return what became of one's corrections of a conversation, oldest first.

        The backend's word goes first, but for what it refused, as these words are kept nowhere but here, and for what
        waits here while its word is an old one: a restored backend may have lost that since.
        """
        here = [item for item in self._outbox.items if item.correction.conversation_id == conversation_id]
        known = {item.correction.id: self._status(item) for item in here}
        for sent in self._outbox.deliveries:
            if sent.conversation_id == conversation_id:
                state = _STORED[sent.receipt.state]
                known[sent.receipt.id] = CorrectionStatus(sent.receipt.id, sent.turn, state, sent.submitted_at)
        view = self._conversations.get(conversation_id)
        for record in view.corrections if view else ():
            said = record.correction
            if said.author_id == self._me_id:
                known[said.id] = CorrectionStatus(said.id, said.turn, _STORED[record.receipt.state], said.submitted_at)
        is_old = self._conversations.stale_since(conversation_id) is not None
        known |= {item.correction.id: self._status(item) for item in here if is_old or item.refusal is not None}
        return tuple(sorted(known.values(), key=lambda status: (status.submitted_at, status.id)))

    def refused(self) -> tuple[tuple[ConversationId, CorrectionStatus], ...]:
        """Return everything the backend refused, oldest first, with its conversation."""
        items = (item for item in self._outbox.items if item.refusal is not None)
        return tuple((item.correction.conversation_id, self._status(item)) for item in items)

    def outbox(self) -> tuple[OutboxEntry, ...]:
        """Return everything that is not plainly stored, over all conversations.

        First what was refused, for it waits for its author; then what waits to be stored, what was stored late, and
        what cannot be read here; in each the oldest first.
        """
        here = sorted(map(self._entry, self._outbox.items), key=lambda entry: entry.state is not SavedState.REFUSED)
        late = (
            OutboxEntry(
                key=sent.receipt.id,
                conversation_id=sent.conversation_id,
                turn=sent.turn,
                state=SavedState.LATE,
                submitted_at=sent.submitted_at,
                correction=self._late.get(sent.receipt.id),
            )
            for sent in self._sent_late()
        )
        unreadable = (
            OutboxEntry(f"{place} unreadable", left.conversation_id, left.turn, SavedState.UNREADABLE)
            for place, left in enumerate(self._outbox.unreadable)
        )
        return (*here, *late, *unreadable)

    async def read_late(self) -> None:
        """Read the words of what was stored late, which `outbox` can show from then on. Raises StoreError."""
        for sent in self._sent_late():
            if sent.receipt.id not in self._late and (said := await self._store.delivered(sent.receipt.id)):
                self._late[said.id] = said
                self._publish(said.conversation_id)

    def _sent_late(self) -> list[Delivery]:
        return [sent for sent in self._outbox.deliveries if sent.receipt.state is CorrectionState.LATE]

    def _entry(self, item: OutboxItem) -> OutboxEntry:
        said, how = item.correction, self._status(item)
        waits = self._pump.waits(said.conversation_id) if how.state is SavedState.SAVED_HERE else 0.0
        return OutboxEntry(
            key=said.id,
            conversation_id=said.conversation_id,
            turn=said.turn,
            state=how.state,
            submitted_at=said.submitted_at,
            reason=how.reason,
            correction=said,
            next_try_at=self._clock.now() + timedelta(seconds=waits) if waits else None,
        )

    def _status(self, item: OutboxItem) -> CorrectionStatus:
        said = item.correction
        on_its_way = SavedState.SENT if self._outbox.sending == said.id else SavedState.SAVED_HERE
        state = on_its_way if item.refusal is None else SavedState.REFUSED
        return CorrectionStatus(said.id, said.turn, state, said.submitted_at, item.refusal)

    @property
    def pending_count(self) -> int:
        """How many corrections wait to be stored; refused ones wait for a person and do not count."""
        return sum(self._outbox.pending().values())

    async def retry(self, correction_id: CorrectionId) -> None:
        """Send a refused correction again, as it is. Raises KeyError, StoreError."""
        conversation_id = self._outbox.item(correction_id).correction.conversation_id
        await self._outbox.park(correction_id, None)
        self._pump.wake()
        self._publish(conversation_id)

    def refused_correction(self, correction_id: CorrectionId) -> Correction:
        """Return a refused correction, to be shown or copied. Raises KeyError."""
        item = self._outbox.item(correction_id)
        if item.refusal is None:
            raise KeyError(correction_id)
        return item.correction

    async def reopen(self, correction_id: CorrectionId) -> CorrectionDraft:
        """Turn a refused correction into a draft with a fresh id, in one transaction, and return it.

        Raises KeyError, DraftExistsError (its turn has a draft somebody worked on) and StoreError: nothing changed.
        """
        refused = self.refused_correction(correction_id)
        draft = reopened(refused, self._new_id())
        if not await self._outbox.reopen(correction_id, draft):
            raise DraftExistsError
        self._publish(refused.conversation_id)
        return draft

    @property
    def unreadable(self) -> tuple[Unreadable, ...]:
        """What this version cannot read, as another one wrote it or it was damaged: kept in the profile's file."""
        return self._outbox.unreadable

    async def discard_refused(self, correction_id: CorrectionId) -> None:
        """Drop a refused correction because its author says so. Raises KeyError, StoreError."""
        conversation_id = self._outbox.item(correction_id).correction.conversation_id
        await self._outbox.discard(correction_id)
        self._publish(conversation_id)

    def _new_id(self) -> CorrectionId:
        return new_correction_id(self._clock.now(), self._random.randbytes(10))

    def _publish(self, conversation_id: ConversationId) -> None:
        ids = frozenset({conversation_id})
        self._changes.publish(ChangeSet(queue=ids, corrections=ids))
