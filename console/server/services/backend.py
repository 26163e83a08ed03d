"""What every use case works with."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from console.server.services.identity import Identity
from console.server.services.ports import Clock, StorePort


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


@dataclass(frozen=True)
class Backend:
    """Store, clock and settings. `chairs` maps the hash of a token that lives in memory to whom it speaks for."""

    store: StorePort
    clock: Clock
    bell: Bell
    workspace: str
    version: str
    chairs: Mapping[str, Identity] = field(default_factory=dict)
    lease: timedelta = timedelta(minutes=5)
