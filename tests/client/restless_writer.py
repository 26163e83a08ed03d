"""A desk without a backend that saves drafts, or submits, as fast as it can and prints what it was told is saved.

Run as `python -m tests.client.restless_writer PROFILE drafts|submits`, and killed by its test.
"""

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from console.client.domain.drafts import toggle_code, with_severity, with_text
from console.client.net.http import HttpGateway
from console.client.services.session import DeskSession
from console.client.store.sqlite_store import SqliteStore
from console.contract.ids import ConversationId, UserId
from console.contract.permissions import Role
from console.contract.taxonomy import Severity
from console.contract.views import ConversationView, Me
from tests.client.test_queue_filter import row
from tests.server.world import conversation

ME = Me(user_id=UserId("ana"), name="Ana Ruiz", role=Role.TIER1, workspace="Sample", version="1")
ABOUT = ConversationId("c-1")
TURN = 2


def text_of(number: int) -> str:
    """Long enough to fill several pages of the file."""
    return f"{number} " + "Your refund takes five days. " * 200


async def write(profile: Path, what: str) -> None:
    store = await SqliteStore.open(profile)
    now = datetime.now(UTC)
    view = ConversationView(row=row(ABOUT), conversation=conversation(ABOUT), corrections=(), server_time=now)
    await store.keep_conversation(view)
    desk = DeskSession(ME, HttpGateway(lambda: None, "no token"), store)
    await desk.start()
    for number in count():
        draft = with_text(await desk.corrections.draft(ABOUT, TURN), text_of(number))
        if what == "drafts":
            await desk.corrections.save_draft(draft)
            saved = str(number)
        else:
            saved = await desk.corrections.submit(with_severity(toggle_code(draft, "tone"), Severity.MINOR))
        sys.stdout.write(f"{saved}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2]))
