"""The store: a schema that its migrations make, safe SQLite, and transactions that leave no trace if they fail."""

import asyncio
import os
import re
import sqlite3
import stat
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, text

from console.contract.base import content_sha256
from console.contract.conversations import Conversation
from console.contract.events import EventKind, FeedEvent
from console.contract.ids import ConversationId
from console.server.domain.queueing import place
from console.server.services.ports import Arrival, Database, StoreError, Unit
from console.server.services.tokens import issue_token
from console.server.store.engine import create_engine, for_writing, parse_url
from console.server.store.schema import upgraded
from console.server.store.unit_of_work import SqlStore, open_store
from tests.server.conftest import Sql
from tests.server.world import CHAIRS, NOW, HandClock, conversation

pytestmark = pytest.mark.anyio


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "made" / "store.db"


async def put(unit: Unit, stored: Conversation) -> None:
    await unit.conversations.add([Arrival(stored, "0" * 64, place(stored, NOW, queue_all=False))])
    await unit.events.append(EventKind.CONVERSATION_IMPORTED, [stored.id], NOW)


async def test_every_connection_syncs_fully_and_checks_references(file: Path) -> None:
    async with open_store(file):
        engine = create_engine(file)
        async with engine.connect() as connection:
            answers = {
                pragma: (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar_one()
                for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        await engine.dispose()
    assert answers == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


async def test_a_database_that_cannot_keep_the_promises_is_refused() -> None:
    engine = create_engine("sqlite:///:memory:")
    with pytest.raises(StoreError, match="journal_mode"):
        await engine.connect()
    await engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "sqlite+pysqlcipher://",
        "mysql://host/x",
        "postgresql://127.0.0.1:1/x",
        "postgresql://host/x?sslcert=y",
        "postgresql://host:port/x",
    ],
)
async def test_an_unusable_url_is_a_store_error(url: str) -> None:
    with pytest.raises(StoreError):
        async with open_store(url):
            pass


async def test_a_unit_that_fails_leaves_no_trace_and_rings_nobody(database: Database) -> None:
    rings: list[None] = []
    async with upgraded(database):
        pass
    engine = create_engine(database)
    store = SqlStore(engine, lambda: rings.append(None), b"key")

    async def fail() -> None:
        async with store.writing() as unit:
            await put(unit, conversation("c"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with store.reading() as unit:
        assert not await unit.conversations.any()
        assert await unit.events.last_place() == "0"
    await engine.dispose()
    assert rings == []


async def test_who_follows_many_writers_at_once_misses_nothing_they_commit(database: Database) -> None:
    async with open_store(database) as one, open_store(database) as other:

        async def write(store: SqlStore, writer: int) -> None:
            for number in range(10):
                async with store.writing() as unit:
                    await put(unit, conversation(f"c{writer}-{number}"))
                    for _ in range(number % 4):  # so that not all take equally long to commit
                        await unit.conversations.any()

        async def follow() -> list[FeedEvent]:
            seen: list[FeedEvent] = []
            ended, news = False, ()
            while news or not ended:
                ended = writing.done()
                async with one.reading() as unit:
                    news = await unit.events.after(seen[-1].seq if seen else 0, 3)
                seen += news
            return seen

        writing = asyncio.gather(*(write(store, number) for number, store in enumerate([one, other] * 4)))
        seen = await follow()
        await writing
    assert len({event.conversation_id for event in seen}) == 80
    assert [event.seq for event in seen] == sorted({event.seq for event in seen})


async def test_a_conversation_comes_back_as_it_was(database: Database) -> None:
    stored = conversation("c", ask="“Ünïcode” 🙂 \u202e שלום")
    async with open_store(database) as store:
        async with store.writing() as unit:
            await put(unit, stored)
        async with store.reading() as unit:
            assert await unit.conversations.find(stored.id) == stored
            assert await unit.conversations.find(ConversationId("other")) is None


async def test_only_the_hash_of_a_token_is_stored(database: Database, sql: Sql) -> None:
    async with open_store(database) as store:
        token = await issue_token(store, HandClock(), CHAIRS["ana"])
        async with store.reading() as unit:
            assert await unit.accounts.by_token(content_sha256(token)) == CHAIRS["ana"]
            assert await unit.accounts.by_token(token) is None
    ((kept, *_),) = sql("SELECT * FROM access_token")
    assert kept == content_sha256(token)


async def test_a_token_is_in_no_file_of_the_store(file: Path) -> None:
    async with open_store(file) as store:
        token = await issue_token(store, HandClock(), CHAIRS["ana"])
        async with store.reading() as unit:
            assert await unit.accounts.by_token(content_sha256(token)) == CHAIRS["ana"]
        files = [part.read_bytes() for part in file.parent.iterdir()]
    assert len(files) == 4
    assert not any(token.encode() in content for content in files)


async def test_a_reading_unit_sees_one_moment(database: Database) -> None:
    async with open_store(database) as mine, open_store(database) as others:
        async with mine.reading() as unit:
            assert not await unit.conversations.any()
            async with others.writing() as theirs:
                await put(theirs, conversation("c"))
            assert not await unit.conversations.any()
            assert await unit.events.last_place() == "0"
        async with mine.reading() as unit:
            assert await unit.conversations.any()


@pytest.mark.parametrize("name", ["with space", "a#b", "a%41b", "a?b=c", "ünï"])
async def test_a_folder_of_any_name_holds_the_store(tmp_path: Path, name: str) -> None:
    async with open_store(tmp_path / name / "store.db"):
        assert (tmp_path / name / "store.db").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes; the profile folder protects it")
async def test_what_a_store_makes_is_for_its_user_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    before = os.umask(0)  # so that only the program itself takes rights away
    try:
        async with open_store(tmp_path / "made" / "sample" / "store.db") as store, store.reading() as unit:
            await unit.conversations.any()
            made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path, *tmp_path.rglob("*")]}
    finally:
        os.umask(before)
    files = dict.fromkeys(("store.db", "store.db-wal", "store.db-shm", "audit.key"), 0o600)
    assert made == {tmp_path.name: 0o755, "made": 0o700, "sample": 0o700, **files}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes; the profile folder protects it")
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
async def test_urls_as_other_tools_write_them_are_understood(scheme: str) -> None:
    url = parse_url(f"{scheme}://redline:secret@db.example/team?sslmode=verify-full")
    assert url.render_as_string() == "postgresql+asyncpg://redline:***@db.example/team?ssl=verify-full"


async def test_without_its_driver_postgresql_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreError, match=re.escape("install redline-console[postgresql]")):
        async with open_store("postgresql://127.0.0.1:1/x"):
            pass


async def test_a_database_that_is_there_keeps_the_rights_it_was_given(file: Path) -> None:
    async with open_store(file):
        pass
    file.chmod(0o660)
    async with open_store(file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o660


async def test_a_database_in_memory_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError):
        async with open_store("sqlite:///:memory:"):
            pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot sync a folder")
async def test_a_new_database_is_on_the_disk_with_the_names_of_all_its_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.add(os.fstat(descriptor).st_ino), real(descriptor)))
    async with open_store(tmp_path / "made" / "sample" / "store.db"):
        pass
    sample = tmp_path / "made" / "sample"
    assert synced == {path.stat().st_ino for path in (tmp_path, tmp_path / "made", sample, sample / "audit.key")}


async def test_a_writer_who_is_stopped_in_the_middle_of_a_statement_holds_up_nobody(file: Path) -> None:
    reached, gate = threading.Event(), threading.Event()

    def hold() -> int:
        reached.set()
        return int(gate.wait(30))

    async with open_store(file):
        engine = create_engine(file)
        event.listen(engine.sync_engine, "connect", lambda connection, _: connection.create_function("hold", 0, hold))

        async def write() -> None:
            async with for_writing(engine).connect() as connection:
                await connection.execute(text("SELECT hold()"))

        writing = asyncio.create_task(write())
        await asyncio.to_thread(reached.wait, 30)
        writing.cancel()
        asyncio.get_running_loop().call_soon(gate.set)
        with pytest.raises(asyncio.CancelledError):
            await writing
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as another:
            another.execute("BEGIN IMMEDIATE")
        await engine.dispose()
