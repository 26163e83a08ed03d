"""A simulated computer's clock: it follows the loop's virtual time, and can be wrong."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
COARSE_S = 10.0
"""A simulated timer is this late at least: what a desk does every second would be most of a schedule otherwise."""


class SimulatedClock:
    """The Clock of a desk; called, that of a server."""

    def __init__(self) -> None:
        self._wrong_by = timedelta(0)

    def jump(self, by: timedelta) -> None:
        """Show a time that is wrong by so much from now on."""
        self._wrong_by = by

    def set_right(self) -> None:
        """Show the right time again."""
        self._wrong_by = timedelta(0)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic()) + self._wrong_by

    __call__ = now

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        try:
            async with asyncio.timeout(max(seconds, COARSE_S) if seconds else 0.0):
                return await event.wait()
        except TimeoutError:
            return False
