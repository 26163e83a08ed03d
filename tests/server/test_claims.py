"""Claims: one holder an epoch, by the server's clock, and only for roles that may."""

import asyncio

import httpx
import pytest

from console.contract.conversations import Priority, Tier
from console.contract.ids import UserId
from console.contract.permissions import Role
from console.server.services.identity import Identity
from console.server.services.tokens import issue_token
from console.server.store.unit_of_work import open_store
from tests.server.world import CHAIRS, Running, at_once, conversation, correction, send

CLAIM = "/v1/conversations/c/claim"


def test_of_many_who_claim_at_once_exactly_one_wins_each_epoch(backend: Running) -> None:
    backend.load(conversation("c"))
    clients = [backend.client(who) for who in ("ana", "ben", "tove", "qin")]
    for epoch in (1, 2, 3):
        answers = at_once(*(lambda client=client: client.post(CLAIM) for client in clients))
        (won,) = [answer.json() for answer in answers if answer.status_code == 200]
        assert won["epoch"] == epoch
        refused = [answer.json() for answer in answers if answer.status_code == 409]
        assert len(refused) == 3
        assert {(problem["type"], problem["claim"]["holder_id"]) for problem in refused} == {("held", won["holder_id"])}
        assert backend.client(won["holder_id"]).delete(CLAIM, params={"epoch": epoch}).status_code == 204


def test_pulling_next_at_once_never_gives_the_same_to_two(backend: Running) -> None:
    backend.load(*(conversation(f"c{number}") for number in range(10)))
    clients = [backend.client(who) for who in ("ana", "ben", "tove", "qin")]
    answers = at_once(*(lambda client=client: client.post("/v1/queue/next") for client in clients * 3))
    pulled = [answer.json()["conversation_id"] for answer in answers if answer.status_code == 200]
    assert len(pulled) == 10
    assert len(set(pulled)) == 10
    assert [answer.json()["type"] for answer in answers if answer.status_code != 200] == ["nothing_free"] * 2


def test_claiming_what_one_holds_prolongs_it_under_the_same_epoch(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    first = ana.post(CLAIM).json()
    backend.clock.move(minutes=3)
    again = ana.post(CLAIM).json()
    assert again["epoch"] == first["epoch"]
    assert again["expires_at"] > first["expires_at"]


def test_a_lease_ends_by_the_servers_clock(backend: Running, ana: httpx.Client, ben: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    backend.clock.move(minutes=4, seconds=59)
    refused = ben.post(CLAIM)
    assert (refused.status_code, refused.json()["detail"]) == (409, "Ana Ruiz holds this conversation.")
    backend.clock.move(seconds=1)
    (row,) = ben.get("/v1/queue").json()["rows"]
    assert (row["claim"], row["owner_state"]) == (None, "waiting")
    assert ben.post(CLAIM).json()["epoch"] == 2


def test_renewing_prolongs_even_a_run_out_lease_that_nobody_took(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    backend.clock.move(hours=2)
    assert ana.put(CLAIM, content='{"epoch": 1}').json()["epoch"] == 1
    (row,) = ana.get("/v1/queue").json()["rows"]
    assert (row["claim"]["holder_id"], row["owner_state"]) == ("ana", "human")


def test_nobody_keeps_by_renewing_what_their_role_may_not_claim_any_more(backend: Running) -> None:
    backend.load(conversation("c", tier=Tier.SPECIALIST))
    with httpx.Client(base_url=backend.url, headers=bearer(backend, Role.TIER2)) as zoe:
        assert zoe.post(CLAIM).status_code == 200
        assert zoe.put(CLAIM, json={"epoch": 1}).status_code == 200
        bearer(backend, Role.TIER1)
        refused = zoe.put(CLAIM, json={"epoch": 1})
        assert (refused.status_code, refused.json()["type"]) == (403, "forbidden")
        assert zoe.delete(CLAIM, params={"epoch": 1}).status_code == 204


def bearer(backend: Running, role: Role) -> dict[str, str]:
    """Give Zoe this role and another token."""

    async def issue() -> str:
        async with open_store(backend.database) as store:
            return await issue_token(store, backend.clock, Identity(UserId("zoe"), "Zoe Lem", role))

    return {"Authorization": f"Bearer {asyncio.run(issue())}"}


def test_a_claim_that_another_took_is_lost(backend: Running, ana: httpx.Client, ben: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    backend.clock.move(hours=2)
    ben.post(CLAIM)
    for answer in (ana.put(CLAIM, content='{"epoch": 1}'), ana.delete(CLAIM, params={"epoch": 1})):
        assert answer.status_code == 409
        assert answer.json()["type"] == "claim_lost"
        assert answer.json()["claim"]["holder_id"] == "ben"


def test_releasing_sets_it_free_and_may_be_repeated(backend: Running, ana: httpx.Client, ben: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    for _ in range(2):
        assert ana.delete(CLAIM, params={"epoch": 1}).status_code == 204
    assert ana.put(CLAIM, content='{"epoch": 1}').json()["type"] == "claim_lost"
    (row,) = ana.get("/v1/queue").json()["rows"]
    assert (row["claim"], row["owner_state"]) == (None, "waiting")
    assert ben.post(CLAIM).status_code == 200


def test_what_the_ai_kept_goes_back_to_the_ai(backend: Running, qin: httpx.Client) -> None:
    backend.load(conversation("c", handed_off=False))
    assert qin.post(CLAIM).status_code == 200
    assert qin.get("/v1/conversations/c").json()["row"]["owner_state"] == "human"
    qin.delete(CLAIM, params={"epoch": 1})
    assert qin.get("/v1/conversations/c").json()["row"]["owner_state"] == "ai"


@pytest.mark.parametrize(
    ("place", "may"),
    [
        ({"tier": Tier.AGENT}, {"ana", "ben", "tove", "qin"}),
        ({"tier": Tier.SPECIALIST}, {"tove", "qin"}),
        ({"handed_off": False}, {"qin"}),
    ],
    ids=["tier 1", "tier 2", "not handed off"],
)
def test_each_role_claims_its_own_places_only(backend: Running, place: dict[str, object], may: set[str]) -> None:
    backend.load(conversation("c", **place))  # type: ignore[arg-type]
    for who in CHAIRS:
        client = backend.client(who)
        answer = client.post(CLAIM)
        assert answer.status_code == (200 if who in may else 403), who
        if who in may:
            client.delete(CLAIM, params={"epoch": answer.json()["epoch"]})


def test_next_is_the_most_urgent_one_the_role_may_claim(backend: Running, ana: httpx.Client) -> None:
    backend.load(
        conversation("specialist", tier=Tier.SPECIALIST, priority=Priority.URGENT),
        conversation("kept", handed_off=False),
        conversation("low", priority=Priority.LOW),
        conversation("urgent", priority=Priority.URGENT),
        queue_all=True,
    )
    pulled = [ana.post("/v1/queue/next").json() for _ in range(2)]
    assert [row["conversation_id"] for row in pulled] == ["urgent", "low"]
    assert pulled[0]["claim"]["holder_name"] == "Ana Ruiz"
    assert ana.post("/v1/queue/next").json()["type"] == "nothing_free"


def test_next_passes_over_what_one_has_corrected(backend: Running, ana: httpx.Client, ben: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post("/v1/queue/next")
    send(ana, correction("k", "c"))
    ana.delete(CLAIM, params={"epoch": 1})
    assert ana.post("/v1/queue/next").json()["type"] == "nothing_free"
    assert ben.post("/v1/queue/next").json()["conversation_id"] == "c"


def test_nothing_free_says_how_many_are_held_and_until_when(
    backend: Running, ana: httpx.Client, ben: httpx.Client
) -> None:
    backend.load(conversation("a"), conversation("b"))
    assert ben.post("/v1/queue/next").status_code == 200
    backend.clock.move(minutes=1)
    assert ben.post("/v1/queue/next").status_code == 200
    problem = ana.post("/v1/queue/next").json()
    assert problem["status"] == 404
    assert problem["title"] == "Nothing free waits for you."
    assert problem["detail"] == "2 are held, the first until 10:50 UTC."
    assert problem["claim"]["expires_at"] == "2026-11-20T10:50:00Z"


def test_nothing_free_says_what_is_free_but_was_corrected_already(
    backend: Running, ana: httpx.Client, ben: httpx.Client
) -> None:
    assert ana.post("/v1/queue/next").json()["detail"] == "Nothing is held either."
    backend.load(*(conversation(name) for name in "abc"))
    for name in "ab":
        ana.post("/v1/queue/next")
        send(ana, correction(f"k-{name}", name))
        ana.delete(f"/v1/conversations/{name}/claim", params={"epoch": 1})
    ben.post("/v1/conversations/c/claim")
    said = ana.post("/v1/queue/next").json()["detail"]
    assert said == "2 are free, but you have corrected them already. 1 is held until 10:50 UTC."
    ben.post("/v1/conversations/a/claim")
    said = ana.post("/v1/queue/next").json()["detail"]
    assert said == "1 is free, but you have corrected it already. 2 are held, the first until 10:50 UTC."


def test_a_claim_can_be_taken_back_by_those_who_may_and_only_the_one_they_saw(backend: Running) -> None:
    backend.load(conversation("c"))
    ana, ben, tove = (backend.client(who) for who in ("ana", "ben", "tove"))
    assert ana.post(CLAIM).json()["epoch"] == 1
    assert ben.post(CLAIM, params={"take_back": 1}).status_code == 403
    assert tove.post(CLAIM, params={"take_back": 7}).json()["type"] == "held"
    taken = tove.post(CLAIM, params={"take_back": 1}).json()
    assert (taken["holder_id"], taken["epoch"]) == ("tove", 2)
    lost = ana.put(CLAIM, json={"epoch": 1}).json()
    assert (lost["type"], lost["claim"]["holder_name"]) == ("claim_lost", "Tove Lind")
    assert send(ana, correction("k", "c", epoch=1)).json()["state"] == "late_needs_review"


def test_the_largest_number_that_is_let_in_is_no_more_than_a_claim_of_nobody(
    backend: Running, ana: httpx.Client
) -> None:
    backend.load(conversation("c"))
    ana.post(CLAIM)
    largest = 2**53 - 1
    lost = [
        ana.put(CLAIM, content=f'{{"epoch": {largest}}}'),
        ana.delete(CLAIM, params={"epoch": largest}),
        backend.client("tove").post(CLAIM, params={"take_back": largest}),
    ]
    assert [(answer.status_code, answer.json()["type"]) for answer in lost] == [
        (409, "claim_lost"),
        (409, "claim_lost"),
        (409, "held"),
    ]
    assert send(ana, correction("k", "c", epoch=largest)).json()["state"] == "late_needs_review"
    assert ana.get("/v1/events", params={"after": f"{largest}-{'0' * 16}"}).json()["type"] == "gone"
