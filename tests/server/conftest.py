"""Fixtures of the backend's tests."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.server.world import Running, running


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as backend:
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
