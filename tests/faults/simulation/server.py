"""The simulated server: the backend's real use cases over its real store, in a process that can die at any commit."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, closing, contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from functools import cache
from inspect import signature
from pathlib import Path
from random import Random

from pydantic import BaseModel
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import await_only

from console.client.net.http import Answer
from console.contract.base import content_sha256
from console.contract.corrections import Correction
from console.contract.problems import ProblemCode
from console.contract.views import Claim, FeedPlace, Receipt
from console.server.api.refusals import problem_response
from console.server.api.routes import router
from console.server.services.backend import Backend, Bell, Lookout
from console.server.services.feed import feed_start, follow_feed
from console.server.services.identity import Identity
from console.server.services.ports import StoreError
from console.server.services.refusals import Refused
from console.server.services.tokens import identify
from console.server.store.audit_key import KEY_FILE, read_key
from console.server.store.engine import create_engine
from console.server.store.unit_of_work import SqlStore
from tests.faults.simulation.clock import SimulatedClock
from tests.faults.simulation.faults import Fault, Faults
from tests.faults.simulation.ledger import Ledger
from tests.faults.simulation.loop import Crash, Process
from tests.faults.simulation.network import CORRECTION, Request

SERVER_CLOCKS = {Fault.SERVER_CLOCK_HOUR, Fault.SERVER_CLOCK_DECADE}
FEED = "/v1/feed"
NEVER_S = 1e9
"""No other process writes: there is nothing that the bell does not ring for."""

FILES = ("", "-wal")
"""What a database consists of, by what is added to its name; the third file only speeds up reading."""


class PoisonError(Exception):
    """What this item does to the server nobody foresaw."""


class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:
        await_only(self.connection.server.wait_for_turn(sql))
        return super().execute(sql, *parameters)

    async def _async_soft_close(self) -> None:
        """SQLAlchemy asks this of an asynchronous driver's cursor."""


class _Connection(sqlite3.Connection):
    """SQLite in the event loop's own thread, where a commit may fail, or be the last thing a server does."""

    server: "SimulatedServer"

    def cursor(self) -> sqlite3.Cursor:
        return super().cursor(_Cursor)

    def commit(self) -> None:
        self.server.before_commit()
        super().commit()
        self.server.after_commit(self)

    def terminate(self) -> None:
        self.close()


@cache
def _engine() -> AsyncEngine:
    """The one engine of this process, as what it compiles is worth keeping: it opens the file of the server at work."""
    engine = create_engine(Path("simulated.db"))

    @event.listens_for(engine.sync_engine, "do_connect")
    def _connect(*_: object) -> sqlite3.Connection:
        server = _at_work["server"]
        connection = sqlite3.connect(server.file, factory=_Connection)
        connection.server = server
        return connection

    return engine


_at_work: dict[str, "SimulatedServer"] = {}


_asked: ContextVar[tuple[str, Request]] = ContextVar("asked")
"""Who asked for what is done now."""


class SimulatedServer:
    """One server machine with its database file, which `people` can get tokens for."""

    def __init__(
        self,
        file: Path,
        faults: Faults,
        random: Random,
        ledger: Ledger,
        trace: Callable[[str], None],
        lease: timedelta,
    ) -> None:
        self.file = file
        self.clock = SimulatedClock()
        self.poisoned: dict[str, Exception] = {}
        self._chairs: dict[str, Identity] = {}
        self._faults = faults
        self._random = random
        self._ledger = ledger
        self._trace = trace
        self._lease = lease
        self._process = Process("server")
        self._backup: dict[str, bytes] = {}
        self._booting: asyncio.TimerHandle | None = None
        self._lives = self._issued = 0
        _at_work["server"] = self
        self._audit_from_here()
        self.boot()

    def boot(self) -> None:
        """Begin a life: nothing is remembered but what is in the file."""
        self._lives += 1
        self._process = Process(f"server {self._lives}")
        bell = Bell()
        store = SqlStore(_engine(), bell.ring, read_key(self.file.with_name(KEY_FILE)))
        lookout = Lookout(store, bell, every_s=NEVER_S)
        self.backend = Backend(store, self.clock, bell, lookout, "Simulated", "1", self._chairs, self._lease)

    def issue_token(self, who: Identity) -> str:
        """Return a token that speaks for somebody, until it is revoked."""
        self._issued += 1
        token = f"{who.user_id}-{self._issued}"
        self._chairs[content_sha256(token)] = who
        return token

    def knows(self, token: str) -> bool:
        """Say whether a token is good."""
        return content_sha256(token) in self._chairs

    def revoke(self, token: str) -> None:
        """Know a token no longer."""
        self._chairs.pop(content_sha256(token), None)

    def die(self, away_s: float) -> None:
        """End this life now; the next begins after so many seconds."""
        self._trace(f"{self._process.name} dies for {away_s:.3f} s")
        self._process.die()
        if self._booting:
            self._booting.cancel()
        self._booting = asyncio.get_running_loop().call_later(away_s, self._come_back)

    def _come_back(self) -> None:
        if self._faults.hit(Fault.SERVER_CLOCK_BACK):
            self.clock.set_right()
        self.boot()

    def back_up(self) -> None:
        """Keep a copy of the database as it is now."""
        self._backup = {suffix: path.read_bytes() for suffix in FILES if (path := self._part(suffix)).exists()}

    async def restore(self) -> None:
        """Come back with the copy that was kept, in place of everything since."""
        self.die(self._random.uniform(0.0, 30.0))
        await self._process.ended()  # a connection that is still open would write its log into the copy
        await self.close()
        for suffix, content in self._backup.items():
            self._part(suffix).write_bytes(content)
        self._audit_from_here()

    def _audit_from_here(self) -> None:
        with self.look() as db:
            self._ledger.begin(db)

    @contextmanager
    def look(self) -> Iterator[sqlite3.Connection]:
        """Look into the database from outside."""
        with closing(sqlite3.connect(self.file)) as db:
            yield db

    async def close(self) -> None:
        """Let go of the file; the last connection takes the log beside it along."""
        await _engine().dispose()

    def _part(self, suffix: str) -> Path:
        return self.file.with_name(self.file.name + suffix)

    def before_commit(self) -> None:
        if self._faults.hit(Fault.SERVER_DISK_FULL):
            full = sqlite3.OperationalError("database or disk is full")
            full.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise full
        self._may_die(Fault.SERVER_DIES_INSIDE)

    def after_commit(self, db: sqlite3.Connection) -> None:
        asked_by, request = _asked.get()
        right = not self._faults.hits.keys() & SERVER_CLOCKS
        taken_back, given_back = "take_back" in request.params, request.params.get("epoch")
        now = self.clock() if right else None
        self._ledger.committed(db, asked_by, taken_back=taken_back, given_back=given_back, now=now)
        self._may_die(Fault.SERVER_DIES_AFTER)

    def _may_die(self, fault: Fault) -> None:
        if self._faults.hit(fault):
            self.die(self._random.uniform(0.0, 40.0))
            raise Crash(fault)

    async def answer(self, request: Request) -> Answer:
        """Answer a request as the routes would. Raises ConnectionError while dead, or where it dies meanwhile."""
        try:
            answer = await self._process.run(self._answer(request))
        except Crash:
            raise ConnectionResetError from None
        self._trace(f"{self._process.name} answers {request.token} {request.method} {request.path}: {answer.status}")
        return answer

    async def _answer(self, request: Request) -> Answer:
        self._may_die(Fault.SERVER_DIES_BEFORE)
        try:
            answer = await self._call(request)
        except Refused as error:
            if request.path.startswith(CORRECTION) and error.code is not ProblemCode.UNAUTHENTICATED:
                self._ledger.refused(request.path.rpartition("/")[2])
            return _problem(error.code, error.detail, error.claim)
        except StoreError as error:
            return _problem(ProblemCode.UNAVAILABLE, str(error))
        except PoisonError:
            return _problem(ProblemCode.INTERNAL, "")
        if isinstance(answer, Receipt):
            self._ledger.acknowledged(answer)
        if isinstance(answer, BaseModel):
            return Answer(200, answer.model_dump_json().encode())
        return Answer(204, b"") if answer is None else Answer(200, answer)

    async def _call(self, request: Request) -> BaseModel | bytes | None:
        """Call a route's own function: all of the web framework but that is left out."""
        caller = await identify(self.backend, request.token)
        _asked.set((caller.user_id, request))
        if request.path == FEED:
            await feed_start(self.backend, caller, request.params["after"])
            return self._process.name.encode()
        if request.path.startswith(CORRECTION) and request.method == "PUT":
            self._receive(Correction.model_validate_json(request.body or b""), caller)
        offered = {
            "backend": self.backend,
            "caller": caller,
            "request": _Body(request.body or b""),
            "response": _Answered(),
        }
        for route in router.routes:
            found = route.path_regex.match(request.path)
            if found and request.method in route.methods:
                offered |= found.groupdict() | request.params
                wanted = _parameters(route.endpoint)
                return await route.endpoint(**{name: offered[name] for name in wanted if name in offered})
        raise Refused(ProblemCode.NOT_FOUND, "There is no such route.")

    def _receive(self, sent: Correction, caller: Identity) -> None:
        self._ledger.sent(sent, caller)
        if sent.id not in self.poisoned and self._faults.hit(Fault.ITEM_POISONED):
            self.poisoned[sent.id] = self._random.choice((PoisonError(), StoreError("no room for one as large")))
        if sent.id in self.poisoned:
            raise self.poisoned[sent.id]

    async def events(self, stream: bytes, place: FeedPlace) -> AsyncGenerator[bytes, None]:
        """Yield the events of a stream that this life began. Raises ConnectionError where it ended."""
        process, backend = self._process, self.backend
        if stream != process.name.encode() or not process.alive:
            raise ConnectionResetError
        ready: asyncio.Queue[bytes | None] = asyncio.Queue()

        async def pump() -> None:
            with suppress(StoreError):
                async with aclosing(follow_feed(backend, place)) as events:
                    async for event in events:
                        if event:  # without one it is a heartbeat
                            ready.put_nowait(event.model_dump_json().encode())

        pumping = process.keep(pump())
        pumping.add_done_callback(lambda _: ready.put_nowait(None))
        try:
            while (event := await ready.get()) is not None:
                yield event
        finally:
            pumping.cancel()
        raise ConnectionResetError

    async def wait_for_turn(self, sql: str) -> None:
        """Wait a little before a transaction that writes, so that others may come first; inside one nobody waits."""
        if sql == "BEGIN IMMEDIATE":
            await asyncio.sleep(self._random.uniform(0.0, self._random.choice((0.02, 1.0))))


class _Body:
    """A request, as far as the routes look at one."""

    def __init__(self, body: bytes) -> None:
        self.headers: dict[str, str] = {}
        self._body = body

    async def stream(self) -> AsyncIterator[bytes]:
        yield self._body


class _Answered:
    """A response, on which a route may set the status."""

    status_code = 200


@cache
def _parameters(endpoint: Callable[..., object]) -> tuple[str, ...]:
    return tuple(signature(endpoint).parameters)


def _problem(code: ProblemCode, detail: str, claim: Claim | None = None) -> Answer:
    response = problem_response(code, detail, claim)
    return Answer(response.status_code, bytes(response.body), response.headers.get("retry-after", ""))
