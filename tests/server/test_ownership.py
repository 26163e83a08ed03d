"""Whose a conversation is: every act in every state, closing under the claim that is held, and opening again."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import httpx
import pytest

from console.contract.conversations import OwnerState, Tier
from console.contract.ids import ConversationId, UserId
from console.contract.permissions import Role
from console.contract.views import QueueRow
from console.server.domain.ownership import Act, owner_after
from console.server.domain.queueing import QueuedFor
from console.server.services.backend import Backend, Bell, Lookout
from console.server.services.claims import claim_conversation, release_claim, renew_claim
from console.server.services.closing import close_conversation, reopen_conversation
from console.server.services.conversations import import_conversations, read_conversation
from console.server.services.identity import Identity
from console.server.services.ports import Database
from console.server.services.refusals import Refused
from console.server.store.unit_of_work import open_store
from tests.server.test_feed import feed, read
from tests.server.world import CHAIRS, HandClock, Running, conversation, correction, ids, send

CLAIM, CLOSE, REOPEN = (f"/v1/conversations/c/{act}" for act in ("claim", "close", "reopen"))
AI, WAITING, HUMAN, CLOSED = OwnerState.AI, OwnerState.WAITING, OwnerState.HUMAN, OwnerState.CLOSED
QIN, UMA = CHAIRS["qin"], Identity(UserId("uma"), "Uma Rao", Role.QA)
"""Two who may claim anything."""

OPEN_TO: dict[OwnerState, set[Act]] = {
    AI: {Act.CLAIM},
    WAITING: {Act.CLAIM},
    HUMAN: {Act.CLAIM, Act.TAKE_BACK, Act.RENEW, Act.RELEASE, Act.LEASE_END, Act.CLOSE},
    CLOSED: {Act.REOPEN},
}
LEADS_TO = {Act.CLAIM: HUMAN, Act.TAKE_BACK: HUMAN, Act.RENEW: HUMAN, Act.CLOSE: CLOSED}
"""The others lead back to whoever it rests with."""


@pytest.mark.parametrize("queued_for", QueuedFor)
@pytest.mark.parametrize("state", OwnerState)
@pytest.mark.parametrize("act", Act)
def test_the_table_says_of_every_act_in_every_state_where_it_leads(
    act: Act, state: OwnerState, queued_for: QueuedFor
) -> None:
    resting = WAITING if queued_for is QueuedFor.HANDOFF else AI
    assert owner_after(act, state, queued_for) == (LEADS_TO.get(act, resting) if act in OPEN_TO[state] else None)


@dataclass
class Office:
    """The use cases on one database; what is held is Qin's, under epoch 1, and Uma is who claims and takes back."""

    backend: Backend
    clock: HandClock

    async def make(self, queued_for: QueuedFor, state: OwnerState, about: ConversationId) -> None:
        """Import a conversation and bring it into a state."""
        made = conversation(about, handed_off=queued_for is QueuedFor.HANDOFF)
        await import_conversations(self.backend.store, self.clock, [made], queue_all=queued_for is QueuedFor.QA)
        if state in (HUMAN, CLOSED):
            await claim_conversation(self.backend, QIN, about)
        if state is CLOSED:
            await close_conversation(self.backend, QIN, about, 1)

    async def do(self, act: Act, about: ConversationId) -> None:
        match act:
            case Act.CLAIM:
                await claim_conversation(self.backend, UMA, about)
            case Act.TAKE_BACK:
                await claim_conversation(self.backend, UMA, about, take_back=1)
            case Act.RENEW:
                await renew_claim(self.backend, QIN, about, 1)
            case Act.RELEASE:
                await release_claim(self.backend, QIN, about, 1)
            case Act.LEASE_END:
                self.clock.move(minutes=6)
            case Act.CLOSE:
                await close_conversation(self.backend, QIN, about, 1)
            case Act.REOPEN:
                await reopen_conversation(self.backend, QIN, about)

    async def row(self, about: ConversationId) -> QueueRow:
        return (await read_conversation(self.backend, QIN, about)).row


def leads_to(act: Act, state: OwnerState, queued_for: QueuedFor) -> OwnerState | None:
    """Return what the table says, as a caller meets it."""
    if act is Act.CLAIM and state is HUMAN:
        return None  # another holds it, and their lease runs
    if act is Act.TAKE_BACK and state in (AI, WAITING):
        act = Act.CLAIM  # nobody holds it any more
    return owner_after(act, state, queued_for)


def test_the_store_obeys_the_table_in_every_state(database: Database) -> None:
    async def try_every_pair() -> int:
        tried, clock, bell = 0, HandClock(), Bell()
        async with open_store(database) as store:
            office = Office(Backend(store, clock, bell, Lookout(store, bell), "w", "1"), clock)
            for queued_for, act in product(QueuedFor, Act):
                for state in (queued_for.resting, HUMAN, CLOSED):
                    about = ConversationId(f"{queued_for}-{state}-{act}")
                    await office.make(queued_for, state, about)
                    before, to = await office.row(about), leads_to(act, state, queued_for)
                    assert before.owner_state is state
                    try:
                        await office.do(act, about)
                    except Refused:
                        assert to is None, about
                    after = await office.row(about)
                    assert after.owner_state is (to or state), about
                    assert to is not None or after == before, about
                    tried += 1
        return tried

    assert asyncio.run(try_every_pair()) == len(QueuedFor) * len(Act) * 3


def close(client: httpx.Client, epoch: int) -> httpx.Response:
    return client.post(CLOSE, json={"epoch": epoch})


def owner(client: httpx.Client) -> str:
    state: str = client.get("/v1/conversations/c").json()["row"]["owner_state"]
    return state


def test_what_is_closed_leaves_the_queue_and_cannot_be_claimed_until_it_is_reopened(
    backend: Running, ana: httpx.Client, ben: httpx.Client
) -> None:
    backend.load(conversation("c"), conversation("other"))
    ana.post(CLAIM)
    assert close(ana, 1).status_code == 204
    assert (ids(ana.get("/v1/queue")), ids(ana.get("/v1/queue", params={"ids": "c"}))) == (["other"], [])
    view = ana.get("/v1/conversations/c").json()["row"]
    assert (view["owner_state"], view["claim"]) == ("closed", None)
    refused = ben.post(CLAIM)
    assert (refused.status_code, refused.json()["type"]) == (409, "closed")
    assert refused.json()["detail"] == "Reopen this conversation to work on it again."
    assert ben.post("/v1/queue/next").json()["conversation_id"] == "other"
    assert ben.post("/v1/queue/next").json()["detail"].startswith("1 is held")
    assert ben.post(REOPEN).status_code == 204
    assert ids(ana.get("/v1/queue", params={"ids": "c"})) == ["c"]
    assert ben.post(CLAIM).json()["epoch"] == 2


def test_only_who_holds_it_closes_it_and_only_under_the_current_epoch(
    backend: Running, ana: httpx.Client, ben: httpx.Client
) -> None:
    backend.load(conversation("c"))
    assert close(ana, 0).json()["type"] == "claim_lost"
    ana.post(CLAIM)
    for who, epoch in ((ben, 1), (ana, 0), (ana, 2)):
        refused = close(who, epoch)
        assert (refused.status_code, refused.json()["type"]) == (409, "claim_lost")
        assert refused.json()["claim"]["holder_id"] == "ana"
    backend.client("tove").post(CLAIM, params={"take_back": 1})
    assert close(ana, 1).json()["type"] == "claim_lost"
    assert owner(ana) == "human"


def test_a_lease_that_ran_out_still_closes_while_nobody_took_it(
    backend: Running, ana: httpx.Client, ben: httpx.Client
) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    backend.clock.move(hours=1)
    assert close(ana, 1).status_code == 204
    assert owner(ana) == "closed"


def test_closing_and_reopening_twice_is_fine_and_tells_of_each_once(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    for _ in range(2):
        assert close(ana, 1).status_code == 204
    for _ in range(2):
        assert ana.post(REOPEN).status_code == 204
    with feed(ana, after="0") as source:
        assert [event.kind for event in read(source, 4)][2:] == ["closed", "reopened"]
    assert ana.get("/v1/events", params={"after": ana.get("/v1/queue").json()["place"]}).json()["events"] == []


def test_a_late_duplicate_neither_closes_again_what_was_reopened_nor_gives_back_what_is_closed(
    backend: Running, ana: httpx.Client
) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    close(ana, 1)
    assert ana.delete(CLAIM, params={"epoch": 1}).status_code == 204
    assert owner(ana) == "closed"
    ana.post(REOPEN)
    assert close(ana, 1).json()["type"] == "claim_lost"
    assert owner(ana) == "waiting"


def test_renewing_what_was_closed_is_a_lost_claim(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    close(ana, 1)
    assert ana.put(CLAIM, json={"epoch": 1}).json()["type"] == "claim_lost"


def test_corrections_of_what_is_closed_are_kept_by_the_same_rule_as_ever(
    backend: Running, ana: httpx.Client, ben: httpx.Client
) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    close(ana, 1)
    assert send(ana, correction("k1", "c", epoch=1)).json()["state"] == "stored"
    assert send(ben, correction("k2", "c", by="ben", epoch=1)).json()["state"] == "late_needs_review"
    assert len(ana.get("/v1/conversations/c").json()["corrections"]) == 2


def test_what_the_ai_kept_is_the_ais_again_when_it_is_reopened(backend: Running, qin: httpx.Client) -> None:
    backend.load(conversation("c", handed_off=False), queue_all=True)
    qin.post(CLAIM)
    close(qin, 1)
    qin.post(REOPEN)
    assert owner(qin) == "ai"
    assert ids(qin.get("/v1/queue")) == ["c"]


def test_an_import_does_not_queue_what_was_closed(backend: Running, qin: httpx.Client) -> None:
    backend.load(conversation("c", handed_off=False))
    qin.post(CLAIM)
    close(qin, 1)
    assert backend.load(conversation("c", handed_off=False), queue_all=True).queued == 0
    assert ids(qin.get("/v1/queue")) == []


@pytest.mark.parametrize(
    ("place", "may"),
    [
        ({"tier": Tier.AGENT}, {"ana", "ben", "tove", "qin"}),
        ({"tier": Tier.SPECIALIST}, {"tove", "qin"}),
        ({"handed_off": False}, {"qin"}),
    ],
    ids=["tier 1", "tier 2", "not handed off"],
)
def test_who_may_claim_it_may_reopen_it(backend: Running, place: dict[str, object], may: set[str]) -> None:
    backend.load(conversation("c", **place))  # type: ignore[arg-type]
    for who in CHAIRS:
        assert backend.client(who).post(REOPEN).status_code == (204 if who in may else 403), who


def test_who_corrects_nothing_closes_nothing(backend: Running) -> None:
    backend.load(conversation("c"))
    assert close(backend.client("olga"), 1).status_code == 403


@pytest.mark.parametrize("act", ["close", "reopen"])
def test_what_is_not_there_is_not_found(backend: Running, ana: httpx.Client, act: str) -> None:
    assert ana.post(f"/v1/conversations/none/{act}", json={"epoch": 1}).status_code == 404


def test_closing_and_taking_back_at_once_ends_in_one_of_the_two(backend: Running, ana: httpx.Client) -> None:
    tove = backend.client("tove")
    names = [f"c{number}" for number in range(12)]
    backend.load(*map(conversation, names))
    with ThreadPoolExecutor(2) as pool:
        for name in names:
            path = f"/v1/conversations/{name}"
            ana.post(f"{path}/claim")
            closing = pool.submit(ana.post, f"{path}/close", json={"epoch": 1})
            taking = pool.submit(tove.post, f"{path}/claim", params={"take_back": 1})
            ways = (closing.result().status_code, taking.result().status_code)
            state = ana.get(path).json()["row"]["owner_state"]
            assert (*ways, state) in {(204, 409, "closed"), (409, 200, "human")}
