"""Every point at which a piece of work writes or syncs: killed there, the disk failing there, the disk full from there.

strace runs the real work once to count its calls, then once more for each of them. Afterwards the real store opens the
file: all that was said to be done is there and nothing by halves, the schema is that of one version, and the same work
can be done again to its end.
"""

import asyncio
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.client.store.schema import MIGRATIONS
from tests.faults import strace
from tests.faults.databases import SHARED_MEMORY, copied
from tests.faults.findings import Findings
from tests.faults.steps import (
    claiming,
    correcting_one,
    damaged_profile,
    nothing,
    old_profile,
    old_workspace_with_key,
    profile,
    storing,
    workspace,
)
from tests.faults.work import (
    DONE,
    FAILED,
    BackendWork,
    DamagedError,
    DeskWork,
    RecoveryWork,
    SubmitWork,
    Work,
    aloud,
    held_after_each,
)

KILLED = -9
OPERATIONS: dict[str, Work[Any]] = {
    "submit": SubmitWork(correcting_one, before=profile),
    "profile migration": DeskWork(nothing, before=old_profile),
    "profile recovery": RecoveryWork(nothing, before=damaged_profile),
    "claim": BackendWork(claiming, before=workspace),
    "store_correction": BackendWork(storing, before=workspace),
    "workspace migration": BackendWork(nothing, before=old_workspace_with_key),
}
FAULTS = [f"{fault} in {operation}" for operation in OPERATIONS for fault in ("kill", "EIO", "ENOSPC")]

Schema = frozenset[str]
NO_FILE: Schema = frozenset()
"""While one file takes another's place."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What work does undisturbed: its calls between words, what is held after each word, the schemas it passes."""

    calls: Sequence[Counter[str]]
    held: Sequence[tuple[object, ...]]
    schemas: Sequence[Schema]


@dataclass(frozen=True, slots=True)
class Point:
    """A fault at one call, counted from a word; what fails goes on failing until that is noticed."""

    fault: str
    after: int
    inject: str


def disturb(operation: str) -> Findings:
    """Disturb an operation at each of its points. Raises CannotTraceError."""
    work, found = OPERATIONS[operation], Findings()
    usual = _usual(work)
    for point in _points(usual.calls):
        found.hits[f"{point.fault} in {operation}"] += 1
        with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as folder:
            trouble, failed = _trouble(work, Path(folder), usual, point)
        found.figures["points killed"] += point.fault == "kill"
        found.figures["disk failures that were said, and tried again"] += failed
        found.figures["disk failures that harmed nothing"] += not failed and point.fault != "kill"
        found.violations += [f"{operation}, {point}: {each}" for each in trouble]
    return found


def _usual(work: Work[Any]) -> Usual:
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as place:
        traced, watched = Path(place, "traced"), Path(place, "watched")
        for folder in (traced, watched):
            folder.mkdir()
            asyncio.run(work.prepare(folder))
        old = schema(traced / work.file)
        ended = strace.trace(aloud(work, traced), f"{strace.WRITES},write")
        if ended.status:
            raise AssertionError(f"undisturbed, the work ended with {ended.status}")
        held = asyncio.run(held_after_each(work, watched))
        between = [] if isinstance(work, BackendWork) else _profile_schemas()
        between += [NO_FILE] if isinstance(work, RecoveryWork) else []
        return Usual(_by_word(ended.calls), held, [old, *between, schema(traced / work.file)])


def _by_word(calls: Sequence[strace.Call]) -> list[Counter[str]]:
    """Count the calls of each name from one word to the next; strace can count those of one thread only."""
    stretches: list[list[strace.Call]] = [[]]
    for call in calls:
        if call.word:
            stretches.append([])
        elif call.name != "write":
            stretches[-1].append(call)
    if any(len({call.thread for call in stretch}) > 1 for stretch in stretches):
        raise AssertionError("two threads write between the same words")
    return [Counter(call.name for call in stretch) for stretch in stretches]


def _points(calls: Sequence[Counter[str]]) -> Iterator[Point]:
    for after, names in enumerate(calls):
        for name, count in names.items():
            for number in range(1, count + 1):
                yield Point("kill", after, f"{name}:signal=KILL:when={number}")
                if name in ("fsync", "fdatasync"):
                    yield Point("EIO", after, f"{name}:error=EIO:when={number}")
                if name == "pwrite64":
                    yield Point("ENOSPC", after, f"{name}:error=ENOSPC:when={number}+1")


def _trouble(work: Work[Any], folder: Path, usual: Usual, point: Point) -> tuple[list[str], bool]:
    """Do the work with a fault in it, look at what is left, and do it again.

    Return what was wrong, and whether a write was said to have failed.
    """
    asyncio.run(work.prepare(folder))
    ended = strace.trace(aloud(work, folder), strace.WRITES, point.inject, after=point.after, until=FAILED)
    done, failed = ended.said.count(DONE), FAILED in ended.said
    wrong: list[str] = []
    if ended.status != (KILLED if point.fault == "kill" else 0):
        wrong.append(f"it ended with {ended.status}")
    if schema(folder / work.file) not in usual.schemas:
        wrong.append("the schema is that of no version")
    try:
        held = asyncio.run(work.held(folder))
        asyncio.run(work.do(folder, _ignore))
        again = asyncio.run(work.held(folder))
    except (work.trouble, DamagedError) as error:
        return [*wrong, f"it could not be opened or done again: {error}"], failed
    if point.fault == "kill" and held not in usual.held[done : done + 2]:
        wrong.append(f"what is held is not what was said: {done} writes")
    if work.lasting(again) != work.lasting(usual.held[-1]):
        wrong.append("done again, it did not come to the same end")
    with closing(sqlite3.connect(folder / work.file)) as db:
        (word,) = db.execute("PRAGMA integrity_check").fetchone()
    return wrong if word == "ok" else [*wrong, word], failed


async def _ignore(word: str) -> None:
    """Nobody listens."""


def schema(file: Path) -> Schema:
    """Return the statements and the version of a database's schema."""
    if not file.exists():
        return NO_FILE
    with copied(file) as copy, closing(sqlite3.connect(copy)) as db:
        return _schema(db)


def _schema(db: sqlite3.Connection) -> Schema:
    statements = [" ".join(sql.split()) for (sql,) in db.execute("SELECT sql FROM sqlite_schema WHERE sql NOT NULL")]
    if any("alembic_version" in sql for sql in statements):
        versions = db.execute("SELECT version_num FROM alembic_version").fetchall()
    else:
        versions = db.execute("PRAGMA user_version").fetchall()
    return frozenset((*statements, str(versions)))


def _profile_schemas() -> list[Schema]:
    """Return the schema of every version of a profile: each migration is a transaction of its own."""
    found = []
    with closing(sqlite3.connect(":memory:")) as db:
        for number, migration in enumerate(MIGRATIONS, 1):
            db.executescript(f"{migration} PRAGMA user_version = {number};")
            found.append(_schema(db))
    return found
