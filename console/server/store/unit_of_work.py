"""One transaction over all repositories, and the store that opens them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from anyio import CancelScope
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from console.server.services.ports import Database, StoreError
from console.server.store.audit import MADE_BY, SqlAudit, begin_log, resume_log
from console.server.store.audit_key import find_key_file
from console.server.store.conversations import SqlConversations
from console.server.store.engine import create_engine, for_reading, for_writing, make_private, sqlite_file
from console.server.store.failures import told_apart
from console.server.store.listening import listening
from console.server.store.repositories import SqlAccounts, SqlCorrections, SqlEvents
from console.server.store.schema import read_revision, upgraded


class SqlUnit:
    """The repositories of one transaction."""

    def __init__(self, db: AsyncConnection, audit_key: bytes) -> None:
        self.conversations = SqlConversations(db)
        self.corrections = SqlCorrections(db)
        self.events = SqlEvents(db)
        self.accounts = SqlAccounts(db)
        self.audit = SqlAudit(db, audit_key)


class SqlStore:
    """StorePort over an engine; `publish` is called after each commit that appended events."""

    def __init__(self, engine: AsyncEngine, publish: Callable[[], None], audit_key: bytes) -> None:
        self._reading = for_reading(engine)
        self._writing = for_writing(engine)
        self._audit_key = audit_key
        self._publish = publish

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlUnit]:
        """Open a unit that sees one moment of the database; it goes on to its end where its reader goes meanwhile."""
        with told_apart(), CancelScope(shield=True):  # what breaks off a query leaves the driver's connection behind
            async with self._reading.connect() as db:
                yield SqlUnit(db, self._audit_key)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlUnit]:
        """Open a unit that commits at its end, or leaves no trace where its block raises."""
        with told_apart():
            async with self._writing.begin() as db:
                unit = SqlUnit(db, self._audit_key)
                yield unit
        if unit.events.appended:
            self._publish()


@asynccontextmanager
async def open_store(
    database: Database, publish: Callable[[], None] | None = None, audit_key: Path | None = None
) -> AsyncIterator[SqlStore]:
    """Open the store with its schema up to date; a new file and its folder are for the user alone.

    `publish` is called when there are new events, on PostgreSQL whichever process wrote them. `audit_key`: the file
    with the audit log's key, if it is not in its usual place. Raises StoreError, also without the right key, or where
    the log was emptied.
    """
    key_file = audit_key or find_key_file(database)
    if file := sqlite_file(database):
        make_private(file)
    async with upgraded(database) as (connection, ran):
        key = await (begin_log if MADE_BY in ran else resume_log)(connection, key_file)
    engine = create_engine(database)
    try:
        async with listening(engine, publish) if publish else nullcontext():
            yield SqlStore(engine, publish or (lambda: None), key)
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_log(database: Database, key: bytes = b"") -> AsyncIterator[SqlStore]:
    """Open the store to look at its audit log as it is. Raises StoreError where its schema is not this program's."""
    found, wanted = await read_revision(database)
    if found != wanted:
        raise StoreError(f"the database has schema {found}, this program wants {wanted}; start the backend once")
    engine = create_engine(database)
    try:
        yield SqlStore(engine, lambda: None, key)
    finally:
        await engine.dispose()
