"""The embedded backend: a child of the same executable that lives exactly as long as the desk does.

The child's standard input stays open for the desk's life; when the desk ends, in whatever way, the operating system
closes it and the child stops.
"""

import asyncio
import secrets
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import IO

from pydantic import ValidationError

from console.client.services.backoff import Backoff
from console.client.services.clock import SystemClock
from console.client.services.errors import DeskError
from console.client.services.tasks import Tasks
from console.contract.embedded import Chair, EmbeddedReady, EmbeddedStart
from console.contract.ids import UserId
from console.contract.permissions import Role

UP_WITHIN_S = 60.0
DOWN_WITHIN_S = 6.0
LONGEST_WAIT_S = 30.0
STDERR_LINES = 20

_PEOPLE = (
    ("ana", "Ana Ruiz", Role.TIER1),
    ("tariq", "Tariq Khan", Role.TIER2),
    ("renate", "Renate Maurer", Role.QA),
    ("olu", "Olu Adeyemi", Role.OWNER),
)


class EmbeddedBackendError(DeskError):
    """The embedded backend did not come up; `details` are the last lines it wrote, if it wrote any."""

    def __init__(self, reason: str, details: str) -> None:
        super().__init__(f"{reason}\n{details}".strip())
        self.details = details


def chairs() -> tuple[Chair, ...]:
    """Return the four seats of the embedded workspace, with fresh tokens."""
    return tuple(
        Chair(token=secrets.token_urlsafe(32), user_id=UserId(user_id), name=name, role=role)
        for user_id, name, role in _PEOPLE
    )


def redline_command(*arguments: str) -> tuple[str, ...]:
    """Return a command of this executable, or of this interpreter where nothing is frozen."""
    program = (sys.executable,) if getattr(sys, "frozen", False) else (sys.executable, "-m", "console")
    return (*program, *arguments)


def serve_command(data_dir: Path, *, sample: bool) -> tuple[str, ...]:
    """Return the command of the child."""
    return redline_command("serve", "--embedded", "--data-dir", str(data_dir), *(("--sample",) if sample else ()))


class EmbeddedBackend:
    """Starts the child, keeps it up, and knows where it is. `on_up` hears of each time it has come up."""

    def __init__(self, command: Sequence[str], on_up: Callable[[], None] = lambda: None) -> None:
        self.chairs = chairs()
        self._command = tuple(command)
        self._on_up = on_up
        self._child: _Child | None = None
        self._tasks = Tasks()
        self._backoff = Backoff(Random(), most=LONGEST_WAIT_S)

    @property
    def url(self) -> str | None:
        """Where it is now; None while it is not up. It moves when the child is started anew."""
        return self._child.url if self._child else None

    @property
    def pid(self) -> int | None:
        """The child's process id, if there is one."""
        return self._child.process.pid if self._child else None

    async def start(self) -> None:
        """Start the child and wait until it is up. Raises EmbeddedBackendError."""
        await self._start_child()
        self._tasks.start("embedded backend", self._keep_up())

    async def stop(self) -> None:
        """Close the child's input and wait for its end; what does not end is killed."""
        await self._tasks.stop(grace_s=DOWN_WITHIN_S + 1)
        if self._child:
            await self._child.stop()
            self._child = None

    async def _keep_up(self) -> None:
        """Start a new child whenever one ends."""
        loop = asyncio.get_running_loop()
        while True:
            if self._child:
                up_since = loop.time()
                await self._child.ended.wait()
                if loop.time() - up_since > LONGEST_WAIT_S:
                    self._backoff.reset()
                await self._child.stop()
                self._child = None
            await SystemClock().wait(asyncio.Event(), self._backoff.next_wait())
            try:
                await self._start_child()
            except EmbeddedBackendError:
                continue  # the desk shows it is offline; the next try comes by itself

    async def _start_child(self) -> None:
        child = _Child(self._command)
        try:
            await child.come_up(EmbeddedStart(chairs=self.chairs))
        except BaseException:
            await child.stop()
            raise
        self._child = child
        self._on_up()


class _Child:
    """One running child, its pipes read by threads of their own: no event loop's subprocess support is needed."""

    def __init__(self, command: Sequence[str]) -> None:
        pipe, flags = subprocess.PIPE, getattr(subprocess, "CREATE_NO_WINDOW", 0)
        try:
            self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, creationflags=flags)
        except OSError as error:
            raise EmbeddedBackendError("The embedded backend cannot be started.", str(error)) from error
        self.url: str | None = None
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[bytes] = self._loop.create_future()
        self._last_lines: deque[str] = deque(maxlen=STDERR_LINES)
        self._readers = tuple(
            threading.Thread(target=read, name=f"embedded backend {name}", daemon=True)
            for name, read in (("output", self._read_output), ("errors", self._read_errors))
        )
        for reader in self._readers:
            reader.start()

    async def come_up(self, start: EmbeddedStart) -> None:
        """Hand over the chairs and wait for the address. Raises EmbeddedBackendError."""
        await asyncio.to_thread(self._write, start.model_dump_json().encode() + b"\n")
        try:
            async with asyncio.timeout(UP_WITHIN_S):
                answer = await asyncio.shield(self._answer)
            self.url = EmbeddedReady.model_validate_json(answer).url
        except TimeoutError as error:
            reason = f"The embedded backend did not come up within {UP_WITHIN_S:.0f} seconds."
            raise EmbeddedBackendError(reason, "\n".join(self._last_lines)) from error
        except ValidationError as error:
            await self.stop()  # so that everything it wrote has been read
            reason = "The embedded backend stopped as it came up."
            raise EmbeddedBackendError(reason, "\n".join(self._last_lines)) from error

    async def stop(self) -> None:
        """Close its input and wait for its end; kill it if it stays."""
        await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        with suppress(OSError):  # the child may be gone with what was not read yet
            _pipe(self.process.stdin).close()
        try:
            self.process.wait(DOWN_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self.process.stdout, self.process.stderr):
            _pipe(pipe).close()

    def _write(self, line: bytes) -> None:
        pipe = _pipe(self.process.stdin)
        with suppress(OSError):  # it ended at once: its answer is missing, and that is reported
            pipe.write(line)
            pipe.flush()

    def _read_output(self) -> None:
        pipe = _pipe(self.process.stdout)
        self._tell(self._take_answer, pipe.readline())
        while pipe.read(4096):
            pass
        self._tell(self.ended.set)

    def _read_errors(self) -> None:
        for line in _pipe(self.process.stderr):
            self._last_lines.append(line.decode(errors="replace").rstrip())

    def _take_answer(self, line: bytes) -> None:
        if not self._answer.done():
            self._answer.set_result(line)

    def _tell(self, callback: Callable[..., None], *args: bytes) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(callback, *args)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the child was started without its pipes")
    return pipe
