"""What a process makes once and all its schedules use: the event loop, and the files that each begins with."""

import asyncio
import atexit
import gc
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from console.client.store.sqlite_store import SqliteStore
from console.contract.ids import ConversationId
from console.server.services.conversations import import_conversations
from console.server.store.audit_key import KEY_FILE
from console.server.store.unit_of_work import open_store
from tests.faults.simulation.clock import START
from tests.faults.simulation.loop import VirtualLoop
from tests.server.world import conversation

CONVERSATIONS = [ConversationId(f"c-{number}") for number in range(1, 4)]


@cache
def the_loop() -> VirtualLoop:
    """Return the one loop of this process: the engine's pool belongs to it."""
    return VirtualLoop()


@cache
def fast_folder() -> str | None:
    """Return a folder in memory where there is one: no process that dies takes it along, and fsync costs nothing."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def new_server_file(folder: Path) -> Path:
    """Copy the server's file, and the key beside it, into a folder; return where the file is."""
    for name in ("server.db", KEY_FILE):
        shutil.copyfile(templates() / name, folder / name)
    return folder / "server.db"


@cache
def templates() -> Path:
    """Return a folder with a server's and a desk's file as they are at the beginning."""
    folder = Path(tempfile.mkdtemp(prefix="redline-templates-", dir=fast_folder()))
    atexit.register(shutil.rmtree, folder)

    async def make() -> None:
        async with open_store(folder / "server.db") as store:
            made = [conversation(name) for name in CONVERSATIONS]
            await import_conversations(store, lambda: START, made, queue_all=False)
        await (await SqliteStore.open(folder / "profile.db")).aclose()

    with ThreadPoolExecutor(1) as other:  # in a loop of its own, as the drivers' threads need a real one
        other.submit(asyncio.run, make()).result()
    gc.collect()
    gc.freeze()  # what is loaded by now stays: the collector would look through it thousands of times
    return folder
