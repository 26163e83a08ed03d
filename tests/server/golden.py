"""Keeps what a store of this version looks like, for the tests of later migrations: `python -m tests.server.golden`.

It writes tests/server/schemas/REVISION.sqlite.sql and REVISION.postgresql.sql, each with a few rows in every table.
Run it when a version is released, and never again for a revision that has been.
"""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from console.server.services.backend import Backend, Bell, Lookout
from console.server.services.claims import claim_conversation, release_claim
from console.server.services.conversations import import_conversations
from console.server.services.corrections import store_correction
from console.server.services.ports import Database
from console.server.services.tokens import issue_token
from console.server.store.audit_key import KEY_FILE
from console.server.store.schema import read_revision
from console.server.store.unit_of_work import open_store
from tests.server.cluster import AUDIT_KEY, started
from tests.server.world import CHAIRS, HandClock, conversation, correction

FOLDER = Path(__file__).parent / "schemas"


async def fill(database: Database) -> str:
    """Do a little of everything that leaves rows, and return the schema's revision."""
    clock = HandClock()
    async with open_store(database) as store:
        bell = Bell()
        backend = Backend(store, clock, bell, Lookout(store, bell), workspace="w", version="1")
        await issue_token(store, clock, CHAIRS["ana"])
        await import_conversations(
            store,
            clock,
            [conversation("waits"), conversation("held", ask="“Ünïcode” 🙂"), conversation("kept", handed_off=False)],
            queue_all=True,
        )
        await claim_conversation(backend, CHAIRS["ana"], conversation("waits").id)
        await store_correction(backend, CHAIRS["ana"], correction("stored", "waits"))
        await release_claim(backend, CHAIRS["ana"], conversation("waits").id, 1)
        await store_correction(backend, CHAIRS["ben"], correction("late", "waits", by="ben"))
        await claim_conversation(backend, CHAIRS["ben"], conversation("held").id)
    return (await read_revision(database))[0]


def main() -> None:
    """Fill a store of each kind and write it down as SQL."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "store.db"
        file.with_name(KEY_FILE).write_text(AUDIT_KEY, encoding="ascii")
        revision = asyncio.run(fill(file))
        with closing(sqlite3.connect(file)) as connection:
            _keep(f"{revision}.sqlite.sql", "\n".join(connection.iterdump()))
    with started() as cluster:
        url = cluster.database()
        revision = asyncio.run(fill(url))
        _keep(f"{revision}.postgresql.sql", cluster.dump(url))


def _keep(name: str, sql: str) -> None:
    (FOLDER / name).write_text(sql + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
