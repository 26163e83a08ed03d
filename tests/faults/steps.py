"""What is done to the stores, step by step, and the databases that are there before."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from console.client.domain.drafts import CorrectionDraft, reopened, toggle_code, with_note, with_severity, with_text
from console.client.services.ports import KeptQueue
from console.client.services.session import DeskSession
from console.client.store.schema import MIGRATIONS
from console.client.store.sqlite_store import SqliteStore
from console.contract.base import canonical_json
from console.contract.ids import ConversationId, CorrectionId
from console.contract.permissions import Role
from console.contract.taxonomy import Severity
from console.contract.views import ConversationView, Me
from console.server.services.backend import Backend
from console.server.services.claims import claim_conversation, release_claim, renew_claim
from console.server.services.conversations import import_conversations
from console.server.services.corrections import store_correction
from console.server.store.audit_key import KEY_FILE, make_key
from tests.client.test_local_store import ANA, NOW, PLACE, correction, draft, receipt
from tests.client.test_queue_filter import row
from tests.faults.databases import copied
from tests.faults.work import BackendWork, DeskWork, Step
from tests.server import world

PAGE = 4096
OLD_WORKSPACE = Path(world.__file__).with_name("schemas") / "0001.sqlite.sql"


def _view(name: str, answer: str = world.ANSWER) -> ConversationView:
    read = world.conversation(name, answer=answer)
    return ConversationView(row=row(name), conversation=read, corrections=(), server_time=NOW)


LONG = _view("c-9", "Long. " * 60_000)


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


def nothing(store: object) -> Sequence[Step]:
    """Open it and close it again: what is old becomes new."""
    return []


def correcting_one(desk: DeskSession) -> Sequence[Step]:
    """What a person does, if it is not done yet: words typed, kept as a draft, and submitted."""
    about, corrections = ConversationId("c-1"), desk.corrections
    written: CorrectionDraft | None = None

    async def save() -> None:
        nonlocal written
        written = written or with_text(await corrections.draft(about, 2), words(4))
        await corrections.save_draft(written)

    async def submit() -> None:
        draft = await corrections.draft(about, 2)
        await corrections.submit(with_severity(toggle_code(draft, "tone"), Severity.MINOR))

    return [] if corrections.states(about) else [save, submit]


def claiming(backend: Backend) -> Sequence[Step]:
    """Somebody claims a conversation that nobody held."""
    return [partial(claim_conversation, backend, world.CHAIRS["ben"], ConversationId("c-2"))]


def storing(backend: Backend) -> Sequence[Step]:
    """A correction arrives under a current claim."""
    said = world.correction("1", "c-1", note=words(4))
    return [partial(store_correction, backend, world.CHAIRS["ana"], said)]


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


async def old_profile(file: Path) -> None:
    """Write a profile as the first release did, with a draft and a correction in it."""
    waiting, begun = correction("old-1", "old"), with_note(draft("old-2", "old", 4), words(4))
    at, body = waiting.submitted_at.isoformat(), canonical_json(waiting).decode()
    with closing(sqlite3.connect(file)) as db:
        db.executescript(f"PRAGMA journal_mode = WAL; BEGIN; {MIGRATIONS[0]} PRAGMA user_version = 1; COMMIT;")
        db.execute("INSERT INTO draft VALUES (?, ?, ?, ?)", (*begun.key, begun.model_dump_json()))
        db.execute("INSERT INTO outbox VALUES (1, ?, ?, 'old', 2, ?, ?, NULL)", (waiting.id, ANA, at, body))
        db.commit()


async def profile(file: Path) -> None:
    """Make a profile that has read a conversation."""
    async with DeskWork().opened(file) as store:
        await store.keep_conversation(_view("c-1"))


async def old_workspace(file: Path) -> None:
    """Write a workspace as the first release did, with a claim and two corrections in it."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(OLD_WORKSPACE.read_text("utf-8"))


async def old_workspace_with_key(file: Path) -> None:
    """The same beside the key of an audit log: making one writes from another thread, which the power cuts try."""
    await old_workspace(file)
    make_key(file.with_name(KEY_FILE))


async def workspace(file: Path) -> None:
    """Make a workspace with two conversations, one of them claimed."""
    conversations = [world.conversation("c-1"), world.conversation("c-2")]
    async with BackendWork().opened(file) as backend:
        await import_conversations(backend.store, backend.clock, conversations, queue_all=True)
        await claim_conversation(backend, world.CHAIRS["ana"], ConversationId("c-1"))


async def full_profile(file: Path) -> None:
    """Make a profile with much work and many copies in it."""
    me = Me(user_id=ANA, name="Ana Ruiz", role=Role.TIER1, workspace="Sample", version="1")
    async with DeskWork().opened(file) as store:
        await store.keep_person("ana", me)
        await store.keep_queue(KeptQueue(tuple(row(f"c-{number}") for number in range(100)), PLACE, NOW))
        for number in range(30):
            about = f"c-{number}"
            view = ConversationView(
                row=row(about), conversation=world.conversation(about), corrections=(), server_time=NOW
            )
            said = correction(f"s-{number}", about).model_copy(update={"note": words(number)})
            await store.keep_conversation(view)
            await store.submit(said)
            if number % 3 == 0:
                await store.settle(receipt(said))
            if number % 3 == 1:
                await store.park(said.id, "It does not fit.")
            await store.save_draft(with_note(draft(f"d-{number}", about), words(number)))


async def damaged_profile(file: Path) -> None:
    """Make a profile whose last writes are in its log only, and overwrite the page on which the queue's copy begins."""
    async with DeskWork().opened(file) as store:
        await store.keep_queue(KeptQueue((row("c-1"),), PLACE, NOW))
        await store.submit(correction("old-1", "old"))
    async with DeskWork().opened(file) as store:
        await store.save_draft(with_note(draft("old-2", "old", 4), words(4)))
        left = {path: path.read_bytes() for path in (file, file.with_name(f"{file.name}-wal"))}
    for path, content in left.items():
        path.write_bytes(content)
    with copied(file) as copy, closing(sqlite3.connect(copy)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'queue_row'").fetchone()
    with file.open("r+b") as damaged:
        damaged.seek((page - 1) * PAGE)
        damaged.write(b"\xff" * PAGE)
