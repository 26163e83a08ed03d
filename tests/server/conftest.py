"""Fixtures of the backend's tests."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

import httpx
import pytest

from console.server.app.serve import prepare_store
from console.server.services.ports import Database
from tests.server.cluster import EMPTY, Cluster, started
from tests.server.world import Running, running

Sql = Callable[..., list[list[str]]]
SqlOn = Callable[..., list[list[str]]]
MakeDatabase = Callable[..., Database]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with started() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrated(cluster: Cluster) -> str:
    """A database to copy: nothing in it but the schema of today."""
    url = cluster.database()
    prepare_store(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """What is promised is promised on both."""
    return str(request.param)


@pytest.fixture
def make_postgresql(cluster: Cluster) -> Iterator[MakeDatabase]:
    """Make PostgreSQL databases of the test's own, empty or as copies of another."""
    made: list[str] = []

    def make(template: str = EMPTY) -> str:
        made.append(cluster.database(template))
        return made[-1]

    yield make
    for url in made:
        cluster.drop(url)


@pytest.fixture
def make_database(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> MakeDatabase:
    """Make databases of the test's own, with nothing in them."""
    if kind == "postgresql":
        make: MakeDatabase = request.getfixturevalue("make_postgresql")
        return make
    names = (f"store-{number}.db" for number in count(1))
    return lambda: tmp_path / next(names)


@pytest.fixture
def database(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    """The test's own database."""
    if kind == "sqlite":
        return tmp_path / "workspace.db"
    url: str = request.getfixturevalue("make_postgresql")(request.getfixturevalue("migrated"))
    return url


@pytest.fixture
def sql_on(request: pytest.FixtureRequest) -> SqlOn:
    """Run SQL on a database from outside, as another program would, and return the rows as text."""

    def run(database: Database, *statements: str) -> list[list[str]]:
        if isinstance(database, str):
            cluster: Cluster = request.getfixturevalue("cluster")
            return cluster.sql(database, *statements)
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            found = [row for statement in statements for row in connection.execute(statement)]
        return [["" if value is None else str(value) for value in row] for row in found]

    return run


@pytest.fixture
def sql(database: Database, sql_on: SqlOn) -> Sql:
    """The same on the test's own database."""
    return partial(sql_on, database)


@pytest.fixture
def backend(database: Database) -> Iterator[Running]:
    with running(database) as backend:
        yield backend


@pytest.fixture
def ana(backend: Running) -> httpx.Client:
    return backend.client("ana")


@pytest.fixture
def ben(backend: Running) -> httpx.Client:
    return backend.client("ben")


@pytest.fixture
def qin(backend: Running) -> httpx.Client:
    return backend.client("qin")
