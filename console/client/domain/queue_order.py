"""The order in which work is urgent: what is due first, then the higher priority, then who has waited longest."""

from datetime import UTC, datetime

from console.contract.conversations import Priority
from console.contract.views import QueueRow

NEVER = datetime.max.replace(tzinfo=UTC)

_RANK = {Priority.URGENT: 0, Priority.HIGH: 1, Priority.NORMAL: 2, Priority.LOW: 3}

Urgency = tuple[datetime, int, datetime, str]


def urgency(row: QueueRow) -> Urgency:
    """Return a row's sort key, most urgent smallest; the id makes it unique, so that every desk sees one order."""
    return row.due_at or NEVER, _RANK[row.priority], row.waiting_since, row.conversation_id
