"""Fixtures of the backend's tests."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx
import pytest

from console.server.app.serve import prepare_store
from console.server.services.ports import Database
from tests.server.cluster import Cluster, started
from tests.server.world import Running, running

Sql = Callable[[str], list[list[str]]]


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


@pytest.fixture
def postgresql(cluster: Cluster, migrated: str) -> Iterator[str]:
    """A PostgreSQL database of the test's own."""
    url = cluster.database(migrated)
    yield url
    cluster.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """The test's own database; what is promised is promised on both kinds."""
    if request.param == "sqlite":
        return tmp_path / "workspace.db"
    url: str = request.getfixturevalue("postgresql")
    return url


@pytest.fixture
def sql(database: Database, request: pytest.FixtureRequest) -> Sql:
    """Run SQL on the test's database from outside, and return the rows as text."""
    if isinstance(database, str):
        cluster: Cluster = request.getfixturevalue("cluster")
        return partial(cluster.sql, database)

    def run(statement: str) -> list[list[str]]:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            return [[str(value) for value in row] for row in connection.execute(statement)]

    return run


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
