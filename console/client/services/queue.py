"""The queue as this desk shows it: the backend's rows by urgency, with one's own waiting corrections counted."""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from operator import itemgetter

from console.client.domain.queue_order import Urgency, urgency
from console.client.services.changes import ALL, Changes, ChangeSet
from console.client.services.claims import Claims, with_claim
from console.client.services.clock import ServerTime
from console.client.services.errors import StoreError
from console.client.services.horizon import Horizon
from console.client.services.outbox import Outbox
from console.client.services.ports import BackendGateway, Delivery, KeptQueue, LocalStore
from console.contract.ids import ConversationId, CorrectionId
from console.contract.limits import MAX_IDS
from console.contract.views import Claim, FeedPlace, QueueRow

_UNREAD = datetime.max.replace(tzinfo=UTC)


class QueueService:
    """Reads the queue and pulls from it. One read at a time, so that an old answer never covers a newer one."""

    def __init__(
        self,
        gateway: BackendGateway,
        store: LocalStore,
        changes: Changes,
        server_time: ServerTime,
        horizon: Horizon,
        outbox: Outbox,
        claims: Claims,
    ) -> None:
        self._gateway = gateway
        self._store = store
        self._changes = changes
        self._server_time = server_time
        self._horizon = horizon
        self._outbox = outbox
        self._claims = claims
        self._reading = asyncio.Lock()
        self._rows: dict[ConversationId, QueueRow] = {}
        self._order: list[Urgency] = []
        self._sorted: list[QueueRow] = []
        self._claimed: set[ConversationId] = set()
        self._all_read_at = _UNREAD
        self._read_at: dict[ConversationId, datetime] = {}
        self._counted: set[CorrectionId] = set()
        self._kept_in_full = True

    @property
    def rows(self) -> tuple[QueueRow, ...]:
        """Every row, most urgent first."""
        rows = self._sorted.copy()
        for conversation_id, waiting in self._pending().items():
            if row := self._rows.get(conversation_id):
                rows[bisect_left(self._order, urgency(row))] = _counting(row, waiting)
        return tuple(rows)

    def row(self, conversation_id: ConversationId) -> QueueRow | None:
        """Return one row, if it is in the queue."""
        row = self._rows.get(conversation_id)
        return row and _counting(row, self._pending()[conversation_id])

    async def load(self) -> FeedPlace | None:
        """Show the queue as it was last read, before the backend answers; return the place. Raises StoreError."""
        kept = await self._store.queue()
        self._all_read_at = kept.read_at or _UNREAD
        for row in kept.rows:
            self._claims.remember(row)
        self._horizon.note(kept.newest)
        self._replace(kept.rows)
        return kept.place

    async def refresh(self) -> FeedPlace:
        """Read the whole queue again; return the feed's place it holds from. Raises BackendError."""
        async with self._reading:
            delivered = self.delivered
            page = await self._gateway.queue_page()
            place, rows, read_at = page.place, list(page.rows), page.server_time
            self._server_time.note(page.server_time)
            while page.after is not None:
                page = await self._gateway.queue_page(page.after)
                rows += page.rows
            self._horizon.note(page.place)
            self._all_read_at, self._read_at = read_at, {}
            self._replace(rows)
            self.count_in(delivered)
            self._kept_in_full = False
            with suppress(StoreError):  # a copy that cannot be kept is missed only at the next start
                await self._store.keep_queue(
                    KeptQueue(tuple(self._rows.values()), place, read_at, self._horizon.newest)
                )
                self._kept_in_full = True
        return place

    async def reread(self, ids: Iterable[ConversationId], place: FeedPlace | None = None) -> None:
        """Read these rows again; those that left the queue go. Raises BackendError.

        `place`: where the feed stands once they are read. It is kept with them, unless anything could not be kept.
        """
        wanted = sorted(ids)
        async with self._reading:
            for start in range(0, len(wanted), MAX_IDS):
                last = start + MAX_IDS >= len(wanted)
                batch = wanted[start : start + MAX_IDS]
                delivered = self.delivered
                page = await self._gateway.queue_rows(batch)
                self._server_time.note(page.server_time)
                self._horizon.note(page.place)
                self._read_at |= dict.fromkeys(batch, page.server_time)
                self.count_in(delivery for delivery in delivered if delivery.conversation_id in batch)
                gone = frozenset(batch) - {row.conversation_id for row in page.rows}
                for row in page.rows:
                    self._put(row)
                for conversation_id in gone:
                    self._remove(conversation_id)
                self._changes.publish(ChangeSet(queue=frozenset(batch)))
                kept = KeptQueue(page.rows, place if last else None, page.server_time, self._horizon.newest)
                await self._keep(kept, tuple(gone))

    async def check_leases(self) -> None:
        """Read again what somebody holds, or else any row: leases end without an event, by a clock that answers tell.

        Raises BackendError.
        """
        await self.reread(self._claimed or [row.conversation_id for row in self._sorted[:1]])

    async def recount(self) -> None:
        """Read the rows of which only the backend's clocks say whether they hold what was delivered: clocks jump.

        Raises BackendError.
        """
        uncertain = (delivery for delivery in self.delivered if delivery.receipt.id not in self._counted)
        await self.reread({delivery.conversation_id for delivery in uncertain})

    async def _keep(self, changed: KeptQueue, gone: tuple[ConversationId, ...]) -> None:
        """Keep rows; once some could not be kept the place stays where it was: the next start reads on from there."""
        try:
            await self._store.keep_rows(changed if self._kept_in_full else replace(changed, place=None), gone)
        except StoreError:
            self._kept_in_full = False

    async def pull_next(self) -> QueueRow:
        """Claim and return the most urgent free conversation. Raises RefusedError (nothing_free), BackendError."""
        row = await self._gateway.pull_next()
        self._put(row)
        self._claims.take_up(row.conversation_id, row.claim)
        self._changes.publish(ChangeSet(queue=frozenset({row.conversation_id})))
        return row

    def show_claim(self, conversation_id: ConversationId, claim: Claim | None) -> None:
        """Show at once who holds a conversation now, as an answer just said."""
        if row := self._rows.get(conversation_id):
            self._put(with_claim(row, claim))
            self._changes.publish(ChangeSet(queue=frozenset({conversation_id})))

    def end_leases(self) -> None:
        """Show as free whatever somebody held whose lease is over."""
        for conversation_id in tuple(self._claimed):
            if self._claims.has_run_out(self._rows[conversation_id]):
                self.show_claim(conversation_id, None)

    @property
    def delivered(self) -> tuple[Delivery, ...]:
        """What of one's own the backend stored by now: rows that are read from now on hold it."""
        return self._outbox.deliveries

    def count_in(self, delivered: Iterable[Delivery]) -> None:
        """Know that the rows hold these, whatever the backend's clock says: it may have been set back since."""
        self._counted.update(delivery.receipt.id for delivery in delivered)

    def _pending(self) -> Counter[ConversationId]:
        """Count one's corrections that the rows, as they were read, do not hold yet."""
        pending = Counter(self._outbox.pending())
        for delivery in self._outbox.deliveries:
            if delivery.receipt.id not in self._counted:
                received_at, conversation_id = delivery.receipt.received_at, delivery.conversation_id
                pending[conversation_id] += received_at > self._read_at.get(conversation_id, self._all_read_at)
        return pending

    def _replace(self, rows: Iterable[QueueRow]) -> None:
        self._rows = {row.conversation_id: row for row in rows}
        self._claimed = {conversation_id for conversation_id, row in self._rows.items() if row.claim}
        placed = sorted(((urgency(row), row) for row in self._rows.values()), key=itemgetter(0))
        self._order, self._sorted = [key for key, _ in placed], [row for _, row in placed]
        self._changes.publish(ChangeSet(queue=ALL))

    def _put(self, row: QueueRow) -> None:
        self._remove(row.conversation_id)
        self._rows[row.conversation_id] = row
        if row.claim:
            self._claimed.add(row.conversation_id)
        key = urgency(row)
        place = bisect_left(self._order, key)
        self._order.insert(place, key)
        self._sorted.insert(place, row)

    def _remove(self, conversation_id: ConversationId) -> None:
        if row := self._rows.pop(conversation_id, None):
            self._claimed.discard(conversation_id)
            place = bisect_left(self._order, urgency(row))
            del self._order[place], self._sorted[place]


def _counting(row: QueueRow, pending: int) -> QueueRow:
    return row.model_copy(update={"corrections": row.corrections + pending}) if pending else row
