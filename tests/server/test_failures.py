"""What the database cannot do now is told apart from our mistakes, and asking again is all that it takes."""

import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import anyio
import pytest
from httpx_sse import connect_sse
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from console.contract.problems import Problem
from console.server.services.ports import Database, StoreError
from console.server.store import engine as engines
from console.server.store.engine import create_engine
from console.server.store.failures import told_apart
from console.server.store.postgresql import Patience
from console.server.store.unit_of_work import open_store
from tests.server.cluster import Cluster
from tests.server.conftest import MakeDatabase
from tests.server.world import CHAIRS, NOW, Running, conversation, correction, running, send

PASSING = {
    "serialization failure": "40001",
    "deadlock": "40P01",
    "disk full": "53100",
    "too many connections": "53300",
    "lock not to be had": "55P03",
    "statement timeout": "57014",
    "shutdown": "57P01",
    "input or output error": "58030",
}
MISTAKES = {"a key twice": "23505", "no such table": "42P01", "too long": "22001"}


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Write to a SQLite database without an end."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture
async def postgresql(make_postgresql: MakeDatabase) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(make_postgresql(), Patience(lock_s=1, statement_s=5))
    yield engine
    await engine.dispose()


@pytest.fixture
async def sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AsyncEngine]:
    monkeypatch.setitem(engines.SAFE, "busy_timeout", 10)
    engine = create_engine(tmp_path / "store.db")
    yield engine
    await engine.dispose()


async def run(engine: AsyncEngine, *statements: str) -> None:
    with told_apart():
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))


@pytest.mark.anyio
@pytest.mark.parametrize("code", PASSING.values(), ids=PASSING)
async def test_what_postgresql_cannot_do_now_is_a_store_error(postgresql: AsyncEngine, code: str) -> None:
    with pytest.raises(StoreError, match="the database cannot be used: no luck"):
        await run(postgresql, f"DO $$ BEGIN RAISE 'no luck' USING ERRCODE = '{code}'; END $$")


@pytest.mark.anyio
@pytest.mark.parametrize("code", MISTAKES.values(), ids=MISTAKES)
async def test_a_mistake_on_postgresql_stays_one(postgresql: AsyncEngine, code: str) -> None:
    with pytest.raises(DBAPIError):
        await run(postgresql, f"DO $$ BEGIN RAISE 'a mistake' USING ERRCODE = '{code}'; END $$")


@pytest.mark.anyio
async def test_who_waits_for_a_lock_of_postgresql_gives_up(postgresql: AsyncEngine) -> None:
    await run(postgresql, "CREATE TABLE t (n INT)")
    async with postgresql.begin() as connection:
        await connection.execute(text("LOCK TABLE t"))
        with pytest.raises(StoreError, match="lock timeout"):
            await run(postgresql, "INSERT INTO t VALUES (1)")


@pytest.mark.anyio
async def test_what_sqlite_cannot_do_now_is_a_store_error(sqlite: AsyncEngine, tmp_path: Path) -> None:
    await run(sqlite, "CREATE TABLE t (word TEXT UNIQUE)")
    with held(tmp_path / "store.db"), pytest.raises(StoreError, match="locked"):
        await run(sqlite, "INSERT INTO t VALUES ('a')")
    with pytest.raises(StoreError, match="full"):
        await run(sqlite, "PRAGMA max_page_count = 1", "INSERT INTO t VALUES (hex(zeroblob(100000)))")
    await run(sqlite, "PRAGMA max_page_count = 1000", "INSERT INTO t VALUES ('a')")
    for mistake in ("INSERT INTO t VALUES ('a')", "SELECT * FROM nowhere"):
        with pytest.raises(DBAPIError):
            await run(sqlite, mistake)


@pytest.mark.anyio
async def test_a_unit_whose_connection_is_lost_leaves_no_trace_and_the_next_one_works(
    cluster: Cluster, make_postgresql: MakeDatabase
) -> None:
    database = str(make_postgresql())
    async with open_store(database) as store:

        async def lose_it() -> None:
            async with store.writing() as unit:
                await unit.accounts.put(CHAIRS["ana"])
                with cluster.away(database):
                    pass
                await unit.accounts.add_token("0" * 64, CHAIRS["ana"].user_id, NOW)

        with pytest.raises(StoreError):
            await lose_it()
        assert cluster.sql(database, "SELECT * FROM account") == []
        async with store.writing() as unit:
            await unit.accounts.put(CHAIRS["ana"])
        assert cluster.sql(database, "SELECT user_id FROM account") == [["ana"]]


@pytest.mark.anyio
async def test_a_reader_who_goes_in_the_middle_of_a_look_leaves_no_connection_broken(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_store(database) as store:

        async def look() -> None:
            async with store.reading() as unit:
                await unit.events.last_place()

        for number in range(150):
            async with anyio.create_task_group() as readers:
                readers.start_soon(look)
                await anyio.sleep(number / 30_000)
                readers.cancel_scope.cancel()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_replica_that_another_migrates_away_under_asks_for_one_more_try(
    cluster: Cluster, make_postgresql: MakeDatabase
) -> None:
    database = str(make_postgresql())
    with running(database) as backend:
        backend.load(conversation("c"))
        ana = backend.client("ana")
        assert [ana.get("/v1/queue").status_code for _ in range(3)] == [200] * 3
        cluster.sql(database, "ALTER TABLE conversation ALTER COLUMN topic TYPE TEXT")
        assert [ana.get("/v1/queue").status_code for _ in range(3)] == [503, 200, 200]


@pytest.fixture
def backend(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setitem(engines.SAFE, "busy_timeout", 10)
    with running(database) as backend:
        yield backend


def test_while_the_database_is_away_a_correction_may_be_sent_again(
    backend: Running, database: Database, request: pytest.FixtureRequest
) -> None:
    away = held(database) if isinstance(database, Path) else request.getfixturevalue("cluster").away(database)
    backend.load(conversation("c"))
    ana = backend.client("ana")
    assert ana.get("/v1/queue").status_code == 200
    with away:
        answer = send(ana, correction("k", "c"))
    problem = Problem.model_validate_json(answer.content)
    assert (answer.status_code, problem.status, problem.type) == (503, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "redline" not in answer.text
    assert [send(ana, correction("k", "c")).status_code for _ in range(2)] == [201, 200]


def test_streams_end_where_the_database_is_away_and_a_reader_who_comes_back_goes_on(
    cluster: Cluster, make_postgresql: MakeDatabase
) -> None:
    database = str(make_postgresql())
    with running(database) as backend:
        backend.load(conversation("c"))
        ana = backend.client("ana")
        with connect_sse(ana, "GET", "/v1/feed", params={"after": "0"}) as source:
            events = source.iter_sse()
            place = next(events).id
            with cluster.away(database):
                assert [event for event in events if event.data] == []
                refused = ana.get("/v1/feed", headers={"Last-Event-ID": place})
        assert refused.status_code == 503
        backend.load(conversation("d"))
        with connect_sse(ana, "GET", "/v1/feed", headers={"Last-Event-ID": place}) as source:
            assert json.loads(next(source.iter_sse()).data)["conversation_id"] == "d"
