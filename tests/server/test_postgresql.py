"""What only PostgreSQL needs: turns in the feed, notifications, locks between replicas, connections that are lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.contract.conversations import Conversation
from console.contract.events import EventKind, FeedEvent
from console.contract.ids import ConversationId, CorrectionId
from console.contract.views import CorrectionState, Receipt
from console.server.domain.queueing import place
from console.server.services.backend import Backend, Bell, Lookout
from console.server.services.claims import claim_conversation
from console.server.services.conversations import ImportCounts, import_conversations
from console.server.services.corrections import store_correction
from console.server.services.feed import follow_feed
from console.server.services.ports import Arrival
from console.server.services.queue import pull_next
from console.server.services.refusals import Refused
from console.server.store import listening, repositories
from console.server.store.postgresql import Turn
from console.server.store.unit_of_work import SqlStore, open_store
from tests.server.conftest import Sql
from tests.server.world import CHAIRS, NOW, HandClock, conversation, correction

pytestmark = pytest.mark.anyio

C = ConversationId("c")
WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
LISTENING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
NEVER_S = 3_600.0


@pytest.fixture
def kind() -> str:
    return "postgresql"


@pytest.fixture
async def one(database: str) -> AsyncIterator[SqlStore]:
    async with open_store(database) as store:
        yield store


@pytest.fixture
async def other(database: str) -> AsyncIterator[SqlStore]:
    async with open_store(database) as store:
        yield store


@asynccontextmanager
async def backend_on(database: str) -> AsyncIterator[Backend]:
    """A backend that never looks for news unless it is told that there is some."""
    bell = Bell()
    async with open_store(database, bell.ring) as store:
        yield Backend(store, HandClock(), bell, Lookout(store, bell, NEVER_S), workspace="w", version="1")


async def until_it_waits(sql: Sql, task: asyncio.Task[object]) -> None:
    """Return when the task waits for somebody's lock, or has ended without."""
    async with asyncio.timeout(60):
        while not (task.done() or sql(WAITING)):
            await asyncio.sleep(0.01)


async def read(store: SqlStore, after: int) -> list[FeedEvent]:
    async with store.reading() as unit:
        return list(await unit.events.after(after, 100))


async def no_turn(connection: object, turn: Turn) -> None:
    """What taking turns would be if it did nothing."""


@pytest.mark.parametrize("in_turn", [True, False], ids=["in turn", "as it comes"])
async def test_an_event_that_is_committed_late_is_not_passed_over(
    one: SqlStore, other: SqlStore, sql: Sql, monkeypatch: pytest.MonkeyPatch, in_turn: bool
) -> None:
    """One appends and lingers, another appends and commits, and somebody reads in between and goes on from there."""
    if not in_turn:
        monkeypatch.setattr(repositories, "take_turn", no_turn)
    await import_conversations(one, HandClock(), [conversation("late"), conversation("quick")], queue_all=False)
    start = (await read(one, 0))[-1].seq

    async def append_quickly() -> None:
        async with other.writing() as unit:
            await unit.events.append(EventKind.CLAIM_CHANGED, [ConversationId("quick")], NOW)

    async with one.writing() as unit:
        await unit.events.append(EventKind.CLAIM_CHANGED, [ConversationId("late")], NOW)
        quick = asyncio.create_task(append_quickly())
        await until_it_waits(sql, quick)
        seen = await read(one, start)
    await quick
    seen += await read(one, seen[-1].seq if seen else start)
    assert [event.conversation_id for event in seen] == (["late", "quick"] if in_turn else ["quick"])


async def test_a_commit_rings_every_replica(database: str, sql: Sql) -> None:
    async with backend_on(database) as here, backend_on(database) as there:
        heard = asyncio.create_task(anext(follow_feed(there, "0")))
        async with asyncio.timeout(60):
            while len(sql(LISTENING)) < 2 or "look for events" not in {task.get_name() for task in asyncio.all_tasks()}:
                await asyncio.sleep(0.01)
        await import_conversations(here.store, here.clock, [conversation("c")], queue_all=False)
        event = await asyncio.wait_for(heard, 60)
        assert event is not None, "that was a heartbeat"
        assert event.conversation_id == "c"


async def test_a_listener_whose_connection_is_lost_comes_back_and_looks(
    database: str, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "AGAIN_S", 0.01)
    async with open_store(database) as others, backend_on(database) as backend:
        async with asyncio.timeout(60):
            while not sql(LISTENING):
                await asyncio.sleep(0.01)
            ((lost,),) = sql(LISTENING)
            heard = asyncio.create_task(anext(follow_feed(backend, "0")))
            sql(f"SELECT pg_terminate_backend({lost})")
            await import_conversations(others, backend.clock, [conversation("c")], queue_all=False)
            assert await heard is not None
            while sql(LISTENING) in ([], [[lost]]):
                await asyncio.sleep(0.01)


async def test_a_correction_and_a_claim_at_once_are_one_behind_the_other(
    database: str, one: SqlStore, other: SqlStore, sql: Sql
) -> None:
    """Who takes a conversation over waits for the correction that is being stored under the epoch of before."""
    clock, bell = HandClock(), Bell()
    mine, theirs = (Backend(store, clock, bell, Lookout(store, bell), "w", "1") for store in (one, other))
    await import_conversations(one, clock, [conversation("c")], queue_all=False)
    await claim_conversation(mine, CHAIRS["ana"], C)
    clock.move(hours=2)
    async with one.writing() as unit:
        standing = await unit.conversations.standing(C)
        assert standing is not None
        assert (standing.holder_id, standing.epoch) == ("ana", 1)
        taking = asyncio.create_task(claim_conversation(theirs, CHAIRS["ben"], C))
        await until_it_waits(sql, taking)
        assert not taking.done()
    assert (await taking).epoch == 2
    receipt, _ = await store_correction(mine, CHAIRS["ana"], correction("k", "c"))
    assert receipt.state is CorrectionState.LATE


async def test_what_one_is_just_correcting_is_not_pulled_by_the_same_person(
    database: str, one: SqlStore, other: SqlStore, sql: Sql
) -> None:
    """The pull begins before the correction stands, and waits for it without the conversation's row being changed."""
    clock, bell, ana = HandClock(), Bell(), CHAIRS["ana"]
    await import_conversations(one, clock, [conversation("c")], queue_all=False)
    backend = Backend(other, clock, bell, Lookout(other, bell), "w", "1")
    async with one.writing() as unit:
        await unit.conversations.standing(C)
        receipt = Receipt(id=CorrectionId("k"), body_sha256="0" * 64, state=CorrectionState.LATE, received_at=NOW)
        await unit.corrections.add(correction("k", "c"), ana, receipt)
        pulling = asyncio.create_task(pull_next(backend, ana))
        await until_it_waits(sql, pulling)
        assert not pulling.done()
    with pytest.raises(Refused, match="you have corrected it already"):
        await pulling


async def test_imports_that_meet_in_the_middle_wait_for_each_other_only_one_way(
    one: SqlStore, other: SqlStore, sql: Sql
) -> None:
    """Both stop at a conversation in the middle that a third is just writing; then one gets through, and the other."""
    forth = [conversation(f"c{number}") for number in range(9)]
    middle = Arrival(forth[4], "0" * 64, place(forth[4], NOW, queue_all=False))

    def importing(store: SqlStore, conversations: list[Conversation]) -> asyncio.Task[ImportCounts]:
        return asyncio.create_task(import_conversations(store, HandClock(), conversations, queue_all=False))

    async with one.writing() as unit:
        await unit.conversations.add([middle])
        imports = importing(one, forth), importing(other, forth[::-1])
        async with asyncio.timeout(60):
            while len(sql(WAITING)) < 2:
                await asyncio.sleep(0.01)
    counts = await asyncio.gather(*imports)
    assert sorted((count.imported, count.already_there, count.different) for count in counts) == [(0, 8, 1), (8, 0, 1)]


@pytest.mark.parametrize("steps", range(12))
async def test_who_leaves_as_the_connection_is_lost_gets_away(database: str, sql: Sql, steps: int) -> None:
    """Whichever is heard first: the driver may answer a cancelled wait with what became of the connection."""

    async def leave() -> None:
        async with open_store(database, lambda: None):
            while not sql(LISTENING):
                await asyncio.sleep(0.01)
            sql(f"SELECT pg_terminate_backend(pid, 60000) FROM ({LISTENING}) AS listening")
            for _ in range(steps):
                await asyncio.sleep(0)

    left, _ = await asyncio.wait({asyncio.create_task(leave())}, timeout=20)
    assert left, "it listens for ever"
