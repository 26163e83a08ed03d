"""The feed: every event once and in order, whoever wrote it, and no stream that keeps the backend from stopping."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
from httpx_sse import EventSource, ServerSentEvent, connect_sse

from console.contract.events import EventPage, FeedEvent
from console.contract.views import seq_of
from console.server.services import feed as feeds
from console.server.services.backend import Backend, Bell, Lookout
from console.server.services.conversations import import_conversations
from console.server.services.feed import follow_feed
from console.server.services.ports import StorePort, Unit
from console.server.store import repositories
from console.server.store.unit_of_work import open_store
from tests.server.conftest import Sql
from tests.server.world import HandClock, Running, conversation, correction, running, send

NEVER_S = 3_600.0


@contextmanager
def feed(client: httpx.Client, after: str | None = None, last_event_id: str | None = None) -> Iterator[EventSource]:
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
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
    assert [(event.id, event.event) for event in found] == [(event.place, event.kind) for event in events]
    return events


def test_each_change_is_one_event_in_the_order_it_was_committed(backend: Running, ana: httpx.Client) -> None:
    backend.load(conversation("c"))
    ana.post("/v1/conversations/c/claim")
    send(ana, correction("k", "c"))
    send(ana, correction("k", "c"))
    ana.delete("/v1/conversations/c/claim?epoch=1")
    ana.delete("/v1/conversations/c/claim?epoch=9")
    with feed(ana, after="0") as source:
        events = read(source, 4)
    assert [event.kind for event in events] == [
        "conversation_imported",
        "claim_changed",
        "correction_stored",
        "claim_changed",
    ]
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert ana.get("/v1/queue").json()["place"] == events[-1].place


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
        with feed(ana, after="0", last_event_id=seen[-1].place if seen else None) as source:
            seen += read(source, 5)
    assert [event.conversation_id for event in seen] == [f"c{number}" for number in range(20)]


def test_who_catches_up_reads_page_by_page_what_the_stream_would_have_said(
    backend: Running, ana: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "BATCH", 7)
    backend.load(*(conversation(f"c{number}") for number in range(20)))
    place, seen, more = "0", [], True
    while more:
        page = EventPage.model_validate_json(ana.get("/v1/events", params={"after": place}).content)
        seen += [event.conversation_id for event in page.events]
        assert len(page.events) <= 7
        place, more = page.place, page.more
    assert seen == [f"c{number}" for number in range(20)]
    assert place == ana.get("/v1/queue").json()["place"]


@pytest.mark.parametrize("path", ["/v1/events", "/v1/feed"])
def test_a_place_of_another_history_or_too_far_behind_is_gone(
    backend: Running, ana: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    backend.load(*(conversation(f"c{number}") for number in range(5)))
    place = ana.get("/v1/queue").json()["place"]
    assert ana.get("/v1/events", params={"after": place}).json() == {"events": [], "place": place, "more": False}
    same_number = f"{seq_of(place)}-{'0' * 16}"
    monkeypatch.setattr(feeds, "FARTHEST", 4)
    for nowhere in (same_number, f"99-{'0' * 16}", "0"):
        answer = ana.get(path, params={"after": nowhere})
        assert (answer.status_code, answer.json()["type"]) == (410, "gone")
    for wrong in ("1", "1-x", "-1", "0-0", ""):
        assert ana.get(path, params={"after": wrong}).status_code == 422


def test_events_that_nobody_is_given_any_more_are_pruned_and_their_places_are_gone(
    backend: Running, ana: httpx.Client, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.load(conversation("c0"))
    first = ana.get("/v1/queue").json()["place"]
    monkeypatch.setattr(repositories, "PRUNED_EVERY", 1)
    monkeypatch.setattr(feeds, "KEPT", 4)
    monkeypatch.setattr(feeds, "FARTHEST", 2)
    for number in range(1, 10):
        backend.load(conversation(f"c{number}"))
    assert sql("SELECT count(*) FROM event") == [["4"]]
    newest = ana.get("/v1/queue").json()["place"]
    assert ana.get("/v1/events", params={"after": newest}).json()["events"] == []
    for place in (first, "0"):
        answer = ana.get("/v1/events", params={"after": place})
        assert (answer.status_code, answer.json()["type"]) == (410, "gone")


@pytest.mark.anyio
async def test_a_reader_who_falls_behind_what_is_kept_is_sent_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repositories, "PRUNED_EVERY", 1)
    for name, value in (("BATCH", 1), ("FARTHEST", 2), ("KEPT", 4)):
        monkeypatch.setattr(feeds, name, value)
    async with open_store(tmp_path / "store.db") as store:
        bell = Bell()
        backend = cast(Backend, SimpleNamespace(store=store, bell=bell, lookout=None))

        async def load(number: int) -> None:
            await import_conversations(store, HandClock(), [conversation(f"c{number}")], queue_all=False)

        await load(0)
        stream = follow_feed(backend, "0")
        first = await anext(stream)
        for number in range(1, 10):
            await load(number)
        assert first is not None
        assert [event async for event in stream] == []


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


class CountingStore:
    """A store that counts what was read of it to the end."""

    def __init__(self, store: StorePort) -> None:
        self._store = store
        self.read = 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Unit]:
        async with self._store.reading() as unit:
            yield unit
        self.read += 1

    def writing(self) -> AbstractAsyncContextManager[Unit]:
        return self._store.writing()


async def first_heard(backend: Backend) -> str:
    """Follow from the beginning and say what the first event is about."""
    async for event in follow_feed(backend, "0"):
        return event.conversation_id if event else "a heartbeat"
    return "nothing"


@pytest.mark.anyio
async def test_what_is_new_is_read_once_for_all_idle_streams(tmp_path: Path) -> None:
    bell = Bell()
    async with open_store(tmp_path / "workspace.db", bell.ring) as opened:
        store = CountingStore(opened)
        backend = Backend(store, HandClock(), bell, Lookout(store, bell, NEVER_S), workspace="w", version="1")
        streams = [asyncio.create_task(first_heard(backend)) for _ in range(50)]
        async with asyncio.timeout(30):
            while store.read < len(streams):
                await asyncio.sleep(0.01)
        await import_conversations(store, HandClock(), [conversation("c")], queue_all=False)
        assert await asyncio.wait_for(asyncio.gather(*streams), 30) == ["c"] * len(streams)
        assert store.read == len(streams) + 1


@pytest.mark.anyio
async def test_all_idle_streams_hear_what_another_process_writes(tmp_path: Path) -> None:
    async with open_store(tmp_path / "workspace.db") as mine, open_store(tmp_path / "workspace.db") as others:
        store, bell = CountingStore(mine), Bell()
        backend = Backend(store, HandClock(), bell, Lookout(store, bell, 0.01), workspace="w", version="1")
        streams = [asyncio.create_task(first_heard(backend)) for _ in range(50)]
        async with asyncio.timeout(30):
            while store.read < len(streams) + 10:
                await asyncio.sleep(0.01)
        await import_conversations(others, HandClock(), [conversation("c")], queue_all=False)
        assert await asyncio.wait_for(asyncio.gather(*streams), 30) == ["c"] * len(streams)


@pytest.mark.anyio
async def test_nobody_misses_what_others_have_heard_already(tmp_path: Path) -> None:
    bell = Bell()
    async with open_store(tmp_path / "workspace.db", bell.ring) as store:
        backend = Backend(store, HandClock(), bell, Lookout(store, bell, NEVER_S), workspace="w", version="1")
        early, late = follow_feed(backend, "0"), follow_feed(backend, "0")
        heard: list[str] = []
        async with asyncio.timeout(30):
            for number in range(4):
                waiting = asyncio.create_task(anext(early))
                await asyncio.sleep(0.05)
                await import_conversations(store, HandClock(), [conversation(f"c{number}")], queue_all=False)
                await waiting
                if number % 2:  # the other one is two behind, now and then
                    heard += [event.conversation_id for event in [await anext(late), await anext(late)] if event]
        assert heard == ["c0", "c1", "c2", "c3"]
