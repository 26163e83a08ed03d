"""The backend as real processes: alone, as the desk's child, and when the desk is killed."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from console.contract.embedded import EmbeddedReady
from console.entry.main import main
from console.server.services.ports import Database
from tests.server.world import PATIENCE_S, ids, wait_until

ROOT = Path(__file__).resolve().parents[2]
CHILD = [sys.executable, "-m", "console", "serve", "--embedded"]
CHAIRS = json.dumps({"chairs": [{"token": "t", "user_id": "ana", "name": "Ana", "role": "tier1"}]}) + "\n"
BEARER = {"Authorization": "Bearer t"}

PARENT = f"""
import subprocess, sys
child = subprocess.Popen([*{CHILD!r}, "--data-dir", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdin.write({CHAIRS.encode()!r})
child.stdin.flush()
print(child.stdout.readline().decode(), end="", flush=True)
sys.stdin.read()
"""
"""A desk that starts its backend, repeats its ready line and then waits to be killed."""


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as started:
        try:
            yield started
        finally:
            if started.poll() is None:
                started.kill()


@contextmanager
def embedded(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    with process(*CHILD, "--data-dir", str(folder), *options) as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write(CHAIRS)
        child.stdin.flush()
        ready = EmbeddedReady.model_validate_json(child.stdout.readline())
        with httpx.Client(base_url=ready.url, headers=BEARER, timeout=PATIENCE_S) as client:
            yield child, client


def refuses(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname, address.port)) != 0


def writable(file: Path) -> bool:
    with closing(sqlite3.connect(file, isolation_level=None, timeout=0)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        return True


def test_a_child_says_where_it_is_and_knows_its_chairs_only(tmp_path: Path) -> None:
    with embedded(tmp_path) as (_, client):
        assert client.base_url.host == "127.0.0.1"
        assert client.get("/v1/me").json()["user_id"] == "ana"
        assert client.get("/v1/me", headers={"Authorization": "Bearer other"}).status_code == 401
        assert ids(client.get("/v1/queue")) == []


def test_a_child_ends_when_its_stdin_does_even_with_a_stream_open(tmp_path: Path) -> None:
    with embedded(tmp_path) as (child, client), client.stream("GET", "/v1/feed") as stream:
        assert stream.status_code == 200
        assert child.stdin
        child.stdin.close()
        assert child.wait(PATIENCE_S) == 0
        assert child.stderr
        assert child.stderr.read() == ""
        assert writable(tmp_path / "workspace.db")


def test_the_tokens_of_the_chairs_are_written_nowhere(tmp_path: Path) -> None:
    with embedded(tmp_path) as (_, client):
        client.get("/v1/me")
        with closing(sqlite3.connect(tmp_path / "workspace.db")) as connection:
            assert connection.execute("SELECT count(*) FROM access_token").fetchone() == (0,)


def test_the_sample_is_loaded_once_and_happens_today(tmp_path: Path) -> None:
    for _ in range(2):
        with embedded(tmp_path, "--sample") as (_child, client):
            page = client.get("/v1/queue", params={"limit": 1000}).json()
            rows = page["rows"]
            assert len(rows) >= 40
            assert {row["gate"] for row in rows} == {
                "confidence", "sentiment", "topic", "customer_asked", "tool_failed", "policy",
            }  # fmt: skip
            assert all(row["waiting_since"] <= page["server_time"] for row in rows)
    with closing(sqlite3.connect(tmp_path / "workspace.db")) as connection:
        (newest,) = connection.execute("SELECT julianday('now') - julianday(max(waiting_since)) FROM conversation")
    assert newest[0] < 1


def test_the_sample_stays_out_of_a_database_that_holds_something(tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    own = tmp_path / "own.jsonl"
    own.write_text(json.dumps({"id": "own", "messages": [{"role": "user", "content": "Hello?"}]}), encoding="utf-8")
    assert main(["import", "--all", str(own), "--data-dir", str(folder)]) == 0
    with embedded(folder, "--sample") as (_, client):
        assert client.get("/v1/conversations/own").status_code == 200
        with closing(sqlite3.connect(folder / "workspace.db")) as connection:
            assert connection.execute("SELECT id FROM conversation").fetchall() == [("own",)]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a POSIX signal")
def test_a_killed_desk_leaves_no_backend_and_no_lock_behind(tmp_path: Path) -> None:
    with process(sys.executable, "-c", PARENT, str(tmp_path)) as desk:
        assert desk.stdout
        url = EmbeddedReady.model_validate_json(desk.stdout.readline()).url
        with httpx.stream("GET", f"{url}/v1/feed", headers=BEARER, timeout=PATIENCE_S):
            os.kill(desk.pid, signal.SIGKILL)
            desk.wait(PATIENCE_S)
            wait_until(lambda: refuses(url), "the backend was gone")
        wait_until(lambda: writable(tmp_path / "workspace.db"), "the database was free")


def test_a_first_line_that_is_no_desks_ends_the_child_without_repeating_it(tmp_path: Path) -> None:
    with process(*CHILD, "--data-dir", str(tmp_path)) as child:
        out, err = child.communicate('{"chairs": "secret"}\n', timeout=PATIENCE_S)
        assert (child.returncode, out) == (2, "")
        assert "secret" not in err


def test_a_child_that_cannot_open_its_store_says_why_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "workspace.db").write_bytes(b"no database" * 100)
    with process(*CHILD, "--data-dir", str(tmp_path)) as child:
        out, err = child.communicate(CHAIRS, timeout=PATIENCE_S)
        assert (child.returncode, out) == (1, "")
        assert err == "redline: the database cannot be used: file is not a database\n"


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to a child is a POSIX matter")
def test_a_backend_by_itself_says_its_address_and_how_people_get_in(database: Database) -> None:
    here = ["--data-dir", str(database.parent)] if isinstance(database, Path) else ["--database", database]
    made = subprocess.run(
        [sys.executable, "-m", "console", "token", "--user", "ana", "--name", "Ana Ruiz", "--role", "qa", *here],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    with process(sys.executable, "-m", "console", "serve", "--port", "0", *here) as server:
        assert server.stdout
        url = server.stdout.readline().rsplit(" ", 1)[1].strip()
        assert "redline token" in server.stdout.readline() + server.stdout.readline()
        answer = httpx.get(f"{url}/v1/me", headers={"Authorization": f"Bearer {made.stdout.strip()}"})
        assert (answer.json()["name"], answer.json()["role"]) == ("Ana Ruiz", "qa")
        server.send_signal(signal.SIGINT)
        assert server.wait(PATIENCE_S) == 0
        assert server.stderr
        assert "Traceback" not in server.stderr.read()


def test_a_port_that_cannot_be_had_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        reasons = {
            port: f"port {port} on 127.0.0.1 is in use; choose another with --port",
            65536: "there is no port 65536; choose one up to 65535 with --port",
        }
        for number, reason in reasons.items():
            served = subprocess.run(
                [sys.executable, "-m", "console", "serve", "--port", str(number), "--data-dir", str(tmp_path)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
            )
            assert (served.returncode, served.stdout, served.stderr) == (1, "", f"redline: {reason}\n")
