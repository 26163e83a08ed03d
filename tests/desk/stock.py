"""What earlier runs left at a profile: an outbox put there by the real store, before anybody sits down."""

import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from console.client.services.ports import KeptQueue
from console.client.store.sqlite_store import SqliteStore
from console.contract.base import canonical_json, content_sha256
from console.contract.conversations import Conversation
from console.contract.corrections import Correction, Hunk
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.permissions import Role
from console.contract.taxonomy import Severity
from console.contract.views import CorrectionState, Me, QueueRow, Receipt
from tests.desk.stories import ANSWER, ANSWER_TURN
from tests.server.world import NOW

ANA = Me(user_id=UserId("ana"), name="Ana Ruiz", role=Role.TIER1, workspace="Sample", version="1")
BETTER = ANSWER.replace("ten days", "five days")


def written(number: int, about: str, **changes: object) -> Correction:
    """Return a correction of the story's answer by Ana, one an hour; `changes` replace fields."""
    start = ANSWER.index("ten")
    fields: dict[str, object] = {
        "id": CorrectionId(f"01a20681-d38a-7986-83cc-{content_sha256(about)[:8]}{number:04x}"),
        "conversation_id": ConversationId(about),
        "turn": ANSWER_TURN,
        "author_id": ANA.user_id,
        "epoch": 1,
        "original_sha256": content_sha256(ANSWER),
        "corrected_text": BETTER,
        "hunks": (Hunk(start=start, end=start + 3, removed="ten", replacement="five"),),
        "codes": ("wrong_fact", "tone"),
        "severity": Severity.MAJOR,
        "taxonomy_version": "2026.1",
        "note": "The terms say five.",
        "opened_at": NOW + timedelta(hours=number - 1),
        "submitted_at": NOW + timedelta(hours=number),
    }
    return Correction.model_validate(fields | changes)


async def stock(
    folder: Path,
    waiting: Sequence[Correction] = (),
    refused: Sequence[tuple[Correction, str]] = (),
    late: Sequence[Correction] = (),
    rows: Sequence[QueueRow] = (),
    key: str = "ana",
) -> None:
    """Leave these in Ana's profile in the folder, and the queue as it was last read; `key` names her token."""
    folder.mkdir(exist_ok=True)
    store = await SqliteStore.open(folder / "profile.db")
    await store.keep_person(key, ANA)
    await store.keep_queue(KeptQueue(tuple(rows)))
    for said in (*waiting, *(said for said, _ in refused), *late):
        assert await store.submit(said)
    for said, why in refused:
        await store.park(said.id, why)
    for said in late:
        body = content_sha256(canonical_json(said))
        await store.settle(Receipt(id=said.id, body_sha256=body, state=CorrectionState.LATE, received_at=NOW))
    await store.aclose()


def leave_unreadable(folder: Path, about: Conversation | str) -> None:
    """Leave a correction in the profile as a version to come might have written it."""
    name = about if isinstance(about, str) else about.id
    columns = "id, conversation_id, turn, author_id, submitted_at, body"
    with sqlite3.connect(folder / "profile.db") as db:
        values = (f"of-{name}", name, ANSWER_TURN, ANA.user_id, NOW.isoformat(), '{"from": "a version to come"}')
        db.execute(f"INSERT INTO outbox ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values)
    db.close()
