"""Tampers with the audit log, behind its triggers' back: `--count N [--seed S] [--database-url URL]`.

The real use cases write a log; then each tamper leaves it changed in one way, on the real database, and `verify` must
name the first row that differs from what was written, found by comparing the two. A log that only lost its end is
found with the head kept elsewhere, and cannot be found without it unless nothing is left.
"""

import argparse
import asyncio
import secrets
import string
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from console.contract.ids import ConversationId
from console.server.services.audit import record_export, verify_log
from console.server.services.backend import Backend, Bell, Lookout
from console.server.services.claims import claim_conversation, release_claim
from console.server.services.closing import close_conversation, reopen_conversation
from console.server.services.conversations import import_conversations
from console.server.services.corrections import store_correction
from console.server.services.ports import Database
from console.server.services.tokens import issue_token
from console.server.store.audit_key import find_key_file, read_key
from console.server.store.engine import create_engine
from console.server.store.tables import AuditTable
from console.server.store.unit_of_work import SqlStore, open_store
from tests.faults.report import Report, commit_seed
from tests.server import world

SHARED_MEMORY = "/dev/shm"
COLUMNS = tuple(column.name for column in AuditTable.__table__.columns)
MAC_LENGTH = 64
"""Which PostgreSQL holds to."""
TEXTS = ("actor_id", "action", "subject", "detail", "mac")
WITHOUT_TRIGGERS = {
    "sqlite": ("DROP TRIGGER audit_never_updated", "DROP TRIGGER audit_never_deleted"),
    "postgresql": ("ALTER TABLE audit DISABLE TRIGGER USER",),
}
BROKEN_TEXT = "UPDATE audit SET {column} = CAST(X'ff' AS TEXT) WHERE seq = {seq}"
"""What only SQLite takes in."""

Row = tuple[object, ...]
Tamper = Callable[[list[Row], Random], list[Row]]


def alter(column: str, rows: list[Row], random: Random) -> list[Row]:
    """Change one value: a little, or into that of another row."""
    place, at = random.randrange(len(rows)), COLUMNS.index(column)
    old = rows[place][at]
    new = old
    while new == old or len(str(new)) > len(str(old)) == MAC_LENGTH:
        new = _changed(old, random) if random.random() < 0.7 else random.choice(rows)[at]
    rows[place] = (*rows[place][:at], new, *rows[place][at + 1 :])
    return rows


def renumber(rows: list[Row], random: Random) -> list[Row]:
    """Give one row a number that no other has."""
    place = random.randrange(len(rows))
    rows[place] = (random.choice((-1, 0, len(rows) + 1, 2**40)), *rows[place][1:])
    return rows


def remove(rows: list[Row], random: Random) -> list[Row]:
    """Delete one row or several; half the time close the gap."""
    start = random.randrange(len(rows) - 1)
    del rows[start : random.randint(start + 1, len(rows) - 1)]
    return _numbered(rows) if random.random() < 0.5 else rows


def add(rows: list[Row], random: Random) -> list[Row]:
    """Put in a row that was made up, or one that is there already, anywhere or behind the end."""
    made_up = (0, *random.choice(rows)[1:-1], secrets.token_hex(32))
    rows.insert(random.randint(0, len(rows)), random.choice((made_up, random.choice(rows))))
    return _numbered(rows)


def swap(rows: list[Row], random: Random) -> list[Row]:
    """Change the order of two rows."""
    one, other = random.sample(range(len(rows)), 2)
    rows[one], rows[other] = rows[other], rows[one]
    return _numbered(rows)


def rewrite(rows: list[Row], random: Random) -> list[Row]:
    """Write the rest of the log anew from somewhere on, as somebody without the key must."""
    start = random.randrange(len(rows))
    return [*rows[:start], *((*row[:-1], secrets.token_hex(32)) for row in rows[start:])]


def truncate(rows: list[Row], random: Random) -> list[Row]:
    """Cut off the end, or all."""
    return rows[: random.randrange(len(rows))]


TAMPERS: Mapping[str, Tamper] = {
    "altered at": partial(alter, "at"),
    **{f"altered {column}": partial(alter, column) for column in TEXTS},
    "renumbered": renumber,
    "deleted": remove,
    "inserted": add,
    "reordered": swap,
    "rewritten": rewrite,
    "truncated": truncate,
}
BROKEN = "broken text"


def main(arguments: Sequence[str]) -> int:
    """Run the machine and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.tampers", description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=commit_seed())
    parser.add_argument("--database-url", help="an empty database, instead of a SQLite file made for it")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as folder:
        database = options.database_url or Path(folder) / "workspace.db"
        return asyncio.run(run(database, options.count, options.seed)).end()


async def run(database: Database, count: int, seed: int) -> Report:
    """Tamper so many times with a log that real work wrote, and report what was not found, or found elsewhere."""
    random = Random(seed)
    async with open_store(database) as store, behind_the_triggers(database) as engine:
        await work(store)
        written = await _rows(engine)
        on_sqlite = engine.dialect.name == "sqlite"
        report = Report("tampers", seed, (*TAMPERS, *([BROKEN] if on_sqlite else [])))
        report.figures |= {"database": engine.dialect.name, "rows": len(written)}
        key, head = read_key(find_key_file(database)), {written[-1][0]: written[-1][-1]}
        if (verdict := await verify_log(store, key, head)).bad:
            report.violations.append(f"the log as it was written is not right: {verdict.bad}")
        kinds = tuple(report.hits)
        found = 0
        for number in range(count):
            kind = kinds[number % len(kinds)]
            report.hits[kind] += 1
            expected = await _tamper(engine, kind, written, random)
            verdict = await verify_log(store, key, head)
            cut_off = kind == "truncated" and expected > 1  # where all is gone, that shows by itself
            without_head = await verify_log(store, key, {}) if kind == "truncated" else verdict
            if verdict.bad is None or verdict.bad.seq != expected or (without_head.bad is None) != cut_off:
                report.violations.append(f"tamper {number}, {kind}: {verdict.bad} instead of row {expected}")
            else:
                found += 1
        report.figures |= {"tampers": count, "found, and the first bad row named": found}
    return report


async def work(store: SqlStore) -> None:
    """Do what a team does, so that the log holds every kind of row."""
    clock = world.HandClock()
    backend = Backend(store, clock, bell := Bell(), Lookout(store, bell), "Team", "1")
    ana, tove = world.CHAIRS["ana"], world.CHAIRS["tove"]
    for chair in (ana, tove):
        await issue_token(store, clock, chair)
    for number in range(8):
        about = ConversationId(f"c-{number}")
        await import_conversations(store, clock, [world.conversation(about)], queue_all=True)
        await claim_conversation(backend, ana, about)
        await store_correction(backend, ana, world.correction(f"k-{number}", about))
        await claim_conversation(backend, tove, about, take_back=1)
        await close_conversation(backend, tove, about, 2)
        await reopen_conversation(backend, ana, about)
        await claim_conversation(backend, ana, about)
        await release_claim(backend, ana, about, 3)
        clock.move(seconds=number + 0.5)
    await record_export(store, clock, "jsonl", 8, "0" * 64)


@asynccontextmanager
async def behind_the_triggers(database: Database) -> AsyncIterator[AsyncEngine]:
    """Open a database whose audit log takes any change now, as its administrator can."""
    engine = create_engine(database)
    try:
        async with engine.begin() as connection:
            for statement in WITHOUT_TRIGGERS[engine.dialect.name]:
                await connection.execute(text(statement))
        yield engine
    finally:
        await engine.dispose()


async def _tamper(engine: AsyncEngine, kind: str, written: Sequence[Row], random: Random) -> int:
    """Leave the log changed in one way; return the number of the first row that differs."""
    rows = TAMPERS[kind](list(written), random) if kind in TAMPERS else list(written)
    async with engine.begin() as connection:
        await connection.execute(delete(AuditTable))
        if rows:
            await connection.execute(insert(AuditTable), [dict(zip(COLUMNS, row, strict=True)) for row in rows])
        if kind != BROKEN:
            return _first_difference(written, rows)
        seq = random.randint(1, len(rows))
        await connection.execute(text(BROKEN_TEXT.format(column=random.choice(TEXTS), seq=seq)))
        return seq


async def _rows(engine: AsyncEngine) -> list[Row]:
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(select(AuditTable).order_by(AuditTable.seq))]


def _first_difference(written: Sequence[Row], found: Sequence[Row]) -> int:
    """Return the number of the first row that is not what was written there, or that should not be there at all."""
    there = {row[0]: row for row in found}
    first = next((row[0] for row in written if there.get(row[0]) != row), len(written) + 1)
    return min([first, *(seq for seq in there if seq < 1)])


def _numbered(rows: Sequence[Row]) -> list[Row]:
    return [(number, *row[1:]) for number, row in enumerate(rows, start=1)]


def _changed(value: object, random: Random) -> object:
    if isinstance(value, datetime):
        return value + timedelta(microseconds=random.choice((-1, 1, 1_000_000, -3_600_000_000)))
    characters = list(str(value))
    place = random.randint(0, len(characters))
    characters[place : place + random.randint(0, 1)] = random.choice(string.printable + "å\u200b🙂")
    return "".join(characters)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
