"""Opens the database the safe way: every commit on disk before it counts, and nobody waits for ever."""

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from console.server.services.ports import Database, StoreError
from console.server.store import postgresql

BUSY_TIMEOUT_MS = 10_000
SAFE: dict[str, str | int] = {
    "busy_timeout": BUSY_TIMEOUT_MS,
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
}
"""What each pragma must read back as; the first lets the others wait for their turn.

synchronous 2 is FULL: NORMAL would lose acknowledged corrections.
"""

READING: dict[str, dict[str, object]] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
WRITING: dict[str, dict[str, object]] = {
    "sqlite": {"redline_writes": True},
    "postgresql": {"isolation_level": "READ COMMITTED"},
}


def parse_url(database: Database) -> URL:
    """Return the URL with the driver that Redline uses. Raises StoreError."""
    if isinstance(database, Path):
        return URL.create("sqlite+aiosqlite", database=str(database))
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):  # whose words may hold a piece of the password
        raise StoreError(
            "the database's URL is not one such as sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from None
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite+aiosqlite")
    if url.get_backend_name() in postgresql.NAMES:
        return postgresql.choose_driver(url)
    raise StoreError(f"Redline works on SQLite and PostgreSQL, not on {url.get_backend_name()}")


def sqlite_file(database: Database) -> Path | None:
    """Return the file of a SQLite database, None for others and for one in memory. Raises StoreError."""
    url = parse_url(database)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file else None


def make_private(file: Path) -> None:
    """Make a missing file, and what is missing of its folders, for the user alone; what is there stays as it is.

    SQLite gives the mode of a database to the files beside it.
    """
    for folder in reversed(file.parents):  # one by one, because `parents=True` makes the upper ones readable by all
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(folder.parent)
    with suppress(FileExistsError):  # never opened if it is there: closing it would drop SQLite's locks on it
        file.touch(mode=0o600, exist_ok=False)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk: a power cut would take a new folder away, with the database in it."""
    if os.name == "nt":  # where folders cannot be synced, and NTFS keeps their names in its own log
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def create_engine(database: Database, patience: postgresql.Patience = postgresql.SERVING) -> AsyncEngine:
    """Return an engine. Raises StoreError, also at the first connection that is not safe."""
    url = parse_url(database)
    if url.get_backend_name() == "postgresql":
        return postgresql.create_engine(url, patience)
    engine = create_async_engine(url)
    event.listen(engine.sync_engine, "connect", _make_safe)
    event.listen(engine.sync_engine, "begin", _begin)
    event.listen(engine.sync_engine, "invalidate", _end_transaction)
    return engine


def for_reading(engine: AsyncEngine) -> AsyncEngine:
    """Return the same engine and pool, with transactions that see one moment of the database."""
    return engine.execution_options(**READING[engine.dialect.name])


def for_writing(engine: AsyncEngine) -> AsyncEngine:
    """Return the same engine and pool, with transactions in which each statement meets what is committed by then.

    On SQLite they take the write lock as they begin; elsewhere they must lock what they decide on.
    """
    return engine.execution_options(**WRITING[engine.dialect.name])


def _make_safe(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself
    cursor = connection.cursor()
    for pragma, value in SAFE.items():
        _set(cursor, pragma, value)
        cursor.execute(f"PRAGMA {pragma}")
        (found,) = cursor.fetchone() or (None,)
        if found != value:
            raise StoreError(f"SQLite answers {pragma} = {found}; Redline needs {value}")
    cursor.close()


def _set(cursor: DBAPICursor, pragma: str, value: str | int) -> None:
    """Set a pragma; two who make a database at once can't wait for each other's switch to the log, only try again."""
    end = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute(f"PRAGMA {pragma} = {value}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between, whatever the timeout.
    writes = connection.get_execution_options().get("redline_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _end_transaction(connection: DBAPIConnection, _: ConnectionPoolEntry, __: BaseException | None) -> None:
    # Closing one that was stopped midway is not enough: it lives on, lock and all, until its last statement ends.
    connection.rollback()
