"""The one door from a press to async work: named, not started twice, and its failure told to the person."""

from collections.abc import Callable, Coroutine

from console.client.services.errors import DeskError, UnknownOutcomeError
from console.client.services.tasks import Tasks


class Door:
    """Starts what screens ask for. `tell` shows a sentence to the person, `tell_away` one until the backend is back."""

    def __init__(self, tasks: Tasks, tell: Callable[[str], None], tell_away: Callable[[str], None]) -> None:
        self._tasks = tasks
        self._tell = tell
        self._tell_away = tell_away
        self._running: set[str] = set()

    def start(self, name: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """Start work under a name; while work of that name runs, nothing further is started."""
        if name not in self._running:
            self._running.add(name)
            self._tasks.start(name, self._watched(name, work))

    async def _watched(self, name: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        try:
            await work()
        except UnknownOutcomeError as error:
            self._tell_away(f"{error} What you write is kept here and sent when the backend is back.")
        except DeskError as error:
            self._tell(str(error))
        finally:
            self._running.discard(name)
