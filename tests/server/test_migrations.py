"""Migrations: on both databases they make the schema of the tables, from every released schema, and all or nothing."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from console.contract.events import EventPage
from console.contract.reconcile import Delivered, StoredId, digest_day
from console.contract.views import CorrectionPage
from console.server.services.ports import Database, StoreError
from console.server.store.audit_key import KEY_FILE
from console.server.store.engine import create_engine
from console.server.store.schema import MIGRATIONS, upgraded
from console.server.store.tables import Table
from console.server.store.unit_of_work import open_store
from tests.server.cluster import AUDIT_KEY
from tests.server.conftest import MakeDatabase, Sql, SqlOn
from tests.server.golden import FOLDER
from tests.server.world import NOW, PATIENCE_S, correction, ids, running, send, wait_until

ROOT = Path(__file__).resolve().parents[2]
RELEASED = sorted({dump.name.split(".")[0] for dump in FOLDER.iterdir()})
CATALOGS = {
    "sqlite": ("SELECT sql FROM sqlite_master WHERE sql NOT NULL AND tbl_name != 'alembic_version'",),
    "postgresql": (
        "SELECT table_name, column_name, data_type, character_maximum_length, collation_name, is_nullable,"
        " column_default FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "SELECT sequencename, data_type, max_value, cycle FROM pg_sequences WHERE schemaname = 'public'",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT proname, md5(pg_get_functiondef(oid)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    ),
}
COLUMNS = {
    "sqlite": "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c"
    " WHERE m.type = 'table' AND m.name NOT IN ('alembic_version', 'sqlite_sequence')",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns"
    " WHERE table_schema = 'public' AND table_name != 'alembic_version'",
}
BLOCKED = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
OTHERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
MIGRATE = (
    sys.executable,
    "-c",
    "import sys; from console.server.app.serve import prepare_store; prepare_store(sys.argv[1])",
)


async def upgrade_schema(database: Database) -> None:
    async with upgraded(database):
        pass


class Outside:
    """A database as another program sees it."""

    def __init__(self, kind: str, sql: Sql) -> None:
        self._kind = kind
        self._sql = sql

    def schema(self) -> list[str]:
        """Everything the database knows of Redline's tables, a line each."""
        lines = [" ".join(" ".join(row).split()) for row in self._sql(*CATALOGS[self._kind])]
        return sorted(line for line in lines if "alembic" not in line)

    def columns(self) -> dict[str, list[str]]:
        """The columns of each of Redline's tables."""
        found: dict[str, list[str]] = {}
        for table, column in self._sql(COLUMNS[self._kind]):
            found.setdefault(table, []).append(column)
        return found

    def rows(self, columns: dict[str, list[str]]) -> list[list[str]]:
        """What these columns hold, each row behind its table's name."""
        return sorted(self._sql(*(f"SELECT '{table}', {', '.join(of)} FROM {table}" for table, of in columns.items())))


Look = Callable[[Database], Outside]
Load = Callable[[Database, str], None]


@pytest.fixture
def outside(kind: str, sql_on: SqlOn) -> Look:
    return lambda database: Outside(kind, partial(sql_on, database))


@pytest.fixture
def load(sql_on: SqlOn) -> Load:
    """Make a database what it was under a released revision."""

    def load(database: Database, revision: str) -> None:
        if isinstance(database, str):
            sql_on(database, (FOLDER / f"{revision}.postgresql.sql").read_text(encoding="utf-8"))
        else:
            database.with_name(KEY_FILE).write_text(AUDIT_KEY, encoding="ascii")
            with closing(sqlite3.connect(database)) as connection:
                connection.executescript((FOLDER / f"{revision}.sqlite.sql").read_text(encoding="utf-8"))

    return load


@pytest.mark.anyio
async def test_the_migrations_make_the_schema_of_the_tables(make_database: MakeDatabase, outside: Look) -> None:
    migrated, modelled = make_database(), make_database()
    await upgrade_schema(migrated)
    engine = create_engine(modelled)
    async with engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
    await engine.dispose()
    assert outside(migrated).schema() == outside(modelled).schema()

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Table.metadata))

    engine = create_engine(migrated)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_every_schema_before_the_newest_is_kept_as_it_was_released() -> None:
    newest, *older = (script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    assert set(older) <= set(RELEASED) <= {newest, *older}
    assert {file.name for file in FOLDER.iterdir()} == {f"{one}.{kind}.sql" for one in RELEASED for kind in CATALOGS}


@pytest.mark.anyio
@pytest.mark.parametrize("revision", RELEASED)
async def test_a_released_schema_comes_up_to_date_and_keeps_every_row(
    make_database: MakeDatabase,
    outside: Look,
    load: Load,
    revision: str,
) -> None:
    database, new = make_database(), make_database()
    load(database, revision)
    columns = outside(database).columns()
    before = outside(database).rows(columns)
    assert {row[0] for row in before} == columns.keys()
    await upgrade_schema(new)
    await upgrade_schema(database)
    assert outside(database).schema() == outside(new).schema()
    assert outside(database).rows(columns) == before


@pytest.mark.parametrize("revision", RELEASED)
def test_people_work_on_where_a_released_schema_left_them(
    make_database: MakeDatabase, load: Load, revision: str
) -> None:
    database = make_database()
    load(database, revision)
    with running(database) as backend:
        ana, ben = backend.client("ana"), backend.client("ben")
        assert set(ids(ana.get("/v1/queue"))) == {"waits", "held", "kept"}
        for name in ("waits", "held", "kept"):
            assert ana.get(f"/v1/conversations/{name}").json()["conversation"]["turns"]
        sent = correction("stored", "waits")
        assert send(ana, sent).status_code == 200
        (stored,) = CorrectionPage.model_validate_json(ana.get("/v1/corrections?author_id=ana").content).records
        assert (stored.correction, stored.receipt.state) == (sent, "stored")
        digest = digest_day(NOW.date(), [StoredId(id=sent.id, body_sha256=stored.receipt.body_sha256)])
        compared = ana.post("/v1/corrections/compare", content=Delivered(days=(digest,)).model_dump_json())
        assert compared.json() == {"days": []}
        assert ben.put("/v1/conversations/held/claim", content='{"epoch": 1}').json()["epoch"] == 1
        assert ana.post("/v1/conversations/waits/claim").json()["epoch"] == 2
        events = EventPage.model_validate_json(ana.get("/v1/events?after=0").content).events
    assert len(events) == 10
    assert len({event.stamp for event in events}) == 10


@pytest.mark.anyio
@pytest.mark.parametrize("revision", [None, *RELEASED])
async def test_many_that_start_at_once_migrate_once(
    make_database: MakeDatabase, load: Load, revision: str | None
) -> None:
    database = make_database()
    if revision:
        load(database, revision)

    async def opened() -> bool:
        async with open_store(database) as store, store.reading() as unit:
            return await unit.conversations.any()

    assert await asyncio.gather(*(opened() for _ in range(8))) == [revision is not None] * 8


@pytest.mark.anyio
async def test_a_database_of_a_newer_version_is_left_alone(database: Database, sql: Sql) -> None:
    await upgrade_schema(database)
    sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="9999"):
        await upgrade_schema(database)
    assert sql("SELECT version_num FROM alembic_version") == [["9999"]]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("table", "how"),
    [
        ("event", "its process is killed"),
        ("correction", "its connection is ended"),
        ("conversation", "its process is killed"),
        ("access_token", "its connection is ended"),
    ],
)
async def test_a_migration_that_is_cut_short_leaves_the_old_schema_and_the_next_makes_the_new(
    make_postgresql: MakeDatabase, migrated: str, load: Load, sql_on: SqlOn, table: str, how: str
) -> None:
    """The migration waits in the middle, for a table that somebody reads; there it is ended."""
    database = str(make_postgresql())
    load(database, "0001")
    sql = partial(sql_on, database)
    outside = Outside("postgresql", sql)
    columns, old = outside.columns(), outside.schema()
    before = outside.rows(columns)
    reader = create_engine(database)
    async with reader.connect() as connection:
        await connection.execute(text(f"LOCK TABLE {table} IN ACCESS SHARE MODE"))
        with subprocess.Popen([*MIGRATE, database], cwd=ROOT, stderr=subprocess.PIPE) as child:
            wait_until(lambda: sql(BLOCKED) != [], "the migration was in the middle")
            if how == "its process is killed":
                child.kill()
            else:
                sql(f"SELECT pg_terminate_backend(pid) FROM ({BLOCKED}) AS blocked")
            assert child.wait(PATIENCE_S) != 0
    await reader.dispose()
    wait_until(lambda: sql(OTHERS) == [], "the server had noticed")
    assert outside.schema() == old
    assert outside.rows(columns) == before
    await upgrade_schema(database)
    assert outside.schema() == Outside("postgresql", partial(sql_on, migrated)).schema()
    assert outside.rows(columns) == before
