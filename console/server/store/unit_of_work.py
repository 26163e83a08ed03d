"""One transaction over all repositories, and the store that opens them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from console.server.services.ports import Database
from console.server.store.conversations import SqlConversations
from console.server.store.engine import create_engine, for_writing, make_private, sqlite_file
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
        self._engine = engine
        self._writing = for_writing(engine)
        self._publish = publish

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlUnit]:
        """Open a unit that sees one moment of the database."""
        async with AsyncSession(self._engine) as session:
            yield SqlUnit(session)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlUnit]:
        """Open a unit that commits at its end, or leaves no trace where its block raises."""
        async with AsyncSession(self._writing) as session, session.begin():
            unit = SqlUnit(session)
            yield unit
        if unit.events.appended:
            self._publish()


@asynccontextmanager
async def open_store(database: Database, publish: Callable[[], None] = lambda: None) -> AsyncIterator[SqlStore]:
    """Open the store with its schema up to date; a new file and its folder are for the user alone."""
    if file := sqlite_file(database):
        make_private(file)
    engine = create_engine(database)
    try:
        await upgrade_schema(engine)
        yield SqlStore(engine, publish)
    finally:
        await engine.dispose()
