"""The queue filter reads tokens and words, and the order is the backend's."""

from datetime import UTC, datetime, timedelta

import pytest

from console.client.domain.queue_filter import parse_filter
from console.client.domain.queue_order import urgency
from console.contract.conversations import Gate, OwnerState, Priority, Tier
from console.contract.ids import ConversationId, UserId
from console.contract.views import Claim, QueueRow

NOW = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
ME = UserId("ana")


def row(name: str = "c-1", **changes: object) -> QueueRow:
    fields: dict[str, object] = {
        "conversation_id": ConversationId(name),
        "customer_name": "Jordan Meyer",
        "ask": "Wants the refund today",
        "topic": "Refunds",
        "language": "ar-EG",
        "tier": Tier.SPECIALIST,
        "priority": Priority.NORMAL,
        "owner_state": OwnerState.WAITING,
        "gate": Gate.CONFIDENCE,
        "gate_inferred": False,
        "gate_value": 0.41,
        "gate_threshold": 0.6,
        "waiting_since": NOW,
        "due_at": None,
        "claim": None,
        "turns": 3,
        "corrections": 0,
    }
    return QueueRow.model_validate(fields | changes)


def held_by(who: str) -> QueueRow:
    return row(claim=Claim(holder_id=UserId(who), holder_name=who, epoch=1, expires_at=NOW))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gate:confidence topic:refund tier:2 is:unassigned lang:ar meyer",
        "GATE:Confidence MEYER today",
        "gate:policy gate:confidence",
        "is:mine is:unassigned",
        "is:uncorrected is:waiting",
        "c-1",
    ],
)
def test_the_row_is_shown(text: str) -> None:
    assert parse_filter(text).matches(row(), ME)


@pytest.mark.parametrize(
    "text",
    [
        "gate:policy",
        "tier:1",
        "is:mine",
        "lang:en",
        "lang:a",
        "topic:billing",
        "meyer smith",
        "gate:bogus",
        "colour:red",
    ],
)
def test_the_row_is_hidden(text: str) -> None:
    assert not parse_filter(text).matches(row(), ME)


def test_mine_and_held_tell_whose_claim_it_is() -> None:
    mine, theirs = held_by("ana"), held_by("ben")
    assert parse_filter("is:mine").matches(mine, ME)
    assert not parse_filter("is:mine").matches(theirs, ME)
    assert parse_filter("is:held").matches(theirs, ME)
    assert not parse_filter("is:unassigned").matches(theirs, ME)


def test_a_link_pasted_into_the_filter_is_plain_text() -> None:
    assert parse_filter("https://example.com").words == ("https://example.com",)


def test_urgent_goes_first_then_what_is_due_first() -> None:
    rows = [
        row("late", due_at=NOW + timedelta(minutes=30)),
        row("soon", due_at=NOW + timedelta(minutes=5)),
        row("urgent", priority=Priority.URGENT, due_at=NOW + timedelta(hours=1)),
        row("undated", waiting_since=NOW + timedelta(minutes=10)),
    ]
    assert [each.conversation_id for each in sorted(rows, key=urgency)] == ["urgent", "soon", "undated", "late"]
