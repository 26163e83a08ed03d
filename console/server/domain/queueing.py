"""Where a conversation stands in the queue, by when it wants an answer, and who may claim it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from console.contract import permissions
from console.contract.conversations import Conversation, OwnerState, Priority, Speaker, Tier
from console.contract.permissions import Permission, Role, is_allowed

FIRST_RESPONSE = {
    Priority.URGENT: timedelta(minutes=5),
    Priority.HIGH: timedelta(minutes=15),
    Priority.NORMAL: timedelta(minutes=30),
    Priority.LOW: timedelta(minutes=120),
}
"""How long after the handoff a person should first have answered."""

ASK_LENGTH = 300
"""Code points of the ask that a queue row carries."""


class QueuedFor(StrEnum):
    """Why a conversation waits, if it does."""

    HANDOFF = "handoff"
    QA = "qa"
    NOTHING = "nothing"

    @property
    def resting(self) -> OwnerState:
        """Whose it is while nobody holds it: people's once handed off, else still the AI's."""
        return OwnerState.WAITING if self is QueuedFor.HANDOFF else OwnerState.AI


@dataclass(frozen=True)
class Place:
    """A conversation's place in the queue, computed once, when it arrives."""

    queued_for: QueuedFor
    tier: Tier
    ask: str
    waiting_since: datetime
    due_at: datetime | None


def place(conversation: Conversation, now: datetime, *, queue_all: bool) -> Place:
    """Return the place of a conversation that arrives at `now`; `queue_all` queues it for QA if nobody let go of it."""
    handoff = conversation.handoff
    if handoff is None:
        spoken = [turn.at for turn in conversation.turns if turn.at is not None]
        queued_for = QueuedFor.QA if queue_all else QueuedFor.NOTHING
        return Place(queued_for, Tier.AGENT, _ask(conversation), spoken[-1] if spoken else now, None)
    due_at = None if handoff.at is None else handoff.at + FIRST_RESPONSE[conversation.priority]
    return Place(QueuedFor.HANDOFF, handoff.to_tier, _ask(conversation), handoff.at or now, due_at)


def claim_permission(queued_for: QueuedFor, tier: Tier) -> Permission:
    """Return what a role needs to claim a conversation in that place."""
    return permissions.claim_permission(tier, handed_off=queued_for is QueuedFor.HANDOFF)


def claimable(role: Role) -> tuple[tuple[QueuedFor, Tier], ...]:
    """Return the queued places a role may claim from."""
    places = ((queued_for, tier) for queued_for in (QueuedFor.HANDOFF, QueuedFor.QA) for tier in Tier)
    return tuple(place for place in places if is_allowed(role, claim_permission(*place)))


def _ask(conversation: Conversation) -> str:
    """The ask the AI left behind, else the customer's first words, on one line."""
    first_words = (turn.text for turn in conversation.turns if turn.speaker is Speaker.CUSTOMER)
    ask = (conversation.handoff.ask if conversation.handoff else "") or next(first_words, "")
    line = " ".join(ask.split())
    return line if len(line) <= ASK_LENGTH else line[: ASK_LENGTH - 1] + "…"
