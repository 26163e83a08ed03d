"""The simulated gateway is held to what the one over HTTP does: the same calls, the same answers, the same refusals."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from console.client.net.http import HttpGateway
from console.client.services.errors import RefusedError, UnauthenticatedError
from console.contract.ids import ConversationId
from console.contract.problems import ProblemCode
from console.contract.reconcile import Delivered, StoredId, digest_day
from console.contract.views import CorrectionState
from tests.faults.simulation.faults import Faults
from tests.faults.simulation.ledger import Ledger
from tests.faults.simulation.network import Network, SimulatedGateway
from tests.faults.simulation.server import SimulatedServer
from tests.faults.simulation.workshop import CONVERSATIONS, new_server_file, the_loop
from tests.server.world import CHAIRS, conversation, correction, running, token

C1, C2 = CONVERSATIONS[:2]
LEASE = timedelta(minutes=5)
Gateways = Callable[[str], HttpGateway]
Run = Callable[[Callable[[Gateways], Coroutine[None, None, None]]], None]


@pytest.fixture(params=["http", "simulated"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    """Run a test's calls over real HTTP, or through the simulation; a gateway is had for who asks, or a wrong token."""
    if request.param == "simulated":
        yield lambda calls: _run_simulated(calls, tmp_path)
        return
    with running(tmp_path) as backend:
        backend.load(*(conversation(name) for name in CONVERSATIONS))
        yield lambda calls: asyncio.run(_with_gateways(calls, lambda who: HttpGateway(lambda: backend.url, token(who))))


def _run_simulated(calls: Callable[[Gateways], Coroutine[None, None, None]], folder: Path) -> None:
    loop = the_loop()
    loop.rewind()
    file = new_server_file(folder)

    async def simulate() -> None:
        faults = Faults(Random(1))
        faults.stop()
        server = SimulatedServer(file, faults, Random(1), Ledger(lambda _: None), lambda _: None, LEASE)
        network = Network(server, faults, Random(1))

        def gateway(who: str) -> HttpGateway:
            good = server.issue_token(CHAIRS[who]) if who in CHAIRS else "made up"
            return SimulatedGateway(network, good, server.clock, lambda _: None)

        await _with_gateways(calls, gateway)
        network.close()
        server.die(3_600.0)  # it does not come back before the loop is rewound
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
        await server.close()

    loop.run_until_complete(simulate())


async def _with_gateways(calls: Callable[[Gateways], Coroutine[None, None, None]], make: Gateways) -> None:
    made: dict[str, HttpGateway] = {}
    await calls(lambda who: made.setdefault(who, make(who)))
    for gateway in made.values():
        await gateway.aclose()


def test_it_says_who_the_token_speaks_for(run: Run) -> None:
    async def calls(gateway: Gateways) -> None:
        assert (await gateway("ana").me()).name == "Ana Ruiz"
        with pytest.raises(UnauthenticatedError):
            await gateway("nobody").me()

    run(calls)


def test_it_lists_the_queue_and_rows_of_it(run: Run) -> None:
    async def calls(gateway: Gateways) -> None:
        page = await gateway("ana").queue_page()
        assert [row.conversation_id for row in page.rows] == CONVERSATIONS
        some = await gateway("ana").queue_rows([C2, ConversationId("unknown")])
        assert [row.conversation_id for row in some.rows] == [C2]

    run(calls)


def test_it_shows_a_conversation_and_says_where_there_is_none(run: Run) -> None:
    async def calls(gateway: Gateways) -> None:
        assert (await gateway("ana").conversation(C1)).conversation.id == C1
        with pytest.raises(RefusedError) as refused:
            await gateway("ana").conversation(ConversationId("unknown"))
        assert refused.value.code is ProblemCode.NOT_FOUND

    run(calls)


def test_a_claim_is_taken_kept_lost_and_given_back(run: Run) -> None:
    async def calls(gateway: Gateways) -> None:
        ana, qin = gateway("ana"), gateway("qin")
        claim = await ana.claim(C1)
        with pytest.raises(RefusedError) as held:
            await qin.claim(C1)
        assert (held.value.code, held.value.problem.claim) == (ProblemCode.HELD, claim)
        assert (await ana.renew(C1, claim.epoch)).epoch == claim.epoch
        assert (await qin.claim(C1, take_back=claim.epoch)).epoch == claim.epoch + 1
        with pytest.raises(RefusedError) as lost:
            await ana.renew(C1, claim.epoch)
        assert lost.value.code is ProblemCode.CLAIM_LOST
        await qin.release(C1, claim.epoch + 1)
        assert (await ana.pull_next()).conversation_id == C1

    run(calls)


def test_a_correction_is_stored_once_and_its_id_never_taken_for_other_words(run: Run) -> None:
    async def calls(gateway: Gateways) -> None:
        ana = gateway("ana")
        first = await ana.put_correction(correction("x-1", C1))
        assert first.state is CorrectionState.LATE
        assert await ana.put_correction(correction("x-1", C1)) == first
        with pytest.raises(RefusedError) as reused:
            await ana.put_correction(correction("x-1", C1, note="other words"))
        assert reused.value.code is ProblemCode.ID_REUSED
        with pytest.raises(RefusedError) as misfit:
            await ana.put_correction(correction("x-2", C1, turn=1))
        assert misfit.value.code is ProblemCode.DOES_NOT_FIT
        assert [record.receipt for record in (await ana.corrections(C1)).records] == [first]

    run(calls)


def test_what_was_delivered_is_compared(run: Run) -> None:
    async def calls(gateway: Gateways) -> None:
        receipt = await gateway("ana").put_correction(correction("x-1", C1))
        stored = StoredId(id=receipt.id, body_sha256=receipt.body_sha256)
        day = correction("x-1", C1).submitted_at.date()
        same = await gateway("ana").compare(Delivered(days=(digest_day(day, [stored]),)))
        assert same.days == ()
        (other,) = (await gateway("ana").compare(Delivered(days=(digest_day(day, []),)))).days
        assert other.stored == (stored,)

    run(calls)


def test_the_feed_tells_what_happened_since_a_place_and_is_gone_where_there_is_none(run: Run) -> None:
    async def calls(gateway: Gateways) -> None:
        place = (await gateway("ana").queue_page()).place
        await gateway("ana").claim(C2)
        page = await gateway("ana").events(place)
        async with gateway("ana").feed(place) as events:
            async for event in events:
                assert (event, event.conversation_id) == (page.events[0], C2)
                break
        nowhere = "999-0123456789abcdef"
        for asking in (gateway("ana").events(nowhere), gateway("ana").feed(nowhere).__aenter__()):
            with pytest.raises(RefusedError) as gone:
                await asking
            assert gone.value.code is ProblemCode.GONE

    run(calls)
