"""The machines' own tests run on the databases of the backend's tests."""

from tests.server.conftest import cluster, database, kind, make_postgresql, migrated

__all__ = ["cluster", "database", "kind", "make_postgresql", "migrated"]
