"""What a process holds on to: memory, descriptors, threads; and in this one tasks, widgets, Qt objects and None."""

import asyncio
import ctypes
import gc
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import shiboken6
from PySide6.QtWidgets import QApplication

MIB = 1024 * 1024


def memory(process_id: int | str) -> float:
    """Return the resident memory of a process in MiB. Raises OSError where there is no such process."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * 4096 / MIB


def descriptors(process_id: int | str) -> int:
    """Return how many files, sockets and pipes a process has open. Raises OSError."""
    return len(list(Path(f"/proc/{process_id}/fd").iterdir()))


def threads(process_id: int | str) -> int:
    """Return how many threads a process has. Raises OSError."""
    return len(list(Path(f"/proc/{process_id}/task").iterdir()))


@dataclass(frozen=True, slots=True)
class Rest:
    """What this process holds while nothing is under way."""

    descriptors: int
    threads: int
    tasks: int
    widgets: int
    qt_objects: int
    none_references: int


SLACK = {"qt_objects": 25, "widgets": 10}
"""By how much more there may be at rest than before: what one look at the window makes when it is first taken."""

NONE_SLACK = 5_000
"""By how much the references to None may fall: Qt bindings that take one with each call have killed the interpreter."""


def at_rest(app: QApplication) -> Rest:
    """Collect what is garbage and count what is left."""
    gc.collect()
    return Rest(
        descriptors=descriptors("self"),
        threads=threads("self"),
        tasks=len(asyncio.all_tasks()),
        widgets=len(app.allWidgets()),
        qt_objects=len(shiboken6.getAllValidWrappers()),
        none_references=sys.getrefcount(None),
    )


def leaks(before: Rest, after: Rest) -> list[str]:
    """Say what there is more of than before; of None, whether references to it were lost."""
    was, now = asdict(before), asdict(after)
    drained = was.pop("none_references") - now["none_references"] > NONE_SLACK
    grown = [name for name, count in was.items() if now[name] > count + SLACK.get(name, 0)]
    return [
        f"{name} at rest: {getattr(before, name)} before, {now[name]} after"
        for name in grown + ["none_references"] * drained
    ]


def memory_in_use() -> float:
    """Return this process's resident memory in MiB once garbage is collected and what is free is given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return memory("self")
