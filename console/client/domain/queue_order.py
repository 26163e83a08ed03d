"""The order in which work is urgent: urgent priority first, then by when an answer is due; the backend's own order."""

from datetime import datetime

from console.contract.conversations import Priority
from console.contract.views import QueueRow

Urgency = tuple[bool, datetime, str]


def urgency(row: QueueRow) -> Urgency:
    """Return a row's sort key, most urgent smallest. What has no deadline counts from when it began to wait."""
    return row.priority is not Priority.URGENT, row.due_at or row.waiting_since, row.conversation_id
