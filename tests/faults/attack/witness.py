"""What the kernel saw a process do: every connection it asked for and every file it opened, by strace."""

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

CALLS = "connect,open,openat,openat2,creat,execve"
_TRACED = re.compile(r"(?:\d+ +)?(connect|open|openat|openat2|creat|execve)\((.*)")
_INET = re.compile(r'sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)')
_INET6 = re.compile(r'sin6_port=htons\((\d+)\).*inet_pton\(AF_INET6, "([^"]+)"')
_UNIX = re.compile(r'sa_family=AF_UNIX, sun_path=@?"([^"]+)"')
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')

LOOPBACK = ("127.0.0.1", "::1")


def strace(log: Path) -> list[str]:
    """Return the words that put a command under the witness; it follows every child."""
    return ["strace", "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-e", f"trace={CALLS}", "-o", str(log)]


def is_here() -> bool:
    return shutil.which("strace") is not None


class Heard:
    """A log, read: from the opening of the file `since` on, whom was asked and what was opened."""

    def __init__(self, log: Path, since: str) -> None:
        self.peers: Counter[str] = Counter()
        self.files: Counter[str] = Counter()
        self.began = False
        """Whether `since` was seen at all: a witness who saw nothing proves nothing."""
        with log.open(encoding="utf-8", errors="replace") as lines:
            for call in filter(None, map(_TRACED.match, lines)):
                path = _PATH.search(call[2])
                if not self.began:
                    self.began = call[1] != "execve" and path is not None and path[1].endswith(since)
                elif call[1] == "connect":
                    self.peers[_peer(call[2])] += 1
                elif path:
                    self.files[path[1]] += 1

    def strangers(self, port: int) -> list[str]:
        """Return everybody who was asked but the backend at this port of this computer."""
        own = {f"{host}:{port}" for host in LOOPBACK}
        return sorted(peer for peer in self.peers if peer not in own)

    def foreign(self, own: Sequence[Path]) -> list[str]:
        """Return every file that was opened outside these folders."""
        return sorted(path for path in self.files if not _lies_in(path, own))


def _peer(rest: str) -> str:
    for form in (_INET, _INET6):
        if found := form.search(rest):
            return f"{found[2]}:{found[1]}"
    unix = _UNIX.search(rest)
    return unix[1] if unix else rest[:120]


def _lies_in(path: str, folders: Iterable[Path]) -> bool:
    return any(Path(path) == folder or folder in Path(path).parents for folder in folders)
