"""Named, owned tasks: each has an owner that ends it, and none fails unheard."""

import asyncio
from collections.abc import Callable, Coroutine

from console.client.services.backoff import Backoff
from console.client.services.ports import Clock

GRACE_S = 2.0

Work = Callable[[], Coroutine[None, None, None]]


class Tasks:
    """The running tasks of one owner. A task's failure goes to the event loop's exception handler."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, name: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start work under a name, and keep it until it ends."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)
        return task

    def keep_up(self, name: str, work: Work, clock: Clock, waits: Backoff) -> None:
        """Start work that goes on for ever: whatever ends it is reported, and it begins again after a wait."""
        self.start(name, self._keep_up(name, work, clock, waits))

    async def _keep_up(self, name: str, work: Work, clock: Clock, waits: Backoff) -> None:
        reported = ""
        while True:
            began = clock.monotonic()
            (error,) = await asyncio.gather(asyncio.create_task(work(), name=name), return_exceptions=True)
            if isinstance(error, Exception) and repr(error) != reported:  # the same one again is no news
                reported = repr(error)
                context = {"message": f"The task {name} failed and begins again", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
            if clock.monotonic() - began > waits.most:  # it did well for a while: what went wrong is a new thing
                waits.reset()
                reported = ""
            await clock.wait(asyncio.Event(), waits.next_wait())

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Cancel every task and wait for their ends, at most `grace_s` seconds."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            context = {"message": f"The task {task.get_name()} failed", "exception": error, "task": task}
            task.get_loop().call_exception_handler(context)
