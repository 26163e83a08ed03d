"""The contract of LocalStore, on the file and on its in-memory fake; and what only the file promises."""

import os
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.client.app.profile import Profile
from console.client.domain.drafts import (
    CorrectionDraft,
    open_draft,
    reopened,
    to_correction,
    toggle_code,
    with_note,
    with_severity,
)
from console.client.services.errors import StoreError
from console.client.services.ports import KeptQueue, LocalStore, Unreadable
from console.client.store import sqlite_store
from console.client.store.memory_store import MemoryStore
from console.client.store.seals import SEALED
from console.client.store.sqlite_store import KEPT_CONVERSATIONS, SqliteStore
from console.contract.base import canonical_json, content_sha256
from console.contract.conversations import Speaker, Turn
from console.contract.corrections import Correction
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.permissions import Role
from console.contract.taxonomy import TAXONOMY, Severity
from console.contract.views import ConversationView, CorrectionState, Me, Receipt
from tests.client.test_queue_filter import row
from tests.server.world import conversation

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
ANA, BEN = UserId("ana"), UserId("ben")
PLACE = "7-0123456789abcdef"
NEWEST = "9-0123456789abcdef"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "profiles" / "profile.db"


@pytest.fixture(params=["file", "memory"])
async def store(request: pytest.FixtureRequest, profile: Path) -> AsyncIterator[LocalStore]:
    store: LocalStore = await SqliteStore.open(profile) if request.param == "file" else MemoryStore()
    yield store
    await store.aclose()


def draft(name: str = "d-1", about: str = "c-1", turn: int = 2, by: UserId = ANA) -> CorrectionDraft:
    return open_draft(
        CorrectionId(name),
        ConversationId(about),
        Turn(number=turn, speaker=Speaker.AI, text="Tomorrow. 👩‍👧"),
        by,
        opened_at=NOW,
        taxonomy_version=TAXONOMY.version,
    )


def correction(name: str = "d-1", about: str = "c-1", by: UserId = ANA) -> Correction:
    finished = with_severity(toggle_code(draft(name, about, by=by), "tone"), Severity.MINOR)
    return to_correction(finished, 1, NOW)


def receipt(of: Correction) -> Receipt:
    return Receipt(
        id=of.id, body_sha256=content_sha256(canonical_json(of)), state=CorrectionState.STORED, received_at=NOW
    )


async def waiting(store: LocalStore, by: UserId = ANA) -> list[tuple[str, str | None]]:
    return [(item.correction.id, item.refusal) for item in await store.outbox(by)]


async def test_a_draft_comes_back_as_it_was_kept(store: LocalStore) -> None:
    await store.save_draft(draft())
    assert await store.draft(ConversationId("c-1"), 2, ANA) == draft()


async def test_a_draft_belongs_to_its_conversation_turn_and_author(store: LocalStore) -> None:
    await store.save_draft(draft())
    assert await store.draft(ConversationId("c-2"), 2, ANA) is None
    assert await store.draft(ConversationId("c-1"), 4, ANA) is None
    assert await store.draft(ConversationId("c-1"), 2, BEN) is None


async def test_saving_a_draft_again_replaces_it(store: LocalStore) -> None:
    await store.save_draft(draft())
    await store.save_draft(draft("d-2"))
    assert [kept.id for kept in await store.drafts(ANA)] == ["d-2"]


async def test_a_discarded_draft_is_gone_and_the_others_stay(store: LocalStore) -> None:
    await store.save_draft(draft())
    await store.save_draft(draft("d-2", turn=4))
    await store.discard_draft(draft())
    assert [kept.id for kept in await store.drafts(ANA)] == ["d-2"]


async def test_a_draft_somebody_worked_on_gives_way_to_none_of_another_id(store: LocalStore) -> None:
    worked_on = with_note(draft(), "Better words.")
    assert await store.save_draft(worked_on)
    assert not await store.save_draft(with_note(draft("d-2"), "Others."))
    await store.discard_draft(draft("d-2"))
    assert await store.submit(correction("d-2"))
    assert await store.drafts(ANA) == (worked_on,)
    assert await store.save_draft(with_note(worked_on, "Still better."))
    assert [kept.note for kept in await store.drafts(ANA)] == ["Still better."]


async def test_a_draft_whose_id_was_submitted_gives_way_to_what_was_written_on_from_it(store: LocalStore) -> None:
    await store.submit(correction())
    assert await store.save_draft(with_note(draft(), "Written on at another desk."))
    assert await store.save_draft(with_note(draft("d-2"), "And on."))
    assert [kept.id for kept in await store.drafts(ANA)] == ["d-2"]


async def test_submitting_ends_the_draft_and_fills_the_outbox(store: LocalStore) -> None:
    await store.save_draft(draft())
    await store.submit(correction())
    assert await store.drafts(ANA) == ()
    assert [item.correction for item in await store.outbox(ANA)] == [correction()]


async def test_the_outbox_keeps_its_order_and_its_authors_apart(store: LocalStore) -> None:
    for name, by in (("d-3", ANA), ("d-1", ANA), ("d-2", BEN)):
        await store.submit(correction(name, by=by))
    assert await waiting(store) == [("d-3", None), ("d-1", None)]
    assert await waiting(store, BEN) == [("d-2", None)]


async def test_submitting_twice_is_submitting_once(store: LocalStore) -> None:
    await store.submit(correction())
    await store.submit(correction())
    assert await waiting(store) == [("d-1", None)]


async def test_other_words_under_a_submitted_id_change_nothing_and_keep_their_draft(store: LocalStore) -> None:
    other = correction().model_copy(update={"note": "Written at another desk."})
    assert await store.submit(correction())
    await store.save_draft(draft())
    assert not await store.submit(other)
    assert [item.correction for item in await store.outbox(ANA)] == [correction()]
    assert await store.drafts(ANA) == (draft(),)
    await store.settle(receipt(correction()))
    assert not await store.submit(other)
    assert await store.drafts(ANA) == (draft(),)


async def test_a_settled_correction_leaves_the_outbox_for_the_deliveries_and_never_returns(store: LocalStore) -> None:
    await store.submit(correction())
    for _ in range(2):
        await store.settle(receipt(correction()))
    await store.submit(correction())
    assert await waiting(store) == []
    (delivery,) = await store.deliveries(ANA)
    assert (delivery.conversation_id, delivery.turn, delivery.submitted_at) == ("c-1", 2, NOW)
    assert delivery.receipt == receipt(correction())
    assert await store.deliveries(BEN) == ()


async def test_the_words_of_a_delivery_can_be_read_again(store: LocalStore) -> None:
    for name in ("d-1", "d-2"):
        await store.submit(correction(name))
    await store.settle(receipt(correction("d-1")))
    assert await store.delivered(CorrectionId("d-1")) == correction("d-1")
    assert await store.delivered(CorrectionId("d-2")) is None, "it waits"
    assert await store.delivered(CorrectionId("unknown")) is None


async def test_a_delivery_can_be_sent_again_in_the_very_words(store: LocalStore) -> None:
    for name in ("d-1", "d-2"):
        await store.submit(correction(name))
        await store.settle(receipt(correction(name)))
    (item,) = await store.resend([CorrectionId("d-2"), CorrectionId("unknown")])
    assert item.correction == correction("d-2")
    assert await store.outbox(ANA) == (item,)
    assert [delivery.receipt.id for delivery in await store.deliveries(ANA)] == ["d-1"]
    await store.settle(receipt(correction("d-2")))
    assert [delivery.receipt.id for delivery in await store.deliveries(ANA)] == ["d-1", "d-2"]


async def test_what_is_sent_again_goes_before_what_waits_and_in_its_order(store: LocalStore) -> None:
    for name in ("d-1", "d-2"):
        await store.submit(correction(name))
        await store.settle(receipt(correction(name)))
    await store.submit(correction("d-3"))
    items = await store.resend([CorrectionId("d-1"), CorrectionId("d-2")])
    assert [item.correction.id for item in items] == ["d-1", "d-2"]
    assert await waiting(store) == [("d-1", None), ("d-2", None), ("d-3", None)]


async def test_a_refused_correction_keeps_its_reason_until_it_is_tried_again(store: LocalStore) -> None:
    await store.submit(correction())
    await store.park(CorrectionId("d-1"), "It does not fit.")
    assert await waiting(store) == [("d-1", "It does not fit.")]
    await store.park(CorrectionId("d-1"), None)
    assert await waiting(store) == [("d-1", None)]


async def test_only_a_refused_correction_can_be_dropped(store: LocalStore) -> None:
    await store.submit(correction())
    assert not await store.discard(CorrectionId("d-1"))
    assert await waiting(store) == [("d-1", None)]
    await store.park(CorrectionId("d-1"), "It does not fit.")
    assert await store.discard(CorrectionId("d-1"))
    assert await waiting(store) == []


async def test_a_refused_correction_becomes_the_draft_of_its_turn(store: LocalStore) -> None:
    await store.submit(correction())
    again = reopened(correction(), CorrectionId("d-2"))
    assert not await store.reopen(CorrectionId("d-1"), again)
    await store.park(CorrectionId("d-1"), "It does not fit.")
    await store.save_draft(draft("untouched"))
    assert await store.reopen(CorrectionId("d-1"), again)
    assert await waiting(store) == []
    assert await store.drafts(ANA) == (again,)
    assert not await store.reopen(CorrectionId("d-1"), again)


async def test_a_refused_correction_never_covers_a_draft_somebody_worked_on(store: LocalStore) -> None:
    newer = with_note(draft("d-2"), "Better words.")
    await store.submit(correction())
    await store.park(CorrectionId("d-1"), "It does not fit.")
    await store.save_draft(newer)
    assert not await store.reopen(CorrectionId("d-1"), reopened(correction(), CorrectionId("d-3")))
    assert await waiting(store) == [("d-1", "It does not fit.")]
    assert await store.drafts(ANA) == (newer,)


async def test_the_queue_is_replaced_as_a_whole_or_row_by_row(store: LocalStore) -> None:
    await store.keep_queue(KeptQueue((row("old"),), PLACE, NOW))
    await store.keep_queue(KeptQueue((row("a"), row("b"), row("c"))))
    assert (await store.queue()).place is None
    await store.keep_rows(KeptQueue((row("b", turns=9), row("d")), PLACE, NOW), gone=[ConversationId("a")])
    await store.keep_rows(KeptQueue((row("d"),), newest=NEWEST))
    kept = await store.queue()
    assert {(row.conversation_id, row.turns) for row in kept.rows} == {("b", 9), ("c", 3), ("d", 3)}
    assert (kept.place, kept.read_at, kept.newest) == (PLACE, NOW, NEWEST)


async def test_people_and_conversations_come_back_as_they_were_kept(store: LocalStore) -> None:
    me = Me(user_id=ANA, name="Ana Ruiz", role=Role.TIER1, workspace="Sample", version="1")
    view = ConversationView(row=row("c-1"), conversation=conversation("c-1"), corrections=(), server_time=NOW)
    await store.keep_person("chair:ana", me)
    await store.keep_conversation(view)
    assert await store.person("chair:ana") == me
    assert await store.person("chair:ben") is None
    assert await store.conversation(ConversationId("c-1")) == view
    assert await store.conversation(ConversationId("c-2")) is None


async def test_the_file_holds_everything_for_the_next_start(profile: Path) -> None:
    first = await SqliteStore.open(profile)
    await first.save_draft(draft("d-2", turn=4))
    await first.submit(correction())
    await first.aclose()
    second = await SqliteStore.open(profile)
    assert [kept.id for kept in await second.drafts(ANA)] == ["d-2"]
    assert await waiting(second) == [("d-1", None)]
    await second.aclose()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps files private by the folder's access list")
async def test_only_its_owner_can_read_the_file(profile: Path) -> None:
    store = await SqliteStore.open(profile)
    await store.save_draft(draft())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in profile.parent.iterdir()}
    await store.aclose()
    assert modes == dict.fromkeys(("profile.db", "profile.db-wal", "profile.db-shm"), 0o600)


async def test_two_desks_can_share_the_file(profile: Path) -> None:
    one, other = await SqliteStore.open(profile), await SqliteStore.open(profile)
    await one.submit(correction("d-1"))
    await other.submit(correction("d-2"))
    assert await waiting(one) == await waiting(other) == [("d-1", None), ("d-2", None)]
    await one.aclose()
    await other.aclose()


async def test_the_longest_unread_conversations_give_way(profile: Path) -> None:
    store = await SqliteStore.open(profile)
    for number in range(KEPT_CONVERSATIONS + 2):
        name = f"c-{number}"
        view = ConversationView(row=row(name), conversation=conversation(name), corrections=(), server_time=NOW)
        await store.keep_conversation(view)
    kept = [await store.conversation(ConversationId(f"c-{number}")) is not None for number in (0, 1, 2)]
    await store.aclose()
    assert kept == [False, False, True]


async def test_reading_one_conversation_again_and_again_drives_no_other_out(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "KEPT_CONVERSATIONS", 2)
    store = await SqliteStore.open(profile)
    for name in ("c-0", "c-1", "c-2", "c-2", "c-2"):
        view = ConversationView(row=row(name), conversation=conversation(name), corrections=(), server_time=NOW)
        await store.keep_conversation(view)
    kept = [await store.conversation(ConversationId(f"c-{number}")) is not None for number in (0, 1, 2)]
    await store.aclose()
    assert kept == [False, True, True]


async def test_a_file_of_a_newer_redline_is_left_alone(profile: Path) -> None:
    await (await SqliteStore.open(profile)).aclose()
    with closing(sqlite3.connect(profile)) as db:
        db.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="newer Redline"):
        await SqliteStore.open(profile)


def set_aside(profile: Path) -> Path:
    """Where the damaged file lies."""
    (damaged,) = profile.parent.glob("profile.damaged-*Z.db")
    return damaged


async def test_a_file_that_is_no_database_is_moved_aside_whole_and_a_new_one_begun(profile: Path) -> None:
    profile.parent.mkdir()
    profile.write_bytes(b"not a database, but somebody's file " * 100)
    store = await SqliteStore.open(profile)
    assert store.note is not None
    assert store.note.endswith(f"the damaged file is kept at {set_aside(profile)}.")
    assert set_aside(profile).read_bytes() == b"not a database, but somebody's file " * 100
    await store.submit(correction())
    await store.aclose()
    store = await SqliteStore.open(profile)
    assert store.note is None
    assert await waiting(store) == [("d-1", None)]
    await store.aclose()


def damage_the_queue(profile: Path) -> None:
    """Overwrite the page on which the copy of the queue begins; the work lies on others."""
    with closing(sqlite3.connect(f"{profile.as_uri()}?mode=ro", uri=True)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'queue_row'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    with profile.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


async def test_of_a_damaged_file_the_work_that_can_still_be_read_is_taken_over(profile: Path) -> None:
    store = await SqliteStore.open(profile)
    await store.submit(correction("d-1"))
    await store.park(CorrectionId("d-1"), "Not allowed.")
    await store.submit(correction("d-3"))
    await store.save_draft(draft("d-2", turn=4))
    await store.aclose()
    with closing(sqlite3.connect(profile)) as db, db:
        db.execute("INSERT INTO outbox SELECT 9, 'x', author_id, 'c', 2, '', 'no work', NULL, NULL FROM draft")
    damage_the_queue(profile)
    damaged = profile.read_bytes()
    store = await SqliteStore.open(profile)
    assert store.note is not None
    assert await waiting(store) == [("d-1", "Not allowed."), ("d-3", None)]
    assert await store.drafts(ANA) == (draft("d-2", turn=4),)
    assert await store.queue() == KeptQueue()
    assert set_aside(profile).read_bytes() == damaged
    await store.aclose()


async def test_deliveries_and_unreadable_drafts_are_taken_over_too(profile: Path) -> None:
    store = await SqliteStore.open(profile)
    for name in ("d-1", "d-2"):
        await store.submit(correction(name))
        await store.settle(receipt(correction(name)))
    await store.save_draft(draft("d-3", turn=4))
    await store.aclose()
    as_another_version(profile, "draft", turn=4)
    with closing(sqlite3.connect(profile)) as db, db:
        db.execute("UPDATE delivery SET receipt = '?' || substr(receipt, 2) WHERE id = 'd-2'")
    store = await SqliteStore.open(profile)
    await store.save_draft(draft("d-4", turn=4))
    left = await store.unreadable(ANA)
    await store.aclose()
    damage_the_queue(profile)
    store = await SqliteStore.open(profile)
    assert store.note is not None
    assert await store.unreadable(ANA) == left != ()
    assert [delivery.receipt for delivery in await store.deliveries(ANA)] == [receipt(correction("d-1"))]
    assert await store.delivered(CorrectionId("d-1")) == correction("d-1")
    assert await store.delivered(CorrectionId("d-2")) is None
    await store.aclose()


async def test_work_that_only_the_log_of_a_damaged_file_holds_is_taken_over_too(profile: Path) -> None:
    await (await SqliteStore.open(profile)).aclose()
    store = await SqliteStore.open(profile)
    await store.submit(correction())
    log = profile.with_name("profile.db-wal")
    at_the_power_cut = {path: path.read_bytes() for path in (profile, log)}
    await store.aclose()
    for path, content in at_the_power_cut.items():
        path.write_bytes(content)
    damage_the_queue(profile)
    store = await SqliteStore.open(profile)
    assert store.note is not None
    assert await waiting(store) == [("d-1", None)]
    await store.aclose()


async def test_deliveries_are_forgotten_only_when_they_are_old_and_many(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "KEPT_DELIVERIES", 2)
    store = await SqliteStore.open(profile)
    for name, days in (("old", 0), ("later", 36), ("same day", 36), ("next day", 37)):
        sent = correction(name.replace(" ", "-"))
        await store.submit(sent)
        received = receipt(sent).model_copy(update={"received_at": NOW + timedelta(days=days)})
        await store.settle(received)
    kept = [delivery.receipt.id for delivery in await store.deliveries(ANA)]
    assert kept == ["later", "same-day", "next-day"]
    await store.aclose()


async def test_a_receipt_that_is_no_json_any_more_fails_no_later_delivery(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "KEPT_DELIVERIES", 0)
    store = await SqliteStore.open(profile)
    await store.submit(correction("d-1"))
    await store.settle(receipt(correction("d-1")))
    await store.aclose()
    with closing(sqlite3.connect(profile)) as db, db:
        db.execute("UPDATE delivery SET receipt = '?' || substr(receipt, 2)")
    store = await SqliteStore.open(profile)
    await store.submit(correction("d-2"))
    await store.settle(receipt(correction("d-2")))
    assert await waiting(store) == []
    assert [delivery.receipt.id for delivery in await store.deliveries(ANA)] == ["d-2"]
    await store.aclose()


async def test_a_file_that_cannot_be_opened_is_left_where_it_is(profile: Path) -> None:
    profile.mkdir(parents=True)
    with pytest.raises(StoreError):
        await SqliteStore.open(profile)
    assert profile.is_dir()


async def test_copies_of_the_queue_that_another_version_wrote_are_passed_over(profile: Path) -> None:
    store = await SqliteStore.open(profile)
    await store.keep_queue(KeptQueue((row(),), PLACE, NOW))
    await store.aclose()
    with closing(sqlite3.connect(profile)) as db, db:
        db.execute('UPDATE queue_row SET body = \'{"from": "another version"}\'')
    store = await SqliteStore.open(profile)
    assert await store.queue() == KeptQueue()
    await store.aclose()


def as_another_version(profile: Path, table: str, **which: str | int) -> str:
    """Give the rows found by these columns a field this version does not know; return the body."""
    where = " AND ".join(f"{column} = :{column}" for column in which)
    with closing(sqlite3.connect(profile)) as db, db:
        unsealed = ", seal = NULL" if table in SEALED else ""
        db.execute(f"UPDATE {table} SET body = json_set(body, '$.from_the_future', 1){unsealed} WHERE {where}", which)
        (body,) = db.execute(f"SELECT body FROM {table} WHERE {where}", which).fetchone()
    return body


async def test_work_that_another_version_wrote_is_set_aside_and_everything_else_goes_on(profile: Path) -> None:
    store = await SqliteStore.open(profile)
    for name in ("d-1", "d-2"):
        await store.submit(correction(name))
    for turn in (4, 6):
        await store.save_draft(draft(f"d-{turn}", turn=turn))
    await store.aclose()
    outbox_body = as_another_version(profile, "outbox", id="d-1")
    draft_body = as_another_version(profile, "draft", turn=4)

    store = await SqliteStore.open(profile)
    c1 = ConversationId("c-1")
    both = {Unreadable(c1, 4), Unreadable(c1, 2, CorrectionId("d-1"))}
    assert await waiting(store) == [("d-2", None)]
    assert [kept.id for kept in await store.drafts(ANA)] == ["d-6"]
    assert set(await store.unreadable(ANA)) == both
    assert await store.unreadable(BEN) == ()
    assert await store.draft(c1, 4, ANA) is None
    await store.save_draft(draft("d-7", turn=4))
    await store.discard_draft(draft("d-7", turn=4))
    assert set(await store.unreadable(ANA)) == both
    await store.aclose()
    with closing(sqlite3.connect(profile)) as db:
        kept = db.execute("SELECT body FROM outbox UNION ALL SELECT body FROM unreadable_draft").fetchall()
    assert (outbox_body,) in kept
    assert (draft_body,) in kept


async def test_a_receipt_or_a_person_that_another_version_wrote_keeps_nobody_out(profile: Path) -> None:
    me = Me(user_id=ANA, name="Ana Ruiz", role=Role.TIER1, workspace="Sample", version="1")
    store = await SqliteStore.open(profile)
    await store.keep_person("ana", me)
    await store.submit(correction())
    await store.settle(receipt(correction()))
    await store.aclose()
    as_another_version(profile, "person", key="ana")
    with closing(sqlite3.connect(profile)) as db, db:
        db.execute("UPDATE delivery SET receipt = json_set(receipt, '$.from_the_future', 1)")
    store = await SqliteStore.open(profile)
    assert await store.person("ana") is None
    assert await store.deliveries(ANA) == ()
    assert not await store.submit(correction())
    assert await waiting(store) == []
    await store.aclose()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot sync a folder")
async def test_a_new_profile_is_on_the_disk_with_the_names_of_all_its_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.add(os.fstat(descriptor).st_ino), real(descriptor)))
    await (await SqliteStore.open(Profile(tmp_path / "new").store_path)).aclose()
    assert synced == {tmp_path.stat().st_ino, (tmp_path / "new").stat().st_ino}
