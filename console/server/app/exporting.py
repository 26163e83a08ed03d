"""Exports corrections from the command line."""

import asyncio
from pathlib import Path

from console.server.app.settings import require_workspace, utc_now
from console.server.services.audit import record_export
from console.server.services.corrections import read_corrected
from console.server.services.ports import Database
from console.server.signal.exports import ExportFormat, ExportItem, ExportReport, exporting
from console.server.store.unit_of_work import open_store


def export_to(database: Database, format: ExportFormat, out: Path, audit_key: Path | None = None) -> ExportReport:
    """Write every stored correction with its conversation into the folder.

    Raises StoreError, also where there is no workspace yet: none is made.
    """
    require_workspace(database)
    return asyncio.run(_export_to(database, format, out, audit_key))


async def _export_to(database: Database, format: ExportFormat, out: Path, audit_key: Path | None) -> ExportReport:
    async with open_store(database, audit_key=audit_key) as store:
        corrected = await read_corrected(store)
        with exporting((ExportItem(*pair) for pair in corrected), format, out) as report:
            await record_export(store, utc_now, format, report.rows, report.sha256)
    return report
