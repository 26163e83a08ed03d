"""Bugs to plant: each breaks the product in one small way that programs of this kind are known to break in.

A bug is a function that gets a `Planting` and puts something broken in a real part's place; what it plants is taken out
again. It is the one place where our own code is patched, because here the patch is what is tried.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from unittest.mock import patch

from sqlalchemy import case, update
from sqlalchemy.sql.dml import ReturningUpdate

from console.client.net.http import Answer, HttpGateway
from console.client.services import reconcile as comparing_desk
from console.client.services.backoff import Backoff
from console.client.services.errors import BackendError, RefusedError, UnreachableError
from console.client.services.feed import DeskFeed
from console.client.services.outbox import Outbox
from console.client.services.outbox_pump import OutboxPump
from console.client.services.ports import OutboxItem
from console.client.services.queue import QueueService
from console.client.services.reconcile import Reconciler
from console.client.store import sqlite_store
from console.client.store.sqlite_store import SqliteStore
from console.contract.base import canonical_json, content_sha256
from console.contract.conversations import OwnerState
from console.contract.corrections import Correction
from console.contract.events import EventKind, FeedEvent
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.problems import Problem, ProblemCode
from console.contract.reconcile import DayDigest, StoredId, digest_day
from console.contract.views import Claim, CorrectionState, FeedPlace, Receipt
from console.server.api import routes
from console.server.domain.ownership import Act
from console.server.services import corrections as correcting
from console.server.services import reconcile as comparing_server
from console.server.services.backend import Backend
from console.server.services.identity import Identity
from console.server.services.ports import Unit
from console.server.services.refusals import Refused
from console.server.store.conversations import OPEN, SqlConversations
from console.server.store.repositories import SqlCorrections, SqlEvents
from console.server.store.tables import ConversationTable
from tests.faults.simulation.loop import Process, current_process

T = ConversationTable
Plant = Callable[..., None]
BUGS: dict[str, Callable[[Plant], None]] = {}
CAUGHT_LAST: dict[str, int] = {}
"""The seed that caught a bug last, where few do."""


def bug(name: str, caught_last: int = 1) -> Callable[[Callable[[Plant], None]], Callable[[Plant], None]]:
    """Enter a bug under its name."""

    def enter(plants: Callable[[Plant], None]) -> Callable[[Plant], None]:
        BUGS[name] = plants
        CAUGHT_LAST[name] = caught_last
        return plants

    return enter


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Let a bug live while the block runs."""
    with ExitStack() as stack:
        BUGS[name](lambda owner, attribute, broken: stack.enter_context(patch.object(owner, attribute, broken)))
        yield


def _receipt_for(correction: Correction) -> Receipt:
    """Return a receipt that nobody gave."""
    sha256 = content_sha256(canonical_json(correction))
    return Receipt(
        id=correction.id, body_sha256=sha256, state=CorrectionState.STORED, received_at=correction.submitted_at
    )


# the desk: sending


@bug("a new id on each try")
def _(plant: Plant) -> None:
    tries = iter(range(10**9))

    async def deliver(self: OutboxPump, correction: Correction) -> None:
        try:
            receipt = await self._gateway.put_correction(
                correction.model_copy(update={"id": f"{correction.id}-{next(tries)}"})
            )
        except RefusedError as error:
            return await self._outbox.park(correction.id, str(error))
        await self._outbox.settle(receipt.model_copy(update={"id": correction.id}))

    plant(OutboxPump, "_deliver", deliver)


@bug("deleted before the answer")
def _(plant: Plant) -> None:
    deliver = OutboxPump._deliver

    async def delete_first(self: OutboxPump, correction: Correction) -> None:
        await self._outbox._store._write(lambda db: db.execute("DELETE FROM outbox WHERE id = ?", (correction.id,)))
        await deliver(self, correction)

    plant(OutboxPump, "_deliver", delete_first)


@bug("the first failure blocks the queue")
def _(plant: Plant) -> None:
    async def send_oldest(self: OutboxPump) -> None:
        while heads := self._outbox.heads():
            oldest = next(iter(heads.values()))
            if self._clock.monotonic() < self._due(oldest.conversation_id) or not await self._send(oldest):
                return

    plant(OutboxPump, "_send_due", send_oldest)
    plant(OutboxPump, "_pause", lambda self: 10.0)


@bug("one that the backend is too busy for goes before all others", caught_last=26)
def _(plant: Plant) -> None:
    plant(OutboxPump, "_tried", OutboxPump._due)


@bug("gives up after six tries")
def _(plant: Plant) -> None:
    deliver, tries = OutboxPump._deliver, dict[str, int]()

    async def deliver_six_times(self: OutboxPump, correction: Correction) -> None:
        tries[correction.id] = tries.get(correction.id, 0) + 1
        if tries[correction.id] > 6:
            return await self._outbox.park(correction.id, "Tried six times.")
        await deliver(self, correction)

    plant(OutboxPump, "_deliver", deliver_six_times)


@bug("a refused one is deleted")
def _(plant: Plant) -> None:
    async def drop(self: Outbox, correction_id: CorrectionId, refusal: str | None) -> None:
        await self._store.park(correction_id, refusal)
        await self._store.discard(correction_id)
        del self._items[correction_id]

    plant(Outbox, "park", drop)


@bug("newest first")
def _(plant: Plant) -> None:
    def heads(self: Outbox) -> dict[ConversationId, Correction]:
        return {
            item.correction.conversation_id: item.correction for item in self._items.values() if item.refusal is None
        }

    plant(Outbox, "heads", heads)


@bug("sent under whoever is signed in")
def _(plant: Plant) -> None:
    outbox = SqliteStore.outbox

    async def everybody_s(self: SqliteStore, author_id: UserId) -> tuple[OutboxItem, ...]:
        authors = await self._run(lambda db: db.execute("SELECT DISTINCT author_id FROM outbox").fetchall())
        return tuple([item for (author,) in authors for item in await outbox(self, author)])

    plant(SqliteStore, "outbox", everybody_s)


# the desk: what an answer means


def _failure_with(plant: Plant, status: int, code: ProblemCode) -> None:
    failure = HttpGateway._failure

    def refused(self: HttpGateway, answer: Answer) -> BackendError:
        if answer.status == status:
            return RefusedError(Problem(type=code, title="No.", status=400))
        return failure(self, answer)

    plant(HttpGateway, "_failure", refused)


@bug("a server's failure is taken for a refusal")
def _(plant: Plant) -> None:
    _failure_with(plant, 500, ProblemCode.INTERNAL)


@bug("a token that expired is taken for a refusal")
def _(plant: Plant) -> None:
    _failure_with(plant, 401, ProblemCode.UNAUTHENTICATED)


@bug("any 200 is taken for a receipt", caught_last=61)
def _(plant: Plant) -> None:
    async def put_correction(self: HttpGateway, correction: Correction) -> Receipt:
        answer = await self._call("PUT", f"/v1/corrections/{correction.id}", correction, {})
        if answer.status // 100 != 2:
            raise self._failure(answer)
        return _receipt_for(correction)

    plant(HttpGateway, "put_correction", put_correction)


@bug("a receipt is not compared with what was sent", caught_last=144)
def _(plant: Plant) -> None:
    async def deliver(self: OutboxPump, correction: Correction) -> None:
        try:
            receipt = await self._gateway.put_correction(correction)
        except RefusedError as error:
            return await self._outbox.park(correction.id, str(error))
        await self._outbox.settle(receipt.model_copy(update={"id": correction.id}))

    plant(OutboxPump, "_deliver", deliver)


@bug("Retry-After is obeyed however long")
def _(plant: Plant) -> None:
    plant(Backoff, "next_wait", lambda self, asked=None: max(1.0, asked or 0.0))


# the desk: what it keeps


@bug("saved is shown before the commit", caught_last=106)
def _(plant: Plant) -> None:
    submit = SqliteStore.submit

    async def submit_soon(self: SqliteStore, correction: Correction) -> bool:
        self.soon = asyncio.create_task(submit(self, correction))
        return True

    plant(SqliteStore, "submit", submit_soon)


@bug("drafts keyed without their author")
def _(plant: Plant) -> None:
    plant(sqlite_store, "_THIS_DRAFT", "WHERE conversation_id = ?1 AND turn = ?2 AND ?3 IS NOT NULL")


@bug("the draft ends in a transaction of its own", caught_last=26)
def _(plant: Plant) -> None:
    submit = SqliteStore.submit

    async def end_first(self: SqliteStore, correction: Correction) -> bool:
        key = correction.conversation_id, correction.turn, correction.author_id
        await self._write(lambda db: sqlite_store._end_draft(db, key))
        return await submit(self, correction)

    plant(SqliteStore, "submit", end_first)


@bug("the draft stays when it is submitted")
def _(plant: Plant) -> None:
    submit = SqliteStore.submit

    async def submit_and_keep(self: SqliteStore, correction: Correction) -> bool:
        draft = await self.draft(correction.conversation_id, correction.turn, correction.author_id)
        done = await submit(self, correction)
        if draft:
            await self.save_draft(draft)
        return done

    plant(SqliteStore, "submit", submit_and_keep)


@bug("words are thrown away with the receipt", caught_last=30)
def _(plant: Plant) -> None:
    settle = SqliteStore.settle

    async def forget_words(self: SqliteStore, receipt: Receipt) -> None:
        await settle(self, receipt)
        await self._write(lambda db: db.execute("UPDATE delivery SET body = NULL"))

    plant(SqliteStore, "settle", forget_words)


# the desk: comparing and reading again


@bug("nothing is compared with a restored backend", caught_last=30)
def _(plant: Plant) -> None:
    plant(Reconciler, "connected", lambda self: None)


@bug("only counts are compared", caught_last=210)
def _(plant: Plant) -> None:
    def count_day(day: date, stored: Iterable[StoredId]) -> DayDigest:
        return digest_day(day, stored).model_copy(update={"sha256": "0" * 64})

    for module in (comparing_desk, comparing_server):
        plant(module, "digest_day", count_day)


@bug("the feed's place moves on before the rows are read")
def _(plant: Plant) -> None:
    take_in = DeskFeed._take_in

    async def move_on_first(self: DeskFeed, changed: Collection[ConversationId], place: FeedPlace) -> None:
        self._place = place
        await take_in(self, changed, place)

    plant(DeskFeed, "_take_in", move_on_first)


@bug("a snapshot is read with a later place", caught_last=47)
def _(plant: Plant) -> None:
    refresh = QueueService.refresh

    async def refresh_and_look(self: QueueService) -> FeedPlace:
        await refresh(self)
        return (await self._gateway.queue_page()).place

    plant(QueueService, "refresh", refresh_and_look)


@bug("what happened while the line was down is passed over")
def _(plant: Plant) -> None:
    async def skip(self: DeskFeed, place: FeedPlace) -> FeedPlace:
        while (page := await self._gateway.events(place)).more:
            place = page.place
        return page.place

    plant(DeskFeed, "_catch_up", skip)


@bug("a gap in the feed is not seen", caught_last=38)
def _(plant: Plant) -> None:
    async def listen(
        self: DeskFeed, events: AsyncIterator[FeedEvent], arrived: asyncio.Queue[FeedEvent], last: int
    ) -> None:
        async for event in events:
            await arrived.put(event)
        raise UnreachableError("The feed ended.")

    plant(DeskFeed, "_listen", listen)


@bug("what is open is not read again after a gap")
def _(plant: Plant) -> None:
    plant(DeskFeed, "_read_all", lambda self: self._queue.refresh())


@bug("what was delivered is counted by the backend's clock alone", caught_last=32)
def _(plant: Plant) -> None:
    plant(QueueService, "count_in", lambda self, delivered: None)


# the server: storing


@bug("the server remembers ids only while it runs")
def _(plant: Plant) -> None:
    add = SqlCorrections.add
    memories: dict[Process | None, dict[str, Receipt]] = {}

    async def receipt(self: SqlCorrections, correction_id: CorrectionId) -> Receipt | None:
        return memories.setdefault(current_process(), {}).get(correction_id)

    async def add_always(self: SqlCorrections, correction: Correction, author: Identity, given: Receipt) -> None:
        memories.setdefault(current_process(), {})[correction.id] = given
        while await add(self, correction, author, given):  # nothing but that memory keeps ids apart
            correction = correction.model_copy(update={"id": f"{correction.id}~"})
            memories[current_process()][correction.id] = given

    plant(SqlCorrections, "receipt", receipt)
    plant(SqlCorrections, "add", add_always)


@bug("an id used again for other words is answered as stored")
def _(plant: Plant) -> None:
    store_correction = routes.store_correction

    async def store(backend: Backend, caller: Identity, correction: Correction) -> tuple[Receipt, bool]:
        try:
            return await store_correction(backend, caller, correction)
        except Refused as error:
            if error.code is not ProblemCode.ID_REUSED:
                raise
            return _receipt_for(correction), False

    plant(routes, "store_correction", store)


@bug("the server answers before its commit")
def _(plant: Plant) -> None:
    store_correction = routes.store_correction
    storing: list[asyncio.Task[tuple[Receipt, bool]]] = []

    async def store_soon(backend: Backend, caller: Identity, correction: Correction) -> tuple[Receipt, bool]:
        storing.append(asyncio.create_task(store_correction(backend, caller, correction)))
        return _receipt_for(correction), True

    plant(routes, "store_correction", store_soon)


@bug("a late correction is thrown away")
def _(plant: Plant) -> None:
    add = SqlCorrections.add

    async def add_unless_late(
        self: SqlCorrections, correction: Correction, author: Identity, receipt: Receipt
    ) -> Receipt | None:
        if receipt.state is CorrectionState.STORED:
            return await add(self, correction, author, receipt)

    plant(SqlCorrections, "add", add_unless_late)


@bug("no fence: whatever comes counts as stored")
def _(plant: Plant) -> None:
    async def stored(unit: Unit, correction: Correction) -> CorrectionState:
        return CorrectionState.STORED

    plant(correcting, "_state", stored)


@bug("the fence goes by the desk's clock")
def _(plant: Plant) -> None:
    async def by_clock(unit: Unit, correction: Correction) -> CorrectionState:
        rows = await unit.conversations.rows([correction.conversation_id], correction.submitted_at)
        return CorrectionState.LATE if rows[0].claim else CorrectionState.STORED

    plant(correcting, "_state", by_clock)


# the server: claims


def _leasing(until: datetime, by: Identity, **values: object) -> ReturningUpdate[tuple[int]]:
    holder = {"holder_id": by.user_id, "holder_name": by.name, "owner_state": OwnerState.HUMAN}
    return update(T).values(lease_until=until, **holder, **values).returning(T.epoch)


@bug("a claim looks first and takes then", caught_last=50)
def _(plant: Plant) -> None:
    claim_conversation = routes.claim_conversation

    async def look_then_take(
        backend: Backend, caller: Identity, about: ConversationId, take_back: int | None = None
    ) -> Claim:
        async with backend.store.reading() as unit:
            (row,) = await unit.conversations.rows([about], backend.clock())
        if row.claim is not None or row.owner_state is OwnerState.CLOSED:
            return await claim_conversation(backend, caller, about, take_back)
        async with backend.store.writing() as unit:
            taking = _leasing(backend.clock() + backend.lease, caller, epoch=T.epoch + 1).where(T.id == about)
            epoch = await unit.conversations._db.scalar(taking)
            await unit.events.append(EventKind.CLAIM_CHANGED, [about], backend.clock())
        return Claim(
            holder_id=caller.user_id, holder_name=caller.name, epoch=epoch, expires_at=backend.clock() + backend.lease
        )

    plant(routes, "claim_conversation", look_then_take)


@bug("the epoch does not grow when another takes over")
def _(plant: Plant) -> None:
    async def take(
        self: SqlConversations,
        about: ConversationId,
        by: Identity,
        now: datetime,
        until: datetime,
        take_back: int | None,
    ) -> int | None:
        free = T.lease_until.is_(None) | (T.lease_until <= now) | (T.holder_id == by.user_id)
        taking = _leasing(until, by, epoch=case((T.epoch == 0, 1), else_=T.epoch)).where(T.id == about, OPEN, free)
        return await self._db.scalar(taking)

    plant(SqlConversations, "take", take)


@bug("an old holder gives back the new one's claim", caught_last=354)
def _(plant: Plant) -> None:
    async def release(self: SqlConversations, about: ConversationId, by: UserId, epoch: int) -> bool:
        return await self._act(Act.RELEASE, T.id == about, lease_until=None)

    plant(SqlConversations, "release", release)


@bug("a renewal revives a claim that another took", caught_last=513)
def _(plant: Plant) -> None:
    async def renew(self: SqlConversations, about: ConversationId, by: UserId, epoch: int, until: datetime) -> bool:
        return await self._act(Act.RENEW, T.id == about, holder_id=by, lease_until=until, epoch=epoch)

    plant(SqlConversations, "renew", renew)


# the server: the feed


@bug("the feed passes over what is committed late")
def _(plant: Plant) -> None:
    after = SqlEvents.after
    seen: dict[str, float] = {}

    def committed(event: FeedEvent) -> bool:
        now = asyncio.get_running_loop().time()
        return event.seq % 3 > 0 or now - seen.setdefault(event.stamp, now) > 2.0

    async def some_after(self: SqlEvents, seq: int, limit: int) -> tuple[FeedEvent, ...]:
        found = [event for event in await after(self, seq, limit) if committed(event)]
        behind = [seq, *(event.seq for event in found)]
        return tuple(event.model_copy(update={"behind": before}) for event, before in zip(found, behind, strict=False))

    plant(SqlEvents, "after", some_after)


@bug("an event is written after the commit that it tells of", caught_last=262)
def _(plant: Plant) -> None:
    append = SqlEvents.append
    store_correction = routes.store_correction

    async def store(backend: Backend, caller: Identity, correction: Correction) -> tuple[Receipt, bool]:
        receipt, first = await store_correction(backend, caller, correction)
        if first:
            async with backend.store.writing() as unit:
                about = [correction.conversation_id]
                await append(unit.events, EventKind.CORRECTION_STORED, about, receipt.received_at)
        return receipt, first

    async def append_others(self: SqlEvents, kind: EventKind, ids: Sequence[ConversationId], at: datetime) -> None:
        if kind is not EventKind.CORRECTION_STORED:
            await append(self, kind, ids, at)

    plant(SqlEvents, "append", append_others)
    plant(routes, "store_correction", store)
