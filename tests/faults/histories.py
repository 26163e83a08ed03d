"""Racing claims: for every conversation there is an order of all its calls that a simple model allows.

`python -m tests.faults.histories --count N [--seed S] [--database-url URL]`: N histories of 4 agents and 20 calls and a
tenth as many of 6 agents and 40 calls, on SQLite and on a private PostgreSQL, or on the database named. A seed repeats
what is asked for and how clocks move; how the calls race is the database's own doing, and never the same twice.
"""

import argparse
import asyncio
import gc
import logging
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from multiprocessing import get_context
from pathlib import Path
from random import Random

import asyncpg
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from console.contract.ids import ConversationId
from console.contract.views import CorrectionState
from console.server.services.backend import Backend, Bell, Lookout
from console.server.services.conversations import import_conversations
from console.server.services.ports import Database, StoreError, StorePort
from console.server.store.engine import create_engine, for_writing
from console.server.store.tables import ConversationTable, CorrectionTable, EventTable
from console.server.store.unit_of_work import open_store
from tests.faults.claims_model import Call, Kind, State, step
from tests.faults.databases import SHARED_MEMORY
from tests.faults.linearizability import is_linearizable
from tests.faults.racing import FAULTS, Race
from tests.faults.report import Report, commit_seed
from tests.faults.tally import Tally
from tests.server.cluster import started
from tests.server.world import NOW, conversation

REPLICAS = 3
PROCESSES = 2
CUTS = 0.1
"""The share of the histories on PostgreSQL in which a replica's lines to the database are cut."""
CUT_WITHIN_S = 0.1

Size = tuple[int, tuple[int, int]]
"""A history's number, its agents and its calls."""


def main() -> int:
    """Race on each database; return 0 only if every history could have happened one call after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.histories", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="histories of 4 agents; a tenth as many of 6")
    parser.add_argument("--seed", type=int, default=commit_seed())
    parser.add_argument("--database-url", help="a database that may be overwritten; else SQLite and PostgreSQL")
    asked = parser.parse_args()
    sizes = [(4, 20)] * asked.count + [(6, 40)] * (asked.count // 10)
    report = Report("histories", asked.seed)
    with ExitStack() as stack:
        arenas = {"named": [asked.database_url]} if asked.database_url else _private(stack)
        pool = stack.enter_context(ProcessPoolExecutor(sum(map(len, arenas.values())), get_context("spawn")))
        tallies = {
            name: [
                pool.submit(run, place, asked.seed, list(enumerate(sizes))[share :: len(places)])
                for share, place in enumerate(places)
            ]
            for name, places in arenas.items()
        }
        for name, places in arenas.items():
            tally = sum((future.result() for future in tallies[name]), Tally())
            faults = (*FAULTS, "line cut") if is_postgresql(places[0]) else FAULTS
            tally.add_to(report, name, faults)
    return report.end()


def _private(stack: ExitStack) -> dict[str, list[Database]]:
    """Make databases of both kinds, one for each process, that are gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="redline-races-", dir=SHARED_MEMORY))
    stack.callback(shutil.rmtree, folder)
    cluster = stack.enter_context(started())
    return {
        "sqlite": [folder / f"{number}.db" for number in range(PROCESSES)],
        "postgresql": [cluster.database() for _ in range(PROCESSES)],
    }


def is_postgresql(database: Database) -> bool:
    """Whether several may write there at once."""
    return isinstance(database, str) and database.startswith("postgres")


def run(database: Database, seed: int, sizes: Sequence[Size]) -> Tally:
    """Run these histories in a process of its own."""
    gc.freeze()  # collecting what was imported again and again would take a fifth of the time
    gc.set_threshold(20_000, 50, 100)
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # it would tell of each call that is given up
    return asyncio.run(race_all(database, seed, sizes))


async def race_all(database: Database, seed: int, sizes: Sequence[Size]) -> Tally:
    """Race as often as there are sizes, and judge each race."""
    tally = Tally()
    async with open_arena(database) as arena:
        for number, (agents, calls) in sizes:
            race = await arena.race(f"h{number}", Random(f"{seed} {number}"), agents, calls)
            tally.figures[f"histories of {agents} agents"] += 1
            judge(race, tally, f"seed {seed}, history {number}", passes_over=is_postgresql(database))
    return tally


class Arena:
    """Several replicas on one database, and nothing in it that an earlier race left."""

    def __init__(self, database: Database, stores: Sequence[StorePort], engine: AsyncEngine) -> None:
        self._database = database
        self._replicas = [_backend(store) for store in stores]
        self._engine = engine

    async def race(self, name: str, random: Random, agents: int, calls: int) -> Race:
        """Let agents race on one to three new conversations and return what was written down."""
        names = [ConversationId(f"{name}-{number}") for number in range(random.randint(1, 3))]
        async with for_writing(self._engine).begin() as connection:
            for table in (EventTable, CorrectionTable, ConversationTable):
                await connection.execute(delete(table))
        conversations = [conversation(name) for name in names]
        await import_conversations(self._replicas[0].store, lambda: NOW, conversations, queue_all=False)
        race = Race(self._replicas, names, random)
        async with self._cutting(race):
            await race.run(agents, calls)
        await race.look()
        return race

    @asynccontextmanager
    async def _cutting(self, race: Race) -> AsyncIterator[None]:
        if not is_postgresql(self._database) or race.random.random() >= CUTS:
            yield
            return
        race.lines_are_cut = True
        cutting = asyncio.create_task(self._cut(race.random.uniform(0, CUT_WITHIN_S)))
        yield
        await cutting
        await self._connect_again()

    async def _cut(self, wait_s: float) -> None:
        """Have the database end all its other connections, whatever they are doing, once."""
        await asyncio.sleep(wait_s)
        connection = await asyncpg.connect(str(self._database))
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        await connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        await connection.close()

    async def _connect_again(self) -> None:
        """Have every replica notice that its lines were cut: the next to ask on each is told."""
        await self._engine.dispose()
        for backend in self._replicas:
            while not await _answers(backend.store):
                pass


async def _answers(store: StorePort) -> bool:
    try:
        async with store.reading() as unit:
            await unit.conversations.any()
    except StoreError:
        return False
    return True


@asynccontextmanager
async def open_arena(database: Database) -> AsyncIterator[Arena]:
    """Open several replicas on one database, whose contents are overwritten."""
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(open_store(database)) for _ in range(REPLICAS)]
        engine = create_engine(database)
        stack.push_async_callback(engine.dispose)
        yield Arena(database, stores, engine)


def _backend(store: StorePort) -> Backend:
    bell = Bell()
    return Backend(store, lambda: NOW, bell, Lookout(store, bell), workspace="Races", version="0")


def judge(race: Race, tally: Tally, where: str, *, passes_over: bool) -> None:
    """Add what a race hit, and each conversation whose history breaks a promise."""
    tally.hits += race.hits
    tally.violations += [f"{where}: {mistake}" for mistake in race.mistakes]
    for name in race.conversations:
        calls = race.history(name, passes_over=passes_over)
        tally.figures["conversations"] += 1
        tally.figures["calls"] += len(calls)
        tally.figures["calls of unknown outcome"] += sum(call.ended is None for call in calls)
        found = [*broken_fences(calls)]
        if not is_linearizable(calls, State(), step):
            found.append("no order of these calls is allowed")
        told = "\n    ".join(map(str, sorted(calls, key=lambda call: call.began)))
        tally.violations += [f"{where}, {name}: {promise}\n    {told}" for promise in found]


def broken_fences(calls: Sequence[Call]) -> Iterator[str]:
    """Yield what can be seen without any search: an epoch of two holders or out of order, a write behind its fence."""
    grants = sorted((call for call in calls if isinstance(call.answer, int)), key=lambda call: call.began)
    for index, grant in enumerate(grants):
        for later in grants[index + 1 :]:
            if grant.answer == later.answer and grant.agent != later.agent:
                yield f"epoch {grant.answer} is {grant.agent}'s and {later.agent}'s"
            if grant.ended < later.began and later.answer < grant.answer:
                yield f"epoch {later.answer} follows epoch {grant.answer}"
    first: dict[str, int] = {}
    for call in sorted((call for call in calls if call.kind is Kind.STORE), key=lambda call: call.began):
        began = first.setdefault(call.correction, call.began)
        fences = [grant.answer for grant in grants if grant.ended < began and grant.answer > call.epoch]
        if call.answer is CorrectionState.STORED and fences:
            yield f"{call.correction} was stored under epoch {call.epoch} after epoch {max(fences)} was granted"


if __name__ == "__main__":
    sys.exit(main())
