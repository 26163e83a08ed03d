"""One author's outbox as the screens see it: what waits here, what is on its way, what is stored."""

from collections import Counter
from collections.abc import Mapping, Sequence

from console.client.domain.drafts import CorrectionDraft
from console.client.services.ports import Delivery, LocalStore, OutboxItem, Unreadable
from console.contract.corrections import Correction
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.views import Receipt


class Outbox:
    """Mirrors the store's outbox and deliveries of one author; the store is written first, always."""

    def __init__(self, store: LocalStore, author_id: UserId) -> None:
        self._store = store
        self._author_id = author_id
        self._items: dict[CorrectionId, OutboxItem] = {}
        self._deliveries: dict[CorrectionId, Delivery] = {}
        self.sending: CorrectionId | None = None
        self.unreadable: tuple[Unreadable, ...] = ()

    async def load(self) -> None:
        """Read what earlier runs left."""
        self._items = {item.correction.id: item for item in await self._store.outbox(self._author_id)}
        deliveries = await self._store.deliveries(self._author_id)
        self._deliveries = {delivery.receipt.id: delivery for delivery in deliveries}
        self.unreadable = await self._store.unreadable(self._author_id)

    @property
    def items(self) -> tuple[OutboxItem, ...]:
        """Everything not known to be stored, oldest first."""
        return tuple(self._items.values())

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """Everything known to be stored, oldest first."""
        return tuple(self._deliveries.values())

    def item(self, correction_id: CorrectionId) -> OutboxItem:
        """Return one item. Raises KeyError."""
        return self._items[correction_id]

    def holds(self, correction_id: CorrectionId) -> bool:
        """Say whether this correction was submitted before, whatever became of it."""
        return correction_id in self._items or correction_id in self._deliveries

    def heads(self) -> dict[ConversationId, Correction]:
        """Return the next correction to send of each conversation; refused ones stand aside."""
        heads: dict[ConversationId, Correction] = {}
        for item in self._items.values():
            if item.refusal is None:
                heads.setdefault(item.correction.conversation_id, item.correction)
        return heads

    def pending(self) -> Mapping[ConversationId, int]:
        """Return how many corrections of each conversation wait to be stored."""
        waiting = (item for item in self._items.values() if item.refusal is None)
        return Counter(item.correction.conversation_id for item in waiting)

    async def add(self, correction: Correction) -> bool:
        """Keep a correction: on disk when this returns True; False where its id is another correction's."""
        kept = await self._store.submit(correction)
        if kept and not self.holds(correction.id):
            self._items[correction.id] = OutboxItem(correction)
        return kept

    async def park(self, correction_id: CorrectionId, refusal: str | None) -> None:
        """Set an item aside with the reason, or back in its place with None."""
        await self._store.park(correction_id, refusal)
        if item := self._items.get(correction_id):
            self._items[correction_id] = OutboxItem(item.correction, refusal)

    async def discard(self, correction_id: CorrectionId) -> None:
        """Drop a refused item; KeyError where it is none, or no longer."""
        if not await self._store.discard(correction_id):
            raise KeyError(correction_id)
        self._items.pop(correction_id, None)

    async def reopen(self, correction_id: CorrectionId, draft: CorrectionDraft) -> bool:
        """Turn a refused item into a draft; False where another draft is in its place, or another desk took it up."""
        done = await self._store.reopen(correction_id, draft)
        if done:
            del self._items[correction_id]
        return done

    async def resend(self, ids: Sequence[CorrectionId]) -> frozenset[ConversationId]:
        """Put deliveries back, before what waits; return the conversations of those whose words are kept."""
        items = await self._store.resend(ids)
        self._items = {item.correction.id: item for item in items} | self._items
        for item in items:
            self._deliveries.pop(item.correction.id, None)
        return frozenset(item.correction.conversation_id for item in items)

    async def settle(self, receipt: Receipt) -> None:
        """Take a stored correction out, and keep its receipt."""
        await self._store.settle(receipt)
        if item := self._items.pop(receipt.id, None):
            said = item.correction
            self._deliveries[receipt.id] = Delivery(said.conversation_id, said.turn, said.submitted_at, receipt)
