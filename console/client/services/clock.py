"""The computer's own clock, and the backend's as it is known here."""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta

from console.client.services.ports import Clock


class SystemClock:
    """The clock of this computer and of the running event loop."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since some start, those asleep among them, which Python's own leaves out here and there."""
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        if sys.platform == "darwin":
            return time.clock_gettime(time.CLOCK_MONOTONIC)
        return time.monotonic()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait until the event is set or the time is over; say whether it was set."""
        try:
            async with asyncio.timeout(seconds):  # wait_for can swallow a cancellation before Python 3.12
                return await event.wait()
        except TimeoutError:
            return False


class ServerTime:
    """The backend's clock: leases and deadlines run by it, not by this computer's.

    From one answer to the next it goes on with the seconds that passed, asleep or awake, so that nothing hangs on what
    this computer takes the time for. That the backend's own clock was set is known with the next answer.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: tuple[datetime, float] | None = None

    def note(self, server_time: datetime) -> None:
        """Learn from an answer that was just read what time it is there."""
        self._told = server_time, self._clock.monotonic()

    @property
    def is_known(self) -> bool:
        """Whether any answer has told it."""
        return self._told is not None

    def now(self) -> datetime:
        """Return the time by the backend's clock; this computer's while no answer has told it."""
        if self._told is None:
            return self._clock.now()
        server_time, at = self._told
        return server_time + timedelta(seconds=self._clock.monotonic() - at)
