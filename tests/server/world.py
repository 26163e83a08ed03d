"""A real backend on a loopback port, and the conversations and corrections that its tests are told with."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import httpx

from console.contract.base import content_sha256
from console.contract.conversations import (
    ChatMessage,
    Conversation,
    Customer,
    Gate,
    Handoff,
    Priority,
    Speaker,
    Tier,
    Turn,
)
from console.contract.corrections import Correction, Hunk
from console.contract.ids import ConversationId, CorrectionId, CustomerId, UserId
from console.contract.permissions import Role
from console.server.app.serve import Server, create_server
from console.server.app.settings import Settings
from console.server.services.conversations import ImportCounts, import_conversations
from console.server.services.identity import Identity
from console.server.services.ports import Database
from console.server.store.unit_of_work import open_store

PATIENCE_S = 60
NOW = datetime(2026, 11, 20, 10, 45, tzinfo=UTC)
ANSWER = "Your refund arrives tomorrow."
CHAIRS = {
    "ana": Identity(UserId("ana"), "Ana Ruiz", Role.TIER1),
    "ben": Identity(UserId("ben"), "Ben Okafor", Role.TIER1),
    "tove": Identity(UserId("tove"), "Tove Lind", Role.TIER2),
    "qin": Identity(UserId("qin"), "Qin Wei", Role.QA),
    "olga": Identity(UserId("olga"), "Olga Petrova", Role.OWNER),
}


NO_TLS = SSLContext(PROTOCOL_TLS_CLIENT)
"""For clients that speak to loopback: the certificates that others load with each client take longer than a test."""


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Running:
    """A backend that serves, and its store's address."""

    def __init__(self, url: str, database: Database, clock: HandClock, server: Server) -> None:
        self.url = url
        self.database = database
        self.clock = clock
        self._server = server
        self._clients: list[httpx.Client] = []

    def client(self, who: str | None) -> httpx.Client:
        """Return a client whose token speaks for one of the chairs; None: without a token."""
        headers = {} if who is None else {"Authorization": f"Bearer {token(who)}"}
        self._clients.append(httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=NO_TLS))
        return self._clients[-1]

    def load(self, *conversations: Conversation, queue_all: bool = False) -> ImportCounts:
        """Import conversations as another process would: through a store of its own."""

        async def load() -> ImportCounts:
            async with open_store(self.database) as store:
                return await import_conversations(store, self.clock, conversations, queue_all=queue_all)

        return asyncio.run(load())

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._server.server_state.connections)

    def stop(self) -> None:
        self._server.should_exit = True

    def close(self) -> None:
        for client in self._clients:
            client.close()


def token(who: str) -> str:
    return f"token-of-{who}"


@contextmanager
def running(place: Database, *, embedded: bool = False) -> Iterator[Running]:
    """Serve a database, or the one in a folder, until the block ends."""
    database = place / "workspace.db" if isinstance(place, Path) and not place.suffix else place
    clock = HandClock()
    urls: list[str] = []
    ready = threading.Event()

    def on_ready(url: str) -> None:
        urls.append(url)
        ready.set()

    chairs = {content_sha256(token(who)): chair for who, chair in CHAIRS.items()}
    server = create_server(Settings(database, port=0, embedded=embedded), on_ready, chairs, clock=clock)
    thread = threading.Thread(target=server.run, name="backend")
    thread.start()
    try:
        assert ready.wait(30), "the backend did not start"
        backend = Running(urls[0], database, clock, server)
        try:
            yield backend
        finally:
            backend.close()
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the backend did not stop"


def conversation(
    name: str,
    *,
    handed_off: bool = True,
    tier: Tier = Tier.AGENT,
    priority: Priority = Priority.NORMAL,
    waiting_min: float | None = 10,
    answer: str = ANSWER,
    ask: str = "Wants the refund today.",
) -> Conversation:
    """Return a conversation of three turns, of which the second is the AI's; `waiting_min` None: without times."""
    at = None if waiting_min is None else NOW - timedelta(minutes=waiting_min)
    handoff = Handoff(gate=Gate.CONFIDENCE, value=0.41, threshold=0.6, to_tier=tier, at_turn=2, at=at, ask=ask)
    return Conversation(
        id=ConversationId(name),
        customer=Customer(id=CustomerId("c-1"), name="Maria Berg", email="maria@mail.example.se", phone="+46701234567"),
        topic="refunds",
        language="en",
        priority=priority,
        handoff=handoff if handed_off else None,
        turns=(
            _turn(1, Speaker.CUSTOMER, "Where is my refund?", at),
            _turn(2, Speaker.AI, answer, at),
            _turn(3, Speaker.CUSTOMER, "That is not true.", at),
        ),
    )


def _turn(number: int, speaker: Speaker, text: str, at: datetime | None) -> Turn:
    message = ChatMessage(role="assistant" if speaker is Speaker.AI else "user", content=text)
    return Turn(number=number, speaker=speaker, text=text, at=at, messages=(message,))


def correction(name: str, about: str, *, by: str = "ana", epoch: int = 1, **changes: object) -> Correction:
    """Return a correction of `tomorrow` to `within five days` on turn 2; `changes` replace fields."""
    fields: dict[str, object] = {
        "id": CorrectionId(name),
        "conversation_id": ConversationId(about),
        "turn": 2,
        "author_id": UserId(by),
        "epoch": epoch,
        "original_sha256": content_sha256(ANSWER),
        "corrected_text": "Your refund arrives within five days.",
        "hunks": (Hunk(start=20, end=28, removed="tomorrow", replacement="within five days"),),
        "codes": ("wrong_fact",),
        "taxonomy_version": "2026.1",
        "opened_at": NOW,
        "submitted_at": NOW,
    }
    return Correction.model_validate(fields | changes)


def send(client: httpx.Client, sent: Correction) -> httpx.Response:
    return client.put(f"/v1/corrections/{sent.id}", content=sent.model_dump_json())


def ids(page: httpx.Response) -> Sequence[str]:
    return [row["conversation_id"] for row in page.json()["rows"]]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain until {what}"
        threading.Event().wait(0.02)


def at_once(*calls: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Do several things at once and return what each was answered, in the order given."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
