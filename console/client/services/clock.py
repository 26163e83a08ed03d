"""The computer's own clock, and the backend's as it is known here."""

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic

from console.client.services.ports import Clock


class SystemClock:
    """The clock of this computer and of the running event loop."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since some start."""
        return monotonic()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait until the event is set or the time is over; say whether it was set."""
        try:
            async with asyncio.timeout(seconds):  # wait_for can swallow a cancellation before Python 3.12
                return await event.wait()
        except TimeoutError:
            return False


class ServerTime:
    """The backend's clock: leases and deadlines run by it, not by this computer's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = timedelta(0)

    def note(self, server_time: datetime) -> None:
        """Learn from an answer that was just read what time it is there."""
        self._ahead = server_time - self._clock.now()

    def now(self) -> datetime:
        """Return the time by the backend's clock, as last learnt."""
        return self._clock.now() + self._ahead
