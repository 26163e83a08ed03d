"""The feed: hears what changed and has it read again; the feed is a hint, what the backend answers is the truth."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from random import Random

from console.client.services.backoff import Backoff
from console.client.services.changes import ALL
from console.client.services.conversations import ConversationService
from console.client.services.errors import (
    BackendError,
    RefusedError,
    UnclearAnswerError,
    UnknownOutcomeError,
    UnreachableError,
)
from console.client.services.horizon import Horizon
from console.client.services.ports import BackendGateway, Clock
from console.client.services.queue import QueueService
from console.contract.events import EventPage, FeedEvent
from console.contract.ids import ConversationId
from console.contract.problems import ProblemCode
from console.contract.views import FeedPlace, seq_of

GATHER_S = 0.05
"""Events that come within this time are read again in one go."""

MOST_AT_ONCE = 1_000
"""Events held here; beyond it no more are taken off the line until these are read."""

LONGEST_WAIT_S = 30.0
LOOK_AFTER_S = 15.0
UNREAD_TRIES = 3


class DeskFeed:
    """Follows the feed for ever; being connected to it is what "online" means.

    `on_lost` hears why it is not, and in how many seconds it is tried again.

    The place it stands at moves on only once what changed before it was read, so that nothing is passed over when the
    line breaks between. Where the backend no longer knows the place, or one that anything was read at since, everything
    is read again.
    """

    def __init__(
        self,
        gateway: BackendGateway,
        queue: QueueService,
        conversations: ConversationService,
        horizon: Horizon,
        clock: Clock,
        random: Random,
        *,
        on_connected: Callable[[], None],
        on_lost: Callable[[BackendError, float], None],
    ) -> None:
        self._gateway = gateway
        self._queue = queue
        self._conversations = conversations
        self._horizon = horizon
        self._clock = clock
        self._backoff = Backoff(random, most=LONGEST_WAIT_S)
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._place: FeedPlace | None = None
        self._unread = 0
        self._retry = asyncio.Event()

    def resume(self, place: FeedPlace | None) -> None:
        """Go on from a place kept from an earlier run; None reads everything."""
        self._place = place

    def retry(self) -> None:
        """Do not wait any longer before the next try."""
        self._retry.set()

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            wait = 0.0
            self._retry.clear()
            try:
                await self._follow()
            except* BackendError as group:
                wait = self._take_loss(_first(group))
            except* Exception:
                self._place = None  # what was read up to here is not certain
                self._on_lost(UnclearAnswerError("Something went wrong while the backend was read."), 0.0)
                raise
            await self._clock.wait(self._retry, wait)

    def _take_loss(self, error: BackendError) -> float:
        """Say why the line is gone; return how long to wait before the next try."""
        if isinstance(error, RefusedError) and error.code is ProblemCode.GONE:
            self._place = None
        wait = self._backoff.next_wait(error.retry_after if isinstance(error, UnknownOutcomeError) else None)
        self._on_lost(error, wait)
        return wait

    async def _follow(self) -> None:
        """Follow until the line breaks, which is always an error."""
        place = self._place or await self._read_all()
        self._place = place = await self._catch_up(place)
        await self._queue.check_leases()
        arrived: asyncio.Queue[FeedEvent] = asyncio.Queue(MOST_AT_ONCE)
        async with self._gateway.feed(place) as events:
            self._on_connected()
            async with asyncio.TaskGroup() as all_three:
                all_three.create_task(self._listen(events, arrived, seq_of(place)), name="feed: listen")
                all_three.create_task(self._read_again(arrived), name="feed: read again")
                all_three.create_task(self._look_after(), name="feed: look after")

    async def _read_all(self) -> FeedPlace:
        self._horizon.forget()
        place = await self._queue.refresh()
        await self._conversations.reread(ALL)
        return place

    async def _catch_up(self, place: FeedPlace) -> FeedPlace:
        """Read again, page by page, what changed behind a place; return where that ends."""
        newest = self._horizon.newest
        while True:
            delivered = self._queue.delivered
            page = await self._next_page(place)
            if _leaves_out(page, place, newest):
                self._place = None
                return await self._read_all()
            await self._take_in({event.conversation_id for event in page.events}, page.place)
            place = page.place
            if not page.more:
                self._queue.count_in(delivered)
                return place

    async def _next_page(self, place: FeedPlace) -> EventPage:
        """Return the next events; what cannot be read time and again is passed over by reading everything."""
        try:
            page = await self._gateway.events(place)
        except UnclearAnswerError:
            self._unread += 1
            if self._unread >= UNREAD_TRIES:
                self._place, self._unread = None, 0
            raise
        self._unread = 0
        return page

    async def _look_after(self) -> None:
        """Count a line as good only once it held a while, and try again what could not be read."""
        while True:
            await asyncio.sleep(LOOK_AFTER_S)
            self._backoff.reset()
            await self._queue.recount()
            await self._conversations.reread()

    async def _listen(self, events: AsyncIterator[FeedEvent], arrived: asyncio.Queue[FeedEvent], last: int) -> None:
        async for event in events:
            if event.seq <= last:
                continue  # told twice
            if event.behind != last:
                raise UnclearAnswerError("The feed left something out.")
            last = event.seq
            await arrived.put(event)
        raise UnreachableError("The backend ended the feed.")

    async def _read_again(self, arrived: asyncio.Queue[FeedEvent]) -> None:
        while True:
            batch = [await arrived.get()]
            await asyncio.sleep(GATHER_S)
            while not arrived.empty():
                batch.append(arrived.get_nowait())
            await self._take_in({event.conversation_id for event in batch}, batch[-1].place)

    async def _take_in(self, changed: Collection[ConversationId], place: FeedPlace) -> None:
        if changed:
            await self._queue.reread(changed, place)
            await self._conversations.reread(frozenset(changed))
        self._place = place


def _leaves_out(page: EventPage, behind: FeedPlace, place: FeedPlace) -> bool:
    """Say whether a page of what is behind a place should hold another one, and does not: it was undone."""
    is_due = seq_of(place) > seq_of(behind) and (not page.more or seq_of(place) <= seq_of(page.place))
    return is_due and place not in {event.place for event in page.events}


def _first(group: BaseExceptionGroup[BackendError]) -> BackendError:
    """Return what broke first; the rest only followed from it."""
    error: BackendError | BaseExceptionGroup[BackendError] = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
