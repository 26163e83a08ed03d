"""A PostgreSQL server of the tests' own: a private cluster in a temporary folder, gone when its block ends."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from console.server.store.audit_key import KEY_FILE, KEY_FILE_VARIABLE

PATIENCE_S = 60
DEBIAN = Path("/usr/lib/postgresql")
MEMORY = Path("/dev/shm")
ROOM = 2**30
PREFIX = "redline-pg-"
EMPTY = "template1"
AUDIT_KEY = "5e" * 32
"""The same always, so that a database that is kept as it was written can be opened again."""
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",  # a power cut is not what is tried here
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_size": "128MB",
    "max_wal_senders": "0",
}
LETTERS_SORT_AS_PEOPLE_DO = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
"""By default, so that whatever must sort by code point has to say so itself."""


class Cluster:
    """Databases to try things on, each at a URL that `redline --database` takes."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._numbers = count(1)

    def database(self, template: str = EMPTY) -> str:
        """Make a database, a copy of the one at the URL `template` where one is given, and return its URL."""
        name = f"redline_{next(self._numbers)}"
        self.sql(self._url("postgres"), f"CREATE DATABASE {name} TEMPLATE {_name(template)} STRATEGY file_copy")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.sql(self._url("postgres"), f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def sql(self, url: str, *statements: str) -> list[list[str]]:
        """Run SQL from outside, as another program would, and return the rows as text."""
        how = ("--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\t", "--set=ON_ERROR_STOP=1")
        said = self._run("psql", url, *how, *(f"--command={statement}" for statement in statements))
        return [line.split("\t") for line in said.splitlines()]

    @contextmanager
    def away(self, url: str) -> Iterator[None]:
        """End every connection to a database, and refuse new ones until the block ends."""
        name, outside = _name(url), self._url("postgres")
        end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        self.sql(outside, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", end)
        try:
            yield
        finally:
            self.sql(outside, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def dump(self, url: str) -> str:
        """Return a database as the SQL that makes it again, rows and all."""
        said = self._run("pg_dump", url, "--inserts", "--no-owner", "--no-privileges")
        return "\n".join(line for line in said.splitlines() if line and not line.startswith(("--", "\\")))

    def _run(self, program: str, url: str, *options: str) -> str:
        where = ("--host", str(self._folder), "--username=redline", "--dbname", _name(url))
        return _run(str(self._programs / program), *where, *options)

    def _url(self, name: str) -> str:
        return f"postgresql://redline@/{name}?host={self._folder}"


@contextmanager
def started() -> Iterator[Cluster]:
    """Start a cluster that listens on a socket in its own folder. Fails where PostgreSQL is not installed."""
    programs = _programs()
    place = MEMORY if _is_roomy(MEMORY) else Path(tempfile.gettempdir())
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    try:
        user = _hand_over(folder) if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        initdb = ("initdb", "--pgdata=data", "--username=redline", "--auth=trust", "--no-sync")
        _run(str(programs / initdb[0]), *initdb[1:], *LETTERS_SORT_AS_PEOPLE_DO, user=user, folder=folder)
        settings = [
            f"--{name}={value}" for name, value in (SETTINGS | {"unix_socket_directories": str(folder)}).items()
        ]
        command = (*_tied_to_us(), str(programs / "postgres"), "-D", "data", *settings)
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen(
                command, user=user, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            ) as server,
        ):
            try:
                _wait_for(server, programs, folder)
                with _audit_key_in(folder):
                    yield Cluster(programs, folder)
            finally:
                server.send_signal(signal.SIGINT)  # its word for: end every session and stop
    finally:
        shutil.rmtree(folder)


def _name(database: str) -> str:
    """The name in a database's URL; a bare name is one itself."""
    return database.partition("?")[0].rpartition("/")[2]


def _programs() -> Path:
    """The folder of PostgreSQL's programs: on the path, else where Debian puts them, the newest first."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(DEBIAN.glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in folders:
        if all((folder / program).exists() for program in ("initdb", "postgres", "pg_isready", "psql")):
            return folder
    raise FileNotFoundError("PostgreSQL is not installed; `python3 packaging/test.py` installs it on Debian and Ubuntu")


def _is_roomy(folder: Path) -> bool:
    """Whether a cluster fits in there: making a database on a busy disk takes ten times as long as in memory."""
    return folder.is_dir() and shutil.disk_usage(folder).free > ROOM


def _sweep(place: Path) -> None:
    """Remove what runs that were killed have left: clusters that stopped, and not just now."""
    for data in place.glob(f"{PREFIX}*/data"):
        if not (data / "postmaster.pid").exists() and time.time() - data.stat().st_mtime > PATIENCE_S:
            shutil.rmtree(data.parent, ignore_errors=True)


def _hand_over(folder: Path) -> str:
    """Give the folder to a user without power here, and return who that is."""
    for user in ("postgres", "nobody"):
        with suppress(LookupError):
            shutil.chown(folder, user)
            return user
    raise LookupError("there is neither a user postgres nor a user nobody to run PostgreSQL as")


@contextmanager
def _audit_key_in(folder: Path) -> Iterator[None]:
    """Say where the key of its databases' audit logs is, for this process and those it starts."""
    (folder / KEY_FILE).write_text(AUDIT_KEY, encoding="ascii")
    another = os.environ.get(KEY_FILE_VARIABLE)  # of a cluster that was started before this one
    os.environ[KEY_FILE_VARIABLE] = str(folder / KEY_FILE)
    try:
        yield
    finally:
        if another is None:
            del os.environ[KEY_FILE_VARIABLE]
        else:
            os.environ[KEY_FILE_VARIABLE] = another


def _tied_to_us() -> tuple[str, ...]:
    """What ends the server together with the process that started it, even if that is killed, where there is such."""
    return ("setpriv", "--pdeathsig", "INT") if shutil.which("setpriv") else ()


def _wait_for(server: "subprocess.Popen[bytes]", programs: Path, folder: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while subprocess.call([programs / "pg_isready", "--quiet", "--host", folder]):
        assert server.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < end, (folder / "log").read_text()
        time.sleep(0.02)


def _run(*command: str, user: str | None = None, folder: Path | None = None) -> str:
    done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return done.stdout
