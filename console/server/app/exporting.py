"""Exports corrections from the command line."""

import asyncio
from pathlib import Path

from console.server.app.settings import DATABASE_FILE, SAMPLE_FOLDER
from console.server.services.corrections import read_corrected
from console.server.services.ports import Database, StoreError
from console.server.signal.exports import ExportFormat, ExportItem, ExportReport, export_corrections
from console.server.store.engine import sqlite_file
from console.server.store.unit_of_work import open_store


def export_to(database: Database, format: ExportFormat, out: Path) -> ExportReport:
    """Write every stored correction with its conversation into the folder.

    Raises StoreError, also where there is no workspace yet: none is made.
    """
    file = sqlite_file(database)
    if file is not None and not file.is_file():
        raise StoreError(f"there is no workspace at {file}{_hint(file.with_name(SAMPLE_FOLDER))}")
    return asyncio.run(_export_to(database, format, out))


def _hint(sample: Path) -> str:
    is_there = (sample / DATABASE_FILE).is_file()
    return f". The sample workspace is in {sample}; give it by --data-dir." if is_there else ""


async def _export_to(database: Database, format: ExportFormat, out: Path) -> ExportReport:
    async with open_store(database) as store:
        corrected = await read_corrected(store)
    return export_corrections((ExportItem(*pair) for pair in corrected), format, out)
