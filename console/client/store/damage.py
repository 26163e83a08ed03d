"""A damaged profile file: moved aside, never deleted, and the work in it that can still be read taken over."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from console.client.domain.drafts import CorrectionDraft
from console.client.store.seals import SEALED, is_intact
from console.contract.base import Model
from console.contract.corrections import Correction
from console.contract.views import Me, Receipt

WORK: dict[str, type[CorrectionDraft] | type[Correction]] = {"draft": CorrectionDraft, "outbox": Correction}
"""The tables that hold what exists nowhere else, each with what its column `body` holds."""

_READ_AS: dict[str, tuple[str, type[Model]] | None] = {
    **{table: ("body", kind) for table, kind in WORK.items()},
    "unreadable_draft": None,
    "delivery": ("receipt", Receipt),
    "person": ("body", Me),
}
"""The tables taken over, each with the column that must be readable in a row without a seal, and what it holds.

Deliveries are among them because a backend restored from an old backup gets its corrections back from here; people,
because while the backend is away nothing else says whose work this is.
"""

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_OUTSIDE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOMEM}
)
"""What says nothing of the file: it may be read as soon as there is room, or whoever holds it lets go."""
_PRIMARY = 0xFF

Raw = dict[str, bytes | int | None]
"""A row by column, text as the bytes that are on the disk."""

Remains = tuple[str, int, str, str]
"""What is left of a draft or correction: conversation, turn, author, and of its words those that are still text."""


class DamagedError(Exception):
    """SQLite can open the file, but it is damaged."""


def is_damage(error: Exception) -> bool:
    """Say whether an error means that the file is damaged, rather than busy, full or out of reach."""
    if isinstance(error, DamagedError | UnicodeDecodeError):  # the latter where SQLite quotes what it cannot read
        return True
    return _code(error) in _DAMAGE


def _code(error: Exception) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & _PRIMARY


def check_pages(db: sqlite3.Connection) -> None:
    """Raise DamagedError or sqlite3.Error where the file is damaged; reads all of it, 1.5 s for about 1 GB."""
    (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise DamagedError(found)


def move_aside(path: Path, at: datetime) -> Path:
    """Give the file and its log another name, with that time in it; return it. Raises OSError.

    What a call that was cut short has moved already stays where it is.
    """
    aside = path.with_name(f"{path.stem}.damaged-{at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}{path.suffix}")
    for suffix in ("-wal", "-shm", ""):  # the log first: beside a new file it would be taken for that one's
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def take_over(damaged: Path, db: sqlite3.Connection) -> None:
    """Copy what can still be read of the work in a damaged file, which stays as it is. Raises sqlite3.Error.

    Work that is no longer as it was written is put among the unreadable drafts: its author is told of it, and never
    shown words that may be nobody's.
    """
    left: set[Remains] = set()
    for table in _READ_AS:
        for raw in _reached(damaged, table):
            if row := _as_work(table, raw):
                places = ", ".join("?" * len(row))
                db.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values()))
            elif table in WORK and (remains := _remains(raw)):
                left.add(remains)
    insert = "INSERT INTO unreadable_draft (conversation_id, turn, author_id, body) VALUES (?, ?, ?, ?)"
    db.executemany(insert, sorted(left))


def _reached(damaged: Path, table: str) -> Iterator[Raw]:
    """Yield rows, from either end until one cannot be reached: most of them twice.

    Raises sqlite3.Error where that is not the file's fault.
    """
    for order in ("ASC", "DESC"):
        try:
            with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as old:
                old.text_factory = bytes
                rows = old.execute(f"SELECT * FROM {table} ORDER BY rowid {order}")
                columns = [column[0] for column in rows.description]
                for values in rows:
                    yield dict(zip(columns, values, strict=True))
        except UnicodeDecodeError:
            continue
        except sqlite3.Error as error:
            if _code(error) in _OUTSIDE:
                raise


def _as_work(table: str, raw: Raw) -> dict[str, str | int | None] | None:
    """Return a row as it was written; None for one that was not, and for one without a seal that is no work."""
    seal = raw.get("seal")
    columns = SEALED.get(table, tuple(raw))
    if not is_intact([raw[column] for column in columns], seal if isinstance(seal, bytes) else None):
        return None
    try:
        row = {name: value.decode() if isinstance(value, bytes) else value for name, value in raw.items()}
        if seal is None and (reads := _READ_AS[table]):
            column, kind = reads
            kind.model_validate_json(str(row[column]))
    except (UnicodeDecodeError, ValidationError):
        return None
    return row


def _remains(raw: Raw) -> Remains | None:
    """Return what is left of a damaged row; None where not even whose it was can be read."""
    conversation_id, turn, author_id, body = (raw[name] for name in ("conversation_id", "turn", "author_id", "body"))
    if not (isinstance(conversation_id, bytes) and isinstance(turn, int) and isinstance(author_id, bytes)):
        return None
    words = body.decode(errors="replace") if isinstance(body, bytes) else ""
    try:
        return conversation_id.decode(), turn, author_id.decode(), words
    except UnicodeDecodeError:
        return None
