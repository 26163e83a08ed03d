"""One transaction over all repositories, and the store that opens them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from console.server.services.ports import Database
from console.server.store.conversations import SqlConversations
from console.server.store.engine import create_engine, for_reading, for_writing, make_private, sqlite_file
from console.server.store.failures import told_apart
from console.server.store.listening import listening
from console.server.store.repositories import SqlAccounts, SqlCorrections, SqlEvents
from console.server.store.schema import upgrade_schema


class SqlUnit:
    """The repositories of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self.conversations = SqlConversations(session)
        self.corrections = SqlCorrections(session)
        self.events = SqlEvents(session)
        self.accounts = SqlAccounts(session)


class SqlStore:
    """StorePort over an engine; `publish` is called after each commit that appended events."""

    def __init__(self, engine: AsyncEngine, publish: Callable[[], None]) -> None:
        self._reading = for_reading(engine)
        self._writing = for_writing(engine)
        self._publish = publish

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlUnit]:
        """Open a unit that sees one moment of the database."""
        with told_apart():
            async with AsyncSession(self._reading) as session:
                yield SqlUnit(session)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlUnit]:
        """Open a unit that commits at its end, or leaves no trace where its block raises."""
        with told_apart():
            async with AsyncSession(self._writing) as session, session.begin():
                unit = SqlUnit(session)
                yield unit
        if unit.events.appended:
            self._publish()


@asynccontextmanager
async def open_store(database: Database, publish: Callable[[], None] | None = None) -> AsyncIterator[SqlStore]:
    """Open the store with its schema up to date; a new file and its folder are for the user alone.

    `publish` is called when there are new events, on PostgreSQL whichever process wrote them.
    """
    if file := sqlite_file(database):
        make_private(file)
    await upgrade_schema(database)
    engine = create_engine(database)
    try:
        async with listening(engine, publish) if publish else nullcontext():
            yield SqlStore(engine, publish or (lambda: None))
    finally:
        await engine.dispose()
