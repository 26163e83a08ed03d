"""A damaged profile file: moved aside, never deleted, and the work in it that can still be read taken over."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from console.client.domain.drafts import CorrectionDraft
from console.contract.corrections import Correction

WORK: dict[str, type[CorrectionDraft] | type[Correction]] = {"draft": CorrectionDraft, "outbox": Correction}
"""The tables that hold what exists nowhere else, each with what its column `body` holds."""

_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY = 0xFF


class DamagedError(Exception):
    """SQLite can open the file, but finds it damaged."""


def is_damage(error: Exception) -> bool:
    """Say whether an error means that the file is damaged, rather than busy, full or out of reach."""
    return isinstance(error, DamagedError) or getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _CODES


def check_whole(db: sqlite3.Connection) -> None:
    """Raise DamagedError or sqlite3.Error where the file is damaged; reads all of it, 1 s for about 1 GB."""
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise DamagedError(found)


def move_aside(path: Path) -> Path:
    """Give the file and its log another name, with the time in it; return where the file lies now. Raises OSError."""
    aside = path.with_name(f"{path.stem}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}{path.suffix}")
    for suffix in ("-wal", "-shm", ""):  # the log first: beside a new file it would be taken for that one's
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def take_over(damaged: Path, db: sqlite3.Connection) -> None:
    """Copy what can still be read of the work in a damaged file, which stays as it is. Raises sqlite3.Error."""
    for table in WORK:
        for row in _readable(damaged, table):
            places = ", ".join("?" * len(row))
            db.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values()))


def _readable(damaged: Path, table: str) -> Iterator[dict[str, str | int | None]]:
    """Yield rows by column, until one cannot be read; those whose body is no work are passed over."""
    try:
        with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as old:
            rows = old.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in rows.description]
            for values in rows:
                row = dict(zip(columns, values, strict=True))
                if _is_work(table, row["body"]):
                    yield row
    except sqlite3.Error:
        return


def _is_work(table: str, body: str) -> bool:
    try:
        WORK[table].model_validate_json(body)
    except ValidationError:
        return False
    return True
