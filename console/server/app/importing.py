"""Imports transcript files from the command line."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from console.contract.conversations import Conversation
from console.server.app.settings import utc_now
from console.server.connect.chat_completions import read_transcripts
from console.server.services.conversations import ImportCounts, import_conversations
from console.server.services.ports import Database
from console.server.store.unit_of_work import open_store

BATCH = 100
"""Conversations a transaction: few enough to let others write in between."""

SHOWN = 50
"""Bad lines of one file that are named; more of them would bury what is said of the other files."""


@dataclass(frozen=True)
class ImportReport:
    """What was taken in, and of how many lines and files nothing was."""

    counts: ImportCounts
    bad: int


def import_files(
    database: Database, files: Sequence[Path], *, queue_all: bool, audit_key: Path | None = None
) -> ImportReport:
    """Import files, naming the first `SHOWN` bad lines of each on stderr as `file:line: reason`."""
    return asyncio.run(_import_files(database, files, audit_key, queue_all=queue_all))


async def _import_files(
    database: Database, files: Sequence[Path], audit_key: Path | None, *, queue_all: bool
) -> ImportReport:
    reading = _Reading()
    counts = ImportCounts()
    async with open_store(database, audit_key=audit_key) as store:
        good = chain.from_iterable(map(reading.conversations, files))
        while batch := list(islice(good, BATCH)):
            counts += await import_conversations(store, utc_now, batch, queue_all=queue_all)
    return ImportReport(counts, reading.bad)


class _Reading:
    """Counts what is wrong with the files while it reads them, and says it on stderr."""

    def __init__(self) -> None:
        self.bad = 0

    def conversations(self, file: Path) -> Iterator[Conversation]:
        """Yield what can be read."""
        good = bad = 0
        try:
            for item in read_transcripts(file):
                if isinstance(item, Conversation):
                    good += 1
                    yield item
                else:
                    bad += 1
                    if bad <= SHOWN:
                        _say(str(item))
        except OSError as error:
            self._refuse(file, error.strerror or str(error))
        else:
            if not good and not bad:
                self._refuse(file, "holds no conversation")
        if (more := bad - SHOWN) > 0:
            _say(f"{file}: ... and {more} more bad line{'s' if more > 1 else ''}")
        self.bad += bad

    def _refuse(self, file: Path, reason: str) -> None:
        self.bad += 1
        _say(f"{file}: {reason}")


def _say(problem: str) -> None:
    sys.stderr.write(problem + "\n")
