"""What desk and backend compare at each connect, so that a backend restored from a backup gets back what it lost.

The desk names, by day, how many corrections it has receipts for and a hash over them; the backend answers the days on
which it holds something else. Days are of `submitted_at`, in UTC, which both wings read from the correction itself.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import Field

from console.contract.base import Count, Many, Model, UtcDay, content_sha256
from console.contract.corrections import Sha256
from console.contract.ids import CorrectionId

MAX_DAYS = 5_000


class StoredId(Model):
    """A stored correction: its id and the hash of its canonical body."""

    id: CorrectionId
    body_sha256: Sha256


class DayDigest(Model):
    """One author's corrections of a day: how many, and a hash over all of them."""

    day: UtcDay
    count: Count
    sha256: Sha256


class Delivered(Model):
    """What a desk has receipts for, by day."""

    days: Annotated[Many[DayDigest], Field(max_length=MAX_DAYS)]


class StoredDay(Model):
    """What the backend holds of a day."""

    day: UtcDay
    stored: Many[StoredId]


class Differences(Model):
    """The days named on which the backend holds something else."""

    days: Many[StoredDay]


def digest_day(day: date, stored: Iterable[StoredId]) -> DayDigest:
    """Return a day's digest, in whatever order its corrections come."""
    lines = sorted(f"{one.id} {one.body_sha256}\n" for one in stored)
    return DayDigest(day=day, count=len(lines), sha256=content_sha256("".join(lines)))
