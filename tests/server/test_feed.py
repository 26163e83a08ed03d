"""The feed: every event once and in order, whoever wrote it, and no stream that keeps the backend from stopping."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from httpx_sse import EventSource, ServerSentEvent, connect_sse

from console.contract.events import FeedEvent
from tests.server.world import Running, conversation, correction, running, send


@contextmanager
def feed(client: httpx.Client, after: int | None = None, last_event_id: int | None = None) -> Iterator[EventSource]:
    headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
    params = {} if after is None else {"after": after}
    with connect_sse(client, "GET", "/v1/feed", headers=headers, params=params) as source:
        yield source


def read(source: EventSource, count: int) -> list[FeedEvent]:
    found: list[ServerSentEvent] = []
    for event in source.iter_sse():
        found.append(event)
        if len(found) == count:
            break
    events = [FeedEvent.model_validate_json(event.data) for event in found]
    assert [(event.id, event.event) for event in found] == [(str(event.seq), event.kind) for event in events]
    return events


def test_each_change_is_one_event_in_the_order_it_was_committed(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post("/v1/conversations/c/claim")
    send(ana, correction("k", "c"))
    send(ana, correction("k", "c"))
    ana.delete("/v1/conversations/c/claim?epoch=1")
    ana.delete("/v1/conversations/c/claim?epoch=9")
    with feed(ana, after=0) as source:
        events = read(source, 4)
    assert [event.kind for event in events] == [
        "conversation_imported",
        "claim_changed",
        "correction_stored",
        "claim_changed",
    ]
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert ana.get("/v1/queue").json()["seq"] == events[-1].seq


def test_a_stream_hears_what_is_written_after_it_opened(backend: Running, ana: httpx.Client, ben: httpx.Client) -> None:
    backend.load(conversation("old"))
    with feed(ana) as source:
        backend.load(conversation("new"))
        (imported,) = read(source, 1)
    assert (imported.kind, imported.conversation_id) == ("conversation_imported", "new")
    with feed(ana) as source:
        ben.post("/v1/conversations/new/claim")
        (claimed,) = read(source, 1)
    assert (claimed.kind, claimed.conversation_id) == ("claim_changed", "new")


def test_a_reader_who_comes_back_misses_nothing(backend: Running, ana: httpx.Client) -> None:
    backend.load(*(conversation(f"c{number}") for number in range(20)))
    seen: list[FeedEvent] = []
    while len(seen) < 20:
        with feed(ana, after=0, last_event_id=seen[-1].seq if seen else None) as source:
            seen += read(source, 5)
    assert [event.conversation_id for event in seen] == [f"c{number}" for number in range(20)]


def test_open_streams_end_when_the_backend_stops(tmp_path: Path) -> None:
    opened, ended = threading.Event(), threading.Event()

    def listen(backend: Running) -> None:
        with feed(backend.client("ana")) as source:
            opened.set()
            assert list(source.iter_sse()) == []
        ended.set()

    with running(tmp_path) as backend:
        listener = threading.Thread(target=listen, args=[backend])
        listener.start()
        assert opened.wait(30)
        backend.stop()
        listener.join(30)
    assert ended.is_set()
