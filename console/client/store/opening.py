"""Opens a profile's file so that what is committed stays, and begins it anew, losing nothing, where it is damaged."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from console.client.store.damage import DamagedError, check_pages, is_damage, move_aside, take_over
from console.client.store.folders import make_folder, sync_folder
from console.client.store.schema import NewerSchemaError, migrate
from console.client.store.seals import all_intact

BUSY_TIMEOUT_S = 10.0

Connect = Callable[..., sqlite3.Connection]


@contextmanager
def transaction(db: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """Commit at the end, or leave no trace where the block raises. Raises sqlite3.Error."""
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def open_profile(path: Path, connect: Connect) -> tuple[sqlite3.Connection, str | None]:
    """Return the open file and, where it had to be begun anew, a note that says so. Raises sqlite3.Error, OSError.

    What can be read of a damaged file is put into a new one first, whole and on the disk; from then on each step can be
    cut short and is done by the next call.
    """
    taken_over = path.with_name(f"{path.stem}.taken-over{path.suffix}")
    if not taken_over.exists():
        try:
            return _connect(path, connect), None
        except (sqlite3.Error, UnicodeDecodeError, DamagedError) as error:
            if not is_damage(error):
                raise
        _take_over(path, taken_over, connect)
    damaged = move_aside(path, datetime.fromtimestamp(taken_over.stat().st_mtime, UTC))
    taken_over.rename(path)
    sync_folder(path.parent)
    return _connect(path, connect), (
        "What this computer had kept was damaged. Drafts and waiting corrections that could still be read are here; "
        f"the damaged file is kept at {damaged}."
    )


def _take_over(damaged: Path, taken_over: Path, connect: Connect) -> None:
    """Make a file of what can be read of a damaged one; it has its name once it is whole."""
    begun = damaged.with_name(f"{damaged.stem}.being-taken-over{damaged.suffix}")
    for left in (begun, *(begun.with_name(begun.name + suffix) for suffix in ("-wal", "-shm"))):
        left.unlink(missing_ok=True)
    with closing(_connect(begun, connect)) as db:
        with transaction(db):
            take_over(damaged, db)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # closing would do it too, but not say where it fails
    begun.rename(taken_over)
    sync_folder(taken_over.parent)


def _connect(path: Path, connect: Connect) -> sqlite3.Connection:
    make_folder(path.parent)
    with suppress(FileExistsError):  # never opened and closed where it is in use: that would drop SQLite's own locks
        path.touch(mode=0o600, exist_ok=False)
    path.chmod(0o600)
    db = connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        _prepare(db)
    except (sqlite3.Error, OSError, UnicodeDecodeError, NewerSchemaError, DamagedError):
        db.close()
        raise
    return db


def _as_text(raw: bytes) -> str:
    """Read what the seals do not cover, copies above all: a damaged one must not keep anybody out."""
    return raw.decode(errors="replace")


def _prepare(db: sqlite3.Connection) -> None:
    """Make a commit mean that it is on disk, check that SQLite agreed, and bring the file to this schema."""
    (journal,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    db.execute("PRAGMA synchronous = FULL")
    (synchronous,) = db.execute("PRAGMA synchronous").fetchone()
    if (journal, synchronous) != ("wal", 2):
        raise OSError(f"SQLite would not keep commits safe here (journal {journal}, synchronous {synchronous})")
    check_pages(db)
    migrate(db)
    if not all_intact(db):
        raise DamagedError("some of the work kept here is not as it was written")
    db.text_factory = _as_text
