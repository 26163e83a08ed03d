"""Tells what a database cannot do now from what this program did wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InternalError, NotSupportedError, SQLAlchemyError, TimeoutError

from console.server.services.ports import StoreError

PASSING_SQLSTATES = frozenset({"08", "28", "3D", "40", "53", "55", "57", "58", "XX"})
"""PostgreSQL's classes: the connection, the login, a lost race, no room, a lock, an administrator, the system."""

PASSING_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


@contextmanager
def told_apart() -> Iterator[None]:
    """Raise StoreError for what lies with the database; let a mistake of ours through as it is."""
    try:
        yield
    except StoreError:
        raise
    except (SQLAlchemyError, OSError) as error:
        if not _lies_with_the_database(error):
            raise
        raise StoreError(describe(error)) from error


def describe(error: Exception) -> str:
    """The database's own words in one line, without the statement and the advice that the libraries add."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    words = str(cause).partition("\n")[0] or "it did not answer in time"
    return f"the database cannot be used: {words}"


def _lies_with_the_database(error: SQLAlchemyError | OSError) -> bool:
    if not isinstance(error, DBAPIError):
        return isinstance(error, (OSError, TimeoutError))  # no connection to be had, from the network or from the pool
    if error.connection_invalidated:
        return True
    if isinstance(
        error, (NotSupportedError, InternalError)
    ):  # a replica has migrated; a connection ends in mid-sentence
        return True
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode & 0xFF in PASSING_SQLITE
    return str(getattr(error.orig, "sqlstate", ""))[:2] in PASSING_SQLSTATES
