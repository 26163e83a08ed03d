"""The queue: what is in it, in which order, page by page, and the conversation behind a row."""

from datetime import timedelta

import httpx
import pytest

from console.contract.conversations import Priority, Tier
from console.contract.views import ConversationView, QueuePage
from tests.server.world import NOW, Running, conversation, correction, ids, send


def test_urgent_comes_first_then_whoever_should_be_answered_first(backend: Running, ana: httpx.Client) -> None:
    backend.load(
        conversation("normal-late", waiting_min=40),
        conversation("low-old", waiting_min=60, priority=Priority.LOW),
        conversation("high-new", waiting_min=1, priority=Priority.HIGH),
        conversation("urgent-new", waiting_min=0, priority=Priority.URGENT),
        conversation("timeless", waiting_min=None),
    )
    assert ids(ana.get("/v1/queue")) == ["urgent-new", "normal-late", "timeless", "high-new", "low-old"]


def test_a_row_says_what_the_handoff_left(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c", tier=Tier.SPECIALIST, ask="Two\nlines " + "x" * 500))
    (row,) = QueuePage.model_validate_json(ana.get("/v1/queue").content).rows
    assert (row.gate, row.gate_value, row.gate_threshold, row.gate_inferred) == ("confidence", 0.41, 0.6, False)
    assert (row.tier, row.owner_state, row.claim, row.turns, row.corrections) == (2, "waiting", None, 3, 0)
    assert row.ask.startswith("Two lines xxx")
    assert len(row.ask) == 300
    assert row.waiting_since == NOW - timedelta(minutes=10)
    assert row.due_at == NOW + timedelta(minutes=20)


def test_without_a_time_of_handoff_there_is_no_deadline(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c", waiting_min=None))
    (row,) = QueuePage.model_validate_json(ana.get("/v1/queue").content).rows
    assert (row.due_at, row.waiting_since) == (None, NOW)


def test_pages_hold_every_row_once_and_then_end(backend: Running, ana: httpx.Client) -> None:
    backend.load(*(conversation(f"c{number:02}", waiting_min=number % 3) for number in range(10)))
    seen: list[str] = []
    after = ""
    for expected in (4, 4, 2):
        page = ana.get("/v1/queue", params={"limit": 4} | ({"after": after} if after else {}))
        assert len(ids(page)) == expected
        seen += ids(page)
        after = page.json()["after"]
    assert after is None
    assert len(set(seen)) == 10
    assert seen == list(ids(ana.get("/v1/queue")))


def test_what_the_ai_kept_waits_only_if_queued_for_qa(backend: Running, ana: httpx.Client) -> None:
    kept = conversation("kept", handed_off=False)
    assert backend.load(kept).queued == 0
    assert ids(ana.get("/v1/queue")) == []
    assert ids(ana.get("/v1/queue?ids=kept")) == []
    assert backend.load(kept, queue_all=True).queued == 1
    assert backend.load(kept, queue_all=True).queued == 0
    assert ids(ana.get("/v1/queue?ids=kept")) == ["kept"]
    (row,) = ana.get("/v1/queue").json()["rows"]
    assert row["owner_state"] == "ai"


def test_named_rows_come_alone_and_unknown_ones_are_left_out(backend: Running, ana: httpx.Client) -> None:
    backend.load(*(conversation(name) for name in "abc"))
    assert ids(ana.get("/v1/queue?ids=c,a,nobody")) == ["a", "c"]


def test_importing_again_changes_nothing_and_never_overwrites(backend: Running, ana: httpx.Client) -> None:
    first = backend.load(conversation("a"), conversation("b"))
    assert (first.imported, first.queued) == (2, 2)
    before = ana.get("/v1/queue").json()
    again = backend.load(conversation("a"), conversation("b", ask="Something else"))
    assert (again.imported, again.already_there, again.different, again.queued) == (0, 1, 1, 0)
    assert ana.get("/v1/queue").json() == before


def test_a_conversation_shows_its_turns_its_row_and_its_corrections(backend: Running, ana: httpx.Client) -> None:
    stored = conversation("c")
    backend.load(stored)
    epoch = ana.post("/v1/conversations/c/claim").json()["epoch"]
    send(ana, correction("k", "c", epoch=epoch))
    view = ConversationView.model_validate_json(ana.get("/v1/conversations/c").content)
    assert view.conversation.turns == stored.turns
    assert view.conversation.handoff == stored.handoff
    assert [record.correction.id for record in view.corrections] == ["k"]
    assert view.row.corrections == 1
    assert view.row.owner_state == "human"


def test_the_customers_address_and_number_leave_masked(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    answer = ana.get("/v1/conversations/c")
    customer = answer.json()["conversation"]["customer"]
    assert (customer["email"], customer["phone"]) == ("m•••••@•••••.se", "•••••67")
    assert "maria@mail" not in answer.text


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_page_has_a_sensible_size(ana: httpx.Client, limit: str) -> None:
    assert ana.get(f"/v1/queue?limit={limit}").status_code == 422


def test_ids_are_sorted_by_code_point(backend: Running, ana: httpx.Client) -> None:
    backend.load(*(conversation(name) for name in ("b", "B", "_", "a-1", "a1", "A", "~", "1", "a")))
    assert list(ids(ana.get("/v1/queue"))) == ["1", "A", "B", "_", "a", "a-1", "a1", "b", "~"]
    for number, after in enumerate(ids(ana.get("/v1/queue"))[:-1], 1):
        assert ids(ana.get("/v1/queue", params={"after": after}))[0] == ids(ana.get("/v1/queue"))[number]


@pytest.mark.parametrize("wanted", ["a%00b", "a,b%2Fc", "a,,b", ",".join(map(str, range(501)))])
def test_rows_are_named_by_ids_and_not_by_too_many(ana: httpx.Client, wanted: str) -> None:
    answer = ana.get(f"/v1/queue?ids={wanted}")
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")
