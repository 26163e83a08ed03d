"""What is not plainly stored, as a file of one's own: a JSON object a line, each correction in its canonical form."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from console.client.services.corrections import OutboxEntry, SavedState
from console.client.services.errors import ExportError
from console.contract.base import Model, Text, canonical_json
from console.contract.corrections import Correction


class ExportedEntry(Model):
    """One line: what was said, how far it came, and why the backend refused it, where it did."""

    correction: Correction
    refusal: Text | None
    state: SavedState


async def export_outbox(path: Path, entries: Sequence[OutboxEntry]) -> int:
    """Write the entries whose words can be read to a new file, in their order; return how many. Raises ExportError."""
    lines = [
        canonical_json(ExportedEntry(correction=entry.correction, refusal=entry.reason, state=entry.state))
        for entry in entries
        if entry.correction is not None
    ]
    await asyncio.to_thread(_write_new, path, b"".join(line + b"\n" for line in lines))
    return len(lines)


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read: whole or not at all, never in place of another."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # the name is ours from here on
    except FileExistsError as error:
        raise ExportError(f"{path.name} is there already and was left as it is. Choose another name.") from error
    except OSError as error:
        raise ExportError(_not_written(path, error)) from error
    part = None
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        part = Path(name)
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        for left in (path, part):
            if left is not None:
                with suppress(OSError):
                    left.unlink()
        raise ExportError(_not_written(path, error)) from error


def _not_written(path: Path, error: OSError) -> str:
    return f"{path.name} could not be written ({error.strerror}). Nothing was: choose another folder."
