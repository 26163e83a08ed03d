"""Follows the events from any place on; all who are as far share one look for news."""

import asyncio
from collections.abc import AsyncIterator

from console.contract.events import EventPage, FeedEvent
from console.contract.permissions import Permission
from console.contract.problems import ProblemCode
from console.contract.views import FeedPlace, seq_of
from console.server.services.backend import BATCH, Backend
from console.server.services.identity import Identity
from console.server.services.ports import Unit
from console.server.services.refusals import Refused, require

FARTHEST = 5_000
"""Events that somebody may be behind; beyond it reading everything again is less work."""

KEPT = 2 * FARTHEST
"""Events that the store keeps at least, so that nobody who follows is ever passed by the pruning."""

HEARTBEAT_S = 15.0
"""Desks take a stream for dead that is silent for more than two of these."""


async def feed_start(backend: Backend, caller: Identity, after: FeedPlace | None) -> FeedPlace:
    """Return the place to follow from, the newest where none is named; Refused (gone) where it cannot be reached."""
    require(caller, Permission.READ)
    async with backend.store.reading() as unit:
        last = await unit.events.last_place()
        if after is not None:
            await _check_within_reach(unit, after, last)
    return last if after is None else after


async def read_events(backend: Backend, caller: Identity, after: FeedPlace) -> EventPage:
    """Return the next events behind a place; Refused (gone) where it cannot be reached."""
    require(caller, Permission.READ)
    async with backend.store.reading() as unit:
        last = await unit.events.last_place()
        await _check_within_reach(unit, after, last)
        events = await unit.events.after(seq_of(after), BATCH)
    place = events[-1].place if events else after
    return EventPage(events=events, place=place, more=place != last)


async def follow_feed(backend: Backend, after: FeedPlace) -> AsyncIterator[FeedEvent | None]:
    """Yield every event behind `after` in order, and None as a heartbeat while there is none; ends with the backend.

    It ends too for a reader who fell so far behind that what comes next may have been pruned.
    """
    seq = seq_of(after)
    news: tuple[FeedEvent, ...] | None = None
    while not backend.bell.closed:
        if news is None:
            async with backend.store.reading() as unit:
                news = await unit.events.after(seq, BATCH)
                if len(news) == BATCH and seq_of(await unit.events.last_place()) - seq > FARTHEST:
                    return
        for event in news:
            seq = event.seq
            yield event
        if len(news) == BATCH:  # and there may be more
            news = None
            continue
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                news = await backend.lookout.news_behind(seq)
        except TimeoutError:
            news = ()
            yield None


async def _check_within_reach(unit: Unit, place: FeedPlace, last: FeedPlace) -> None:
    if not await unit.events.holds(place):
        raise Refused(ProblemCode.GONE, "This place is not in the feed; read everything again and start anew.")
    if seq_of(last) - seq_of(place) > FARTHEST:
        raise Refused(ProblemCode.GONE, "This place is too far behind; read everything again and start anew.")
