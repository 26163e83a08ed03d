"""What every use case works with."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from console.contract.events import FeedEvent
from console.server.services.identity import Identity
from console.server.services.ports import Clock, StorePort

LOOK_EVERY_S = 1.0
BATCH = 500
"""Events that are read at once."""


class Bell:
    """Wakes whoever waits for news in this process. Rings may be missed; the event table is the truth."""

    def __init__(self) -> None:
        self.closed = False
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake everyone who listens now."""
        self._rung.set()
        self._rung = asyncio.Event()

    def close(self) -> None:
        """Wake everyone for the last time: the backend is stopping."""
        self.closed = True
        self.ring()

    def listen(self) -> asyncio.Event:
        """Return the event that the next ring sets."""
        return self._rung


class Lookout:
    """Reads what is new once for everyone: at once after this process's own writes, now and then what others wrote."""

    def __init__(self, store: StorePort, bell: Bell, every_s: float = LOOK_EVERY_S) -> None:
        self._store = store
        self._bell = bell
        self._every_s = every_s
        self._rung = bell.listen()
        self._seq = 0
        self._look: asyncio.Task[tuple[FeedEvent, ...]] | None = None

    async def news_behind(self, seq: int) -> tuple[FeedEvent, ...] | None:
        """Wait for the next events behind `seq`, which all who are as far share.

        None for whoever has to read for themselves, as they are not as far as others or too much is new; and once the
        backend stops.
        """
        self._seq = max(self._seq, seq)
        while self._seq == seq and not self._bell.closed:
            if self._look is None or self._look.done():
                self._look = asyncio.create_task(self._next_look(), name="look for events")
            events = await asyncio.shield(self._look)
            if events and events[0].behind == seq:
                return events
        return None

    async def _next_look(self) -> tuple[FeedEvent, ...]:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), self._every_s)
        self._rung = self._bell.listen()  # before the look, so that no ring falls between the two
        if self._bell.closed:  # the store may be closed at any moment now
            return ()
        async with self._store.reading() as unit:
            events = await unit.events.after(self._seq, BATCH)
        self._seq = max(self._seq, events[-1].seq if events else 0)
        return events if len(events) < BATCH else ()


@dataclass(frozen=True)
class Backend:
    """Store, clock and settings. `chairs` maps the hash of a token that lives in memory to whom it speaks for."""

    store: StorePort
    clock: Clock
    bell: Bell
    lookout: Lookout
    workspace: str
    version: str
    chairs: Mapping[str, Identity] = field(default_factory=dict)
    lease: timedelta = timedelta(minutes=5)
