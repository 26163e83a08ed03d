"""A damaged profile: no word is ever another one than was written, and what can be read is never left behind."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from console.client.net.http import HttpGateway
from console.client.services.ports import Unreadable
from console.client.services.sign_in import sign_in
from console.client.store.sqlite_store import SqliteStore
from console.contract.ids import ConversationId
from console.contract.permissions import Role
from console.contract.views import Me
from tests.client.test_local_store import ANA, BEN, correction, draft, profile, receipt, set_aside, waiting

__all__ = ["profile"]
pytestmark = pytest.mark.anyio
PAGE = 4096


def flip(profile: Path, before: bytes, after: bytes) -> None:
    """Change some bytes of the file, as a failing disk would: SQLite's own checks find nothing."""
    content = profile.read_bytes()
    assert content.count(before) == 1
    profile.write_bytes(content.replace(before, after))
    with closing(sqlite3.connect(profile)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_words_that_changed_on_the_disk_are_never_sent_and_the_others_are_taken_over(profile: Path) -> None:
    store = await SqliteStore.open(profile)
    await store.submit(correction("d-1").model_copy(update={"note": "Five days."}))
    await store.submit(correction("d-2"))
    await store.save_draft(draft("d-3", turn=4))
    await store.aclose()
    flip(profile, b"Five days.", b"Nine days.")
    store = await SqliteStore.open(profile)
    assert store.note is not None
    assert await waiting(store) == [("d-2", None)]
    assert await store.drafts(ANA) == (draft("d-3", turn=4),)
    assert b"Nine days." in set_aside(profile).read_bytes()
    await store.aclose()


@pytest.mark.parametrize("after", [b"Nine days.", b"Five\xffdays."], ids=["still words", "no text any more"])
@pytest.mark.parametrize("submitted", [False, True], ids=["draft", "correction"])
async def test_of_work_that_was_damaged_its_author_is_told_and_what_is_left_of_it_is_kept(
    profile: Path, submitted: bool, after: bytes
) -> None:
    store = await SqliteStore.open(profile)
    await store.save_draft(draft("d-3", turn=4))
    if submitted:
        await store.submit(correction("d-1").model_copy(update={"note": "Five days."}))
    else:
        await store.save_draft(draft("d-1").model_copy(update={"note": "Five days."}))
    await store.aclose()
    flip(profile, b"Five days.", after)
    for _ in range(2):
        store = await SqliteStore.open(profile)
        assert await store.unreadable(ANA) == (Unreadable(ConversationId("c-1"), 2),)
        assert await store.unreadable(BEN) == ()
        assert await store.drafts(ANA) == (draft("d-3", turn=4),)
        assert await waiting(store) == []
        await store.aclose()
    with closing(sqlite3.connect(profile)) as db:
        ((kept,),) = db.execute("SELECT body FROM unreadable_draft").fetchall()
    assert after.decode(errors="replace") in kept


@pytest.mark.parametrize("damage", [b"\xff\xff-1", b"d-99"])
async def test_words_that_became_somebody_elses_or_no_text_at_all_are_found_too(profile: Path, damage: bytes) -> None:
    store = await SqliteStore.open(profile)
    await store.save_draft(draft("d-11"))
    await store.aclose()
    flip(profile, b"d-11", damage)
    store = await SqliteStore.open(profile)
    assert store.note is not None
    assert await store.drafts(ANA) == ()
    await store.aclose()


async def test_a_damaged_copy_keeps_nobody_out(profile: Path) -> None:
    store = await SqliteStore.open(profile)
    await store.submit(correction())
    await store.settle(receipt(correction()))
    await store.aclose()
    for table, column in (("delivery", "submitted_at"), ("delivery", "receipt")):
        with closing(sqlite3.connect(profile)) as db, db:
            db.execute(f"UPDATE {table} SET {column} = CAST(x'ff' AS TEXT)")
        store = await SqliteStore.open(profile)
        assert store.note is None
        assert await store.deliveries(ANA) == ()
        await store.aclose()


async def test_who_signed_in_before_can_sign_in_after_a_recovery_while_the_backend_is_away(profile: Path) -> None:
    me = Me(user_id=ANA, name="Ana Ruiz", role=Role.TIER1, workspace="Sample", version="1")
    store = await SqliteStore.open(profile)
    await store.keep_person("key", me)
    await store.save_draft(draft("d-1").model_copy(update={"note": "Five days."}))
    await store.aclose()
    flip(profile, b"Five days.", b"Nine days.")
    store = await SqliteStore.open(profile)
    assert store.note is not None
    assert await sign_in(HttpGateway(lambda: None, "token"), store, "key") == me
    await store.aclose()


async def test_work_on_either_side_of_a_broken_page_is_taken_over(profile: Path) -> None:
    store = await SqliteStore.open(profile)
    for number in range(30):
        await store.submit(correction(f"d-{number}").model_copy(update={"note": f"<{number}>" + "x" * PAGE}))
    await store.aclose()
    with profile.open("r+b") as file:
        file.seek(profile.read_bytes().index(b"<15>") // PAGE * PAGE)
        file.write(b"\xff" * PAGE)
    store = await SqliteStore.open(profile)
    kept = [int(name.removeprefix("d-")) for name, _ in await waiting(store)]
    await store.aclose()
    assert 15 not in kept
    assert kept[0] == 0
    assert kept[-1] == 29


@pytest.mark.parametrize("moved", [(), ("-wal",), ("-wal", "")])
async def test_taking_over_that_was_cut_short_is_done_by_the_next_who_opens(
    profile: Path, moved: tuple[str, ...]
) -> None:
    """The new file is whole, and some of the damaged one's parts are moved aside already."""
    store = await SqliteStore.open(profile)
    await store.submit(correction())
    await store.aclose()
    profile.rename(profile.with_name("profile.taken-over.db"))
    for suffix in ("-wal", ""):
        name = "profile.damaged-20261120T104500000000Z.db" if suffix in moved else "profile.db"
        profile.with_name(name + suffix).write_bytes(b"what was damaged")
    store = await SqliteStore.open(profile)
    assert store.note is not None
    assert await waiting(store) == [("d-1", None)]
    await store.aclose()
    left = sorted(path.read_bytes() for path in profile.parent.glob("*damaged*"))
    assert left == [b"what was damaged"] * 2
