"""A real `redline serve`, killed again and again while four desks work at it: nothing lost, nothing doubled, one owner.

The desks are real sessions with their outbox pumps, claims and feeds, on profiles of their own; their clocks run fast,
so that heartbeats and waits fall between the kills. The server starts again on the same file and the same port.
"""

import asyncio
import os
import signal
import socket
import sqlite3
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from time import monotonic

from console.client.domain.drafts import toggle_code, with_severity, with_text
from console.client.net.http import HttpGateway
from console.client.services.corrections import SavedState
from console.client.services.errors import BackendError
from console.client.services.session import DeskSession
from console.client.services.sign_in import sign_in
from console.client.store.sqlite_store import SqliteStore
from console.contract.base import content_sha256
from console.contract.ids import ConversationId, CorrectionId
from console.contract.taxonomy import Severity
from console.contract.views import CorrectionRecord, CorrectionState, Receipt
from console.server.services.audit import verify_log
from console.server.services.conversations import import_conversations
from console.server.store.unit_of_work import open_store
from tests.client.desk import AI_TURN, QuickClock
from tests.faults.databases import SHARED_MEMORY, copied
from tests.faults.findings import Findings
from tests.faults.report import ROOT
from tests.server.world import CHAIRS, NOW, conversation, token

WHO = ("ana", "ben", "tove", "qin")
ABOUT = [ConversationId(f"c-{number}") for number in range(6)]
LONGEST_RUN_S = 0.6
LONGEST_THOUGHT_S = 0.2
LET_START = 0.75
"""How likely a server may be there before it is killed."""
PATIENCE_S = 60
STARTING, LOADED = "server killed while it starts", "server killed under load"
UNANSWERED, HOLDING = "server killed with a correction stored but not answered", "server killed with claims held"
FAULTS = (STARTING, LOADED, UNANSWERED, HOLDING)


class FastClock(QuickClock):
    """Five minutes, a lease or the longest wait, pass in ten seconds."""

    PACE = 30


@dataclass(slots=True)
class Promised:
    """What people were told: the words that are saved, by id, and the claims they were given, in order."""

    words: dict[CorrectionId, str] = field(default_factory=dict)
    claims: list[tuple[ConversationId, int, str]] = field(default_factory=list)
    over: bool = False


def kill_servers(kills: int, seed: int) -> Findings:
    """Kill a server so many times, each at a random moment, let everything arrive, and compare all there is."""
    return asyncio.run(_kill_servers(kills, Random(f"{seed} servers")))


async def _kill_servers(kills: int, random: Random) -> Findings:
    found, promised = Findings(), Promised()
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as place:
        folder, port = Path(place), _free_port()
        database = folder / "workspace.db"
        await _furnish(database)
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(_server(folder, port))
            await server.there()
            desks = {who: await stack.enter_async_context(_desk(folder, port, who)) for who in WHO}
            async with asyncio.TaskGroup() as people:
                for who in WHO:
                    people.create_task(_work(who, desks[who], promised, random))
                for number in range(kills):
                    await asyncio.sleep(random.uniform(0, LONGEST_RUN_S if server.is_there else server.start_s))
                    found.hits[LOADED if server.is_there else STARTING] += 1
                    await server.kill()
                    _look(database, desks, promised, found)
                    await server.start()
                    if random.random() < LET_START or number == kills - 1:
                        await server.there()
                promised.over = True
            await _let_arrive(desks, found)
        receipts = await _receipts(folder)
        await _compare(database, promised, receipts, found)
        if "Traceback" in (log := _log(folder).read_text("utf-8")):
            found.violations.append(f"a server stumbled: {log[log.index('Traceback') :][:2000]}")
    found.figures["server kills"] = kills
    return found


async def _let_arrive(desks: dict[str, DeskSession], found: Findings) -> None:
    """Wait until nothing is on its way any more; stuck is what does not get less for a long time."""
    waiting, since = None, monotonic()
    while (
        stuck := sum(desk.corrections.pending_count for desk in desks.values())
    ) and monotonic() < since + PATIENCE_S:
        if stuck != waiting:
            waiting, since = stuck, monotonic()
        await asyncio.sleep(0.05)
    refused = [status.reason for desk in desks.values() for _, status in desk.corrections.refused()]
    found.figures.update({"stuck": stuck, "refused": len(refused)})
    found.violations += [f"refused: {reason}" for reason in refused] + [f"{stuck} corrections are stuck"] * bool(stuck)


class Server:
    """A real process that serves a folder on a port. `start_s`: how long it took to be there when it was last asked."""

    def __init__(self, warm: Process, port: int) -> None:
        self._warm = warm
        self._port = port
        self.process_id = 0
        self._began = 0.0
        self.start_s = 0.0
        self.is_there = False

    async def start(self) -> None:
        """Start it, not waiting for anything."""
        assert self._warm.stdin
        assert self._warm.stdout
        self._warm.stdin.write(b"\n")
        self._began, self.is_there = monotonic(), False
        self.process_id = int(await self._warm.stdout.readline())

    async def there(self) -> None:
        """Wait until it answers. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.is_there:
                with suppress(OSError):
                    answer, line = await asyncio.open_connection("127.0.0.1", self._port)
                    line.write(b"GET /v1/me HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
                    self.is_there = bool(await answer.read(1))
                    line.close()
                await asyncio.sleep(0.01)
        self.start_s = monotonic() - self._began

    async def kill(self) -> None:
        """Kill it: it cannot do anything about that. Raises ProcessLookupError where it had ended by itself."""
        os.kill(self.process_id, signal.SIGKILL)
        with suppress(ProcessLookupError):
            while True:
                os.kill(self.process_id, 0)
                await asyncio.sleep(0.001)


@asynccontextmanager
async def _server(folder: Path, port: int) -> AsyncIterator[Server]:
    options = ("--port", str(port), "--data-dir", str(folder))
    command = (sys.executable, "-m", "tests.faults.warm_server", *options)
    with _log(folder).open("w") as log:
        warm = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=log)
    assert warm.stdin
    try:
        server = Server(warm, port)
        await server.start()
        yield server
    finally:
        warm.stdin.close()
        await warm.wait()


def _log(folder: Path) -> Path:
    return folder / "server.log"


async def _furnish(database: Path) -> None:
    """Make a workspace with conversations, and people who may come in."""
    async with open_store(database) as store:
        conversations = [conversation(about) for about in ABOUT]
        await import_conversations(store, lambda: NOW, conversations, queue_all=True)
        async with store.writing() as unit:
            for who in WHO:
                await unit.accounts.put(CHAIRS[who])
                await unit.accounts.add_token(content_sha256(token(who)), CHAIRS[who].user_id, NOW)


@asynccontextmanager
async def _desk(folder: Path, port: int, who: str) -> AsyncIterator[DeskSession]:
    gateway = HttpGateway(lambda: f"http://127.0.0.1:{port}", token(who))
    store = await SqliteStore.open(folder / who / "profile.db")
    try:
        desk = DeskSession(await sign_in(gateway, store, who), gateway, store, FastClock())
        await desk.start()
        try:
            for about in ABOUT:
                await desk.conversations.open(about)
            yield desk
        finally:
            await desk.stop()
    finally:
        await gateway.aclose()
        await store.aclose()


async def _work(who: str, desk: DeskSession, promised: Promised, random: Random) -> None:
    """Claim, correct, hand back, until it is over; what is refused or not answered is tried another time."""
    for number in count():
        if promised.over:
            return
        about = random.choice(ABOUT)
        with suppress(BackendError):
            held = [each for each in ABOUT if desk.conversations.held(each)]
            if held and random.random() < 0.6:
                await desk.conversations.release(random.choice(held))
            else:
                claim = await desk.conversations.claim(about)
                promised.claims.append((about, claim.epoch, who))
        draft = with_text(await desk.corrections.draft(about, AI_TURN), f"{who} {number}: Your refund takes five days.")
        await desk.corrections.save_draft(draft)
        saved = await desk.corrections.submit(with_severity(toggle_code(draft, "wrong_fact"), Severity.MAJOR))
        promised.words[saved] = draft.text
        await asyncio.sleep(random.uniform(0, LONGEST_THOUGHT_S))


def _look(database: Path, desks: dict[str, DeskSession], promised: Promised, found: Findings) -> None:
    """Look at what a killed server has left, before the next one opens it."""
    with copied(database) as copy, closing(sqlite3.connect(copy)) as db:
        stored = {found_id for (found_id,) in db.execute("SELECT id FROM correction")}
        epochs = dict(db.execute("SELECT id, epoch FROM conversation").fetchall())
        (word,) = db.execute("PRAGMA integrity_check").fetchone()
    if word != "ok":
        found.violations.append(f"corrupt after a kill: {word}")
    states = [status for desk in desks.values() for about in ABOUT for status in desk.corrections.states(about)]
    told = {status.id for status in states if status.state in (SavedState.STORED, SavedState.LATE)}
    found.violations += [f"a kill lost {lost}, which was answered" for lost in told - stored]
    found.violations += [
        f"a kill took back epoch {epoch} of {about}" for about, epoch, _ in promised.claims if epochs[about] < epoch
    ]
    found.hits[UNANSWERED] += bool(stored - told)
    found.hits[HOLDING] += any(desk.conversations.held(about) for desk in desks.values() for about in ABOUT)


async def _receipts(folder: Path) -> dict[CorrectionId, Receipt]:
    """Return what the desks know to be stored."""
    found: dict[CorrectionId, Receipt] = {}
    for who in WHO:
        store = await SqliteStore.open(folder / who / "profile.db")
        found |= {delivery.receipt.id: delivery.receipt for delivery in await store.deliveries(CHAIRS[who].user_id)}
        await store.aclose()
    return found


async def _compare(database: Path, promised: Promised, receipts: dict[CorrectionId, Receipt], found: Findings) -> None:
    """Compare what is stored with what was promised."""
    async with open_store(database) as store, store.reading() as unit:
        records = {record.correction.id: record for record in await unit.corrections.find(None, None)}
        log = await verify_log(store, store._audit_key, {})
    if log.bad:
        found.violations.append(f"the audit log is broken at row {log.bad.seq}: {log.bad.reason}")
    words = Counter(record.correction.corrected_text for record in records.values())
    lost = [said for said, text in promised.words.items() if said not in records or not words[text]]
    doubled = [said for said in records if said not in promised.words] + [text for text in words if words[text] > 1]
    unequal = [said for said in promised.words if said in records and receipts.get(said) != records[said].receipt]
    found.figures.update(
        {"corrections said to be saved": len(promised.words), "lost": len(lost), "doubled": len(doubled)}
    )
    found.figures.update({"unequal receipts": len(unequal), "claims given": len(promised.claims)})
    found.violations += [f"lost {said}" for said in lost] + [f"doubled {said}" for said in doubled]
    found.violations += [f"the receipt of {said} is another here than there" for said in unequal]
    found.violations += _owners(promised, records.values())


def _owners(promised: Promised, records: Iterable[CorrectionRecord]) -> Iterator[str]:
    """Yield where two owned a conversation under one epoch, an epoch went back, or a stale one was accepted."""
    holders: dict[tuple[ConversationId, int], str] = {}
    newest: dict[ConversationId, int] = {}
    for about, epoch, who in promised.claims:
        if epoch < newest.get(about, 0):
            yield f"{about} went back from epoch {newest[about]} to {epoch}"
        if (holder := holders.setdefault((about, epoch), who)) != who:
            yield f"{holder} and {who} both hold {about} under epoch {epoch}"
        newest[about] = epoch
    for record in records:
        said = record.correction
        holder = holders.get((said.conversation_id, said.epoch), said.author_id)
        if record.receipt.state is CorrectionState.STORED and holder != said.author_id:
            yield f"{said.id} was accepted under an epoch that was {holder}'s"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
