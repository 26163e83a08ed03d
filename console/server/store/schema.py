"""Brings a database's schema up to date; the migrations travel inside the package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from console.server.services.ports import Database
from console.server.store.engine import StoreError, create_engine, for_writing

MIGRATIONS = Path(__file__).parent / "migrations"


async def read_revision(database: Database) -> tuple[str, str]:
    """Return the database's revision and the one this program wants, changing nothing. Raises StoreError."""
    engine = create_engine(database)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    except SQLAlchemyError as error:
        raise StoreError(_reason(error)) from error
    finally:
        await engine.dispose()
    return found or "none", ScriptDirectory(str(MIGRATIONS)).get_current_head() or "none"


async def upgrade_schema(engine: AsyncEngine) -> None:
    """Run the missing migrations in one transaction: a crash leaves the old schema or the new one.

    Raises StoreError where the database cannot be opened, or was made by a newer version.
    """
    try:
        async with for_writing(engine).begin() as connection:
            await connection.run_sync(_upgrade)
    except (SQLAlchemyError, CommandError) as error:
        raise StoreError(_reason(error)) from error


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _reason(error: SQLAlchemyError | CommandError) -> str:
    """The database's own words, without the statement and the advice that the libraries add."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return f"the database cannot be used: {cause}"
