"""What claims and corrections of one conversation promise, as if every call had come alone: a small sequential model.

Each call brings the reading of the clock that its replica took; clocks may differ and jump, so the model keeps no time
of its own. What a call answers and leaves behind follows from that reading, the call's own words and the state.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from console.contract.views import CorrectionState

Write = tuple[str, str, CorrectionState]
"""A correction: its author, its id and what was made of it."""


class Kind(StrEnum):
    """What a call asks for."""

    CLAIM = "claim"
    TAKE_BACK = "take back"
    PULL = "pull"
    RENEW = "renew"
    RELEASE = "release"
    STORE = "store"
    LOOK = "look"
    LIST = "list"
    CLOSE = "close"
    REOPEN = "reopen"


class Said(StrEnum):
    """What a call was answered, beside an epoch granted, a claim seen, or what was made of a write."""

    DONE = "done"
    REFUSED = "refused"
    CLOSED = "closed"
    NOTHING_KNOWN = "nothing known"


Claim = tuple[str, int]
"""Who holds it, and under which epoch."""

Answer = Said | int | CorrectionState | Claim | frozenset[Write] | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call on one conversation, from its beginning to its end; None: its outcome is not known.

    `until`: where a lease ends that is given now. `epoch`: the fencing token it comes with, or the claim to take back.
    """

    agent: str
    kind: Kind
    began: int
    ended: int | None
    now: datetime
    until: datetime
    answer: Answer
    epoch: int = 0
    correction: str = ""


class State(NamedTuple):
    """A conversation's claim, and the corrections stored against it. `until`: of the claim nobody ended yet."""

    holder: str | None = None
    epoch: int = 0
    until: datetime | None = None
    writes: frozenset[Write] = frozenset()
    closed: bool = False

    def runs_at(self, now: datetime) -> bool:
        """Whether somebody holds it at that reading of a clock."""
        return self.until is not None and self.until > now


def step(state: State, call: Call) -> State | None:
    """Return the state after a call; None where the model answers otherwise than the call was answered."""
    answer, after = answer_in_turn(state, call)
    return after if call.answer in (answer, Said.NOTHING_KNOWN) else None


def answer_in_turn(state: State, call: Call) -> tuple[Answer, State]:
    """Return what a call is answered that comes alone, and what it leaves behind."""
    is_current = (state.holder, state.epoch) == (call.agent, call.epoch)
    stands = is_current and state.until is not None
    match call.kind:
        case Kind.CLAIM | Kind.TAKE_BACK | Kind.PULL:
            return _claimed(state, call)
        case Kind.RENEW:
            return (Said.DONE, state._replace(until=call.until)) if stands else (Said.REFUSED, state)
        case Kind.RELEASE:
            return (Said.DONE, state._replace(until=None)) if is_current else (Said.REFUSED, state)
        case Kind.CLOSE if stands:
            return Said.DONE, state._replace(until=None, closed=True)
        case Kind.CLOSE:
            return (Said.DONE if is_current and state.closed else Said.REFUSED), state
        case Kind.REOPEN:
            return Said.DONE, state._replace(closed=False)
        case Kind.STORE:
            return _stored(state, call, is_current=is_current)
        case Kind.LOOK if state.closed:
            return Said.CLOSED, state
        case Kind.LOOK:
            holds = state.holder is not None and state.runs_at(call.now)
            return (state.holder, state.epoch) if holds else None, state
        case Kind.LIST:
            return state.writes, state


def _claimed(state: State, call: Call) -> tuple[Answer, State]:
    runs = state.runs_at(call.now)
    is_mine = runs and state.holder == call.agent
    if call.kind is Kind.PULL:
        may = not runs and all(author != call.agent for author, _, _ in state.writes)
    else:
        may = not runs or is_mine or (call.kind is Kind.TAKE_BACK and call.epoch == state.epoch)
    if state.closed or not may:
        return Said.REFUSED, state
    epoch = state.epoch if is_mine else state.epoch + 1
    return epoch, state._replace(holder=call.agent, epoch=epoch, until=call.until)


def _stored(state: State, call: Call, *, is_current: bool) -> tuple[Answer, State]:
    for _, correction, made in state.writes:
        if correction == call.correction:
            return made, state
    made = CorrectionState.STORED if is_current else CorrectionState.LATE
    return made, state._replace(writes=state.writes | {(call.agent, call.correction, made)})
