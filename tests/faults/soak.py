"""A long day, looked at for leaks: `python -m tests.faults.soak --minutes M [--seed S]`.

A real server process; three desks without a screen and one real window, on real profiles, behind lines that break. They
claim, correct, hand back and look around without pause; the server is killed now and then, desks leave and come back.
Memory must not grow, and at rest everything else must be there as often as it was before.
"""

import argparse
import asyncio
import socket
import sqlite3
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic

from PySide6.QtWidgets import QApplication

from console.client.app.collector import MainThreadCollector
from console.client.app.main import run_on_qt
from console.contract.base import content_sha256
from console.contract.conversations import Conversation
from console.contract.ids import ConversationId
from console.server.services.conversations import import_conversations
from console.server.store.unit_of_work import open_store
from tests.client.desk import until
from tests.client.wire import Wire
from tests.desk.seat import Seat, seated
from tests.desk.stories import story
from tests.faults.endurance.gauges import Rest, at_rest, leaks
from tests.faults.endurance.growth import Growth
from tests.faults.endurance.work import Workforce
from tests.faults.offscreen import offscreen_application
from tests.faults.report import ROOT, Report, commit_seed
from tests.faults.server_kills import Server
from tests.server.world import CHAIRS, token

AT_THE_WINDOW, *OTHERS = PEOPLE = ("ana", "ben", "tove", "qin")
ABOUT = [ConversationId(f"c-{number}") for number in range(60)]
WARM_UP = 0.3
"""The share of the run in which caches fill, modules load and pools grow to their size; nothing is judged in it."""
SAMPLES, LEAST_SAMPLE_S = 400, 2.0
SERVER_SAMPLES, LEAST_SERVER_SAMPLE_S = 1_600, 0.5
CUT_EVERY_S = 4.0
IMPORT_EVERY_S = 15.0
KILLS, LEAST_KILL_S = 10, 20.0
"""How often a run kills the server; in long runs its lives are long, so that a slow leak has time to show."""
OVERTIME_S = 180.0
"""How much longer a run may take until a server can be judged: on a busy machine little happens in a minute."""
SETTLE_S = 20.0
EVENTS = ("claim", "release", "correction", "import", "corrected in the window")
FAULTS = (*EVENTS, "look", "opened in the window", "line cut", "answers lost", "server killed", "desk left")


class Soak:
    """One run: who works, what goes wrong, and what is measured."""

    def __init__(self, app: QApplication, folder: Path, seconds: float, report: Report) -> None:
        self._app = app
        self._folder = folder
        self._seconds = seconds
        self._report = report
        self._random = Random(report.seed)
        self._wire = Wire()
        self._work = Workforce(ABOUT, self._random, report.hits)
        self._growth = Growth()

    @property
    def events(self) -> int:
        """How much has happened."""
        return sum(self._report.hits[name] for name in EVENTS)

    async def run(self) -> None:
        """Work until the time is over; rest after the warm-up and at the end, and compare."""
        port = free_port()
        async with AsyncExitStack() as stack:
            await furnish(self._folder / "workspace.db")
            server = await stack.enter_async_context(serving(self._folder, port))
            url = await stack.enter_async_context(self._wire.to(f"http://127.0.0.1:{port}"))
            await server.there()
            seat = await stack.enter_async_context(seated(self._app, self._folder / AT_THE_WINDOW, lambda: url))
            async with asyncio.TaskGroup() as group:
                going_on = [
                    *(self._work.sit(who, self._folder / who, url) for who in OTHERS),
                    self._work.watch(AT_THE_WINDOW, seat),
                    self._disturb(server),
                    self._sample(),
                    self._sample_server(server),
                ]
                tasks = [group.create_task(work) for work in going_on]
                await asyncio.sleep(self._seconds * WARM_UP)
                before = await self._rest(seat)
                self._growth.begin(self.events)
                await asyncio.sleep(self._seconds * (1 - WARM_UP))
                with suppress(TimeoutError):
                    async with asyncio.timeout(OVERTIME_S):
                        while not self._growth.can_judge:
                            await asyncio.sleep(LEAST_SERVER_SAMPLE_S)
                await self._rest(seat, before)
                for task in tasks:
                    task.cancel()
        self._growth.judge(self.events, self._report)
        self._compare()

    async def _disturb(self, server: Server) -> None:
        """Break lines, lose answers, kill the server, and bring new conversations in."""
        kill_every_s = max(LEAST_KILL_S, self._seconds / KILLS)
        last_life = monotonic() + self._seconds - kill_every_s
        happens: dict[str, tuple[float, Callable[[], Awaitable[None]]]] = {
            "line cut": (CUT_EVERY_S, self._cut),
            "answers lost": (CUT_EVERY_S, self._lose_answers),
            "server killed": (kill_every_s, lambda: self._kill(server)),
            "import": (IMPORT_EVERY_S, self._import),
        }
        due = {name: monotonic() + self._random.uniform(0.2, 1) * every for name, (every, _) in happens.items()}
        while True:
            name = min(due, key=lambda each: due[each])
            await asyncio.sleep(max(0.0, due[name] - monotonic()))
            await self._work.going.wait()
            every, happen = happens[name]
            if name == "server killed" and monotonic() > last_life and self._report.hits[name]:
                del due[name]
                continue
            await happen()
            self._report.hits[name] += 1
            due[name] = monotonic() + self._random.uniform(0.5, 1.5) * every

    async def _cut(self) -> None:
        self._wire.cut()

    async def _lose_answers(self) -> None:
        self._wire.lose_answers = True
        await asyncio.sleep(0.1)
        self._wire.lose_answers = False

    async def _kill(self, server: Server) -> None:
        await server.kill()
        await asyncio.sleep(self._random.uniform(0, 1))
        await server.start()
        await server.there()
        self._growth.server_started()
        for session in self._work.sessions.values():
            session.reconnect()

    async def _import(self) -> None:
        new = story(f"new-{self._report.hits['import']}")
        await asyncio.to_thread(asyncio.run, bring_in(self._folder / "workspace.db", [new]))

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(max(LEAST_SAMPLE_S, self._seconds / SAMPLES))
            self._growth.sample_desks(self.events)

    async def _sample_server(self, server: Server) -> None:
        while True:
            await asyncio.sleep(max(LEAST_SERVER_SAMPLE_S, self._seconds / SERVER_SAMPLES))
            self._growth.sample_server(self.events, server.process_id)

    async def _rest(self, seat: Seat, before: Rest | None = None) -> Rest:
        """Let everybody rest, and count what there is when it is still, or no more than before: the rest is leaked."""
        await until(lambda: self._work.rest(PEOPLE))
        seat.presenter.open(ABOUT[0])
        seat.window.commands.actions["light"].trigger()
        self._wire.cut()  # so that every desk has but the one line that it takes up again
        await until(lambda: seat.shown == ABOUT[0] and self._work.all_online())
        rest = at_rest(self._app)
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while True:
                    await asyncio.sleep(1)
                    last, rest = rest, at_rest(self._app)
                    if not leaks(before or rest, last) and not leaks(before or last, rest):
                        break
        if before:
            self._report.violations += leaks(before, rest)
            for name, count in asdict(rest).items():
                self._report.figures[f"{name} at rest, before and after"] = f"{getattr(before, name)}, {count}"
        self._work.going.set()
        return rest

    def _compare(self) -> None:
        """See that every correction is stored once."""
        with closing(sqlite3.connect(self._folder / "workspace.db")) as db:
            stored = [found for (found,) in db.execute("SELECT id FROM correction")]
        words = f"{len(self._work.submitted)} corrections submitted, {len(stored)} stored"
        self._report.figures["delivered"] = words
        if sorted(stored) != sorted(self._work.submitted):
            self._report.violations.append(words)


async def bring_in(database: Path, conversations: Sequence[Conversation]) -> None:
    async with open_store(database) as store:
        await import_conversations(store, lambda: datetime.now(UTC), conversations, queue_all=True)


async def furnish(database: Path) -> None:
    """Make a workspace with conversations, and people who may come in."""
    await bring_in(database, [story(name) for name in ABOUT])
    async with open_store(database) as store, store.writing() as unit:
        for who in PEOPLE:
            await unit.accounts.put(CHAIRS[who])
            await unit.accounts.add_token(content_sha256(token(who)), CHAIRS[who].user_id, datetime.now(UTC))


@asynccontextmanager
async def serving(folder: Path, port: int) -> AsyncIterator[Server]:
    """Serve the folder in a process of its own."""
    options = ("--port", str(port), "--data-dir", str(folder))
    command = (sys.executable, "-m", "tests.faults.warm_server", *options)
    with (folder / "server.log").open("w") as log:
        warm = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=log)
    assert warm.stdin
    try:
        server = Server(warm, port)
        await server.start()
        yield server
    finally:
        warm.stdin.close()
        await warm.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def soak(app: QApplication, asked: argparse.Namespace, report: Report) -> int:
    failures: list[str] = []
    left_open: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(f"{context!r}"[:400]))
    sys.unraisablehook = lambda what: left_open.append(f"{what.exc_value!r} in {what.object!r}")
    collector = MainThreadCollector()
    try:
        with tempfile.TemporaryDirectory(prefix="redline-soak-") as folder:
            await Soak(app, Path(folder), asked.minutes * 60, report).run()
    finally:
        collector.stop()
    known = [each for each in left_open if "HTTP11ConnectionByteStream" in each or "GeneratorExit" in each]
    report.figures["streams that httpx left to the collector"] = len(known)
    report.violations += failures + [each for each in left_open if each not in known]
    return report.end()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=commit_seed())
    asked = parser.parse_args(arguments)
    report = Report("soak", asked.seed, FAULTS)
    app = offscreen_application()
    return run_on_qt(app, lambda: soak(app, asked, report))


if __name__ == "__main__":
    sys.exit(main())
