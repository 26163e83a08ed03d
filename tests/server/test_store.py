"""The store: a schema that its migrations make, safe SQLite, and transactions that leave no trace if they fail."""

import asyncio
import os
import stat
import sys
from pathlib import Path

import pytest

from console.contract.base import content_sha256
from console.contract.conversations import Conversation
from console.contract.events import EventKind
from console.contract.ids import ConversationId
from console.contract.views import seq_of
from console.server.domain.queueing import place
from console.server.services.ports import Arrival, StoreError, Unit
from console.server.services.tokens import issue_token
from console.server.store.engine import create_engine
from console.server.store.unit_of_work import open_store
from tests.server.world import CHAIRS, NOW, HandClock, conversation

pytestmark = pytest.mark.anyio


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "made" / "store.db"


async def put(unit: Unit, stored: Conversation) -> None:
    await unit.conversations.add([Arrival(stored, "0" * 64, place(stored, NOW, queue_all=False))])
    await unit.events.append(EventKind.CONVERSATION_IMPORTED, [stored.id], NOW)


async def test_every_connection_syncs_fully_and_checks_references(database: Path) -> None:
    async with open_store(database):
        engine = create_engine(database)
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


@pytest.mark.parametrize("url", ["nonsense", "sqlite+pysqlcipher://", "nobase://host/x"])
async def test_an_unusable_url_is_a_store_error(url: str) -> None:
    with pytest.raises(StoreError):
        async with open_store(url):
            pass


async def test_a_unit_that_fails_leaves_no_trace_and_rings_nobody(database: Path) -> None:
    rings: list[None] = []
    async with open_store(database, lambda: rings.append(None)) as store:

        async def fail() -> None:
            async with store.writing() as unit:
                await put(unit, conversation("c"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with store.reading() as unit:
            assert not await unit.conversations.any()
            assert await unit.events.last_place() == "0"
    assert rings == []


async def test_writers_at_once_queue_up_and_their_events_keep_the_order_of_commits(database: Path) -> None:
    async with open_store(database) as store:

        async def write(number: int) -> None:
            async with store.writing() as unit:
                before = seq_of(await unit.events.last_place())
                await put(unit, conversation(f"c{number}"))
                assert seq_of(await unit.events.last_place()) > before

        await asyncio.gather(*(write(number) for number in range(30)))
        async with store.reading() as unit:
            assert [event.seq for event in await unit.events.after(0, 100)] == list(range(1, 31))


async def test_a_conversation_comes_back_as_it_was(database: Path) -> None:
    stored = conversation("c", ask="“Ünïcode” 🙂 \u202e שלום")
    async with open_store(database) as store:
        async with store.writing() as unit:
            await put(unit, stored)
        async with store.reading() as unit:
            assert await unit.conversations.find(stored.id) == stored
            assert await unit.conversations.find(ConversationId("other")) is None


async def test_only_the_hash_of_a_token_is_stored(database: Path, tmp_path: Path) -> None:
    async with open_store(database) as store:
        token = await issue_token(store, HandClock(), CHAIRS["ana"])
        async with store.reading() as unit:
            assert await unit.accounts.by_token(content_sha256(token)) == CHAIRS["ana"]
            assert await unit.accounts.by_token(token) is None
    files = [file.read_bytes() for file in (tmp_path / "made").iterdir()]
    assert files
    assert not any(token.encode() in content for content in files)


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
    files = dict.fromkeys(("store.db", "store.db-wal", "store.db-shm"), 0o600)
    assert made == {tmp_path.name: 0o755, "made": 0o700, "sample": 0o700, **files}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes; the profile folder protects it")
async def test_a_database_that_is_there_keeps_the_rights_it_was_given(database: Path) -> None:
    async with open_store(database):
        pass
    database.chmod(0o660)
    async with open_store(database):
        assert stat.S_IMODE(database.stat().st_mode) == 0o660


async def test_a_database_in_memory_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="journal_mode"):
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
    assert synced == {tmp_path.stat().st_ino, (tmp_path / "made").stat().st_ino}
