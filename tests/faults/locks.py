"""The database locked by another process, such as a backup: nothing lost, nothing frozen, and it goes on afterwards.

A lock that ends soon is waited for; one that does not is an error that is said, and the same write succeeds after it.
"""

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from console.client.store import opening
from console.server.store import engine
from tests.faults.databases import SHARED_MEMORY
from tests.faults.findings import Findings
from tests.faults.steps import correcting_one, nothing, old_profile, old_workspace, profile, storing, workspace
from tests.faults.work import DONE, FAILED, OPENED, OPENING, BackendWork, DeskWork, SubmitWork, Work, held_after_each

HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""
TICKS, TICK_S = 30, 0.01
"""How often the event loop must come round before a lock that ends soon ends."""
IMPATIENT_MS = 100
SHORT, LONG, EARLY = "locked for a while", "locked beyond patience", "locked while it is opened"
WORKS: dict[str, dict[str, Work[Any]]] = {
    "profile": {
        SHORT: SubmitWork(correcting_one, before=profile),
        LONG: SubmitWork(correcting_one, before=profile),
        EARLY: DeskWork(nothing, before=old_profile),
    },
    "workspace": {
        SHORT: BackendWork(storing, before=workspace),
        LONG: BackendWork(storing, before=workspace),
        EARLY: BackendWork(nothing, before=old_workspace),
    },
}
FAULTS = tuple(f"{what} {lock}" for what, works in WORKS.items() for lock in works)


def lock_databases() -> Findings:
    """Lock each kind of database in each way, while work is done to it."""
    found = Findings()
    for what, works in WORKS.items():
        for lock, work in works.items():
            with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as place, _patience(impatient=lock == LONG):
                trouble = asyncio.run(_locked(work, lock, Path(place)))
            found.hits[f"{what} {lock}"] += 1
            found.violations += [f"{what} {lock}: {each}" for each in trouble]
    return found


async def _locked(work: Work[Any], lock: str, place: Path) -> list[str]:
    """Do the work while another process holds the lock for a while; return what went wrong."""
    here, elsewhere = place / "here", place / "elsewhere"
    for folder in (here, elsewhere):
        folder.mkdir()
        await work.prepare(folder)
    *_, usual = await held_after_each(work, elsewhere)
    heard: Counter[str] = Counter()
    wrong: list[str] = []
    async with _Holder(here / work.file) as holder, asyncio.TaskGroup() as meanwhile:

        async def hear(word: str) -> None:
            heard[word] += 1
            if holder.holds and word in (DONE, OPENED):
                wrong.append(f"the lock kept nobody out: {word}")
            if word == (OPENING if lock == EARLY else OPENED):
                await holder.take()
                if lock != LONG:
                    meanwhile.create_task(holder.release_soon())
            elif word == FAILED:
                await holder.release()

        await work.do(here, hear)
    if bool(heard[FAILED]) != (lock == LONG):
        wrong.append(f"{heard[FAILED]} writes failed")
    if list(here.rglob("*damaged*")):
        wrong.append("a file was taken for a damaged one")
    if work.lasting(await work.held(here)) != work.lasting(usual):
        wrong.append("what is held is not what was said")
    return wrong


class _Holder:
    """Another process, which has locked a database until it is told to let go."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.release()

    @property
    def holds(self) -> bool:
        return self._process is not None

    async def take(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOLDER, self._file, stdin=PIPE, stdout=PIPE
        )
        assert self._process.stdout
        await self._process.stdout.readline()

    async def release_soon(self) -> None:
        """Let go after the event loop came round so often: who waits for the lock must not hold it up."""
        for _ in range(TICKS):
            await asyncio.sleep(TICK_S)
        await self.release()

    async def release(self) -> None:
        if self._process:
            process, self._process = self._process, None
            assert process.stdin
            process.stdin.close()
            await process.wait()


@contextmanager
def _patience(*, impatient: bool) -> Iterator[None]:
    """Let both stores wait for a lock as long as they do, or only a moment."""
    desk_s, backend_ms = opening.BUSY_TIMEOUT_S, engine.SAFE["busy_timeout"]
    if impatient:
        opening.BUSY_TIMEOUT_S, engine.SAFE["busy_timeout"] = IMPATIENT_MS / 1000, IMPATIENT_MS
    try:
        yield
    finally:
        opening.BUSY_TIMEOUT_S, engine.SAFE["busy_timeout"] = desk_s, backend_ms
