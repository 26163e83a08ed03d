"""Whose a conversation is, and who may take it from whom to whom: the one table that every write obeys."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from console.contract.conversations import OwnerState
from console.server.domain.queueing import QueuedFor


class Act(StrEnum):
    """What can happen to a conversation that is here; how it starts is `QueuedFor.resting`."""

    CLAIM = "claim"
    TAKE_BACK = "take_back"
    RENEW = "renew"
    RELEASE = "release"
    LEASE_END = "lease_end"
    CLOSE = "close"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Transition:
    """From which states an act leads where. `to` None: back to whom it rests with, people's queue or the AI."""

    sources: frozenset[OwnerState]
    to: OwnerState | None


_OPEN = frozenset({OwnerState.AI, OwnerState.WAITING, OwnerState.HUMAN})
_HELD = frozenset({OwnerState.HUMAN})

TRANSITIONS: Mapping[Act, Transition] = {
    Act.CLAIM: Transition(_OPEN, OwnerState.HUMAN),  # a person's only where it is the caller, or their lease is over
    Act.TAKE_BACK: Transition(_HELD, OwnerState.HUMAN),
    Act.RENEW: Transition(_HELD, OwnerState.HUMAN),
    Act.RELEASE: Transition(_HELD, None),
    Act.LEASE_END: Transition(_HELD, None),
    Act.CLOSE: Transition(_HELD, OwnerState.CLOSED),
    Act.REOPEN: Transition(frozenset({OwnerState.CLOSED}), None),
}


def owner_after(act: Act, state: OwnerState, queued_for: QueuedFor) -> OwnerState | None:
    """Return whose it is after an act, None where the act is not open to it."""
    transition = TRANSITIONS[act]
    return (transition.to or queued_for.resting) if state in transition.sources else None
