"""Checks the audit log against its key and against heads kept elsewhere, and tells of exports."""

from collections.abc import Mapping
from dataclasses import dataclass

from console.server.domain.audit import OPERATOR, START, AuditAction, AuditEntry, BadRow, Head, follow
from console.server.services.ports import Clock, StorePort

PAGE = 500


@dataclass(frozen=True)
class Verdict:
    """How many rows are as they were written, from the first on, and the first that is not."""

    rows: int
    bad: BadRow | None


async def verify_log(store: StorePort, key: bytes, heads: Mapping[int, str]) -> Verdict:
    """Check every row. `heads`: MACs kept elsewhere by number; a log that ends before one of them was cut off.

    No log is without its first row, which is written with the log's table.
    """
    head, after = START, None
    async with store.reading() as unit:
        while page := await unit.audit.page(after, PAGE):
            for found in page:
                step = follow(key, head, found)
                if isinstance(step, Head) and heads.get(step.seq, step.mac) != step.mac:
                    step = BadRow(step.seq, "it is not the one that a head kept elsewhere tells of")
                if isinstance(step, BadRow):
                    return Verdict(head.seq, step)
                head = step
            after = head.seq
    if max([1, *heads]) > head.seq:
        return Verdict(head.seq, BadRow(head.seq + 1, "it is missing, and all that came after it: the end is cut off"))
    return Verdict(head.seq, None)


async def read_head(store: StorePort) -> Head:
    """Return the newest row's number and MAC; number 0 where there is no row."""
    async with store.reading() as unit:
        return await unit.audit.head()


async def record_export(store: StorePort, clock: Clock, format: str, rows: int, sha256: str) -> None:
    """Put into the log that a file is exported: its format, its rows and the hash of its content.

    This comes before the file has its name, so that a kill in between leaves a row too many rather than one too few.
    """
    entry = AuditEntry(clock(), OPERATOR, AuditAction.EXPORTED, format, {"rows": rows, "sha256": sha256})
    async with store.writing() as unit:
        await unit.audit.append(entry)
