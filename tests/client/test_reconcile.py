"""A backend restored from an old backup gets back what it lost, from the desks that have receipts for it."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from console.client.net.http import HttpGateway
from console.client.services import feed as feeds
from console.client.services.backoff import Backoff
from console.client.services.corrections import SavedState
from console.client.services.errors import StoreError
from console.client.services.outbox import Outbox
from console.client.services.ports import OutboxItem
from console.client.services.reconcile import Reconciler
from console.client.services.tasks import Tasks
from console.client.store.memory_store import MemoryStore
from console.contract.base import canonical_json, content_sha256
from console.contract.conversations import OwnerState
from console.contract.ids import ConversationId, CorrectionId
from console.contract.reconcile import Delivered, Differences, StoredDay
from console.contract.views import CorrectionState, Receipt
from tests.client.desk import Desk, QuickClock, desk, until
from tests.client.restarting import Backend
from tests.client.test_local_store import NOW
from tests.client.test_local_store import correction as local_correction
from tests.server.world import conversation

pytestmark = pytest.mark.anyio

ABOUT = ConversationId("c-1")


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    backend = Backend(tmp_path / "backend")
    backend.start().load(conversation("c-1"), conversation("c-2"))
    yield backend
    backend.stop()


async def store_one(at: Desk, conversation_id: str, text: str) -> str:
    """Claim, correct and wait until the backend's receipt is here."""
    await at.session.conversations.claim(ConversationId(conversation_id))
    correction_id = await at.correct(conversation_id, text)
    await until(lambda: SavedState.STORED in at.states(conversation_id))
    return correction_id


async def test_a_restored_backend_gets_back_what_came_after_the_backup(backend: Backend, tmp_path: Path) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        first = await store_one(ana, "c-1", "Your refund takes five days.")
        backend.stop()
        backend.back_up(tmp_path / "backup")
        backend.start()
        await until(lambda: ana.online)
        second = await store_one(ana, "c-2", "Your refund takes six days.")
        backend.stop()
        backend.restore(tmp_path / "backup")
        backend.start()
        await until(lambda: ana.online and backend.stored() == [first, second])
        await until(lambda: ana.count("c-2") == 1)
        await until(lambda: ana.session.corrections.pending_count == 0)


async def test_it_gets_it_back_from_a_desk_that_was_closed_meanwhile(backend: Backend, tmp_path: Path) -> None:
    backend.stop()
    backend.back_up(tmp_path / "backup")
    backend.start()
    async with desk(tmp_path, lambda: backend.url) as ana:
        stored = await store_one(ana, "c-1", "Your refund takes five days.")
    backend.stop()
    backend.restore(tmp_path / "backup")
    newer = [conversation(f"c-{number}") for number in range(3, 6)]  # the feed grows past the place that was kept
    await asyncio.to_thread(backend.start().load, *newer)
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: backend.stored() == [stored])
        await until(lambda: {row.conversation_id for row in ana.session.queue.rows} == {f"c-{n}" for n in range(1, 6)})


async def test_work_on_a_conversation_that_the_backup_lacks_waits_for_it(backend: Backend, tmp_path: Path) -> None:
    backend.stop()
    backend.back_up(tmp_path / "backup")
    await asyncio.to_thread(backend.start().load, conversation("c-3"))
    async with desk(tmp_path, lambda: backend.url, clock=QuickClock()) as ana:
        stored = await store_one(ana, "c-3", "Your refund takes five days.")
        backend.stop()
        backend.restore(tmp_path / "backup")
        backend.start()
        await until(lambda: ana.states("c-3") == [SavedState.SAVED_HERE])
        assert backend.now is not None
        await asyncio.to_thread(backend.now.load, conversation("c-3"))
        await until(lambda: backend.stored() == [stored])


async def test_a_claim_under_the_lower_epochs_of_a_restored_backend_is_held(backend: Backend, tmp_path: Path) -> None:
    backend.stop()
    backend.back_up(tmp_path / "backup")
    backend.start()
    about = ConversationId("c-1")
    async with desk(tmp_path, lambda: backend.url) as ana:
        for _ in range(2):
            await ana.session.conversations.claim(about)
            await ana.session.conversations.release(about)
        await ana.session.conversations.claim(about)
        backend.stop()
        backend.restore(tmp_path / "backup")
        backend.start()
        await until(lambda: ana.session.conversations.held(about) is None)
        claim = await ana.session.conversations.claim(about)
        assert (claim.epoch, ana.session.conversations.held(about)) == (1, claim)


async def read_before_it_is_told(ana: Desk, folder: Path, backend: Backend) -> None:
    """Let a desk read that somebody closed a conversation while its feed is slow to say so; then put it all back."""
    await until(lambda: ana.online)
    async with desk(folder / "ben", lambda: backend.url, "ben") as ben:
        await ben.session.conversations.claim(ABOUT)
        await ben.session.conversations.close(ABOUT)
    view = await ana.session.conversations.open(ABOUT)
    await ana.session.queue.reread([ABOUT])
    assert view.row.owner_state is OwnerState.CLOSED
    assert ana.session.queue.row(ABOUT) is None
    backend.stop()
    backend.restore(folder / "backup")


@pytest.fixture
def slow_feed(backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "GATHER_S", 3_600.0)
    backend.stop()
    backend.back_up(tmp_path / "backup")
    backend.start()


async def test_what_was_read_before_the_feed_told_of_it_is_read_again_from_a_restored_backend(
    backend: Backend, slow_feed: None, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await read_before_it_is_told(ana, tmp_path, backend)
        backend.start()
        await until(lambda: ana.session.queue.row(ABOUT) is not None)
        await until(lambda: ana.session.conversations.get(ABOUT).row.owner_state is OwnerState.WAITING)


async def test_so_is_what_is_kept_of_it_by_a_desk_that_was_closed_meanwhile(
    backend: Backend, slow_feed: None, tmp_path: Path
) -> None:
    async with desk(tmp_path, lambda: backend.url) as ana:
        await read_before_it_is_told(ana, tmp_path, backend)
    backend.start()
    async with desk(tmp_path, lambda: backend.url) as ana:
        await until(lambda: ana.session.queue.row(ABOUT) is not None)


class Forgetful(HttpGateway):
    """A backend that holds nothing any more."""

    async def compare(self, delivered: Delivered) -> Differences:
        return Differences(days=tuple(StoredDay(day=digest.day, stored=()) for digest in delivered.days))


class FullAtFirst(MemoryStore):
    """A profile without room the first time that something is to be sent again."""

    full = True

    async def resend(self, ids: Sequence[CorrectionId]) -> tuple[OutboxItem, ...]:
        if self.full:
            self.full = False
            raise StoreError("There is no room.")
        return await super().resend(ids)


async def test_what_could_not_be_put_back_for_want_of_room_is_tried_again(heard: list[str]) -> None:
    said, clock = local_correction("d-1"), QuickClock()
    outbox = Outbox(FullAtFirst(), said.author_id)
    await outbox.add(said)
    sha256 = content_sha256(canonical_json(said))
    await outbox.settle(Receipt(id=said.id, body_sha256=sha256, state=CorrectionState.STORED, received_at=NOW))
    reconciler = Reconciler(Forgetful(lambda: None, "token"), outbox, clock, Random(1), lambda _: None)
    tasks = Tasks()
    tasks.keep_up("reconciling", reconciler.run, clock, Backoff(Random(1)))
    reconciler.connected()
    await until(lambda: [item.correction for item in outbox.items] == [said])
    await tasks.stop()
    assert heard == []
