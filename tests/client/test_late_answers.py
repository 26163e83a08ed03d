"""Answers that come late, or that cannot be read, and what the desk makes of them; at a real backend."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from console.client.net.http import HttpGateway
from console.client.services import feed
from console.client.services.connection import ConnectionState
from console.client.services.corrections import SavedState
from console.client.services.errors import StoreError, UnclearAnswerError
from console.client.services.ports import OutboxItem
from console.client.services.session import DeskSession
from console.client.store.memory_store import MemoryStore
from console.contract.corrections import Correction
from console.contract.ids import ConversationId, CorrectionId
from console.contract.reconcile import Delivered, Differences
from console.contract.views import Claim, ConversationView, Receipt
from tests.client.desk import Desk, QuickClock, desk, until
from tests.server.world import Running, conversation, correction, running, send, token

pytestmark = pytest.mark.anyio

C1 = ConversationId("c-1")


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as backend:
        backend.load(conversation("c-1"), conversation("c-2"))
        yield backend


class SlowGateway(HttpGateway):
    """Holds back what the backend answered until it is let go; cannot read what is named `unreadable`."""

    def __init__(self, backend: Running) -> None:
        super().__init__(lambda: backend.url, token("ana"))
        self.held_back = 0
        self.unreadable: ConversationId | None = None
        self._go = asyncio.Event()
        self._go.set()

    def hold(self) -> asyncio.Event:
        """Hold back what is answered from now on until the event returned is set."""
        self._go = asyncio.Event()
        return self._go

    def hold_no_more(self) -> None:
        """Let through what is answered from now on; what is held back stays so."""
        self._go = asyncio.Event()
        self._go.set()

    async def _in_time(self) -> None:
        go, self.held_back = self._go, self.held_back + (not self._go.is_set())
        await go.wait()

    async def renew(self, conversation_id: ConversationId, epoch: int) -> Claim:
        try:
            return await super().renew(conversation_id, epoch)
        finally:
            await self._in_time()

    async def put_correction(self, correction: Correction) -> Receipt:
        receipt = await super().put_correction(correction)
        await self._in_time()
        return receipt

    async def conversation(self, conversation_id: ConversationId) -> ConversationView:
        view = await super().conversation(conversation_id)
        await self._in_time()
        if conversation_id == self.unreadable:
            raise UnclearAnswerError("The backend answered 500.")
        return view


@asynccontextmanager
async def session_at(gateway: HttpGateway, store: MemoryStore | None = None) -> AsyncIterator[DeskSession]:
    session = DeskSession(await gateway.me(), gateway, store or MemoryStore(), QuickClock())
    await session.start()
    await until(lambda: session.connection.state is ConnectionState.ONLINE)
    yield session
    await session.stop()
    await gateway.aclose()


async def test_a_late_refusal_of_an_old_claim_says_nothing_of_the_one_taken_since(backend: Running) -> None:
    gateway = SlowGateway(backend)
    async with session_at(gateway) as session:
        await session.conversations.claim(C1)
        late = gateway.hold()
        assert backend.client("tove").post("/v1/conversations/c-1/claim", params={"take_back": 1}).is_success
        await until(lambda: gateway.held_back > 0)
        assert backend.client("tove").delete("/v1/conversations/c-1/claim", params={"epoch": 2}).status_code == 204
        claim = await session.conversations.claim(C1)
        assert claim.epoch == 3
        late.set()
        gateway.hold_no_more()
        await session.conversations.open(C1)
        held = session.conversations.held(C1)
        assert held is not None
        assert held.epoch == 3


async def test_an_older_answer_never_covers_a_newer_one(backend: Running) -> None:
    gateway = SlowGateway(backend)
    async with session_at(gateway) as session:
        await session.conversations.open(C1)
        late = gateway.hold()
        older = asyncio.create_task(session.conversations.open(C1))
        await until(lambda: gateway.held_back == 1)
        gateway.hold_no_more()
        send(backend.client("ben"), correction("k", "c-1", by="ben"))
        await until(lambda: len(_shown(session).corrections) == 1)
        late.set()
        await older
        assert len(_shown(session).corrections) == 1


def _shown(session: DeskSession) -> ConversationView:
    view = session.conversations.get(C1)
    assert view is not None
    return view


async def test_one_conversation_that_cannot_be_read_stands_in_nobody_s_way(backend: Running) -> None:
    gateway = SlowGateway(backend)
    async with session_at(gateway) as session:
        await session.conversations.open(C1)
        gateway.unreadable = C1
        for name in ("c-1", "c-2"):
            assert backend.client("ben").post(f"/v1/conversations/{name}/claim").is_success
        await until(lambda: [row.claim is not None for row in session.queue.rows] == [True, True])
        await until(lambda: session.conversations.stale_since(C1) is not None)
        assert session.connection.state is ConnectionState.ONLINE


class FullStore(MemoryStore):
    """Cannot take anything back into the outbox for a while."""

    full = True
    tries = resent = 0

    async def resend(self, ids: tuple[CorrectionId, ...]) -> tuple[OutboxItem, ...]:  # type: ignore[override]
        self.tries += 1
        if self.full:
            raise StoreError("The disk is full.")
        items = await super().resend(ids)
        self.resent += len(items)
        return items


class ForgetfulGateway(HttpGateway):
    """A backend that says it holds nothing of what it gave receipts for."""

    async def compare(self, delivered: Delivered) -> Differences:
        forgotten = tuple({"day": digest.day, "stored": ()} for digest in delivered.days)
        return Differences.model_validate({"days": forgotten})


async def test_what_cannot_be_taken_back_now_is_tried_again(backend: Running) -> None:
    store = FullStore()
    gateway = ForgetfulGateway(lambda: backend.url, token("ana"))
    sent = correction("k", "c-1")
    await store.submit(sent)
    await store.settle(Receipt.model_validate_json(send(backend.client("ana"), sent).content))
    async with session_at(gateway, store) as session:
        await until(lambda: store.tries > 2)
        store.full = False
        await until(lambda: store.resent > 0 and session.corrections.pending_count == 0)


async def test_work_offline_is_done_under_the_claim_of_the_last_run(backend: Running, tmp_path: Path) -> None:
    where: list[str | None] = [backend.url]
    async with desk(tmp_path, lambda: where[0]) as ana:
        await ana.session.conversations.open(C1)
        await ana.session.conversations.claim(C1)
        while not any(row.claim for row in (await ana.store.queue()).rows):
            await asyncio.sleep(0.01)
        where[0] = None
    async with desk(tmp_path, lambda: where[0]) as ana:
        await ana.correct("c-1")
        where[0] = backend.url
        ana.session.reconnect()
        await until(lambda: ana.states("c-1") == [SavedState.STORED])


async def test_a_receipt_from_before_the_backend_s_clock_was_set_back_counts_nothing_twice_for_long(
    backend: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "LOOK_AFTER_S", 0.05)
    gateway, store = SlowGateway(backend), MemoryStore()
    async with session_at(gateway, store) as session:
        ana = Desk(session, store)
        await session.conversations.open(C1)
        late = gateway.hold()
        await ana.correct("c-1")
        await until(lambda: ana.count("c-1") == 2)  # the backend's count already holds what waits here for its receipt
        gateway.hold_no_more()
        backend.clock.move(hours=-1)
        await session.queue.reread({C1})
        late.set()
        await until(lambda: session.corrections.pending_count == 0)
        await until(lambda: ana.count("c-1") == 1)
