"""The feed's events: hints that something changed. The database is the truth, a client reads it again."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from console.contract.base import Count, Many, Model, UtcTime
from console.contract.ids import ConversationId
from console.contract.views import EventSeq, FeedPlace

Stamp = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class EventKind(StrEnum):
    """What happened to a conversation."""

    CONVERSATION_IMPORTED = "conversation_imported"
    CLAIM_CHANGED = "claim_changed"
    CORRECTION_STORED = "correction_stored"
    CLOSED = "closed"
    REOPENED = "reopened"


class FeedEvent(Model):
    """One change, in the order it was committed. `behind`: the number of the event before it, 0 where it is the first.

    Numbers may have gaps; who reads knows by `behind` that nothing was left out.
    """

    seq: EventSeq
    behind: Count
    stamp: Stamp
    kind: EventKind
    conversation_id: ConversationId
    at: UtcTime

    @property
    def place(self) -> FeedPlace:
        """Where somebody stands who has seen it."""
        return f"{self.seq}-{self.stamp}"


class EventPage(Model):
    """Events behind a place, in order. `place` is where the page ends; without `more` there is nothing behind it."""

    events: Many[FeedEvent]
    place: FeedPlace
    more: bool
