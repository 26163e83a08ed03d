"""The profile's SQLite file: every call runs on one worker thread, every write is on disk when it returns."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from console.client.domain.drafts import CorrectionDraft, is_untouched
from console.client.services.errors import StoreError
from console.client.services.ports import Delivery, KeptQueue, OutboxItem, Unreadable
from console.client.store.damage import WORK, DamagedError
from console.client.store.opening import Connect, open_profile, transaction
from console.client.store.schema import NewerSchemaError
from console.client.store.seals import SEALED, insert_sealed
from console.contract.base import Model, UtcTime, canonical_json, content_sha256
from console.contract.corrections import Correction
from console.contract.ids import ConversationId, CorrectionId, UserId
from console.contract.views import FEED_START, ConversationView, FeedPlace, Me, QueueRow, Receipt

KEPT_CONVERSATIONS = 500
KEPT_FOR = timedelta(days=35)
KEPT_DELIVERIES = 2_000
"""Deliveries kept however old they are, so that no clock that runs wild for a while can make this desk forget."""
BATCH = 500

_ROWS = TypeAdapter(tuple[QueueRow, ...])
_TIME = TypeAdapter(UtcTime)
_PLACE = TypeAdapter(tuple[FeedPlace, UtcTime, FeedPlace])
_THIS_DRAFT = "WHERE conversation_id = ? AND turn = ? AND author_id = ?"
_PUT_FIRST = "UPDATE outbox SET position = (SELECT min(position) FROM outbox) - 1 WHERE id = ?"
_DISCARD = "DELETE FROM outbox WHERE id = ? AND refusal IS NOT NULL"
_SUBMITTED = ", ".join(SEALED["outbox"])
_FORGET_DELIVERIES = (
    "DELETE FROM delivery WHERE position <= (SELECT max(position) FROM delivery) - ?2"
    " AND CASE WHEN json_valid(receipt) THEN json_extract(receipt, '$.received_at') < ?1 END"
)
"""A receipt that is no JSON any more is kept, rather than failing whatever is settled after it."""
_KEEP_ROW = "INSERT OR REPLACE INTO queue_row (conversation_id, body) VALUES (?, ?)"

T = TypeVar("T")
M = TypeVar("M", bound=Model)
DraftKey = tuple[ConversationId, int, UserId]


class SqliteStore:
    """A LocalStore in one file, readable by its owner only. Two desks may share it; writes wait for each other.

    `note` tells the person what is wrong with the file, None where nothing is.
    """

    def __init__(self, worker: Executor, connection: sqlite3.Connection, note: str | None) -> None:
        self.note = note
        self._worker = worker
        self._connection = connection

    @classmethod
    async def open(cls, path: Path, worker: Executor | None = None, connect: Connect = sqlite3.connect) -> Self:
        """Open or make the profile's file; a damaged one is moved aside, and `note` says so. Raises StoreError.

        `worker` does one thing at a time and is the store's to shut down; `connect` takes what sqlite3.connect takes.
        """
        worker = worker or ThreadPoolExecutor(max_workers=1, thread_name_prefix="profile")
        try:
            connection, note = await _on(worker, lambda: open_profile(path, connect))
        except StoreError:
            worker.shutdown(wait=False)
            raise
        return cls(worker, connection, note)

    async def draft(self, conversation_id: ConversationId, turn: int, author_id: UserId) -> CorrectionDraft | None:
        """Return the stored draft of a turn, if there is one."""

        return await self._run(lambda db: _stored_draft(db, (conversation_id, turn, author_id)))

    async def drafts(self, author_id: UserId) -> tuple[CorrectionDraft, ...]:
        """Return an author's drafts, by conversation and turn."""

        def read(db: sqlite3.Connection) -> tuple[CorrectionDraft, ...]:
            order = "ORDER BY conversation_id, turn"
            rows = db.execute(f"SELECT body FROM draft WHERE author_id = ? {order}", (author_id,))
            return tuple(draft for (body,) in rows if (draft := _read(CorrectionDraft, body)))

        return await self._run(read)

    async def save_draft(self, draft: CorrectionDraft) -> bool:
        """Keep a draft in place of the one of its turn; False where that is another one somebody worked on."""

        def write(db: sqlite3.Connection) -> bool:
            if _is_in_the_way(db, draft.key, draft.id):
                return False
            _replace_draft(db, draft)
            return True

        return await self._write(write)

    async def discard_draft(self, draft: CorrectionDraft) -> None:
        """Forget the draft of this id, if it is the one of its conversation, turn and author."""

        def write(db: sqlite3.Connection) -> None:
            there = _stored_draft(db, draft.key)
            if there and there.id == draft.id:
                _end_draft(db, draft.key)

        await self._write(write)

    async def submit(self, correction: Correction) -> bool:
        """Put a correction last in the outbox and end its draft; False where another one was submitted under its id."""

        def write(db: sqlite3.Connection) -> bool:
            key = (correction.conversation_id, correction.turn, correction.author_id)
            body = canonical_json(correction)
            submitted = _submitted_sha256(db, correction.id)
            if submitted is None:
                _put_in_outbox(db, correction)
            elif submitted != content_sha256(body):
                return False
            if not _is_in_the_way(db, key, correction.id):
                _end_draft(db, key)
            return True

        return await self._write(write)

    async def outbox(self, author_id: UserId) -> tuple[OutboxItem, ...]:
        """Return an author's outbox, oldest first."""

        def read(db: sqlite3.Connection) -> tuple[OutboxItem, ...]:
            order = "ORDER BY position"
            rows = db.execute(f"SELECT body, refusal FROM outbox WHERE author_id = ? {order}", (author_id,))
            return tuple(OutboxItem(said, refusal) for body, refusal in rows if (said := _read(Correction, body)))

        return await self._run(read)

    async def unreadable(self, author_id: UserId) -> tuple[Unreadable, ...]:
        """Return what is kept of an author's work and cannot be read: another version wrote it, or it was damaged."""

        def read(db: sqlite3.Connection) -> tuple[Unreadable, ...]:
            found: list[Unreadable] = []
            for table, kind in WORK.items():
                name = "id" if kind is Correction else "NULL"
                columns = f"conversation_id, turn, {name}, body"
                rows = db.execute(f"SELECT {columns} FROM {table} WHERE author_id = ?", (author_id,))
                found += (Unreadable(*place) for *place, body in rows if _read(kind, body) is None)
            aside = db.execute("SELECT conversation_id, turn FROM unreadable_draft WHERE author_id = ?", (author_id,))
            return (*found, *(Unreadable(*place) for place in aside))

        return await self._run(read)

    async def reopen(self, correction_id: CorrectionId, draft: CorrectionDraft) -> bool:
        """Turn a refused item into a draft; False where it is none, or its turn has a draft somebody worked on."""

        def write(db: sqlite3.Connection) -> bool:
            there = _stored_draft(db, draft.key)
            if (there and not is_untouched(there)) or not db.execute(_DISCARD, (correction_id,)).rowcount:
                return False
            _replace_draft(db, draft)
            return True

        return await self._write(write)

    async def park(self, correction_id: CorrectionId, refusal: str | None) -> None:
        """Mark an item as refused, and why; None lets it be sent again."""
        update = "UPDATE outbox SET refusal = ? WHERE id = ?"
        await self._write(lambda db: db.execute(update, (refusal, correction_id)))

    async def discard(self, correction_id: CorrectionId) -> bool:
        """Drop a refused item and say so; an item that is not refused stays."""
        return await self._write(lambda db: db.execute(_DISCARD, (correction_id,)).rowcount > 0)

    async def settle(self, receipt: Receipt) -> None:
        """Turn an outbox item into a delivery, in one transaction; nothing the second time."""

        def write(db: sqlite3.Connection) -> None:
            where = "FROM outbox WHERE id = ?1"
            insert = f"INSERT OR IGNORE INTO delivery ({_SUBMITTED}, receipt) SELECT {_SUBMITTED}, ?2 {where}"
            db.execute(insert, (receipt.id, receipt.model_dump_json()))
            db.execute("DELETE FROM outbox WHERE id = ?", (receipt.id,))
            db.execute(_FORGET_DELIVERIES, ((receipt.received_at - KEPT_FOR).isoformat(), KEPT_DELIVERIES))

        await self._write(write)

    async def resend(self, ids: Sequence[CorrectionId]) -> tuple[OutboxItem, ...]:
        """Put deliveries first in the outbox, in this order; return those that are still kept in full."""

        def write(db: sqlite3.Connection) -> tuple[OutboxItem, ...]:
            items: list[OutboxItem] = []
            for correction_id in reversed(ids):
                if said := _delivered(db, correction_id):
                    items.insert(0, OutboxItem(said))
                    _put_in_outbox(db, said)
                    db.execute(_PUT_FIRST, (said.id,))
                    db.execute("DELETE FROM delivery WHERE id = ?", (said.id,))
            return tuple(items)

        return await self._write(write)

    async def delivered(self, correction_id: CorrectionId) -> Correction | None:
        """Return what was delivered under an id, while its words are kept and can be read."""

        return await self._run(lambda db: _delivered(db, correction_id))

    async def deliveries(self, author_id: UserId) -> tuple[Delivery, ...]:
        """Return what an author had stored from here, oldest first."""

        def read(db: sqlite3.Connection) -> tuple[Delivery, ...]:
            columns = "conversation_id, turn, submitted_at, receipt"
            order = "ORDER BY position"
            rows = db.execute(f"SELECT {columns} FROM delivery WHERE author_id = ? {order}", (author_id,))
            return tuple(
                Delivery(conversation_id, turn, submitted_at, receipt)
                for conversation_id, turn, at, body in rows
                if (receipt := _read(Receipt, body)) and (submitted_at := _read_time(at))
            )

        return await self._run(read)

    async def person(self, key: str) -> Me | None:
        """Return who signed in with this key last."""

        def read(db: sqlite3.Connection) -> Me | None:
            row = db.execute("SELECT body FROM person WHERE key = ?", (key,)).fetchone()
            return _read(Me, row[0]) if row else None

        return await self._run(read)

    async def keep_person(self, key: str, me: Me) -> None:
        """Remember who this key speaks for."""
        insert = "INSERT OR REPLACE INTO person (key, body) VALUES (?, ?)"
        await self._write(lambda db: db.execute(insert, (key, me.model_dump_json())))

    async def queue(self) -> KeptQueue:
        """Return the queue as it was last read; empty where another version wrote it."""

        def read(db: sqlite3.Connection) -> KeptQueue:
            with transaction(db, "DEFERRED"):
                found = db.execute("SELECT body FROM queue_row")
                rows: list[QueueRow] = []
                try:
                    while batch := found.fetchmany(BATCH):  # in steps, so that the screen's thread gets its turns
                        rows += _ROWS.validate_json(f"[{','.join(body for (body,) in batch)}]")
                    found = db.execute("SELECT place, read_at, newest FROM feed_place").fetchone()
                    place, read_at, newest = _PLACE.validate_python(found) if found else (None, None, FEED_START)
                except ValidationError:
                    return KeptQueue()
            return KeptQueue(tuple(rows), place, read_at, newest)

        return await self._run(read)

    async def keep_queue(self, queue: KeptQueue) -> None:
        """Keep this queue in place of what was kept."""

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM queue_row")
            db.execute("DELETE FROM feed_place")
            _keep_rows(db, queue)

        await self._write(write)

    async def keep_rows(self, changed: KeptQueue, gone: Sequence[ConversationId] = ()) -> None:
        """Keep these rows beside the others, drop those that are gone, and move on to the place, if one is given."""

        def write(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM queue_row WHERE conversation_id = ?", ((row_id,) for row_id in gone))
            _keep_rows(db, changed)

        await self._write(write)

    async def conversation(self, conversation_id: ConversationId) -> ConversationView | None:
        """Return a conversation as it was last read; None where another version wrote it."""

        def read(db: sqlite3.Connection) -> ConversationView | None:
            where = "WHERE conversation_id = ?"
            row = db.execute(f"SELECT body FROM conversation {where}", (conversation_id,)).fetchone()
            return _read(ConversationView, row[0]) if row else None

        return await self._run(read)

    async def keep_conversation(self, view: ConversationView) -> None:
        """Keep a conversation; the longest unread ones give way."""

        def write(db: sqlite3.Connection) -> None:
            insert = "INSERT OR REPLACE INTO conversation (conversation_id, body) VALUES (?, ?)"
            db.execute(insert, (view.conversation.id, view.model_dump_json()))
            last = "SELECT position FROM conversation ORDER BY position DESC LIMIT 1 OFFSET ?"
            db.execute(f"DELETE FROM conversation WHERE position <= ({last})", (KEPT_CONVERSATIONS,))

        await self._write(write)

    async def aclose(self) -> None:
        """Close the file, after what was begun."""
        await self._run(sqlite3.Connection.close)
        self._worker.shutdown(wait=False)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work on the worker thread. Raises StoreError."""
        return await _on(self._worker, lambda: work(self._connection))

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work in one transaction."""

        def write(db: sqlite3.Connection) -> T:
            with transaction(db):
                return work(db)

        return await self._run(write)


def _submitted_sha256(db: sqlite3.Connection, correction_id: CorrectionId) -> str | None:
    """Return the hash of what was submitted under an id, stored at the backend or not; None where nothing was."""
    for column, table in (("body", "outbox"), ("receipt", "delivery")):
        if row := db.execute(f"SELECT {column} FROM {table} WHERE id = ?", (correction_id,)).fetchone():
            receipt = _read(Receipt, row[0]) if table == "delivery" else None
            return receipt.body_sha256 if receipt else content_sha256(row[0])  # of an unreadable one: no correction's
    return None


def _read(kind: type[M], body: str) -> M | None:
    """Return what a row holds; None where another version wrote it."""
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        return None


def _read_time(text: str) -> datetime | None:
    try:
        return _TIME.validate_python(text)
    except ValidationError:
        return None


def _delivered(db: sqlite3.Connection, correction_id: CorrectionId) -> Correction | None:
    """Return the words that were delivered, where they are kept and are still those that the receipt is for."""
    row = db.execute("SELECT body, receipt FROM delivery WHERE id = ?", (correction_id,)).fetchone()
    if row is None or row[0] is None:
        return None
    receipt = _read(Receipt, row[1])
    same = receipt is None or receipt.body_sha256 == content_sha256(row[0])
    return _read(Correction, row[0]) if same else None


def _draft_body(db: sqlite3.Connection, key: DraftKey) -> str | None:
    row = db.execute(f"SELECT body FROM draft {_THIS_DRAFT}", key).fetchone()
    return row[0] if row else None


def _stored_draft(db: sqlite3.Connection, key: DraftKey) -> CorrectionDraft | None:
    body = _draft_body(db, key)
    return _read(CorrectionDraft, body) if body else None


def _is_in_the_way(db: sqlite3.Connection, key: DraftKey, draft_id: CorrectionId) -> bool:
    """Whether a turn has a draft of another id that somebody worked on, and whose words were not submitted."""
    there = _stored_draft(db, key)
    if there is None or there.id == draft_id or is_untouched(there):
        return False
    return _submitted_sha256(db, there.id) is None


def _keep_rows(db: sqlite3.Connection, queue: KeptQueue) -> None:
    db.executemany(_KEEP_ROW, ((row.conversation_id, row.model_dump_json()) for row in queue.rows))
    if queue.place and queue.read_at:
        insert = "INSERT OR REPLACE INTO feed_place (one, place, read_at, newest) VALUES (1, ?, ?, ?)"
        db.execute(insert, (queue.place, queue.read_at.isoformat(), queue.newest))
    else:
        db.execute("UPDATE feed_place SET newest = ?", (queue.newest,))


def _end_draft(db: sqlite3.Connection, key: DraftKey) -> None:
    """Delete the draft of a turn; one that cannot be read is only put where it is in nobody's way."""
    if _stored_draft(db, key) is None:
        columns = "conversation_id, turn, author_id, body"
        db.execute(f"INSERT INTO unreadable_draft ({columns}) SELECT {columns} FROM draft {_THIS_DRAFT}", key)
    db.execute(f"DELETE FROM draft {_THIS_DRAFT}", key)


def _replace_draft(db: sqlite3.Connection, draft: CorrectionDraft) -> None:
    _end_draft(db, draft.key)
    insert_sealed(db, "draft", *draft.key, draft.model_dump_json())


def _put_in_outbox(db: sqlite3.Connection, said: Correction) -> None:
    place = said.author_id, said.conversation_id, said.turn, said.submitted_at.isoformat()
    insert_sealed(db, "outbox", said.id, *place, canonical_json(said).decode())


async def _on(worker: Executor, work: Callable[[], T]) -> T:
    """Await work on the worker; once begun it runs to its end, even if nobody waits for it any more."""

    def guarded() -> T:
        try:
            return work()
        except (sqlite3.Error, OSError, ValidationError, NewerSchemaError, DamagedError) as error:
            raise StoreError(f"This computer could not keep or read your work: {error}") from error

    return await asyncio.shield(asyncio.wrap_future(worker.submit(guarded)))
