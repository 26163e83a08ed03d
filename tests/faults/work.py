"""Work on the desk's profile and on the backend's database, which the machines cut short: the same every time.

It says DONE when a write it awaited has returned, and can be done again from its start.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import ClassVar, Generic, TypeVar

from typing_extensions import override

from console.client.app.profile import Profile
from console.client.net.http import HttpGateway
from console.client.services.clock import SystemClock
from console.client.services.errors import StoreError
from console.client.services.session import DeskSession
from console.client.store.sqlite_store import SqliteStore
from console.contract.ids import ConversationId
from console.server.services import ports
from console.server.services.audit import verify_log
from console.server.services.backend import Backend, Bell, Lookout
from console.server.store import engine
from console.server.store.unit_of_work import open_store
from tests.client.restless_writer import ME
from tests.client.test_local_store import ANA, NOW
from tests.faults import strace

DONE, FAILED, OPENING, OPENED = "done", "failed", "opening", "opened"
TRIES = 20
"""How often something that failed is tried again: more often than any machine makes it fail."""

T = TypeVar("T")
S = TypeVar("S")
Hear = Callable[[str], Awaitable[None]]
Step = Callable[[], Awaitable[object]]
"""One write that a person or a service waits for."""


class DamagedError(Exception):
    """The store took the file for a damaged one."""


class Work(ABC, Generic[S]):
    """Parts of some work, each on a store opened anew. `file`: the database; `trouble`: what a failing write raises.

    `before` makes the database that the work finds; not `synced`: its commits do not wait for the disk, as a control.
    """

    file: ClassVar[str]
    trouble: ClassVar[type[Exception]]

    def __init__(
        self,
        *parts: Callable[[S], Sequence[Step]],
        before: Callable[[Path], Awaitable[None]] | None = None,
        synced: bool = True,
    ) -> None:
        self._parts = parts
        self._before = before
        self._synced = synced

    async def prepare(self, folder: Path) -> None:
        """Put there what the work finds."""
        if self._before:
            (folder / self.file).parent.mkdir(parents=True)
            await self._before(folder / self.file)

    async def do(self, folder: Path, hear: Hear) -> None:
        """Do it. DONE or FAILED is heard after each write, OPENING and OPENED around each opening of the store."""
        for part in self._parts:
            async with AsyncExitStack() as stack:
                await hear(OPENING)
                opening = lambda: stack.enter_async_context(self.opened(folder / self.file))  # noqa: E731
                subject = await self._insist(opening, hear)
                await hear(OPENED)
                for step in part(subject):
                    await self._insist(step, hear)
                    await hear(DONE)

    async def _insist(self, step: Callable[[], Awaitable[T]], hear: Hear) -> T:
        """Try until it works, as people and pumps do."""
        for _ in range(TRIES):
            try:
                return await step()
            except self.trouble:
                await hear(FAILED)
        raise AssertionError(f"it failed {TRIES} times")

    @abstractmethod
    def opened(self, file: Path) -> AbstractAsyncContextManager[S]:
        """Open the store, and what stands on it."""

    @abstractmethod
    async def held(self, folder: Path) -> tuple[object, ...]:
        """Open the store as it is found and return all it holds, to be compared. Raises `trouble`, DamagedError."""

    def lasting(self, held: tuple[object, ...]) -> tuple[object, ...]:
        """Return the part of what is held that is the same however often the work is done."""
        return held


class StoppedClock(SystemClock):
    """A clock that always says the same time, so that work done again is the same work."""

    @override
    def now(self) -> datetime:
        return NOW


class DeskWork(Work[SqliteStore]):
    """Work on a profile, in the folders that a desk makes for it."""

    file = "data/desk/desk-embedded.db"
    trouble = StoreError

    @asynccontextmanager
    async def opened(self, file: Path) -> AsyncIterator[SqliteStore]:
        profile = Profile(file.parents[1])
        if profile.store_path != file:
            raise AssertionError(f"the profile's file is {profile.store_path.name} now")
        store = await SqliteStore.open(file)
        try:
            if not self._synced:
                await store._run(lambda db: db.execute("PRAGMA synchronous = NORMAL"))
            yield store
        finally:
            await store.aclose()

    async def held(self, folder: Path) -> tuple[object, ...]:
        """Return drafts, outbox, deliveries and the copies."""
        async with self.opened(folder / self.file) as store:
            self._hear_note(folder, store.note)
            work = await store.drafts(ANA), await store.outbox(ANA), await store.deliveries(ANA)
            queue = await store.queue()
            copies = [await store.conversation(ConversationId(one)) for one in ("c-1", "c-9")]
            return *work, frozenset(queue.rows), queue.place, copies

    def _hear_note(self, folder: Path, note: str | None) -> None:
        if note:
            raise DamagedError(note)


class RecoveryWork(DeskWork):
    """Work on a profile that is damaged to begin with, and moved aside by the first who opens it."""

    @override
    def _hear_note(self, folder: Path, note: str | None) -> None:
        if not list((folder / self.file).parent.glob("*.damaged-*Z.db")):
            raise DamagedError(f"the damaged file is nowhere; {note or 'and nobody was told'}")


class SubmitWork(Work[DeskSession]):
    """Work at a desk that has no backend to send to."""

    file = DeskWork.file
    trouble = DeskWork.trouble

    @asynccontextmanager
    async def opened(self, file: Path) -> AsyncIterator[DeskSession]:
        async with DeskWork().opened(file) as store:
            desk = DeskSession(ME, HttpGateway(lambda: None, "no token"), store, StoppedClock(), Random(1))
            await desk.start()
            try:
                yield desk
            finally:
                await desk.stop()

    async def held(self, folder: Path) -> tuple[object, ...]:
        """Return what a profile holds, without the ids: the chance that they are drawn from is the backoff's too."""
        drafts, outbox, *rest = await DeskWork().held(folder)
        assert isinstance(outbox, tuple)
        nameless = [replace(item, correction=item.correction.model_copy(update={"id": ""})) for item in outbox]
        return drafts, nameless, *rest


class BackendWork(Work[Backend]):
    """Work on a workspace."""

    file = "data/workspace.db"
    trouble = ports.StoreError

    @asynccontextmanager
    async def opened(self, file: Path) -> AsyncIterator[Backend]:
        engine.SAFE["synchronous"] = 2 if self._synced else 1
        async with open_store(file) as store:
            bell = Bell()
            yield Backend(store, lambda: NOW, bell, Lookout(store, bell), "Sample", "1")

    async def held(self, folder: Path) -> tuple[object, ...]:
        """Return corrections, conversations and their claims; events without their random stamps; rows of the log."""
        async with open_store(folder / self.file) as store:
            log = await verify_log(store, store._audit_key, {})
            if log.bad:
                raise DamagedError(f"the audit log's row {log.bad.seq}: {log.bad.reason}")
            async with store.reading() as unit:
                corrections = await unit.corrections.find(None, None)
                events = [event.model_copy(update={"stamp": ""}) for event in await unit.events.after(0, 10_000)]
                ids = sorted({event.conversation_id for event in events})
                rows, sha256 = await unit.conversations.rows(ids, NOW), await unit.conversations.hashes(ids)
                standings = [await unit.conversations.standing(one) for one in ids]
                return corrections, rows, sha256, standings, (events, log.rows)

    @override
    def lasting(self, held: tuple[object, ...]) -> tuple[object, ...]:
        """All but what was told: a claim that is taken again is told again."""
        return held[:-1]


def aloud(work: Work[S], folder: Path) -> strace.Work:
    """Return the work as a child of strace does it: every word said to its parent."""

    def child(say: strace.Say) -> None:
        async def hear(word: str) -> None:
            say(word)

        asyncio.run(work.do(folder, hear))

    return child


async def held_after_each(work: Work[S], folder: Path) -> list[tuple[object, ...]]:
    """Do the work, and return what the store holds before and after each write."""
    held = [await work.held(folder)]

    async def look(word: str) -> None:
        if word == DONE:
            held.append(await work.held(folder))

    await work.do(folder, look)
    return held
