"""A real backend in a child process of its own, which can be killed and started again on the same store."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from console.client.app.embedded import serve_command
from console.contract.conversations import Conversation
from console.contract.embedded import Chair, EmbeddedReady, EmbeddedStart
from console.contract.views import ConversationView, CorrectionPage, QueuePage, QueueRow
from console.server.services.conversations import import_conversations
from console.server.store.unit_of_work import open_store
from tests.conftest import ROOT
from tests.server.world import CHAIRS, token

_START = EmbeddedStart(
    chairs=tuple(
        Chair(token=token(who), user_id=chair.user_id, name=chair.name, role=chair.role)
        for who, chair in CHAIRS.items()
    )
)


class Backend:
    """`url` moves when it is started anew; None while it is down."""

    def __init__(self, folder: Path, *, sample: bool) -> None:
        self.url: str | None = None
        self._database = folder / "workspace.db"
        self._command = serve_command(folder, sample=sample)
        self._child: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(timeout=30)

    def start(self) -> None:
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(self._command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(_START.model_dump_json().encode() + b"\n")
        self._child.stdin.flush()
        self.url = EmbeddedReady.model_validate_json(self._child.stdout.readline()).url

    def kill(self) -> None:
        """End it without notice."""
        if self._child is None:
            return
        self._child.kill()
        self._child.communicate()
        self._child = self.url = None

    def close(self) -> None:
        self._client.close()
        self.kill()

    def load(self, *conversations: Conversation, queue_all: bool = False) -> None:
        """Import conversations as another process would: through a store of its own."""

        async def load() -> None:
            async with open_store(self._database) as store:
                await import_conversations(store, lambda: datetime.now(UTC), conversations, queue_all=queue_all)

        asyncio.run(load())

    def ask(self, who: str, method: str, path: str) -> httpx.Response:
        """Ask something as somebody, over HTTP."""
        headers = {"Authorization": f"Bearer {token(who)}"}
        return self._client.request(method, f"{self.url}{path}", headers=headers)

    def rows(self) -> tuple[QueueRow, ...]:
        """The whole queue, as anybody reads it."""
        return QueuePage.model_validate_json(self.ask("olga", "GET", "/v1/queue?limit=200").content).rows

    def view(self, conversation_id: str) -> ConversationView:
        answer = self.ask("olga", "GET", f"/v1/conversations/{conversation_id}")
        return ConversationView.model_validate_json(answer.content)

    def corrections(self, conversation_id: str) -> CorrectionPage:
        answer = self.ask("olga", "GET", f"/v1/corrections?conversation_id={conversation_id}")
        return CorrectionPage.model_validate_json(answer.content)

    def claim(self, who: str, conversation_id: str) -> None:
        assert self.ask(who, "POST", f"/v1/conversations/{conversation_id}/claim").is_success

    def free_all(self) -> None:
        """Give back every claim, so that one test's work is not in the next one's way."""
        for row in self.rows() if self.url else ():
            if row.claim is not None:
                path = f"/v1/conversations/{row.conversation_id}/claim?epoch={row.claim.epoch}"
                self.ask(row.claim.holder_id, "DELETE", path)


@contextmanager
def serving(folder: Path, *, sample: bool = False) -> Iterator[Backend]:
    """Serve from a folder until the block ends."""
    backend = Backend(folder, sample=sample)
    backend.start()
    try:
        yield backend
    finally:
        backend.close()
