"""A disk as a power cut may leave it: what was synced, and of the rest whatever chance has kept.

The model: a sync that returned is honest. Until then a write may be lost, kept, overtaken by a later one, or torn at
the 512 bytes of a sector; bytes outside a write never change. What was pending when a sync failed stays uncertain,
however often a later sync succeeds, as on Linux. Names (files made, renamed, removed, folders) reach the disk in
order, as in a journalled file system, but only a sync of their folder says how far: syncing a file says nothing of its
name. The `-shm` files are left out: SQLite makes them anew.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random

from tests.faults.strace import Call

SECTOR = 512
SYNCS = frozenset({"fsync", "fdatasync"})


class Kept(StrEnum):
    """What a power cut leaves of that which no sync has made certain."""

    NONE = "none"
    SUBSET = "subset"
    TORN = "torn"
    ALL = "all"


@dataclass(slots=True)
class _Write:
    """`data` at `offset`, or with None the file's new size; `certain` once a sync made it so, `stuck` if one failed."""

    offset: int
    data: bytes | None
    certain: bool = False
    stuck: bool = False


@dataclass(slots=True, eq=False)
class _File:
    """A file, or a folder, that may have any number of names."""

    content: bytearray = field(default_factory=bytearray)
    pending: list[_Write] = field(default_factory=list)
    is_folder: bool = False

    @property
    def size(self) -> int:
        """Where its end is, for a file that is only ever added to."""
        return max([len(self.content), *(write.offset + len(write.data or b"") for write in self.pending)])

    def sync(self, succeeded: bool) -> None:
        for write in self.pending:
            write.certain = write.certain or (succeeded and not write.stuck)
            write.stuck = not write.certain
        while self.pending and self.pending[0].certain:
            _apply(self.content, self.pending.pop(0))

    def after_cut(self, kept: Kept, random: Random) -> bytes:
        content = bytearray(self.content)
        for write in self.pending:
            if write.certain or kept is Kept.ALL:
                _apply(content, write)
            elif kept is not Kept.NONE and random.random() < 0.5:
                _apply(content, write, random if kept is Kept.TORN else None)
        return bytes(content)


Names = dict[str, _File | None]
"""Which file each path stands for; where it tells of a change, None for a path that goes."""


class Disk:
    """All below one folder, as the system calls of a process leave it one after another."""

    def __init__(self, folder: Path, files: Mapping[Path, bytes]) -> None:
        self._root = os.fsencode(folder)
        folders = {folder, *(parent for path in files for parent in path.parents if parent.is_relative_to(folder))}
        self._names: Names = {str(path): _File(is_folder=True) for path in folders}
        self._names |= {str(path): _File(bytearray(content)) for path, content in files.items()}
        self._durable = self._names.copy()
        self._changes: list[Names] = []

    def do(self, call: Call) -> None:
        """Let a finished call take effect; those on other files have none."""
        paths = [os.fsdecode(text) for text in call.texts if text.startswith(self._root)]
        if not paths or paths[0].endswith("-shm"):
            return
        path, file, name = paths[-1], self._names.get(paths[-1]), call.name.removesuffix("2").removesuffix("at")
        if file and name in SYNCS:
            self._sync(path, file, call.result == 0)
        elif file and name == "pwrite64" and call.result > 0:
            file.pending.append(_Write(call.number, call.texts[-1][: call.result]))
        elif file and name == "write" and call.result > 0:
            file.pending.append(_Write(file.size, call.texts[-1][: call.result]))
        elif file and name == "ftruncate" and call.result == 0:
            file.pending.append(_Write(call.number, None))
        elif call.result >= 0 and (change := self._change(name, paths, call)):
            _rename(self._names, change)
            self._changes.append(change)

    def unsynced(self, suffix: str) -> bool:
        """Say whether a file whose name ends so has writes that no sync has made certain."""
        files = [file for path, file in self._names.items() if file and path.endswith(suffix)]
        return any(not write.certain for file in files for write in file.pending)

    def after_cut(self, kept: Kept, random: Random) -> dict[Path, bytes]:
        """Return what a power cut here may leave, by path."""
        names = self._durable.copy()
        some = {Kept.NONE: 0, Kept.ALL: len(self._changes)}.get(kept, random.randint(0, len(self._changes)))
        for change in self._changes[:some]:
            _rename(names, change)
        files = {Path(path): file for path, file in names.items() if file and not file.is_folder}
        return {path: file.after_cut(kept, random) for path, file in files.items() if self._is_found(path, names)}

    def _is_found(self, path: Path, names: Names) -> bool:
        """Say whether all the folders on the way to a path are still there."""
        on_the_way = [str(parent) for parent in path.parents if os.fsencode(parent).startswith(self._root)]
        return names.keys() >= set(on_the_way)

    def _change(self, name: str, paths: list[str], call: Call) -> Names:
        """Return what a call does to the names, nothing for one that does nothing."""
        path = paths[-1]
        if name == "mkdir":
            return {path: _File(is_folder=True)}
        if name == "open" and "O_CREAT" in call.flags and path not in self._names:
            return {path: _File()}
        if name == "link":
            return {path: self._names[paths[-2]]}
        if name == "rename":
            return {path: self._names[paths[-2]], paths[-2]: None}
        return {path: None} if name == "unlink" else {}

    def _sync(self, path: str, file: _File, succeeded: bool) -> None:
        file.sync(succeeded)
        if file.is_folder and succeeded:
            here = [change for change in self._changes if any(os.path.dirname(name) == path for name in change)]  # noqa: PTH120
            for change in here:
                _rename(self._durable, change)
            self._changes = [change for change in self._changes if change not in here]


def _rename(names: Names, change: Names) -> None:
    names |= change
    for path in [path for path, file in change.items() if file is None]:
        del names[path]


def _apply(content: bytearray, write: _Write, torn: Random | None = None) -> None:
    """Write into a file; torn: only some of the sectors it touches."""
    if write.data is None:
        del content[write.offset :]
        content.extend(bytes(write.offset - len(content)))
        return
    start, end = write.offset, write.offset + len(write.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR) if torn else end
        if torn is None or torn.random() < 0.5:
            content.extend(bytes(max(0, start - len(content))))
            content[start:stop] = write.data[start - write.offset : stop - write.offset]
        start = stop
