"""Brings a database's schema up to date; the migrations travel inside the package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from console.server.store.engine import create_engine, for_writing

MIGRATIONS = Path(__file__).parent / "migrations"


async def read_revision(database: str) -> tuple[str, str]:
    """Return the database's revision and the one this program wants, changing nothing. Raises SQLAlchemyError."""
    engine = create_engine(database)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    finally:
        await engine.dispose()
    return found or "none", ScriptDirectory(str(MIGRATIONS)).get_current_head() or "none"


async def upgrade_schema(engine: AsyncEngine) -> None:
    """Run the missing migrations in one transaction: a crash leaves the old schema or the new one."""
    async with for_writing(engine).begin() as connection:
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
