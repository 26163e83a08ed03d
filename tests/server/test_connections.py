"""Connections: a request that never becomes whole is not waited for, and no more are served than there may be."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from console.server.api import connections
from tests.server.test_feed import feed, read
from tests.server.world import Running, conversation, correction, running, token

PUT = f"PUT /v1/corrections/k HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token('ana')}\r\nContent-Length: 99\r\n\r\n"
UNFINISHED = {
    "nothing": "",
    "half a head": "GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Half",
    "half a body": PUT + "{",
    "half a body of nobody's": PUT.replace("Bearer", "Nobody") + "{",
    "half a second head": "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost",
}


@pytest.fixture
def kind() -> str:
    """One of them will do: nothing here is the database's matter."""
    return "sqlite"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_S", 0.2)


@pytest.fixture
def wires(backend: Running) -> Iterator[list[socket.socket]]:
    address = urlsplit(backend.url)
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection((address.hostname, address.port), 30)) for _ in range(3)]


@pytest.mark.parametrize("sent", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_a_request_that_never_becomes_whole_is_not_waited_for(
    impatient: None, wires: list[socket.socket], ana: httpx.Client, sent: str, caplog: pytest.LogCaptureFixture
) -> None:
    for wire in wires:
        wire.sendall(sent.encode())
    for wire in wires:
        while wire.recv(65_536):
            pass
    assert ana.get("/v1/me").status_code == 200
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def slowly(wire: socket.socket, sent: bytes) -> int:
    """Send byte by byte, 50 a second at most; return how many were sent before the other end hung up."""
    wire.settimeout(0.02)
    for count, byte in enumerate(sent):
        with suppress(TimeoutError):
            wire.recv(65_536)
            return count
        wire.sendall(bytes([byte]))
    return len(sent)


def test_a_body_that_comes_slowly_but_steadily_is_waited_for(
    impatient: None, backend: Running, wires: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SLOWEST_LINE", 1)
    body = correction("k", "c").model_dump_json().encode()
    wires[0].sendall(PUT.replace("99", str(len(body))).encode() + body[:-40])
    backend.load(conversation("c"))
    assert slowly(wires[0], body[-40:]) == 40
    wires[0].settimeout(30)
    assert b"201 Created" in wires[0].recv(65_536)


@pytest.mark.parametrize(("limit", "value"), [("SLOWEST_LINE", 16 * 1024), ("MAX_CORRECTION_BODY", 0)])
def test_a_body_that_trickles_or_never_ends_is_not_waited_for(
    impatient: None, wires: list[socket.socket], monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(connections, "SLOWEST_LINE", 1)
    monkeypatch.setattr(connections, limit, value)
    wires[0].sendall(PUT.replace("99", "99999").encode())
    assert slowly(wires[0], b" " * 99_999) < 99_999


def test_a_stream_is_not_taken_for_an_unfinished_request(
    impatient: None, backend: Running, wires: list[socket.socket], ana: httpx.Client
) -> None:
    with feed(ana) as source:
        while wires[0].recv(65_536):
            pass
        backend.load(conversation("c"))
        assert [event.conversation_id for event in read(source, 1)] == ["c"]


def test_more_connections_than_there_may_be_are_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 3)
    with running(tmp_path) as backend, ExitStack() as open_feeds:
        for _ in range(2):
            open_feeds.enter_context(feed(backend.client("ana")))
        assert backend.client("ben").get("/v1/me").status_code == 503
