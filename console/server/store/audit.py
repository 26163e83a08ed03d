"""The audit log in SQL: rows are added in turn, each chained to the one before, and none is ever changed."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, SQLColumnExpression, cast, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from console.server.domain.audit import (
    OPERATOR,
    START,
    AuditAction,
    AuditEntry,
    AuditRow,
    BadRow,
    Head,
    Unreadable,
    chained,
    follow,
)
from console.server.services.ports import StoreError
from console.server.store.audit_key import make_key, read_key
from console.server.store.postgresql import Turn, take_turn
from console.server.store.tables import AuditTable

T = AuditTable
_HEAD = select(T.seq, T.mac).order_by(T.seq.desc()).limit(1)
_APPEND = insert(T)
MADE_BY = "0002"
"""The revision that makes the table, empty: a log is begun there and nowhere else."""
SQLITE_MOMENT = "%Y-%m-%d %H:%M:%S.%f"
"""As SQLAlchemy writes a moment there."""


class SqlAudit:
    """AuditPort over one connection, under the log's key."""

    def __init__(self, db: AsyncConnection, key: bytes) -> None:
        self._db = db
        self._key = key

    async def append(self, entry: AuditEntry) -> None:
        await take_turn(self._db, Turn.APPEND)
        await self._db.execute(_APPEND, asdict(chained(self._key, await self.head(), entry)))

    async def head(self) -> Head:
        found = (await self._db.execute(_HEAD)).one_or_none()
        return START if found is None else Head(found.seq, found.mac)

    async def page(self, after: int | None, limit: int) -> tuple[AuditRow | Unreadable, ...]:
        told: list[SQLColumnExpression[Any]] = [T.at, T.actor_id, T.action, T.subject, T.detail, T.mac]
        if self._db.dialect.name == "sqlite":  # where a column may hold anything, but always bytes
            told = [cast(column, LargeBinary) for column in told]
        rows = select(T.seq, *told).order_by(T.seq).limit(limit)
        rows = rows if after is None else rows.where(T.seq > after)
        return tuple(_row(*found) for found in await self._db.execute(rows))


async def begin_log(connection: AsyncConnection, key_file: Path) -> bytes:
    """Write the first row into the table that this transaction made; return the key, made now if there is none.

    Raises StoreError where the key can be neither made nor read.
    """
    key = make_key(key_file)
    await SqlAudit(connection, key).append(AuditEntry(datetime.now(UTC), OPERATOR, AuditAction.LOG_BEGUN, "", {}))
    return key


async def resume_log(connection: AsyncConnection, key_file: Path) -> bytes:
    """Return the key of a log that was begun before.

    Raises StoreError where the key is not there or is not the one the log was begun with, and where the log was
    emptied: what happened until then must not go unsaid because a new one is begun.
    """
    key = read_key(key_file)
    first = await SqlAudit(connection, key).page(None, 1)
    if not first:
        raise StoreError("the audit log was emptied: not even its first row is there; put back a copy of the database")
    if isinstance(follow(key, START, first[0]), BadRow):
        raise StoreError(
            f"the key at {key_file} is not the one that the audit log was begun with, or the log's first row was "
            "altered; put the right key back"
        )
    return key


def _row(seq: int, at: datetime | bytes | None, *told: str | bytes | None) -> AuditRow | Unreadable:
    """Return a row as it stands there, unless it holds what nobody here can have written."""
    moment = at.astimezone(UTC) if isinstance(at, datetime) else _moment(_text(at))
    texts = [text for text in map(_text, told) if text is not None]
    return AuditRow(seq, moment, *texts) if moment and len(texts) == len(told) else Unreadable(seq)


def _text(column: str | bytes | None) -> str | None:
    try:
        return column.decode() if isinstance(column, bytes) else column
    except UnicodeDecodeError:
        return None


def _moment(text: str | None) -> datetime | None:
    """Return SQLite's moment, if it is written to the letter as SQLAlchemy writes it."""
    try:
        moment = datetime.fromisoformat(text or "").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment.strftime(SQLITE_MOMENT) == text else None
