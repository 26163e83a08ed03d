"""A desk without a screen, at a real backend: what the tests of the services are told with."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from console.client.domain.drafts import CorrectionDraft, toggle_code, with_severity, with_text
from console.client.net.http import HttpGateway
from console.client.services.changes import ChangeSet
from console.client.services.clock import SystemClock
from console.client.services.connection import ConnectionState
from console.client.services.corrections import SavedState
from console.client.services.ports import Clock
from console.client.services.session import DeskSession
from console.client.services.sign_in import sign_in
from console.client.store.sqlite_store import SqliteStore
from console.contract.ids import ConversationId, CorrectionId
from console.contract.taxonomy import Severity
from tests.server.world import token

PATIENCE_S = 30
AI_TURN = 2


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


class QuickClock(SystemClock):
    """A clock whose waits pass a thousand times as fast, for what a desk does every few minutes."""

    PACE = 1000

    def monotonic(self) -> float:
        return super().monotonic() * self.PACE

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        return await super().wait(event, seconds / self.PACE)


class Desk:
    """One person's session, and what it told of its changes."""

    def __init__(self, session: DeskSession, store: SqliteStore) -> None:
        self.session = session
        self.store = store
        self.heard: list[ChangeSet] = []
        session.changes.subscribe(self.heard.append)

    @property
    def online(self) -> bool:
        return self.session.connection.state is ConnectionState.ONLINE

    def count(self, conversation_id: str) -> int | None:
        """How many corrections the queue shows for a conversation."""
        row = self.session.queue.row(ConversationId(conversation_id))
        return row and row.corrections

    def states(self, conversation_id: str) -> list[SavedState]:
        return [status.state for status in self.session.corrections.states(ConversationId(conversation_id))]

    async def finished_draft(self, conversation_id: str, text: str = "Your refund takes five days.") -> CorrectionDraft:
        draft = await self.session.corrections.draft(ConversationId(conversation_id), AI_TURN)
        return with_severity(toggle_code(with_text(draft, text), "wrong_fact"), Severity.MAJOR)

    async def correct(self, conversation_id: str, text: str = "Your refund takes five days.") -> CorrectionId:
        """Correct the AI's turn of a conversation and submit it."""
        return await self.session.corrections.submit(await self.finished_draft(conversation_id, text))


@asynccontextmanager
async def desk(
    folder: Path, locate: Callable[[], str | None], who: str = "ana", clock: Clock | None = None
) -> AsyncIterator[Desk]:
    """Sit somebody down at a profile in the folder; it may be the same one as before."""
    gateway = HttpGateway(locate, token(who))
    store = await SqliteStore.open(folder / "profile.db")
    try:
        session = DeskSession(await sign_in(gateway, store, who), gateway, store, clock, Random(1))
        seated = Desk(session, store)
        await session.start()
        try:
            yield seated
        finally:
            await session.stop()
    finally:
        await gateway.aclose()
        await store.aclose()
