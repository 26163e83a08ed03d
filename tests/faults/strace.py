"""Work in a process of its own under strace: its system calls recorded, failed on purpose, or cut short by a kill."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

WRITES = "pwrite64,fsync,fdatasync,ftruncate,?unlink,?unlinkat,?rename,?renameat,?renameat2"
"""What changes a file or promises that it is on the disk; `?`: not every processor's kernel has it."""
RECORDED = f"{WRITES},openat,?mkdir,?mkdirat,write"
LONGEST = 1 << 20
"""Bytes of one write that a record holds."""

Say = Callable[[str], None]
Work = Callable[[Say], None]
"""What a child does; it says a line through what it is given whenever something is certain."""

_STDOUT = 1
_PR_SET_PTRACER, _PR_SET_PTRACER_ANY = 0x59616D61, ctypes.c_ulong(-1)
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
_ARGUMENT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?|<((?:\\x[0-9a-f]{2})+)>')


class CannotTraceError(Exception):
    """No system call can be followed here; says what is missing."""


@dataclass(frozen=True, slots=True)
class Call:
    """A finished system call: the texts among its arguments (paths and data) and its last argument, if a number."""

    thread: int
    name: str
    texts: tuple[bytes, ...]
    flags: str
    number: int
    result: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: what it had said, its exit status (-9: killed), and its system calls in order of their end."""

    said: tuple[str, ...]
    status: int
    calls: tuple[Call, ...]


def trace(work: Work, calls: str = RECORDED, inject: str = "") -> Ended:
    """Do some work in a fork of this process, which must have one thread only, and return how it ended.

    `inject` as strace has it, such as `fsync:error=EIO:when=3`. Raises CannotTraceError.
    """
    if shutil.which("strace") is None:
        raise CannotTraceError("strace is not installed here; this machine follows real system calls with it.")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "calls")
        child, start, said = _fork(work)
        options = ["-f", "-y", "-xx", "-s", str(LONGEST), "-e", f"trace={calls}", "-e", "signal=none", "-o", str(log)]
        if inject:
            options += ["-e", f"inject={inject}"]
        with subprocess.Popen(["strace", *options, "-p", str(child)], stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            first = strace.stderr.readline()
            os.write(start, b"go" if "attached" in first else b"no")
            os.close(start)
            with os.fdopen(said) as lines:
                spoken = tuple(line.rstrip("\n") for line in lines if line.endswith("\n"))
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            strace.stderr.read()
        if "attached" not in first:
            raise CannotTraceError(f"strace may not follow a process here ({first.strip()}).")
        return Ended(spoken, status, tuple(_parse(log.read_text("ascii"))))


def _fork(work: Work) -> tuple[int, int, int]:
    """Return a child that waits to be let go, the pipe that does so, and the one through which it speaks."""
    wait, start = os.pipe()
    said, say = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            os.close(start)
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _PR_SET_PTRACER_ANY, 0, 0, 0)  # where only ancestors may trace
            os.dup2(say, _STDOUT)
            if os.read(wait, 2) == b"go":
                work(lambda line: _say(line))
        except BaseException:  # noqa: BLE001  # whatever it was, this process may not go on as a second parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(wait)
    os.close(say)
    return child, start, said


def _say(line: str) -> None:
    os.write(_STDOUT, f"{line}\n".encode())


def _parse(log: str) -> Iterator[Call]:
    """Yield the finished calls of a log; one that was interrupted by another thread's is put together again."""
    begun: dict[str, str] = {}
    for line in log.splitlines():
        thread, _, text = line.partition(" ")
        text = text.lstrip()
        if text.endswith("<unfinished ...>"):
            begun[thread] = text.removesuffix("<unfinished ...>")
        elif text.startswith("<... "):
            yield from _call(thread, begun.pop(thread) + text.partition(" resumed>")[2])
        else:
            yield from _call(thread, text)


def _call(thread: str, text: str) -> Sequence[Call]:
    found = _CALL.match(text)
    if not found:
        return ()
    name, arguments, result = found.groups()
    matches = list(_ARGUMENT.finditer(arguments))
    if any(match[2] for match in matches):
        raise ValueError(f"a {name} of more than {LONGEST} bytes cannot be recorded whole")
    texts = tuple(bytes.fromhex((match[1] or match[3] or "").replace("\\x", "")) for match in matches)
    *_, last = arguments.rsplit(", ", 1)
    number = int(last) if last.isdigit() else 0
    return (Call(int(thread), name, texts, _ARGUMENT.sub("", arguments), number, int(result)),)
