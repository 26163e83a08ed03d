"""Imports transcript files from the command line."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from console.contract.conversations import Conversation
from console.server.app.settings import utc_now
from console.server.connect.chat_completions import LineProblem, read_transcripts
from console.server.services.conversations import ImportCounts, import_conversations
from console.server.services.ports import Database
from console.server.store.unit_of_work import open_store

BATCH = 100
"""Conversations a transaction: few enough to let others write in between."""


@dataclass(frozen=True)
class ImportReport:
    """What was taken in, and how many lines and files could not be read."""

    counts: ImportCounts
    bad: int


def import_files(database: Database, files: Sequence[Path], *, queue_all: bool) -> ImportReport:
    """Import files, naming each bad line on stderr as `file:line: reason`."""
    return asyncio.run(_import_files(database, files, queue_all=queue_all))


async def _import_files(database: Database, files: Sequence[Path], *, queue_all: bool) -> ImportReport:
    problems: list[str] = []
    counts = ImportCounts()
    async with open_store(database) as store:
        good = _good(files, problems)
        while batch := list(islice(good, BATCH)):
            counts += await import_conversations(store, utc_now, batch, queue_all=queue_all)
    return ImportReport(counts, len(problems))


def _good(files: Sequence[Path], problems: list[str]) -> Iterator[Conversation]:
    for file in files:
        try:
            for item in read_transcripts(file):
                if isinstance(item, LineProblem):
                    _complain(problems, str(item))
                else:
                    yield item
        except OSError as error:
            _complain(problems, f"{file}: {error.strerror or error}")


def _complain(problems: list[str], problem: str) -> None:
    problems.append(problem)
    sys.stderr.write(problem + "\n")
