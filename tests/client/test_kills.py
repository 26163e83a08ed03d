"""A desk killed in the middle of its work has kept everything it said it had kept; a real process, a real kill."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from console.client.store.sqlite_store import SqliteStore
from tests.client.restless_writer import ABOUT, ME, TURN, text_of
from tests.conftest import ROOT

pytestmark = pytest.mark.anyio


def killed_after(profile: Path, what: str, acknowledged: int) -> list[str]:
    """Let a writer work, kill it once it has said so many are saved, and return all it said."""
    command = [sys.executable, "-m", "tests.client.restless_writer", str(profile), what]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [line.strip() for _, line in zip(range(acknowledged), writer.stdout, strict=False)]
        writer.kill()
        said += [line.strip() for line in writer.stdout if line.endswith("\n")]
    assert len(said) >= acknowledged, "the writer ended by itself"
    return said


def integrity(profile: Path) -> str:
    with closing(sqlite3.connect(profile)) as db:
        (word,) = db.execute("PRAGMA integrity_check").fetchone()
    return str(word)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_kill_while_drafts_are_saved_loses_none_that_was_acknowledged(tmp_path: Path, seed: int) -> None:
    profile = tmp_path / "profile.db"
    said = killed_after(profile, "drafts", Random(seed).randrange(5, 60))
    store = await SqliteStore.open(profile)
    draft = await store.draft(ABOUT, TURN, ME.user_id)
    await store.aclose()
    assert draft is not None
    last = int(said[-1])
    assert draft.text in (text_of(last), text_of(last + 1))
    assert integrity(profile) == "ok"


@pytest.mark.parametrize("seed", [4, 5, 6])
async def test_a_kill_while_corrections_are_submitted_loses_none_that_was_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    profile = tmp_path / "profile.db"
    said = killed_after(profile, "submits", Random(seed).randrange(5, 60))
    store = await SqliteStore.open(profile)
    kept = [item.correction.id for item in await store.outbox(ME.user_id)]
    await store.aclose()
    assert kept[: len(said)] == said
    assert len(kept) <= len(said) + 1
    assert integrity(profile) == "ok"
