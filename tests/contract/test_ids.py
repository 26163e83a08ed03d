"""Correction ids are UUIDs of version 7: ordered by time, distinct within it."""

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.contract.ids import new_correction_id
from tests.contract.made_up import CALM

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ENTROPY = st.binary(min_size=10, max_size=10)


@CALM
@given(MOMENTS, ENTROPY, ENTROPY, st.integers(1, 10**9))
def test_a_later_id_sorts_after_an_earlier_one(now: datetime, first: bytes, second: bytes, later_ms: int) -> None:
    assert new_correction_id(now, first) < new_correction_id(now + timedelta(milliseconds=later_ms), second)


@CALM
@given(MOMENTS, ENTROPY)
def test_an_id_carries_version_variant_and_its_millisecond(now: datetime, entropy: bytes) -> None:
    made = uuid.UUID(new_correction_id(now, entropy))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == int(now.timestamp() * 1000)
    assert new_correction_id(now, entropy) == str(made)


def test_ids_of_one_moment_differ() -> None:
    now = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
    assert len({new_correction_id(now) for _ in range(1000)}) == 1000
