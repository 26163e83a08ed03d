"""Waits grow, stay within their cap, and differ from desk to desk."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from console.client.services.backoff import Backoff


@given(st.integers(0, 2**32), st.integers(1, 2000), st.one_of(st.none(), st.floats(0, 1e12)))
def test_no_wait_is_longer_than_the_cap_or_shorter_than_was_asked(
    seed: int, failures: int, asked: float | None
) -> None:
    backoff = Backoff(Random(seed))
    waits = [backoff.next_wait(asked) for _ in range(failures)]
    assert all(0.0 <= wait - min(asked or 0.0, backoff.most) <= backoff.most for wait in waits)
    backoff.reset()
    assert backoff.next_wait() <= backoff.first


def test_waits_are_spread_so_that_desks_do_not_return_all_at_once() -> None:
    waits = sorted(Backoff(Random(seed)).next_wait() for seed in range(100))
    assert waits[10] < 0.25 < 0.75 < waits[90]
