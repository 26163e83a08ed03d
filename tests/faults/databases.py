"""SQLite files looked at from outside, without changing them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED_MEMORY = "/dev/shm"
"""A file system that waits for no disk; what is lost there with the power is the machines' own business."""


@contextmanager
def copied(file: Path) -> Iterator[Path]:
    """Yield a copy of a database and its log: opening the file itself would write the log into it."""
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as folder:
        copy = Path(folder, file.name)
        for name in (file.name, f"{file.name}-wal", f"{file.name}-journal"):
            if (part := file.with_name(name)).exists():
                copy.with_name(name).write_bytes(part.read_bytes())
        yield copy
