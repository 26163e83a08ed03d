"""What every use case works with."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from console.contract.views import seq_of
from console.server.services.identity import Identity
from console.server.services.ports import Clock, StorePort

LOOK_EVERY_S = 1.0


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
    """Looks for news once for everyone: at once after this process's own writes, now and then for those of others."""

    def __init__(self, store: StorePort, bell: Bell, every_s: float = LOOK_EVERY_S) -> None:
        self._store = store
        self._bell = bell
        self._every_s = every_s
        self._rung = bell.listen()
        self._look: asyncio.Task[int] | None = None

    async def wait_beyond(self, seq: int) -> None:
        """Return once there is an event behind `seq`, or the backend stops."""
        while not self._bell.closed and await self._newest() <= seq:
            pass

    async def _newest(self) -> int:
        """Return the newest event's place as the next look sees it, which everyone who waits shares."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._next_look(), name="look for events")
        return await asyncio.shield(self._look)

    async def _next_look(self) -> int:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), self._every_s)
        self._rung = self._bell.listen()  # before the look, so that no ring falls between the two
        if self._bell.closed:  # the store may be closed at any moment now
            return 0
        async with self._store.reading() as unit:
            return seq_of(await unit.events.last_place())


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
