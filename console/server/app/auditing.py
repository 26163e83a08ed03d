"""Looks at the audit log from the command line."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from console.server.app.settings import require_workspace
from console.server.domain.audit import Head
from console.server.services.audit import Verdict, read_head, verify_log
from console.server.services.ports import Database
from console.server.store.audit_key import find_key_file, read_key
from console.server.store.unit_of_work import open_log


def verify(database: Database, audit_key: Path | None, heads: Path | None) -> Verdict:
    """Check the whole log; `heads`: a file of lines that `head` printed. Raises StoreError, OSError, ValueError."""
    require_workspace(database)
    key = read_key(audit_key or find_key_file(database))
    return asyncio.run(_verify(database, key, read_heads(heads) if heads else {}))


def head(database: Database) -> Head:
    """Return the newest row's number and MAC. Raises StoreError."""
    require_workspace(database)
    return asyncio.run(_head(database))


def read_heads(file: Path) -> Mapping[int, str]:
    """Return the MACs of a file of heads, by number. Raises OSError, and ValueError where a line is no head."""
    heads: dict[int, str] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        match line.split():
            case [seq, mac] if seq.isascii() and seq.isdigit():
                heads[int(seq)] = mac
            case _:
                raise ValueError(f"{file}:{number}: this is no line that `redline audit head` printed")
    return heads


async def _verify(database: Database, key: bytes, heads: Mapping[int, str]) -> Verdict:
    async with open_log(database, key) as store:
        return await verify_log(store, key, heads)


async def _head(database: Database) -> Head:
    async with open_log(database) as store:
        return await read_head(store)
