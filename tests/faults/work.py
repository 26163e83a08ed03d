"""The work that the machines cut short, on the desk's profile and on the backend's database: the same every time.

It says DONE when a write it awaited has returned, and may be done again from its start.
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from console.client.domain.drafts import reopened, with_note
from console.client.services.errors import StoreError
from console.client.services.ports import KeptQueue
from console.client.store.schema import MIGRATIONS
from console.client.store.sqlite_store import SqliteStore
from console.contract.base import canonical_json
from console.contract.ids import ConversationId, CorrectionId
from console.contract.views import ConversationView
from console.server.services.backend import Backend, Bell, Lookout
from console.server.services.claims import claim_conversation, release_claim, renew_claim
from console.server.services.conversations import import_conversations
from console.server.services.corrections import store_correction
from console.server.store import engine
from console.server.store.unit_of_work import open_store
from tests.client.test_local_store import ANA, NOW, PLACE, correction, draft, receipt
from tests.client.test_queue_filter import row
from tests.server import world

LONG = ConversationView(
    row=row("c-9"), conversation=world.conversation("c-9", answer="Long. " * 60_000), corrections=(), server_time=NOW
)
OLD_WORKSPACE = Path(__file__).with_name("workspace_0001.sql")
DONE, FAILED, OPENING, OPENED = "done", "failed", "opening", "opened"
TRIES = 20
"""How often something that failed is tried again: more often than any machine makes it fail."""

T = TypeVar("T")
Say = Callable[[str], Awaitable[None]]
Step = Callable[[], Awaitable[object]]
"""One write that a person or a service waits for."""


class DamagedError(Exception):
    """The store took the file for a damaged one."""


class Work(Protocol):
    """Something done in a folder. `file`: the database's path there; `trouble`: what a write that fails raises."""

    file: str
    trouble: tuple[type[Exception], ...]

    def prepare(self, folder: Path) -> None:
        """Put there what the work finds."""

    async def do(self, folder: Path, say: Say) -> None:
        """Do it, saying DONE or FAILED after each write, OPENING and OPENED around each opening of the store."""

    async def held(self, folder: Path) -> object:
        """Open the store as it is found and return all it holds, to be compared. Raises `trouble`, DamagedError."""


class DeskWork:
    """Work on a profile, opened anew for each part; `old`: the file was made by the first release."""

    file = "profiles/profile.db"
    trouble = (StoreError,)

    def __init__(self, *parts: Callable[[SqliteStore], Sequence[Step]], old: bool = False, sync: str = "FULL") -> None:
        self._parts = parts
        self._old = old
        self._sync = sync

    def prepare(self, folder: Path) -> None:
        """Make the old file, if it is to be one."""
        if self._old:
            make_old_profile(folder / self.file)

    async def do(self, folder: Path, say: Say) -> None:
        """Do each part, as a desk that is started again would."""
        for part in self._parts:
            async with AsyncExitStack() as stack:
                await say(OPENING)
                store = await _insist(
                    lambda: stack.enter_async_context(_profile(folder / self.file)), self.trouble, say
                )
                await store._run(lambda db: db.execute(f"PRAGMA synchronous = {self._sync}"))
                await say(OPENED)
                await _do_all(part(store), self.trouble, say)

    async def held(self, folder: Path) -> object:
        """Return drafts, outbox, deliveries and the copies."""
        async with _profile(folder / self.file) as store:
            if store.note:
                raise DamagedError(store.note)
            work = await store.drafts(ANA), await store.outbox(ANA), await store.deliveries(ANA)
            queue = await store.queue()
            return *work, frozenset(queue.rows), queue.place, await store.conversation(LONG.conversation.id)


class BackendWork:
    """Work on a workspace, opened anew for each part; `old`: its database was made by the first release."""

    file = "data/workspace.db"
    trouble = (SQLAlchemyError, engine.StoreError)

    def __init__(self, *parts: Callable[[Backend], Sequence[Step]], old: bool = False, sync: int = 2) -> None:
        self._parts = parts
        self._old = old
        self._sync = sync

    def prepare(self, folder: Path) -> None:
        """Make the old database, if it is to be one."""
        if self._old:
            make_old_workspace(folder / self.file)

    async def do(self, folder: Path, say: Say) -> None:
        """Do each part, as a backend that is started again would."""
        engine.SAFE["synchronous"] = self._sync
        for part in self._parts:
            async with AsyncExitStack() as stack:
                await say(OPENING)
                store = await _insist(
                    lambda: stack.enter_async_context(open_store(folder / self.file)), self.trouble, say
                )
                await say(OPENED)
                bell = Bell()
                backend = Backend(store, lambda: NOW, bell, Lookout(store, bell), "Sample", "1")
                await _do_all(part(backend), self.trouble, say)

    async def held(self, folder: Path) -> object:
        """Return corrections, events without their stamps, which are random, and conversations with their claims."""
        async with open_store(folder / self.file) as store, store.reading() as unit:
            corrections = await unit.corrections.find(None, None)
            events = [event.model_copy(update={"stamp": ""}) for event in await unit.events.after(0, 10_000)]
            ids = sorted({event.conversation_id for event in events})
            rows, sha256 = await unit.conversations.rows(ids, NOW), await unit.conversations.hashes(ids)
            return corrections, events, rows, sha256, [await unit.conversations.standing(one) for one in ids]


@asynccontextmanager
async def _profile(file: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(file)
    try:
        yield store
    finally:
        await store.aclose()


async def _do_all(steps: Sequence[Step], trouble: tuple[type[Exception], ...], say: Say) -> None:
    for step in steps:
        await _insist(step, trouble, say)
        await say(DONE)


async def _insist(step: Callable[[], Awaitable[T]], trouble: tuple[type[Exception], ...], say: Say) -> T:
    """Try until it works, as people and pumps do."""
    for _ in range(TRIES):
        try:
            return await step()
        except trouble:
            await say(FAILED)
    raise AssertionError(f"it failed {TRIES} times")


def words(number: int) -> str:
    """What somebody wrote: other words each time, from a few bytes to several pages."""
    return f"{number}: " + "Your refund takes five days. \N{FAMILY} " * (number % 5 * 60)


def typing(store: SqliteStore) -> Sequence[Step]:
    """Three drafts, written on in turns; one of them given up."""
    written = [with_note(draft(f"d-{turn}", turn=turn), words(n)) for n in range(6) for turn in (2, 4, 6)]
    return [*(partial(store.save_draft, one) for one in written), partial(store.discard_draft, written[-1])]


def submitting(store: SqliteStore) -> Sequence[Step]:
    """Six corrections: two stored, one refused and tried again, one refused and reopened, one refused and dropped."""
    said = [correction(f"d-{n}", f"c-{n}").model_copy(update={"note": words(n)}) for n in range(1, 7)]
    d1, d2, d3, d4, d5, _ = said
    return [
        *(partial(store.save_draft, draft(one.id, one.conversation_id)) for one in said),
        *(partial(store.submit, one) for one in said),
        partial(store.settle, receipt(d1)),
        partial(store.park, d2.id, "It does not fit."),
        partial(store.park, d2.id, None),
        partial(store.park, d3.id, "It does not fit."),
        partial(store.reopen, d3.id, reopened(d3, CorrectionId("d-7"))),
        partial(store.park, d4.id, "It does not fit."),
        partial(store.discard, d4.id),
        partial(store.settle, receipt(d5)),
        partial(store.resend, [d1.id]),
        partial(store.submit, d5),
    ]


def reading(store: SqliteStore) -> Sequence[Step]:
    """Copies of what a desk reads, long enough for SQLite to empty its log in between; and drafts meanwhile."""
    kept: list[Step] = [partial(store.keep_queue, KeptQueue(tuple(row(f"c-{n}") for n in range(50)), PLACE, NOW))]
    for n in range(8):
        kept += (
            partial(store.keep_conversation, LONG),
            partial(store.save_draft, with_note(draft("d-9", "c-9"), words(n))),
        )
    return [*kept, partial(store.keep_rows, KeptQueue((row("c-1", turns=9),)), gone=[ConversationId("c-2")])]


def serving(backend: Backend) -> Sequence[Step]:
    """Conversations come in; two people claim, correct, renew and give back; one sends twice, one too late."""
    ana, ben = world.CHAIRS["ana"], world.CHAIRS["ben"]
    steps: list[Step] = []
    for n in range(1, 4):
        about = ConversationId(f"c-{n}")
        said = [world.correction(f"{n}-{k}", about, note=words(n + k)) for k in range(4)]
        steps += [
            partial(import_conversations, backend.store, backend.clock, [world.conversation(about)], queue_all=True),
            partial(claim_conversation, backend, ana, about),
            *(partial(store_correction, backend, ana, one) for one in (*said[:2], said[0])),
            partial(renew_claim, backend, ana, about, 1),
            partial(store_correction, backend, ana, said[2]),
            partial(release_claim, backend, ana, about, 1),
            partial(claim_conversation, backend, ben, about),
            partial(store_correction, backend, ana, said[3]),
        ]
    return steps


def importing(backend: Backend) -> Sequence[Step]:
    """Long conversations, enough for SQLite to empty its log in between, and a correction after each."""
    ana = world.CHAIRS["ana"]
    steps: list[Step] = []
    for n in range(6):
        long = world.conversation(f"long-{n}", ask=LONG.row.ask, answer=LONG.conversation.turn(2).text)
        short = world.conversation(f"short-{n}")
        steps += [
            partial(import_conversations, backend.store, backend.clock, [long, short], queue_all=True),
            partial(store_correction, backend, ana, world.correction(f"s-{n}", short.id, note=words(n))),
        ]
    return steps


def make_old_profile(file: Path) -> None:
    """Write a profile as the first release did, with a draft and a correction in it."""
    waiting, begun = correction("old-1", "old"), with_note(draft("old-2", "old", 4), words(4))
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as db:
        db.executescript(f"PRAGMA journal_mode = WAL; BEGIN; {MIGRATIONS[0]} PRAGMA user_version = 1; COMMIT;")
        db.execute("INSERT INTO draft VALUES (?, ?, ?, ?)", (*begun.key, begun.model_dump_json()))
        db.execute(
            "INSERT INTO outbox (id, author_id, conversation_id, turn, submitted_at, body) VALUES (?, ?, ?, ?, ?, ?)",
            (
                waiting.id,
                waiting.author_id,
                waiting.conversation_id,
                waiting.turn,
                waiting.submitted_at.isoformat(),
                canonical_json(waiting).decode(),
            ),
        )
        db.commit()


def make_old_workspace(file: Path) -> None:
    """Write a workspace as the first release did, with a claim and a correction in it."""
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(OLD_WORKSPACE.read_text("utf-8"))
