"""Opens the database the safe way: on SQLite a write-ahead log, fsync at each commit, one writer at a time."""

import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from console.server.services.ports import Database

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


class StoreError(OSError):
    """The database cannot be opened, or does not keep a promise that the backend makes to its users."""


def parse_url(database: Database) -> URL:
    """Return the URL, with the asynchronous driver where the database is SQLite. Raises StoreError."""
    if isinstance(database, Path):
        return URL.create("sqlite+aiosqlite", database=str(database))
    try:
        url = make_url(database)
    except ArgumentError as error:
        raise StoreError(f"the database has no usable URL: {error}") from None
    return url.set(drivername="sqlite+aiosqlite") if url.get_backend_name() == "sqlite" else url


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
        folder.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileExistsError):  # never opened if it is there: closing it would drop SQLite's locks on it
        file.touch(mode=0o600, exist_ok=False)


def create_engine(database: Database) -> AsyncEngine:
    """Return an engine. Raises StoreError, also at the first connection that is not safe."""
    try:
        engine = create_async_engine(parse_url(database))
    except (NoSuchModuleError, ModuleNotFoundError, InvalidRequestError) as error:
        raise StoreError(f"the database's driver cannot be used: {error}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _make_safe)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def for_writing(engine: AsyncEngine) -> AsyncEngine:
    """Return the same engine and pool, with transactions that take the write lock as they begin."""
    return engine.execution_options(redline_writes=True)


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
