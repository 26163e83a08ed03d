"""What the server shows: queue rows, a whole conversation, claims, stored corrections and receipts."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from console.contract.base import Count, Line, Many, Model, Score, UtcTime
from console.contract.conversations import Conversation, Gate, OwnerState, Priority, Tier
from console.contract.corrections import Correction, Sha256
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.permissions import Role, claim_permission, is_allowed

EventSeq = Annotated[int, Field(ge=1, le=2**53 - 1)]
"""The number of an event; grows in the order of commits."""

FeedPlace = Annotated[str, Field(max_length=40, pattern=r"^(0|[1-9][0-9]{0,15}-[0-9a-f]{16})$")]
"""A place in the feed: an event's number and its stamp, `0` before the first.

The stamp is random, so that a place of a history that a restored backup undid is known for what it is.
"""

FEED_START: FeedPlace = "0"


def seq_of(place: FeedPlace) -> int:
    """Return the number of the event a place stands at, 0 before the first."""
    return int(place.partition("-")[0])


class Me(Model):
    """Who the token speaks for, and which workspace answers."""

    user_id: UserId
    name: Line
    role: Role
    workspace: Line
    version: Line


class Claim(Model):
    """A lease on a conversation. `epoch` is its fencing token; `expires_at` is by the server's clock."""

    holder_id: UserId
    holder_name: Line
    epoch: Count
    expires_at: UtcTime


class QueueRow(Model):
    """One line of the queue."""

    conversation_id: ConversationId
    customer_name: Line
    ask: Line
    topic: Line
    language: Line | None
    tier: Tier
    priority: Priority
    owner_state: OwnerState
    gate: Gate | None
    gate_inferred: bool
    gate_value: Score | None
    gate_threshold: Score | None
    waiting_since: UtcTime
    due_at: UtcTime | None
    claim: Claim | None
    turns: Count
    corrections: Count

    def may_be_claimed_by(self, role: Role) -> bool:
        """Whether a role may claim it, held or not."""
        return is_allowed(role, claim_permission(self.tier, handed_off=self.gate is not None))


class QueuePage(Model):
    """A page of the queue, most urgent first. `after` continues it; `place` is the feed's place it was read at."""

    rows: Many[QueueRow]
    after: ConversationId | None
    place: FeedPlace
    server_time: UtcTime


class CorrectionState(StrEnum):
    """What the backend made of a correction. Late: its claim was no longer the current one; kept, not counted."""

    STORED = "stored"
    LATE = "late_needs_review"


class Receipt(Model):
    """The server's word that a correction is stored: its id and the hash of its canonical body."""

    id: CorrectionId
    body_sha256: Sha256
    state: CorrectionState
    received_at: UtcTime


class CorrectionRecord(Model):
    """A stored correction with its provenance."""

    correction: Correction
    author_name: Line
    author_role: Role
    receipt: Receipt


class CorrectionPage(Model):
    """Stored corrections, oldest first."""

    records: Many[CorrectionRecord]


class ConversationView(Model):
    """A conversation with its queue row and the corrections stored against it, oldest first.

    Of the corrections only the newest that fit in `limits.MAX_CORRECTIONS_SHOWN`; `GET /v1/corrections` has them all.
    `place` is the feed's place it was read at.
    """

    row: QueueRow
    conversation: Conversation
    corrections: Many[CorrectionRecord]
    place: FeedPlace = FEED_START
    server_time: UtcTime
