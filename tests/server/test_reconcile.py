"""Comparing: the backend says on which days it holds other corrections of an author than a desk has receipts for."""

from datetime import date, timedelta

import httpx

from console.contract.reconcile import DayDigest, Delivered, Differences, StoredDay, StoredId, digest_day
from tests.server.world import NOW, Running, conversation, correction, send

TODAY = NOW.date()
NOTHING = digest_day(TODAY, ())


def store(client: httpx.Client, name: str, **changes: object) -> StoredId:
    """Store a correction and return what its receipt says."""
    receipt = send(client, correction(name, "c", **changes)).json()
    return StoredId(id=receipt["id"], body_sha256=receipt["body_sha256"])


def compare(client: httpx.Client, *days: DayDigest) -> tuple[StoredDay, ...]:
    answer = client.post("/v1/corrections/compare", content=Delivered(days=days).model_dump_json())
    assert answer.is_success, answer.text
    return Differences.model_validate_json(answer.content).days


def test_what_is_the_same_on_both_sides_is_no_difference(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    stored = [store(ana, f"k-{number}") for number in range(3)]
    assert compare(ana, digest_day(TODAY, reversed(stored))) == ()
    assert compare(ana) == ()


def test_what_was_lost_shows_even_where_the_count_is_the_same(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    kept = store(ana, "kept")
    lost = StoredId(id="lost", body_sha256="0" * 64)
    assert compare(ana, digest_day(TODAY, [kept, lost])) == (StoredDay(day=TODAY, stored=(kept,)),)
    assert compare(ana, digest_day(TODAY, [lost])) == (StoredDay(day=TODAY, stored=(kept,)),)


def test_days_are_those_of_the_correction_in_utc(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    late = NOW.replace(hour=23, minute=59)
    today = store(ana, "today", submitted_at=late)
    tomorrow = store(ana, "tomorrow", submitted_at=late + timedelta(minutes=1))
    next_day = TODAY + timedelta(days=1)
    assert compare(ana, digest_day(TODAY, [today]), digest_day(next_day, [tomorrow])) == ()
    assert compare(ana, digest_day(date(2020, 1, 1), [today])) == (StoredDay(day=date(2020, 1, 1), stored=()),)


def test_nobody_is_told_of_another_s_corrections(backend: Running, ana: httpx.Client, ben: httpx.Client) -> None:
    backend.load(conversation("c"))
    store(ana, "ana-s")
    assert compare(ben, NOTHING) == ()
    assert backend.client("olga").post("/v1/corrections/compare", json={"days": []}).status_code == 403
