"""A simulated computer: a clock, a profile file, and the desk's real session and store, which may die at any write."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from console.client.domain.drafts import CorrectionDraft
from console.client.services.changes import ChangeSet, concerns
from console.client.services.session import DeskSession
from console.client.services.sign_in import sign_in
from console.client.store.sqlite_store import SqliteStore
from console.contract.corrections import Correction
from console.contract.ids import ConversationId, UserId
from console.contract.views import Receipt
from console.server.services.identity import Identity
from tests.faults.simulation.clock import SimulatedClock
from tests.faults.simulation.faults import Fault, Faults
from tests.faults.simulation.ledger import Kept, Ledger
from tests.faults.simulation.loop import Crash, Process
from tests.faults.simulation.network import Network, SimulatedGateway

T = TypeVar("T")

IN_SUBMIT = Fault.DESK_DIES_BEFORE_STORE, Fault.DESK_DIES_IN_SUBMIT, Fault.DESK_DIES_AFTER_SUBMIT
IN_SETTLE = Fault.DESK_DIES_AFTER_ANSWER, Fault.DESK_DIES_IN_SETTLE, Fault.DESK_DIES_AFTER_SETTLE
ELSEWHERE = (Fault.DESK_DIES_ANYWHERE,) * 3
LATEST_S = 20.0


class _Worker(Executor):
    """Does the store's work in the event loop's own thread, at once."""

    def submit(self, work: Callable[..., T], /, *args: object, **named: object) -> "Future[T]":
        done: Future[T] = Future()
        try:
            done.set_result(work(*args, **named))
        except BaseException as error:  # noqa: BLE001  # an executor hands every error to whoever waits
            done.set_exception(error)
        return done


class _Connection(sqlite3.Connection):
    """SQLite, where each transaction is a chance to die before it, inside it or behind it, or to fail."""

    computer: "Computer"
    process: Process
    deaths = ELSEWHERE
    doomed = False

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
        if sql == "BEGIN IMMEDIATE":
            if self.doomed:
                self.computer.die()
            if not self.process.alive:
                raise Crash(self.process.name)
            self.computer.may_die(self.deaths[0])
        if sql != "COMMIT":
            return super().execute(sql, *parameters)
        (_, inside, after), self.deaths = self.deaths, ELSEWHERE
        if self.computer.faults.hit(Fault.DESK_DISK_FULL):
            raise sqlite3.OperationalError("database or disk is full")
        self.computer.may_die(inside)
        cursor = super().execute(sql)
        self.computer.may_die(after)
        if self.computer.faults.hit(Fault.DESK_COMMIT_UNCERTAIN):  # after another commit it would not stand
            self.doomed = True
            asyncio.get_running_loop().call_later(LATEST_S, self.computer.die_if_doomed)
            raise sqlite3.OperationalError("disk I/O error")
        return cursor


class _Profile(SqliteStore):
    """The desk's store, which says what it is about to do, so that the points of dying have names."""

    db: _Connection

    async def submit(self, correction: Correction) -> bool:
        self.db.deaths = IN_SUBMIT
        return await super().submit(correction)

    async def settle(self, receipt: Receipt) -> None:
        self.db.deaths = IN_SETTLE
        await super().settle(receipt)


class Computer:
    """One machine with one profile, at which one person sits at a time. `chair` is theirs while they do something."""

    session: DeskSession
    token: str
    who: Identity

    def __init__(
        self, file: Path, network: Network, faults: Faults, random: Random, ledger: Ledger, trace: Callable[[str], None]
    ) -> None:
        self.name = file.stem
        self.file = file
        self.clock = SimulatedClock()
        self.faults = faults
        self.chair = asyncio.Lock()
        self.process = Process("nobody")
        self.process.alive = False
        self._network = network
        self._random = random
        self._ledger = ledger
        self._trace = trace
        self._db: _Connection | None = None

    async def sit_down(self, who: Identity, token: str) -> None:
        """Start the desk for somebody. Raises DeskError where they cannot sign in, Crash where it dies meanwhile."""
        self.process = Process(f"{self.name} of {who.user_id}")
        self.who, self.token = who, token
        try:
            await self.process.run(self._start(who, token))
        except BaseException:
            self.die()
            raise

    async def _start(self, who: Identity, token: str) -> None:
        gateway = SimulatedGateway(self._network, token, self.clock, self.may_die)
        store = await _Profile.open(self.file, _Worker(), self._connect)
        store.db = self._db
        me = await sign_in(gateway, store, who.user_id)
        self.session = DeskSession(me, gateway, store, self.clock, self._random)
        self.session.changes.subscribe(self._on_change)
        await self.session.start()
        self._trace(f"{self.process.name} is up")

    def _connect(self, path: Path, **options: object) -> sqlite3.Connection:
        self._db = sqlite3.connect(path, factory=_Connection, **options)
        self._db.computer, self._db.process = self, self.process
        return self._db

    async def get_up(self) -> None:
        """End the desk in good order. Raises Crash where it dies meanwhile."""
        if self.process.alive:
            await self.process.run(self.session.stop())
        self.die()

    def die(self) -> None:
        """End the desk at once, and whatever it was doing."""
        self.process.die()
        if self._db is not None:  # not from inside the statement at which it dies
            asyncio.get_running_loop().call_soon(self._db.close)
            self._db = None

    def die_if_doomed(self) -> None:
        """End a desk whose disk failed, if it did not end by itself."""
        if self._db is not None and self._db.doomed:
            self.die()

    def may_die(self, fault: Fault) -> None:
        """Die here and now, where chance will have it. Raises Crash."""
        if self.faults.hit(fault):
            self._trace(f"{self.process.name} dies: {fault}")
            self.die()
            raise Crash(fault)

    async def do(self, work: Callable[[DeskSession], Coroutine[Any, Any, T]]) -> T:
        """Do something at the desk. Raises DeskError, and Crash where it is or goes down."""
        return await self.process.run(work(self.session))

    def copy_profile(self, to: Path) -> None:
        """Copy the profile as it is on disk, as somebody does who sets up a second computer."""
        for suffix in ("", "-wal"):
            part = self.file.with_name(self.file.name + suffix)
            if part.exists():
                to.with_name(to.name + suffix).write_bytes(part.read_bytes())

    def authors(self) -> list[UserId]:
        """Return whose work the profile holds."""
        return [author for (author,) in self.look("SELECT author_id FROM outbox UNION SELECT author_id FROM delivery")]

    def waiting(self, author_id: str = "%") -> list[tuple[str, ConversationId]]:
        """Return the ids of what waits to be sent, of one author or of all, each with its conversation."""
        waiting = "SELECT id, conversation_id FROM outbox WHERE refusal IS NULL AND author_id LIKE ? ORDER BY position"
        return self.look(waiting, author_id)

    def delivered(self, author_id: str) -> list[str]:
        """Return the ids of what the server confirmed to an author here."""
        return [one for (one,) in self.look("SELECT id FROM delivery WHERE author_id = ?", author_id)]

    def parked(self) -> list[Kept]:
        """Return what is set aside here."""
        bodies = self.look("SELECT body FROM outbox WHERE refusal IS NOT NULL ORDER BY position")
        said = (Correction.model_validate_json(body) for (body,) in bodies)
        return [Kept(correction.id, correction.corrected_text) for correction in said]

    def has_draft_of(self, author_id: UserId) -> bool:
        """Say whether somebody began something here."""
        return bool(self.look("SELECT 1 FROM draft WHERE author_id = ?", author_id))

    def drafts(self) -> set[str]:
        """Return the words of all drafts that are kept here."""
        return {CorrectionDraft.model_validate_json(body).text for (body,) in self.look("SELECT body FROM draft")}

    def look(self, sql: str, *parameters: str) -> list[Any]:
        """Look into the profile from outside."""
        with closing(sqlite3.connect(self.file)) as db:
            return db.execute(sql, parameters).fetchall()

    def _on_change(self, change: ChangeSet) -> None:
        """Compare what the screen says now with what is so."""
        if self._db is None or change.corrections == frozenset():
            return
        kept = frozenset(one for (one,) in self._db.execute("SELECT id FROM outbox UNION ALL SELECT id FROM delivery"))
        for row in self.session.queue.rows:
            if concerns(change.corrections, row.conversation_id):
                self._ledger.seen(self.name, self.session.corrections.states(row.conversation_id), kept)
