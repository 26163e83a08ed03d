"""Virtual time: an event loop that never sleeps, and processes that die with everything they were doing."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context, ContextVar, copy_context
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")


class Crash(BaseException):
    """The process in which this is raised is dead; whoever used it sees it gone."""


class Standstill(Exception):
    """Everybody waits and nothing can ever happen again."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs what is due; where nothing is, moves its clock to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = self  # the one thing an event loop waits for
        self._now = 0.0
        self._clock_resolution = 1e-9
        self.set_task_factory(lambda loop, coroutine, **options: _Task(coroutine, loop=loop, **options))

    def time(self) -> float:
        return self._now

    def rewind(self) -> None:
        """Begin again at zero, without whatever was still to happen."""
        self._now = 0.0
        self._scheduled.clear()
        _Task.numbers = count()

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise Standstill
        self._now += timeout
        return []

    def _process_events(self, event_list: list[object]) -> None:
        """There are none: no sockets, no threads."""

    def _write_to_self(self) -> None:
        """Nobody calls from another thread."""


class _Task(asyncio.Task):
    """A task known by its number, so that a set of tasks has the same order in every run."""

    numbers = count()

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], *, context: Context | None = None, **options: object
    ) -> None:
        self._number = next(_Task.numbers)
        super().__init__(coroutine, context=context, **options)
        owner = context.get(_owner) if context else _owner.get()
        if owner is not None:
            owner.tasks.append(self)

    def __hash__(self) -> int:
        return self._number


_owner: ContextVar["Process | None"] = ContextVar("owner", default=None)


def current_process() -> "Process | None":
    """Return the process that the running code belongs to."""
    return _owner.get()


class Process:
    """Something that runs and can die. Tasks started in it, and those that they start, are its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.tasks: list[asyncio.Task[Any]] = []

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start work that ends with the process."""
        context = copy_context()
        context.run(_owner.set, self)
        return asyncio.get_running_loop().create_task(work, context=context)

    def keep(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start work whose result nobody waits for; an error that nobody foresaw is reported."""
        task = self.start(work)
        task.add_done_callback(_report)
        return task

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do some work in the process, for somebody outside. Raises Crash where the process dies meanwhile."""
        if not self.alive:
            work.close()
            raise Crash(self.name)
        task = self.start(work)
        await asyncio.wait({task})
        if not self.alive:
            raise Crash(self.name)
        return task.result()

    def die(self) -> None:
        """End everything at once."""
        self.alive = False
        for task in self.tasks:
            task.cancel()

    async def ended(self) -> None:
        """Wait until all of a dead process's work has noticed."""
        if self.tasks:
            await asyncio.wait(self.tasks)


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and isinstance(error := task.exception(), Exception):
        task.get_loop().call_exception_handler({"message": f"{task.get_name()} failed", "exception": error})
