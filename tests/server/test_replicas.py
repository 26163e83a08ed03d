"""Two backends on one database: whatever both are asked at the same moment happens once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from console.contract.permissions import Role
from console.contract.views import CorrectionPage
from console.server.app.accounts import make_token
from console.server.services.ports import Database
from tests.server.conftest import Sql
from tests.server.world import Running, at_once, conversation, correction, ids, running, send

CLAIM = "/v1/conversations/c/claim"
Replicas = tuple[Running, Running]


@pytest.fixture
def replicas(database: Database) -> Iterator[Replicas]:
    with running(database) as one, running(database) as other:
        one.load(conversation("c"))
        for backend in (one, other):  # the web framework makes its routes at the first request, and not in two threads
            assert backend.client("ana").get("/v1/me").status_code == 200
        yield one, other


def test_of_two_who_claim_one_wins(replicas: Replicas) -> None:
    one, other = replicas
    clients = [one.client("ana"), other.client("ben"), one.client("tove"), other.client("qin")]
    answers = at_once(*(partial(client.post, CLAIM) for client in clients))
    (won,) = [answer.json()["holder_id"] for answer in answers if answer.status_code == 200]
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert [(problem["type"], problem["claim"]["holder_id"]) for problem in refused] == [("held", won)] * 3


def test_next_never_gives_the_same_to_two_and_then_says_what_stands_in_the_way(replicas: Replicas) -> None:
    one, other = replicas
    one.load(*(conversation(f"c{number}") for number in range(6)))
    clients = [one.client("ana"), other.client("ben"), one.client("tove"), other.client("qin")]
    answers = at_once(*(partial(client.post, "/v1/queue/next") for client in clients * 2))
    pulled = [answer.json()["conversation_id"] for answer in answers if answer.status_code == 200]
    assert len(set(pulled)) == len(pulled) == 7
    (refused,) = [answer.json() for answer in answers if answer.status_code != 200]
    assert (refused["type"], refused["detail"]) == ("nothing_free", "7 are held, the first until 10:50 UTC.")


def test_the_same_correction_sent_to_both_is_stored_once(replicas: Replicas) -> None:
    one, other = replicas
    ana, same = one.client("ana"), other.client("ana")
    ana.post(CLAIM)
    for number in range(5):
        sent = correction(f"k{number}", "c")
        answers = at_once(*(partial(send, client, sent) for client in (ana, same) * 3))
        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
        assert len({answer.content for answer in answers}) == 1
    assert len(CorrectionPage.model_validate_json(same.get("/v1/corrections").content).records) == 5


def test_of_two_corrections_under_one_id_the_first_stays_and_the_other_is_refused(replicas: Replicas) -> None:
    one, other = replicas
    ana, same = one.client("ana"), other.client("ana")
    for number in range(5):
        sent, changed = (correction(f"k{number}", "c", note=note) for note in ("one", "other"))
        answers = at_once(partial(send, ana, sent), partial(send, same, changed))
        stored, refused = sorted(answers, key=lambda answer: answer.status_code)
        assert (stored.status_code, refused.status_code, refused.json()["type"]) == (201, 422, "id_reused")
        kept = CorrectionPage.model_validate_json(ana.get("/v1/corrections").content).records[-1]
        assert kept.receipt.body_sha256 == stored.json()["body_sha256"]


def test_the_same_conversations_imported_twice_at_once_come_in_once(replicas: Replicas) -> None:
    one, other = replicas
    names = [f"c{number:02}" for number in range(40)]
    forth = [conversation(name) for name in names]
    back = [conversation(name, ask="Something else") for name in reversed(names)]
    with ThreadPoolExecutor(2) as pool:
        counts = [future.result() for future in (pool.submit(one.load, *forth), pool.submit(other.load, *back))]
    assert sorted((count.imported, count.different) for count in counts) == [(0, 40), (40, 0)]
    assert set(ids(one.client("ana").get("/v1/queue"))) == {"c", *names}


def test_tokens_made_at_once_for_a_new_user_are_all_good(database: Database, sql: Sql, replicas: Replicas) -> None:
    with ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(lambda _: make_token(database, "new", "New", Role.QA), range(4)))
    for backend, token in zip(replicas * 2, tokens, strict=True):
        answer = backend.client(None).get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["user_id"] == "new"
    assert sql("SELECT user_id, name, role FROM account") == [["new", "New", "qa"]]
