"""The desk at a real backend: the queue, claims and the feed."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.client.domain.drafts import to_correction
from console.client.net.http import HttpGateway
from console.client.services.changes import ALL, ChangeSet, concerns
from console.client.services.claims import Claims
from console.client.services.clock import ServerTime, SystemClock
from console.client.services.connection import ConnectionState
from console.client.services.corrections import SavedState
from console.client.services.errors import RefusedError, UnauthenticatedError, UnknownOutcomeError, UnreachableError
from console.client.services.session import DeskSession
from console.client.services.sign_in import sign_in
from console.client.store.memory_store import MemoryStore
from console.client.store.sqlite_store import SqliteStore
from console.contract.conversations import OwnerState
from console.contract.events import FeedEvent
from console.contract.ids import ConversationId, UserId
from console.contract.permissions import Role
from console.contract.problems import ProblemCode
from console.contract.views import Claim, FeedPlace, Me, QueuePage
from tests.client.desk import Desk, QuickClock, desk, until
from tests.client.wire import Wire, saying
from tests.server.world import NOW, Running, conversation, correction, running, send, token

pytestmark = pytest.mark.anyio

C1 = ConversationId("c-1")
ANA = Me(user_id=UserId("ana"), name="Ana Ruiz", role=Role.TIER1, workspace="Sample", version="1")


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as backend:
        backend.load(conversation("c-1", waiting_min=20), conversation("c-2", waiting_min=10))
        yield backend


def holder(at: Desk) -> str | None:
    """Who holds c-1, as one desk shows it."""
    row = at.session.queue.row(C1)
    return row.claim.holder_name if row and row.claim else None


def owner(at: Desk) -> OwnerState | None:
    """Whose c-1 is, as an open conversation of one desk shows it."""
    view = at.session.conversations.get(C1)
    return view and view.row.owner_state


async def test_what_is_closed_shows_so_here_leaves_every_queue_and_comes_back_reopened(
    backend: Running, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana, desk(tmp_path / "b", lambda: backend.url, who="ben") as ben:
        await until(lambda: ana.online and ben.online)
        for at in (ana, ben):
            await at.session.conversations.open(C1)
        await ana.session.conversations.claim(C1)
        await ana.session.conversations.close(C1)
        assert owner(ana) is OwnerState.CLOSED
        assert ana.session.conversations.held(C1) is None
        await until(lambda: ana.session.queue.row(C1) is None and ben.session.queue.row(C1) is None)
        await until(lambda: owner(ben) is OwnerState.CLOSED)
        with pytest.raises(
            RefusedError, match=r"^It is closed\. Reopen this conversation to work on it again\.$"
        ) as no:
            await ben.session.conversations.claim(C1)
        assert no.value.code is ProblemCode.CLOSED
        await ben.session.conversations.reopen(C1)
        assert owner(ben) is OwnerState.WAITING
        await until(lambda: ana.session.queue.row(C1) is not None and owner(ana) is OwnerState.WAITING)


async def test_who_lost_the_claim_closes_nothing_and_learns_who_holds_it(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        await ana.session.conversations.claim(C1)
        assert backend.client("tove").post("/v1/conversations/c-1/claim", params={"take_back": 1}).is_success
        with pytest.raises(RefusedError) as lost:
            await ana.session.conversations.close(C1)
        assert lost.value.code is ProblemCode.CLAIM_LOST
        assert ana.session.conversations.held(C1) is None
        await until(lambda: holder(ana) == "Tove Lind")


async def test_closing_again_after_a_lost_answer_succeeds(backend: Running, tmp_path: Path) -> None:
    wire = Wire()
    async with wire.to(backend.url) as url, desk(tmp_path, lambda: url) as ana:
        await until(lambda: ana.online)
        await ana.session.conversations.open(C1)
        await ana.session.conversations.claim(C1)
        wire.lose_answers = True
        with pytest.raises(UnknownOutcomeError):
            await ana.session.conversations.close(C1)
        wire.lose_answers = False
        await ana.session.conversations.close(C1)
        assert owner(ana) is OwnerState.CLOSED


async def test_the_queue_comes_from_the_backend_most_urgent_first(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        assert [row.conversation_id for row in ana.session.queue.rows] == ["c-1", "c-2"]


async def test_rows_of_the_last_run_show_before_the_backend_answers(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
    async with desk(tmp_path, lambda: None) as ana:
        assert [row.conversation_id for row in ana.session.queue.rows] == ["c-1", "c-2"]
        assert ana.session.me.name == "Ana Ruiz"
        await until(lambda: ana.session.connection.reason == "The embedded backend is not up.")
        assert ana.session.connection.state is ConnectionState.OFFLINE


async def test_since_when_the_backend_is_gone_is_known_over_restarts() -> None:
    heard_at = datetime(2026, 10, 24, 9, 2, tzinfo=UTC)
    session = DeskSession(ANA, HttpGateway(lambda: None, "token"), MemoryStore(), last_online=heard_at)
    await session.start()
    try:
        await until(lambda: session.connection.state is ConnectionState.OFFLINE)
        assert session.connection.since == heard_at
        tried, again = session.connection.tried_at, session.connection.next_try_at
        assert tried is not None
        assert again is not None
        assert heard_at < tried <= again
    finally:
        await session.stop()


async def test_a_backend_that_is_only_coming_up_is_not_called_gone() -> None:
    session = DeskSession(ANA, HttpGateway(lambda: None, "token"), MemoryStore(), coming_up_s=3600)
    assert session.connection.state is ConnectionState.CONNECTING
    await session.start()
    try:
        await until(lambda: session.connection.tried_at is not None)
        assert session.connection.state is ConnectionState.CONNECTING
    finally:
        await session.stop()


async def test_nobody_new_can_sign_in_without_the_backend() -> None:
    gateway = HttpGateway(lambda: None, token("ana"))
    with pytest.raises(UnreachableError):
        await sign_in(gateway, MemoryStore(), "ana")


async def test_a_conversation_read_before_shows_while_the_backend_is_silent(backend: Running, tmp_path: Path) -> None:
    where = [backend.url]
    async with desk(tmp_path, lambda: where[0]) as ana:
        await ana.session.conversations.open(C1)
    async with saying(then_hold=True) as silent, desk(tmp_path, lambda: where[0]) as ana:
        where[0] = silent
        opening = asyncio.create_task(ana.session.conversations.open(C1))
        await until(lambda: ana.session.conversations.get(C1) is not None)
        assert not opening.done()
        assert ana.session.conversations.stale_since(C1) is not None
        opening.cancel()
        await asyncio.wait({opening})


class CountingGateway(HttpGateway):
    """Counts how often the whole queue is read."""

    reads = 0

    async def queue_page(self, after: ConversationId | None = None) -> QueuePage:
        self.reads += 1
        return await super().queue_page(after)


async def test_a_desk_goes_on_from_the_place_it_kept_and_reads_again_only_what_changed(
    backend: Running, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
    await asyncio.to_thread(backend.load, conversation("c-3", waiting_min=30))
    assert backend.client("ben").post("/v1/conversations/c-1/claim").is_success
    store = await SqliteStore.open(tmp_path / "profile.db")
    gateway = CountingGateway(lambda: backend.url, token("ana"))
    session = DeskSession(ana.session.me, gateway, store)
    await session.start()
    await until(lambda: [row.conversation_id for row in session.queue.rows] == ["c-3", "c-1", "c-2"])
    await until(lambda: session.connection.state is ConnectionState.ONLINE)
    row = session.queue.row(C1)
    assert row is not None
    assert row.claim is not None
    assert gateway.reads == 0
    await session.stop()
    await gateway.aclose()
    await store.aclose()


class GarblingGateway(HttpGateway):
    """Leaves out, repeats or turns round what the feed says."""

    garble: Callable[[list[FeedEvent]], list[FeedEvent]] = staticmethod(list)

    @asynccontextmanager
    async def feed(self, after: FeedPlace) -> AsyncIterator[AsyncIterator[FeedEvent]]:
        async def garbled(events: AsyncIterator[FeedEvent]) -> AsyncIterator[FeedEvent]:
            pair = []
            async for event in events:
                pair.append(event)
                if len(pair) == 2:
                    for said in self.garble(pair):
                        yield said
                    pair = []

        async with super().feed(after) as events:
            yield garbled(events)


@pytest.mark.parametrize(
    "garble",
    [
        pytest.param(lambda pair: pair[1:], id="a gap"),
        pytest.param(lambda pair: [pair[0], *pair], id="told twice"),
        pytest.param(lambda pair: pair[::-1], id="turned round"),
    ],
)
async def test_however_the_feed_is_garbled_the_rows_end_as_the_backend_has_them(
    backend: Running, tmp_path: Path, garble: Callable[[list[FeedEvent]], list[FeedEvent]]
) -> None:
    gateway = GarblingGateway(lambda: backend.url, token("ana"))
    gateway.garble = garble
    session = DeskSession(await gateway.me(), gateway, MemoryStore(), QuickClock())
    await session.start()
    await until(lambda: session.connection.state is ConnectionState.ONLINE)
    ben = backend.client("ben")
    for number in (1, 2):
        assert ben.post(f"/v1/conversations/c-{number}/claim").is_success
    await until(lambda: [row.claim and row.claim.holder_id for row in session.queue.rows] == ["ben", "ben"])
    await session.stop()
    await gateway.aclose()


async def test_a_desk_whose_place_is_gone_reads_everything(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
    with closing(sqlite3.connect(tmp_path / "profile.db")) as db, db:
        db.execute("UPDATE feed_place SET place = '1-0123456789abcdef'")
        db.execute("DELETE FROM queue_row")
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        assert [row.conversation_id for row in ana.session.queue.rows] == ["c-1", "c-2"]


async def test_a_token_that_is_not_known_opens_nothing_even_where_it_once_did(backend: Running) -> None:
    store = MemoryStore()
    known, unknown = HttpGateway(lambda: backend.url, token("ana")), HttpGateway(lambda: backend.url, "made up")
    await sign_in(known, store, "ana")
    with pytest.raises(UnauthenticatedError):
        await sign_in(unknown, store, "ana")
    await known.aclose()
    await unknown.aclose()


async def test_pulling_the_next_claims_the_most_urgent_free_one(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana, desk(tmp_path / "b", lambda: backend.url, who="ben") as ben:
        await until(lambda: ana.online and ben.online)
        assert (await ana.session.queue.pull_next()).conversation_id == "c-1"
        assert (await ben.session.queue.pull_next()).conversation_id == "c-2"
        assert ana.session.conversations.held(C1) is not None
        with pytest.raises(
            RefusedError, match=r"^Nothing free waits for you\. 2 are held, the first until 10:50 UTC\.$"
        ) as nothing:
            await ben.session.queue.pull_next()
        assert nothing.value.code is ProblemCode.NOTHING_FREE


async def test_a_claim_shows_at_once_here_and_by_the_feed_elsewhere(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana, desk(tmp_path / "b", lambda: backend.url, who="ben") as ben:
        await until(lambda: ana.online and ben.online)
        await ana.session.conversations.claim(C1)
        assert holder(ana) == "Ana Ruiz"
        await until(lambda: holder(ben) == "Ana Ruiz")
        with pytest.raises(RefusedError) as held:
            await ben.session.conversations.claim(C1)
        assert held.value.code is ProblemCode.HELD
        assert held.value.problem.claim is not None
        assert held.value.problem.claim.holder_name == "Ana Ruiz"
        await ana.session.conversations.release(C1)
        assert ana.session.conversations.held(C1) is None
        await until(lambda: holder(ben) is None)


async def test_a_claim_that_somebody_took_meanwhile_is_lost_and_said_to_be(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        await ana.session.conversations.open(C1)
        await ana.session.conversations.claim(C1)
        ana.heard.clear()
        backend.clock.move(hours=1)
        assert backend.client("ben").post("/v1/conversations/c-1/claim").is_success
        await until(lambda: ana.session.conversations.held(C1) is None)
        assert any(concerns(change.conversations, C1) for change in ana.heard)
        await until(lambda: holder(ana) == "Ben Okafor")


async def test_a_claim_is_kept_alive_while_the_desk_is_there(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url, clock=QuickClock()) as ana:
        await until(lambda: ana.online)
        claim = await ana.session.conversations.claim(C1)
        backend.clock.move(minutes=4)
        renewed = claim.model_copy(update={"expires_at": claim.expires_at + timedelta(minutes=4)})
        await until(lambda: ana.session.conversations.held(C1) == renewed)


async def test_one_s_own_claim_that_was_never_given_back_is_taken_up_again(backend: Running, tmp_path: Path) -> None:
    claim = Claim.model_validate_json(backend.client("ana").post("/v1/conversations/c-1/claim").content)
    async with desk(tmp_path, lambda: backend.url) as ana:
        assert ana.session.conversations.held(C1) is None
        await ana.session.conversations.open(C1)
        assert ana.session.conversations.held(C1) == claim


async def test_a_lease_that_ran_out_sets_the_row_and_the_open_conversation_free(
    backend: Running, tmp_path: Path
) -> None:
    assert backend.client("ben").post("/v1/conversations/c-1/claim").is_success
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        assert (await ana.session.conversations.open(C1)).row.claim is not None
        assert holder(ana) == "Ben Okafor"
        ana.heard.clear()
        backend.clock.move(minutes=6)
        await ana.session.conversations.open(ConversationId("c-2"))  # any answer tells what time it is there
        await until(lambda: holder(ana) is None)
        row, view = ana.session.queue.row(C1), ana.session.conversations.get(C1)
        assert row is not None
        assert row.owner_state is OwnerState.WAITING
        assert view is not None
        assert view.row == row
        await until(lambda: any(concerns(change.queue, C1) for change in ana.heard))
        assert any(concerns(change.conversations, C1) for change in ana.heard)


async def test_a_lease_that_runs_is_left_alone_and_one_s_own_is_the_backend_s_to_end(
    backend: Running, tmp_path: Path
) -> None:
    assert backend.client("ben").post("/v1/conversations/c-2/claim").is_success
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        claim = await ana.session.conversations.claim(C1)
        backend.clock.move(minutes=4)
        await ana.session.queue.reread({C1})
        ana.session.queue.end_leases()
        assert [row.claim.holder_name for row in ana.session.queue.rows if row.claim] == ["Ana Ruiz", "Ben Okafor"]
        backend.clock.move(hours=1)
        await ana.session.conversations.open(ConversationId("c-2"))
        ana.session.queue.end_leases()
        assert [row.claim for row in ana.session.queue.rows] == [claim, None]


class SetClock(SystemClock):
    """A clock that can be set; how many seconds passed is said by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.passed = 0.0

    def now(self) -> datetime:
        return super().now() + self.ahead

    def monotonic(self) -> float:
        return self.passed


async def test_the_backend_s_time_goes_on_with_the_seconds_that_pass_and_not_with_a_clock_that_is_set() -> None:
    clock = SetClock()
    time = ServerTime(clock)
    time.note(NOW)
    clock.ahead = timedelta(hours=-1)
    assert time.now() == NOW
    clock.passed = 7200.0
    assert time.now() == NOW + timedelta(hours=2)


async def test_a_computer_s_clock_that_is_set_ends_nobody_s_claim(backend: Running, tmp_path: Path) -> None:
    assert backend.client("ben").post("/v1/conversations/c-1/claim").is_success
    clock = SetClock()
    async with desk(tmp_path, lambda: backend.url, clock=clock) as ana:
        await until(lambda: ana.online)
        clock.ahead = timedelta(days=3652)
        ana.session.queue.end_leases()
        assert holder(ana) == "Ben Okafor"
    async with desk(tmp_path, lambda: None, clock=clock) as ana:
        ana.session.queue.end_leases()
        assert holder(ana) == "Ben Okafor", "no answer has told yet what time it is there"


async def test_a_lease_that_ended_while_nobody_was_here_is_seen_whatever_the_clock_says(
    backend: Running, tmp_path: Path
) -> None:
    assert backend.client("ben").post("/v1/conversations/c-1/claim").is_success
    clock = SetClock()
    clock.ahead = timedelta(days=-3652)
    async with desk(tmp_path, lambda: backend.url, clock=clock) as ana:
        await until(lambda: ana.online)
    backend.clock.move(minutes=6)
    async with desk(tmp_path, lambda: backend.url, clock=clock) as ana:
        assert holder(ana) == "Ben Okafor"
        await until(lambda: holder(ana) is None)


async def test_an_open_conversation_shows_whose_it_is_as_soon_as_an_answer_says_it(
    backend: Running, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        await ana.session.conversations.open(C1)
        claim = await ana.session.conversations.claim(C1)
        shown = ana.session.conversations.get(C1)
        assert shown
        assert (shown.row.claim, shown.row.owner_state) == (claim, OwnerState.HUMAN)


async def test_leaving_the_chair_gives_back_what_is_held(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana, desk(tmp_path / "b", lambda: backend.url, who="ben") as ben:
        await until(lambda: ana.online and ben.online)
        await ana.session.queue.pull_next()
        await ana.session.queue.pull_next()
        await until(lambda: [row.claim is None for row in ben.session.queue.rows] == [False, False])
        await ana.session.stop()
        await until(lambda: [row.claim for row in ben.session.queue.rows] == [None, None])


async def test_what_was_left_in_the_outbox_counts_as_stored_though_its_claim_was_given_back(
    backend: Running, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        claim = await ana.session.conversations.claim(C1)
        draft = await ana.finished_draft("c-1")
        await ana.session.stop()
        await ana.store.submit(to_correction(draft, claim.epoch, claim.expires_at))
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.states("c-1") == [SavedState.STORED])
        assert holder(ana) is None


async def test_a_backend_that_is_gone_keeps_nobody_in_the_chair(backend: Running, tmp_path: Path) -> None:
    wire = Wire()
    async with wire.to(backend.url) as url, desk(tmp_path, lambda: url) as ana:
        claim = await ana.session.conversations.claim(C1)
        wire.down = True
        wire.cut()
        await ana.session.stop()
        assert ana.session.conversations.held(C1) == claim


class Silent(HttpGateway):
    """A backend that never answers when a claim is given back, save for one conversation."""

    async def release(self, conversation_id: ConversationId, epoch: int) -> None:
        if conversation_id != C1:
            await asyncio.Event().wait()


async def test_a_backend_that_is_silent_is_not_waited_for_and_holds_up_no_other() -> None:
    clock = SystemClock()
    claims = Claims(Silent(lambda: None, ""), clock, ServerTime(clock), UserId("ana"), lambda *_: None)
    mine = Claim(holder_id=UserId("ana"), holder_name="Ana Ruiz", epoch=1, expires_at=clock.now())
    silent = ConversationId("c-0")
    claims.adopt(silent, mine)
    claims.adopt(C1, mine)
    await claims.release_all(patience_s=0.01)
    assert (claims.held(silent), claims.held(C1)) == (mine, None)


async def test_an_imported_conversation_and_a_stored_correction_appear_by_themselves(
    backend: Running, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        await ana.session.conversations.open(C1)
        await asyncio.to_thread(
            backend.load, conversation("c-3", waiting_min=30), conversation("done", handed_off=False)
        )
        await until(lambda: len(ana.session.queue.rows) == 3)
        assert [row.conversation_id for row in ana.session.queue.rows] == ["c-3", "c-1", "c-2"]
        ben = backend.client("ben")
        assert ben.post("/v1/conversations/c-1/claim").is_success
        assert send(ben, correction("x-1", "c-1", by="ben")).is_success
        await until(lambda: ana.count("c-1") == 1)
        view = ana.session.conversations.get(C1)
        assert view is not None
        assert ana.states("c-1") == [], "somebody else's correction is not one's own"


async def test_what_is_queued_for_qa_later_appears_by_itself(backend: Running, tmp_path: Path) -> None:
    kept = conversation("kept", handed_off=False)
    async with desk(tmp_path, lambda: backend.url, who="qin") as qin:
        await until(lambda: qin.online)
        await asyncio.to_thread(backend.load, kept)
        await asyncio.to_thread(backend.load, kept, queue_all=True)
        await until(lambda: len(qin.session.queue.rows) == 3)
        assert qin.session.queue.row(kept.id) is not None


async def test_what_left_the_queue_elsewhere_leaves_it_here(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        with closing(sqlite3.connect(backend.database)) as db, db:
            db.execute("UPDATE conversation SET queued_for = 'nothing' WHERE id = 'c-1'")
        await ana.session.queue.reread({C1})
        assert [row.conversation_id for row in ana.session.queue.rows] == ["c-2"]


async def test_what_happened_while_the_line_was_down_is_read_when_it_is_back(backend: Running, tmp_path: Path) -> None:
    wire = Wire()
    async with wire.to(backend.url) as url, desk(tmp_path, lambda: url) as ana:
        await until(lambda: ana.online)
        wire.down = True
        wire.cut()
        await until(lambda: not ana.online)
        await asyncio.to_thread(backend.load, conversation("c-3", waiting_min=30))
        wire.down = False
        ana.session.reconnect()
        await until(lambda: len(ana.session.queue.rows) == 3)


class Odd(HttpGateway):
    """A gateway in which something nobody foresaw goes wrong the first time the queue is read and a claim renewed."""

    def __init__(self, backend: Running) -> None:
        super().__init__(lambda: backend.url, token("ana"))
        self.calls: list[str] = []

    async def queue_page(self, after: ConversationId | None = None) -> QueuePage:
        self._stumble("queue")
        return await super().queue_page(after)

    async def renew(self, conversation_id: ConversationId, epoch: int) -> Claim:
        self._stumble("renew")
        return await super().renew(conversation_id, epoch)

    def _stumble(self, call: str) -> None:
        self.calls.append(call)
        if self.calls.count(call) == 1:
            raise OverflowError(call)


async def test_an_error_that_nobody_foresaw_is_told_and_the_feed_and_the_heartbeat_go_on(
    backend: Running, heard: list[str]
) -> None:
    gateway, store = Odd(backend), MemoryStore()
    session = DeskSession(await sign_in(gateway, store, "ana"), gateway, store, QuickClock())
    await session.start()
    await until(lambda: session.connection.state is ConnectionState.ONLINE)
    await session.conversations.claim(C1)
    await until(lambda: gateway.calls.count("renew") > 2)
    assert session.conversations.held(C1) is not None
    await session.stop()
    await gateway.aclose()
    feed, heartbeat = heard
    assert feed.startswith("The task feed failed and begins again")
    assert heartbeat == "The task claim heartbeat failed and begins again: renew"


async def test_changes_of_one_go_are_told_as_one(backend: Running, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        heard: list[ChangeSet] = []
        end = ana.session.changes.subscribe(heard.append)
        for number in range(10):
            ana.session.changes.publish(ChangeSet(queue=frozenset({ConversationId(f"n-{number}")})))
        ana.session.changes.publish(ChangeSet(corrections=ALL))
        await until(lambda: len(heard) > 0)
        assert len(heard) == 1
        assert len(heard[0].queue) == 10
        assert concerns(heard[0].corrections, C1)
        end()
        ana.heard.clear()
        ana.session.changes.publish(ChangeSet(connection=True))
        await until(lambda: len(ana.heard) == 1)
        assert len(heard) == 1


async def test_a_backend_whose_clock_is_set_back_gets_no_correction_counted_twice(
    backend: Running, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        await ana.correct("c-1")
        await until(lambda: ana.states("c-1") == [SavedState.LATE])
        backend.clock.move(hours=-1)
        await ana.session.queue.reread({C1})
        assert ana.count("c-1") == 1
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.online)
        assert ana.count("c-1") == 1
