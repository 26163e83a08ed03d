"""Brings a database's schema up to date; the migrations travel inside the package."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from console.server.services.ports import Database, StoreError
from console.server.store.engine import create_engine, for_writing
from console.server.store.failures import describe
from console.server.store.postgresql import MIGRATING, Turn, take_turn

MIGRATIONS = Path(__file__).parent / "migrations"


async def read_revision(database: Database) -> tuple[str, str]:
    """Return the database's revision and the one this program wants, changing nothing. Raises StoreError."""
    async with _opened(database) as engine, engine.connect() as connection:
        found = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return found or "none", ScriptDirectory(str(MIGRATIONS)).get_current_head() or "none"


@asynccontextmanager
async def upgraded(database: Database) -> AsyncIterator[tuple[AsyncConnection, frozenset[str]]]:
    """Run the missing migrations in one transaction, one process at a time, which ends with the block; name them.

    A crash, or an error in the block, leaves the old schema. Raises StoreError where the database cannot be opened, or
    was made by a newer version.
    """
    async with _opened(database) as engine, for_writing(engine).begin() as connection:
        await take_turn(connection, Turn.SCHEMA)
        yield connection, await connection.run_sync(_upgrade)


@asynccontextmanager
async def _opened(database: Database) -> AsyncIterator[AsyncEngine]:
    """An engine that waits as long as migrations take; whatever goes wrong with it is a StoreError."""
    engine = create_engine(database, MIGRATING)
    try:
        yield engine
    except StoreError:
        raise
    except (SQLAlchemyError, OSError, CommandError) as error:
        raise StoreError(describe(error)) from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> frozenset[str]:
    """Return the revisions that ran."""
    before = MigrationContext.configure(connection).get_current_revision()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    ran = ScriptDirectory.from_config(config).iterate_revisions("head", before or "base")
    return frozenset(script.revision for script in ran)
