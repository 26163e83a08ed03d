"""The pump tries again for ever, in order within a conversation, and lets nothing stand in the way of the rest."""

from random import Random

import pytest

from console.client.net.http import HttpGateway
from console.client.services.backoff import Backoff
from console.client.services.errors import BackendError, UnauthenticatedError, UnclearAnswerError, UnreachableError
from console.client.services.outbox import Outbox
from console.client.services.outbox_pump import OutboxPump
from console.client.services.tasks import Tasks
from console.client.store.memory_store import MemoryStore
from console.contract.base import canonical_json, content_sha256
from console.contract.corrections import Correction
from console.contract.ids import ConversationId
from console.contract.views import CorrectionState, Receipt
from tests.client.desk import QuickClock, until
from tests.client.test_local_store import ANA, NOW, correction

pytestmark = pytest.mark.anyio

C2 = ConversationId("c-2")


class Troubled(HttpGateway):
    """A backend that answers each correction with the troubles planned for it, then with a receipt."""

    def __init__(self, **troubles: list[Exception | str]) -> None:
        super().__init__(lambda: None, "token")
        self.troubles = troubles
        self.tried: list[str] = []

    async def put_correction(self, correction: Correction) -> Receipt:
        self.tried.append(correction.id)
        sha256 = content_sha256(canonical_json(correction))
        for trouble in self.troubles.get(correction.id, [])[:1]:
            del self.troubles[correction.id][0]
            if isinstance(trouble, Exception):
                raise trouble
            sha256 = trouble
        return Receipt(id=correction.id, body_sha256=sha256, state=CorrectionState.STORED, received_at=NOW)


class Sender:
    """A pump at work on an outbox in memory."""

    def __init__(self, gateway: Troubled) -> None:
        self.gateway = gateway
        self.clock = QuickClock()
        self.outbox = Outbox(MemoryStore(), ANA)
        self.pump = OutboxPump(gateway, self.outbox, self.clock, Random(1), lambda _: None)

    async def send(self, *corrections: Correction) -> None:
        """Send these until nothing is left."""
        for each in corrections:
            await self.outbox.add(each)
        tasks = Tasks()
        tasks.keep_up("outbox pump", self.pump.run, self.clock, Backoff(Random(1)))
        try:
            await until(lambda: not self.outbox.items)
        finally:
            await tasks.stop()


@pytest.mark.parametrize(
    "trouble",
    [
        UnreachableError("No line."),
        UnclearAnswerError("500"),
        UnclearAnswerError("429", retry_after=2.0),
        UnauthenticatedError("Sign in again."),
        "f" * 64,
    ],
    ids=["unreachable", "server error", "busy", "signed out", "a receipt for something else"],
)
async def test_an_outcome_that_is_not_certain_is_tried_again_under_the_same_id(trouble: BackendError | str) -> None:
    sender = Sender(Troubled(**{"d-1": [trouble] * 5}))
    await sender.send(correction("d-1"))
    assert sender.gateway.tried == ["d-1"] * 6
    assert [delivery.receipt.id for delivery in sender.outbox.deliveries] == ["d-1"]


async def test_a_correction_that_always_fails_holds_up_its_own_conversation_only() -> None:
    troubles: list[Exception | str] = [UnclearAnswerError("500")] * 6
    sender = Sender(Troubled(**{"d-1": troubles}))
    await sender.send(correction("d-1", "c-1"), correction("d-2", "c-1"), correction("d-3", "c-2"))
    assert sender.gateway.tried[1] == "d-3"
    assert sender.gateway.tried[-2:] == ["d-1", "d-2"]


async def test_how_long_a_conversation_is_left_alone_is_known_and_only_its_own() -> None:
    sender = Sender(Troubled(**{"d-1": [UnclearAnswerError("500")]}))
    seen: list[tuple[float, float]] = []

    def note(_: ConversationId) -> None:
        seen.append((sender.pump.waits(ConversationId("c-1")), sender.pump.waits(C2)))

    sender.pump = OutboxPump(sender.gateway, sender.outbox, sender.clock, Random(1), note)
    await sender.send(correction("d-1", "c-1"), correction("d-2", "c-2"))
    assert any(own > 0 for own, _ in seen)
    assert not any(other for _, other in seen)
    assert sender.pump.waits(C2) == 0


async def test_a_correction_that_the_backend_is_always_too_busy_for_holds_up_its_own_conversation_only() -> None:
    troubles: list[Exception | str] = [UnclearAnswerError("503", retry_after=2.0)] * 6
    sender = Sender(Troubled(**{"d-1": troubles}))
    await sender.send(correction("d-1", "c-1"), correction("d-2", "c-1"), correction("d-3", "c-2"))
    assert sender.gateway.tried[:2] == ["d-1", "d-3"]
    assert sender.gateway.tried[-2:] == ["d-1", "d-2"]


async def test_an_error_that_nobody_foresaw_is_told_once_and_ends_no_delivery(heard: list[str]) -> None:
    sender = Sender(Troubled(**{"d-1": [OverflowError("odd")] * 4}))
    await sender.send(correction("d-1", "c-1"), correction("d-2", "c-2"))
    assert sender.gateway.tried[:2] == ["d-1", "d-2"]
    assert sender.gateway.tried.count("d-1") == 5
    assert heard == ["The task outbox pump failed and begins again: odd"]


async def test_a_busy_backend_is_left_alone_by_every_conversation_for_as_long_as_it_asked() -> None:
    sender = Sender(Troubled(**{"d-1": [UnclearAnswerError("503", retry_after=60.0)]}))
    began = sender.clock.monotonic()
    await sender.send(correction("d-1", "c-1"), correction("d-2", "c-2"))
    assert sender.gateway.tried[0] == "d-1"
    assert len(sender.gateway.tried) == 3
    assert sender.clock.monotonic() - began >= 60
