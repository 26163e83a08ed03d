"""Profile files with bits flipped, pages overwritten, or cut short: opened as they were, or moved aside and it is said.

A damaged file is never deleted, what can still be read of the work in it is taken over, and no word of anybody's is
ever another one than was written. The log beside the file is left alone: SQLite takes a broken frame for the log's end.
"""

import asyncio
import tempfile
from pathlib import Path
from random import Random

from console.client.services.errors import StoreError
from console.client.store.sqlite_store import SqliteStore
from console.contract.ids import ConversationId
from tests.client.test_local_store import ANA
from tests.faults.databases import SHARED_MEMORY
from tests.faults.findings import Findings
from tests.faults.steps import full_profile
from tests.faults.work import DeskWork

FLIPPED, OVERWRITTEN, CUT = "bits of a profile flipped", "page of a profile overwritten", "profile cut short"
FAULTS = (FLIPPED, OVERWRITTEN, CUT)
PAGE = 4096
MOST_FLIPS = 8

Words = set[str]
"""Drafts and corrections, each as its JSON."""


def damage_profiles(files: int, seed: int) -> Findings:
    """Damage so many copies of a profile, open each, and look at what the person is shown."""
    random, found = Random(f"{seed} damage"), Findings()
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as place:
        whole = Path(place, DeskWork.file)
        asyncio.run(full_profile(whole))
        _, words = asyncio.run(_shown(whole))
        for number in range(files):
            fault = random.choice(FAULTS)
            file = Path(place, str(number), "profile.db")
            file.parent.mkdir()
            file.write_bytes(_damaged(whole.read_bytes(), fault, random))
            found.hits[fault] += 1
            trouble = _open(file, words, found)
            found.violations += [f"{fault}, file {number} of seed {seed}: {each}" for each in trouble]
    return found


def _damaged(whole: bytes, fault: str, random: Random) -> bytes:
    damaged = bytearray(whole)
    if fault == CUT:
        del damaged[random.randrange(len(whole)) :]
    elif fault == OVERWRITTEN:
        start = random.randrange(0, len(whole), PAGE)
        damaged[start : start + PAGE] = random.randbytes(PAGE)
    else:
        for bit in random.sample(range(len(whole) * 8), random.randint(1, MOST_FLIPS)):
            damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


def _open(file: Path, words: Words, found: Findings) -> list[str]:
    """Open a damaged file and return what is wrong with what is shown."""
    damaged = file.read_bytes()
    try:
        note, shown = asyncio.run(_shown(file))
    except StoreError as error:
        found.figures["damaged profiles left alone, with an error"] += 1
        return [] if file.read_bytes() == damaged else [f"it was changed, and not opened: {error}"]
    wrong = ["words that nobody wrote"] if shown - words else []
    if note is None:
        found.figures["damaged profiles opened with all that was written"] += 1
        return wrong if shown == words else [*wrong, "words are missing, and nobody was told"]
    found.figures["damaged profiles moved aside"] += 1
    found.figures["words in them"] += len(words)
    found.figures["words taken over from them"] += len(shown)
    aside = [path.read_bytes() for path in file.parent.glob("profile.damaged-*Z.db")]
    return wrong if aside == [damaged] else [*wrong, "the damaged file is not where it should be"]


async def _shown(file: Path) -> tuple[str | None, Words]:
    """Open a profile as a desk does and read all of it; return what the person is told, and their work."""
    store = await SqliteStore.open(file)
    try:
        drafts, outbox = await store.drafts(ANA), await store.outbox(ANA)
        await store.deliveries(ANA)
        await store.queue()
        await store.person("ana")
        await store.conversation(ConversationId("c-1"))
        return store.note, {*(each.model_dump_json() for each in drafts), *(str(each) for each in outbox)}
    finally:
        await store.aclose()
