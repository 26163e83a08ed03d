"""One schedule: a server, some desks, people at work, faults; then peace, and everything must come right."""

import asyncio
import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from console.client.services.connection import ConnectionState
from console.client.services.errors import DeskError
from console.contract.base import Model
from console.server.services.conversations import read_conversation
from console.server.services.identity import Identity
from console.server.services.queue import list_queue
from tests.faults.simulation.desk import Computer
from tests.faults.simulation.faults import Fault, Faults
from tests.faults.simulation.ledger import Ledger
from tests.faults.simulation.loop import Crash
from tests.faults.simulation.network import Network
from tests.faults.simulation.people import Person
from tests.faults.simulation.server import SimulatedServer
from tests.faults.simulation.workshop import CONVERSATIONS, fast_folder, new_server_file, templates, the_loop
from tests.server.world import CHAIRS

HOUR, DECADE = timedelta(hours=1), timedelta(days=3652)
STAFF = [CHAIRS["ana"], CHAIRS["ben"], CHAIRS["qin"]]
SOON_S = 150.0
"""How long a desk may show what is no longer so: less than the usual lease, whose end would hide it."""

PATIENCE_S, LONGEST_S = 3_600.0, 86_400.0
"""How long, in virtual seconds, a thing may take to come right once nothing goes wrong any more; and all of it."""

SHORT, LONG = (2, 3), (3, 5)
"""The fewest and the most things that each person does. Some bugs show in many short schedules, some in a long one."""

LEASES = timedelta(minutes=5), timedelta(minutes=1)
"""The usual one, and one that runs out while people work."""

OF_A_LEASE = frozenset({"claim", "owner_state"})
WRONG_CLOCKS = {Fault.SERVER_CLOCK_HOUR, Fault.SERVER_CLOCK_DECADE}
"""By a clock that is set a lease ends early or late; a desk sees it with the next answer, and nobody may need one."""


@dataclass(frozen=True)
class Outcome:
    """What became of one schedule. `fingerprint` is the same whenever the same seed runs."""

    seed: int
    submitted: int
    violations: tuple[str, ...]
    hits: Counter[str]
    fingerprint: str
    trace: tuple[str, ...]


def run_schedule(seed: int, *, traced: bool = True, acts: tuple[int, int] | None = None) -> Outcome:
    """Run the schedule of a seed; without `traced` the outcome does not tell what happened in it.

    `acts`: the fewest and the most things that each person does, if the seed does not say.
    """
    loop = the_loop()
    loop.rewind()
    with tempfile.TemporaryDirectory(prefix="redline-schedule-", dir=fast_folder()) as folder:
        schedule = _Schedule(seed, Path(folder), acts)
        loop.set_exception_handler(schedule.on_error)
        loop.run_until_complete(schedule.run())
    fingerprint = hashlib.sha256("\n".join(schedule.lines).encode()).hexdigest()
    ledger, trace = schedule.ledger, tuple(schedule.lines) if traced else ()
    return Outcome(seed, ledger.submitted, tuple(ledger.violations), schedule.faults.hits, fingerprint, trace)


class _Schedule:
    """The world of one seed."""

    def __init__(self, seed: int, folder: Path, acts: tuple[int, int] | None) -> None:
        self.lines: list[str] = []
        self.ledger = Ledger(self.trace)
        self._folder = folder
        self._seed = seed
        self._acts = acts or self._stream("acts").choice((SHORT, LONG))
        self._random = self._stream("schedule")
        self.faults = Faults(self._stream("faults"))

    def _stream(self, name: str) -> Random:
        """Return chance of its own for each part, so that a change in one moves no other."""
        return Random(f"{self._seed} {name}")

    def trace(self, line: str) -> None:
        self.lines.append(f"{the_loop().time():9.3f} {line}")

    def on_error(self, _: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """Whatever nobody foresaw is a violation; a dead process is not."""
        error = context.get("exception")
        if not isinstance(error, Crash):
            self.ledger.violated(f"E {context['message']}: {error!r}")

    async def run(self) -> None:
        """People work while things go wrong; then nothing does, and everything must come right."""
        self._set_up()
        try:
            async with asyncio.timeout(LONGEST_S):
                await self._work()
                await self._drain()
        except TimeoutError:
            self.ledger.violated("H0 this comes to no end")
        await self._close()

    async def _work(self) -> None:
        chaos = asyncio.create_task(self._make_chaos())
        busy = CONVERSATIONS[: self._random.randint(1, len(CONVERSATIONS))]  # the fewer, the more people meet there
        await asyncio.gather(*(person.work(self._random.randint(*self._acts), busy) for person in self._people))
        chaos.cancel()
        self.trace("peace")
        self.faults.stop()
        for computer in self._computers:
            computer.die_if_doomed()
        await self._in_time(self._check_online, SOON_S)
        await asyncio.gather(*(person.finish(CONVERSATIONS) for person in self._people))

    async def _close(self) -> None:
        for computer in self._computers:
            computer.die()
        self._network.close()
        self._server.die(PATIENCE_S)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)
        await self._server.close()

    def _set_up(self) -> None:
        self._server = SimulatedServer(
            new_server_file(self._folder),
            self.faults,
            self._stream("server"),
            self.ledger,
            self.trace,
            self._stream("lease").choice(LEASES),
        )
        self._network = Network(self._server, self.faults, self._stream("network"))
        self._computers: list[Computer] = []
        people = self._random.choice((1, 1, 1, 2, 2, 3))
        self._people = [self._hire(who) for who in self._random.sample(STAFF, people)]

    def _hire(self, who: Identity) -> Person:
        """Give somebody a computer, or two, or one that somebody else works at too."""
        if self._computers and self._random.random() < 0.5:
            desks = [self._random.choice(self._computers)]
        else:
            desks = [self._new_computer() for _ in range(self._random.choice((1, 1, 1, 1, 1, 1, 1, 2)))]
        random = self._stream(f"person {who.user_id}")
        return Person(who, desks, self._server, self.faults, random, self.ledger, self.trace)

    def _new_computer(self, cloned_from: Computer | None = None) -> Computer:
        file = self._folder / f"desk-{len(self._computers) + 1}.db"
        if cloned_from:
            cloned_from.copy_profile(file)
        else:
            shutil.copyfile(templates() / "profile.db", file)
        random = self._stream(file.stem)
        self._computers.append(Computer(file, self._network, self.faults, random, self.ledger, self.trace))
        return self._computers[-1]

    async def _make_chaos(self) -> None:
        """Let happen, now and then, what befalls whole machines and people."""
        self._server.back_up()
        while True:
            await asyncio.sleep(self._random.uniform(3.0, 40.0))
            if self._random.random() < 0.3:
                self._server.back_up()
            self._befall_server()
            if self.faults.hit(Fault.SERVER_RESTORED):
                await self._server.restore()
            self._befall(self._random.choice(self._computers), self._random.choice(self._people))

    def _befall_server(self) -> None:
        if self.faults.hit(Fault.SERVER_RESTARTS):
            self._server.die(self._random.uniform(0.0, 60.0))
        if self.faults.hit(Fault.SERVER_CLOCK_HOUR):
            self._server.clock.jump(self._random.choice((HOUR, -HOUR)))
        if self.faults.hit(Fault.SERVER_CLOCK_DECADE):
            self._server.clock.jump(self._random.choice((DECADE, -DECADE)))

    def _befall(self, computer: Computer, person: Person) -> None:
        if self.faults.hit(Fault.DESK_CLOCK_HOUR):
            computer.clock.jump(self._random.choice((HOUR, -HOUR)))
        if self.faults.hit(Fault.DESK_CLOCK_DECADE):
            computer.clock.jump(self._random.choice((DECADE, -DECADE)))
        if self.faults.hit(Fault.TOKEN_EXPIRED):
            person.lose_token()
        if computer not in person.computers and self.faults.hit(Fault.USER_SWITCHED):
            person.computers.append(computer)
        if len(self._computers) < 4 and computer in person.computers and self.faults.hit(Fault.PROFILE_CLONED):
            person.computers.append(self._new_computer(cloned_from=computer))

    async def _drain(self) -> None:
        """Let everybody who left work at a computer sign in there once more, until all of it is where it belongs."""
        await asyncio.gather(*(self._drain_computer(computer) for computer in self._computers))
        self._server.poisoned.clear()
        held_up = [computer for computer in self._computers if computer.waiting()]
        await asyncio.gather(*(self._drain_computer(computer) for computer in held_up))
        await self._in_time(self._check_delivery)
        await self._in_time(self._check_screens)

    async def _drain_computer(self, computer: Computer) -> None:
        """Seat everybody whose work is here, and last whoever sat here last."""
        last = computer.who if computer.process.alive else None
        left_work = computer.authors()
        for person in self._people:
            if person.who != last and person.who.user_id in left_work:
                await self._seat(person, computer)
                await self._in_time(lambda: self._check_sent(computer))
        for person in self._people:
            if person.who == last:
                if computer.who != last or not self._server.knows(computer.token):
                    await self._seat(person, computer)
                await self._in_time(lambda: self._check_sent(computer))

    async def _seat(self, person: Person, computer: Computer) -> None:
        while True:
            try:
                return await person.take_seat(computer)
            except DeskError:  # the server may still be on its way up
                await asyncio.sleep(10.0)

    async def _in_time(self, check: Callable[[], Awaitable[list[str]]], patience_s: float = PATIENCE_S) -> None:
        """Wait until a check finds nothing; what it finds at the end of patience is a violation."""
        waited, wait = 0.0, 5.0
        while (found := await check()) and waited < patience_s:
            await asyncio.sleep(wait)
            waited, wait = waited + wait, min(2 * wait, 600.0)
        for violation in found:
            self.ledger.violated(violation)

    async def _check_sent(self, computer: Computer) -> list[str]:
        """Nothing of whoever sits there is stuck, nor missing at a restored server, but what waits behind poison."""
        waiting = computer.waiting(computer.who.user_id)
        behind = {about for one, about in waiting if one in self._server.poisoned}
        with self._server.look() as db:
            stored = {one for (one,) in db.execute("SELECT id FROM correction")}
        missing = [one for one in computer.delivered(computer.who.user_id) if one not in stored]
        stuck = [f"H0 {one} is stuck at {computer.name}" for one, about in waiting if about not in behind]
        return stuck + [f"H0 {one} is at {computer.name}, and the server does not get it back" for one in missing]

    async def _check_delivery(self) -> list[str]:
        stuck = [
            f"H0 {one} is stuck at {computer.name}" for computer in self._computers for one, _ in computer.waiting()
        ]
        parked = [item for computer in self._computers for item in computer.parked()]
        drafts = {computer.name: computer.drafts() for computer in self._computers}
        with self._server.look() as db:
            return stuck + self.ledger.compare(db, parked, drafts)

    async def _check_online(self) -> list[str]:
        """Each desk that is online shows what a fresh read shows, before anything more happens that it could hear of.

        One with something to send shows more.
        """
        seated = [computer for computer in self._computers if computer.process.alive]
        online = [one for one in seated if one.session.connection.state is ConnectionState.ONLINE]
        return await self._compare_screens([one for one in online if not one.session.corrections.pending_count])

    async def _check_screens(self) -> list[str]:
        """Each desk is online, and shows what a fresh read shows."""
        seated = [computer for computer in self._computers if computer.process.alive]
        found = [f"H0 {one.name} shows some as waiting" for one in seated if one.session.corrections.pending_count]
        for one in seated:
            if one.session.connection.state is not ConnectionState.ONLINE:
                found.append(f"Q {one.name} is offline: {one.session.connection.reason}")
        return found or await self._compare_screens(seated)

    async def _compare_screens(self, seated: list[Computer]) -> list[str]:
        reader = self._people[0].who
        queue = (await list_queue(self._server.backend, reader, None, 100)).rows
        found = [
            line for one in seated for line in self._compare(f"the queue at {one.name}", one.session.queue.rows, queue)
        ]
        for about in CONVERSATIONS:
            if shown := {one.name: view for one in seated if (view := one.session.conversations.get(about))}:
                fresh = await read_conversation(self._server.backend, reader, about)
                there = fresh.row, *fresh.corrections
                for name, view in shown.items():
                    found += self._compare(f"{about} at {name}", (view.row, *view.corrections), there)
        return found

    def _compare(self, what: str, shown: Sequence[Model], fresh: Sequence[Model]) -> list[str]:
        """Return what a desk shows otherwise than a fresh read does."""
        if shown == fresh:
            return []
        passed_over = OF_A_LEASE if self.faults.hits.keys() & WRONG_CLOCKS else frozenset()
        found = [] if len(shown) == len(fresh) else [f"Q {what} has {len(shown)} parts, and not {len(fresh)}"]
        for ours, theirs in zip(shown, fresh, strict=False):
            for name in type(theirs).model_fields.keys() - passed_over:
                here, there = getattr(ours, name), getattr(theirs, name)
                if here != there:
                    found.append(f"Q {what} shows {name} {here!r:.200}, and not {there!r:.200}")
        return sorted(found)
