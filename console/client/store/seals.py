"""Seals on the rows of work: SQLite knows a broken page, but not a letter that became another one."""

import sqlite3
from collections.abc import Sequence

from console.contract.base import content_sha256

SEALED = {
    "draft": ("conversation_id", "turn", "author_id", "body"),
    "outbox": ("id", "author_id", "conversation_id", "turn", "submitted_at", "body"),
}
"""The tables whose rows are sealed, each with the columns that a seal is made of, in order."""


def insert_sealed(db: sqlite3.Connection, table: str, *values: str | int) -> None:
    """Insert a row with its seal. Raises sqlite3.Error."""
    columns = *SEALED[table], "seal"
    places = ", ".join("?" * len(columns))
    db.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", (*values, _seal(values)))


def all_intact(db: sqlite3.Connection) -> bool:
    """Say whether every sealed row is as it was written. Raises sqlite3.Error."""
    for table, columns in SEALED.items():
        raw = ", ".join(f"CAST({column} AS BLOB)" for column in (*columns, "seal"))
        if not all(is_intact(values, seal) for *values, seal in db.execute(f"SELECT {raw} FROM {table}")):
            return False
    return True


def is_intact(values: Sequence[bytes | int | None], seal: bytes | None) -> bool:
    """Say whether a row is as it was written; of one that was written before there were seals: whether it is text."""
    if seal is not None:
        return seal == _seal(values).encode()
    try:
        return all(isinstance(value.decode(), str) for value in values if isinstance(value, bytes))
    except UnicodeDecodeError:
        return False


def _seal(values: Sequence[str | bytes | int | None]) -> str:
    return content_sha256(b"\x1f".join(value if isinstance(value, bytes) else str(value).encode() for value in values))
