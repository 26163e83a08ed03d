"""The embedded backend comes up, comes back, says why if it cannot, and never outlives its desk."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from console.client.app.embedded import EmbeddedBackend, EmbeddedBackendError, serve_command
from console.client.net.http import HttpGateway
from console.client.services.errors import UnreachableError
from tests.client.desk import until
from tests.conftest import ROOT

pytestmark = pytest.mark.anyio


KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""An end without notice; on Windows every signal is one."""


def answers(url: str) -> bool:
    """Whether anything listens there."""
    host, _, port = url.removeprefix("http://").partition(":")
    with closing(socket.socket()) as probe:
        return probe.connect_ex((host, int(port))) == 0


async def names(backend: EmbeddedBackend) -> list[str]:
    """Who each chair's token speaks for, by the backend's word."""
    found = []
    for chair in backend.chairs:
        gateway = HttpGateway(lambda: backend.url, chair.token)
        found.append((await gateway.me()).name)
        await gateway.aclose()
    return found


async def test_it_comes_up_knows_its_four_chairs_and_ends_with_the_desk(tmp_path: Path) -> None:
    backend = EmbeddedBackend(serve_command(tmp_path, sample=False))
    await backend.start()
    url = backend.url
    assert url is not None
    assert await names(backend) == ["Ana Ruiz", "Tariq Khan", "Renate Maurer", "Olu Adeyemi"]
    await backend.stop()
    assert backend.url is None
    assert not answers(url)


async def test_it_is_started_anew_when_it_dies_and_its_tokens_still_hold(tmp_path: Path) -> None:
    ups: list[str | None] = []
    backend = EmbeddedBackend(serve_command(tmp_path, sample=False), on_up=lambda: ups.append(backend.url))
    await backend.start()
    assert backend.pid is not None
    os.kill(backend.pid, KILL)
    await until(lambda: len(ups) == 2)
    assert await names(backend) == ["Ana Ruiz", "Tariq Khan", "Renate Maurer", "Olu Adeyemi"]
    await backend.stop()


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.stderr.write('no room on the disk\\n')", "no room on the disk"),
        ("print('Hello!'); input(); input()", "stopped as it came up"),
    ],
    ids=["ends at once", "says something else"],
)
async def test_a_child_that_does_not_come_up_is_reported_with_its_last_words(program: str, said: str) -> None:
    backend = EmbeddedBackend((sys.executable, "-c", program))
    with pytest.raises(EmbeddedBackendError, match=said):
        await backend.start()
    await backend.stop()


async def test_a_program_that_is_not_there_is_reported(tmp_path: Path) -> None:
    backend = EmbeddedBackend((str(tmp_path / "missing"),))
    with pytest.raises(EmbeddedBackendError, match="cannot be started"):
        await backend.start()


async def test_it_has_no_address_before_it_is_up(tmp_path: Path) -> None:
    backend = EmbeddedBackend(serve_command(tmp_path, sample=False))
    gateway = HttpGateway(lambda: backend.url, backend.chairs[0].token)
    with pytest.raises(UnreachableError, match="not up"):
        await gateway.me()


DESK = """
import asyncio, sys, time
from pathlib import Path
from console.client.app.embedded import EmbeddedBackend, serve_command
async def main():
    backend = EmbeddedBackend(serve_command(Path(sys.argv[1]), sample=False))
    await backend.start()
    print(backend.url, flush=True)
    time.sleep(600)
asyncio.run(main())
"""


async def test_a_desk_that_is_killed_leaves_no_orphan(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DESK, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as dying:
        assert dying.stdout is not None
        url = (await asyncio.to_thread(dying.stdout.readline)).strip()
        assert answers(url)
        dying.kill()
    await until(lambda: not answers(url))
