"""The feed's events: hints that something changed. The database is the truth, a client reads it again."""

from enum import StrEnum

from console.contract.base import Model, UtcTime
from console.contract.ids import ConversationId
from console.contract.views import EventSeq


class EventKind(StrEnum):
    """What happened to a conversation."""

    CONVERSATION_IMPORTED = "conversation_imported"
    CLAIM_CHANGED = "claim_changed"
    CORRECTION_STORED = "correction_stored"


class FeedEvent(Model):
    """One change, in the order it was committed."""

    seq: EventSeq
    kind: EventKind
    conversation_id: ConversationId
    at: UtcTime
