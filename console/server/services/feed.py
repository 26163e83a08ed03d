"""Follows the events from any place on; all streams share one look for news."""

from collections.abc import AsyncIterator

from console.contract.events import FeedEvent
from console.contract.permissions import Permission
from console.contract.problems import ProblemCode
from console.server.services.backend import Backend
from console.server.services.identity import Identity
from console.server.services.refusals import Refused, require

BATCH = 500


async def feed_start(backend: Backend, caller: Identity, after: int | None) -> int:
    """Return the place to follow from, the newest where none is named; Refused (gone) where there is no such place."""
    require(caller, Permission.READ)
    async with backend.store.reading() as unit:
        last = await unit.events.last_seq()
    if after is not None and after > last:
        raise Refused(ProblemCode.GONE, "This place is not in the feed; read everything again and start anew.")
    return last if after is None else after


async def follow_feed(backend: Backend, after: int) -> AsyncIterator[FeedEvent]:
    """Yield every event behind `after` in order, until the backend stops."""
    while not backend.bell.closed:
        async with backend.store.reading() as unit:
            events = await unit.events.after(after, BATCH)
        for event in events:
            after = event.seq
            yield event
        if not events:
            await backend.lookout.wait_beyond(after)
