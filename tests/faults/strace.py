"""Work in a process of its own under strace: its system calls recorded, failed on purpose, or cut short by a kill."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

WRITES = "pwrite64,fsync,fdatasync,ftruncate,?unlink,?unlinkat,?rename,?renameat,?renameat2,?link,?linkat"
"""What changes a file or promises that it is on the disk; `?`: not every processor's kernel has it."""
RECORDED = f"{WRITES},openat,?mkdir,?mkdirat,write"
LONGEST = 1 << 20
"""Bytes of one write that a record holds."""

Say = Callable[[str], None]
Work = Callable[[Say], None]
"""What a child does; whenever something is certain it says a word through what it is given, and waits for an answer."""

_PR_SET_PTRACER, _PR_SET_PTRACER_ANY = 0x59616D61, ctypes.c_ulong(-1)
_STDOUT = 1
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
_ARGUMENT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?|<((?:\\x[0-9a-f]{2})+)>')


class CannotTraceError(Exception):
    """No system call can be followed here; says what is missing."""


@dataclass(frozen=True, slots=True)
class Call:
    """A finished system call: its arguments that are texts (paths and data), the others, and the last if a number."""

    thread: int
    name: str
    texts: tuple[bytes, ...]
    flags: str
    number: int
    result: int

    @property
    def word(self) -> str:
        """The word that was said by this call, "" for any other."""
        said = self.name == "write" and self.texts[0].startswith(b"pipe:")
        return self.texts[-1].decode().rstrip("\n") if said else ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: the words it said, its exit status (-9: killed), its calls in order of their end."""

    said: tuple[str, ...]
    status: int
    calls: tuple[Call, ...]


def trace(work: Work, calls: str = RECORDED, inject: str = "", *, after: int = 0, until: str = "") -> Ended:
    """Do some work in a fork of this process, which must have one thread only, and return how it ended.

    `inject` as strace has it, such as `fsync:error=EIO:when=3`; strace counts the calls of each thread and name by
    itself, from where it came in: `after` so many words. It leaves when the word `until` is said. Raises
    CannotTraceError.
    """
    if shutil.which("strace") is None:
        raise CannotTraceError("strace is not installed here; this machine follows real system calls with it.")
    options = ["-f", "-y", "-xx", "-s", str(LONGEST), "-e", "signal=none", "-e", f"trace={calls}"]
    options += ["-e", f"inject={inject}"] if inject else []
    said: list[str] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        log = Path(folder, "calls")
        child, spoken, answer = _fork(work)
        stack.callback(os.close, answer)
        tracer: subprocess.Popen[str] | None = None
        with os.fdopen(spoken) as lines:
            for heard, line in enumerate(lines):  # the first says that the child is there
                if heard:
                    said.append(line.rstrip("\n"))
                if heard == after:
                    tracer = stack.enter_context(_attach(child, [*options, "-o", str(log)]))
                if tracer and until and until in said:
                    tracer.terminate()
                    tracer.wait()
                with suppress(BrokenPipeError):  # it may be dead by now, as some faults want it to be
                    os.write(answer, b".")
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if tracer:
            tracer.wait()
        return Ended(tuple(said), status, tuple(_parse(log.read_text("ascii"))) if tracer else ())


def cannot_trace() -> str:
    """Return why no system call can be followed here, "" where they can."""
    try:
        trace(lambda say: None)
    except CannotTraceError as error:
        return str(error)
    return ""


@contextmanager
def _attach(child: int, options: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Follow a child that waits, and every thread of it."""
    command = ["strace", *options, "-p", str(child)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        first = tracer.stderr.readline()
        if "attached" not in first:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise CannotTraceError(f"strace may not follow a process here: {first.strip()}")
        yield tracer


def _fork(work: Work) -> tuple[int, int, int]:
    """Return a child, the pipe through which it speaks, and the one through which it is answered."""
    listen, answer = os.pipe()
    spoken, speak = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:

        def say(word: str) -> None:
            os.write(_STDOUT, f"{word}\n".encode())
            os.read(listen, 1)

        try:
            os.close(answer)
            os.dup2(speak, _STDOUT)
            os.close(speak)
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _PR_SET_PTRACER_ANY, 0, 0, 0)  # where only ancestors may trace
            say("here")
            work(say)
        except BaseException:  # noqa: BLE001  # whatever it was, this process may not go on as a second parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(listen)
    os.close(speak)
    return child, spoken, answer


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
