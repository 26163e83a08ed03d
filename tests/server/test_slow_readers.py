"""Readers who stop reading: dropped, while nobody else waits, and back where they were once they read again."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from console.contract.conversations import Conversation
from console.contract.limits import MAX_TEXT
from console.server.api import connections
from console.server.services import feed as feeds
from tests.server.test_feed import feed, read
from tests.server.world import Running, conversation, running, token, wait_until

EVENTS = 600
"""More than the system holds for a reader who takes nothing."""

LONG = "\N{SLIGHTLY SMILING FACE}" * MAX_TEXT
"""An answer of the AI that its view says twice, in 3 MB: no system holds them for a reader who takes nothing."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_S", 0.5)


@contextmanager
def asking(backend: Running, path: str) -> Iterator[socket.socket]:
    """Ask for something and read nothing of the answer; as little as possible is read ahead."""
    address = urlsplit(backend.url)
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.settimeout(30)
        wire.connect((address.hostname, address.port))
        wire.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token('ana')}\r\n\r\n".encode())
        yield wire


def many(count: int = EVENTS) -> list[Conversation]:
    return [conversation(f"c{number}") for number in range(count)]


def take(wire: socket.socket, most: int) -> bytes:
    """Read what has come of an answer that has not ended."""
    chunk = wire.recv(most)
    assert chunk, "the line was closed"
    return chunk


def left_over(wire: socket.socket) -> bytes:
    """Read what was on its way when the line was cut."""
    found = bytearray()
    try:
        while chunk := wire.recv(65_536):
            found += chunk
    except ConnectionError:
        pass
    return bytes(found)


def is_served(client: httpx.Client) -> bool:
    return client.get("/healthz").status_code == 200


def test_who_stops_reading_is_dropped_while_others_hear_everything_and_finds_its_way_back(
    impatient: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 4)
    with running(tmp_path) as backend:
        ana = backend.client("ana")
        with (
            asking(backend, "/v1/feed?after=0") as frozen,
            feed(backend.client("ben")) as one,
            feed(backend.client("qin")) as other,
        ):
            live = [one.iter_sse(), other.iter_sse()]
            assert not is_served(ana)
            backend.load(*many())
            heard = [[next(events).id for events in live] for _ in range(EVENTS)]  # in turns: both read all the time
            wait_until(lambda: is_served(ana), "the one who does not read was dropped")
            taken = re.findall(r"^id: (.*)\n\n", left_over(frozen).decode(), re.MULTILINE)
            assert 0 < len(taken) < EVENTS
            with feed(ana, last_event_id=taken[-1]) as again:
                missed = [event.place for event in read(again, EVENTS - len(taken))]
            assert heard == [[place] * 2 for place in (*taken, *missed)]
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_who_stops_reading_an_answer_is_dropped(
    impatient: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    with running(tmp_path) as backend:
        backend.load(conversation("long", answer=LONG))
        probe = backend.client(None)
        with asking(backend, "/v1/conversations/long") as frozen:
            assert take(frozen, 12) == b"HTTP/1.1 200"
            wait_until(lambda: is_served(probe), "the one who does not read was dropped")
            assert len(left_over(frozen)) < len(LONG.encode())


def test_who_reads_slowly_but_reads_is_served_to_the_end(impatient: None, tmp_path: Path) -> None:
    with running(tmp_path) as backend:
        backend.load(conversation("long", answer=LONG))
        with asking(backend, "/v1/conversations/long") as slow:
            answer, began = bytearray(), time.monotonic()
            while not answer.endswith(b"}"):
                answer += take(slow, 4096)
                time.sleep(0.003)  # this is the slowness, not a wait for anything
    assert len(answer) > 2 * len(LONG.encode())
    assert time.monotonic() - began > 3 * connections.STALLED_S, "it was not slow"


def test_a_stream_with_nothing_to_say_still_beats(backend: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "HEARTBEAT_S", 0.05)
    with asking(backend, "/v1/feed") as wire:
        heard = bytearray()
        while heard.count(b": ping\n\n") < 3:
            heard += take(wire, 4096)
        backend.load(conversation("c"))
        while b"event: conversation_imported\n" not in heard:
            heard += take(wire, 4096)
