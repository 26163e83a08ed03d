"""A LocalStore in memory: for trying things out and for tests; held to the same contract suite as the file."""

from collections.abc import Sequence

from console.client.domain.drafts import CorrectionDraft, is_untouched
from console.client.services.ports import Delivery, KeptQueue, OutboxItem, Unreadable
from console.contract.base import canonical_json, content_sha256
from console.contract.corrections import Correction
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.views import ConversationView, Me, Receipt


class MemoryStore:
    """Keeps everything until it is dropped."""

    def __init__(self) -> None:
        self._drafts: dict[tuple[ConversationId, int, UserId], CorrectionDraft] = {}
        self._outbox: dict[CorrectionId, OutboxItem] = {}
        self._deliveries: dict[CorrectionId, tuple[Correction, Delivery]] = {}
        self._people: dict[str, Me] = {}
        self._queue = KeptQueue()
        self._views: dict[ConversationId, ConversationView] = {}

    async def draft(self, conversation_id: ConversationId, turn: int, author_id: UserId) -> CorrectionDraft | None:
        """Return the stored draft of a turn, if there is one."""
        return self._drafts.get((conversation_id, turn, author_id))

    async def drafts(self, author_id: UserId) -> tuple[CorrectionDraft, ...]:
        """Return an author's drafts, by conversation and turn."""
        return tuple(self._drafts[key] for key in sorted(self._drafts) if key[-1] == author_id)

    async def save_draft(self, draft: CorrectionDraft) -> bool:
        """Keep a draft in place of the one of its turn; False where that is another one somebody worked on."""
        if self._is_in_the_way(draft.key, draft.id):
            return False
        self._drafts[draft.key] = draft
        return True

    async def discard_draft(self, draft: CorrectionDraft) -> None:
        """Forget the draft of this id, if it is the one of its conversation, turn and author."""
        there = self._drafts.get(draft.key)
        if there and there.id == draft.id:
            del self._drafts[draft.key]

    async def submit(self, correction: Correction) -> bool:
        """Put a correction last in the outbox and end its draft; False where another one was submitted under its id."""
        if delivered := self._deliveries.get(correction.id):
            if delivered[1].receipt.body_sha256 != content_sha256(canonical_json(correction)):
                return False
        elif self._outbox.setdefault(correction.id, OutboxItem(correction)).correction != correction:
            return False
        key = (correction.conversation_id, correction.turn, correction.author_id)
        if not self._is_in_the_way(key, correction.id):
            self._drafts.pop(key, None)
        return True

    async def outbox(self, author_id: UserId) -> tuple[OutboxItem, ...]:
        """Return an author's outbox, oldest first."""
        return tuple(item for item in self._outbox.values() if item.correction.author_id == author_id)

    async def unreadable(self, author_id: UserId) -> tuple[Unreadable, ...]:
        """Return nothing: memory holds only what can be read."""
        return ()

    async def reopen(self, correction_id: CorrectionId, draft: CorrectionDraft) -> bool:
        """Turn a refused item into a draft; False where it is none, or its turn has a draft somebody worked on."""
        item, there = self._outbox.get(correction_id), self._drafts.get(draft.key)
        if item is None or item.refusal is None or (there and not is_untouched(there)):
            return False
        self._drafts[draft.key] = draft
        del self._outbox[correction_id]
        return True

    async def park(self, correction_id: CorrectionId, refusal: str | None) -> None:
        """Mark an item as refused, and why; None lets it be sent again."""
        if item := self._outbox.get(correction_id):
            self._outbox[correction_id] = OutboxItem(item.correction, refusal)

    async def discard(self, correction_id: CorrectionId) -> bool:
        """Drop a refused item and say so; an item that is not refused stays."""
        item = self._outbox.get(correction_id)
        if item is None or item.refusal is None:
            return False
        del self._outbox[correction_id]
        return True

    async def settle(self, receipt: Receipt) -> None:
        """Turn an outbox item into a delivery; nothing the second time."""
        if item := self._outbox.pop(receipt.id, None):
            said = item.correction
            delivery = Delivery(said.conversation_id, said.turn, said.submitted_at, receipt)
            self._deliveries[receipt.id] = said, delivery

    async def resend(self, ids: Sequence[CorrectionId]) -> tuple[OutboxItem, ...]:
        """Put deliveries back into the outbox; return them."""
        items = tuple(OutboxItem(self._deliveries.pop(one)[0]) for one in ids if one in self._deliveries)
        self._outbox = {item.correction.id: item for item in items} | self._outbox
        return items

    async def delivered(self, correction_id: CorrectionId) -> Correction | None:
        """Return what was delivered under an id."""
        kept = self._deliveries.get(correction_id)
        return kept[0] if kept else None

    async def deliveries(self, author_id: UserId) -> tuple[Delivery, ...]:
        """Return what an author had stored from here, oldest first."""
        return tuple(delivery for said, delivery in self._deliveries.values() if said.author_id == author_id)

    async def person(self, key: str) -> Me | None:
        """Return who signed in with this key last."""
        return self._people.get(key)

    async def keep_person(self, key: str, me: Me) -> None:
        """Remember who this key speaks for."""
        self._people[key] = me

    async def queue(self) -> KeptQueue:
        """Return the queue as it was last read."""
        return self._queue

    async def keep_queue(self, queue: KeptQueue) -> None:
        """Keep this queue in place of what was kept."""
        self._queue = queue

    async def keep_rows(self, changed: KeptQueue, gone: Sequence[ConversationId] = ()) -> None:
        """Keep these rows beside the others, drop those that are gone, and move on to the place, if one is given."""
        rows = {row.conversation_id: row for row in self._queue.rows} | {
            row.conversation_id: row for row in changed.rows
        }
        kept = tuple(row for row in rows.values() if row.conversation_id not in gone)
        where = changed if changed.place and changed.read_at else self._queue
        self._queue = KeptQueue(kept, where.place, where.read_at, changed.newest)

    async def conversation(self, conversation_id: ConversationId) -> ConversationView | None:
        """Return a conversation as it was last read."""
        return self._views.get(conversation_id)

    async def keep_conversation(self, view: ConversationView) -> None:
        """Keep a conversation."""
        self._views[view.conversation.id] = view

    async def aclose(self) -> None:
        """Nothing to close."""

    def _is_in_the_way(self, key: tuple[ConversationId, int, UserId], draft_id: CorrectionId) -> bool:
        there = self._drafts.get(key)
        if there is None or there.id == draft_id or is_untouched(there):
            return False
        return there.id not in self._outbox and there.id not in self._deliveries
