"""Inserts that meet a row which is there already, or which another transaction is just writing: they wait for it."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from console.server.store.tables import Table

Insert = postgresql.Insert | sqlite.Insert


def insert_new(db: AsyncConnection, table: type[Table]) -> Insert:
    """Return an INSERT that leaves what is there as it is."""
    return _insert(db, table).on_conflict_do_nothing()


def insert_or_update(db: AsyncConnection, table: type[Table]) -> Insert:
    """Return an INSERT that gives what is there under the same primary key the new values."""
    insert = _insert(db, table)
    key = [column.name for column in table.__table__.primary_key]
    values = {column.name: column for column in insert.excluded if column.name not in key}
    return insert.on_conflict_do_update(index_elements=key, set_=values)


def _insert(db: AsyncConnection, table: type[Table]) -> Insert:
    on_postgresql = db.dialect.name == "postgresql"
    return postgresql.insert(table) if on_postgresql else sqlite.insert(table)
