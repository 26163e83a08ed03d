"""Decides whether calls that overlapped could have happened one after the other, as a model allows.

Each call must have taken effect at one moment between its beginning and its end; one whose outcome nobody knows at any
moment since it began, or never. The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993), with
Lowe's memory of what was tried in vain ("Testing for Linearizability", 2017).
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Protocol, TypeVar


class Timed(Protocol):
    """A call by its times, counted in order; `ended` None: nobody knows its outcome."""

    @property
    def began(self) -> int: ...
    @property
    def ended(self) -> int | None: ...


Call = TypeVar("Call", bound=Timed)
State = TypeVar("State", bound=Hashable)

Step = Callable[[State, Call], State | None]
"""Returns the state after a call, None where the model would have answered otherwise."""


def is_linearizable(calls: Sequence[Call], initial: State, step: Step[State, Call]) -> bool:
    """Say whether there is an order of the calls that their times and the model allow."""
    ordered = sorted(calls, key=lambda call: call.began)
    ended = sum(1 << index for index, call in enumerate(ordered) if call.ended is not None)
    tried: set[tuple[int, State]] = set()
    ahead = [(0, initial)]
    while ahead:
        placed, state = here = ahead.pop()
        if placed & ended == ended:
            return True
        if here in tried:
            continue
        tried.add(here)
        for index in _may_be_next(ordered, placed):
            after = step(state, ordered[index])
            if after is not None:
                ahead.append((placed | 1 << index, after))
    return False


def _may_be_next(ordered: Sequence[Timed], placed: int) -> Iterator[int]:
    """Yield the calls not placed yet before whose beginning no other such call has ended."""
    first_end: float = float("inf")
    for index, call in enumerate(ordered):
        if placed >> index & 1:
            continue
        if call.began > first_end:
            return
        yield index
        if call.ended is not None:
            first_end = min(first_end, call.ended)
