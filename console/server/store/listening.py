"""Hears what other processes commit on PostgreSQL: one connection that listens, and is made anew when it is lost."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from console.server.store.failures import describe
from console.server.store.postgresql import CHANNEL

CHECK_S = 30.0
AGAIN_S = 1.0

log = logging.getLogger(__name__)


@asynccontextmanager
async def listening(engine: AsyncEngine, ring: Callable[[], None]) -> AsyncIterator[None]:
    """Call `ring` when any process commits events; nothing tells of that on SQLite, where one looks now and then."""
    if engine.dialect.name != "postgresql":
        yield
        return
    task = asyncio.create_task(_listen_for_ever(engine, ring), name="listen for events")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen_for_ever(engine: AsyncEngine, ring: Callable[[], None]) -> None:
    import asyncpg  # noqa: PLC0415 - only PostgreSQL needs it, and only there it must be installed

    lost = (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    task = asyncio.current_task()
    assert task is not None
    said = ""
    while True:
        try:
            await _listen(engine, ring)
        except lost as error:
            if task.cancelling():
                return  # the driver may answer a cancelled wait with what became of the connection
            if (reason := describe(error)) != said:
                log.warning("news of other processes comes only once a second now: %s", reason)
            said = reason
        await asyncio.sleep(AGAIN_S)


async def _listen(engine: AsyncEngine, ring: Callable[[], None]) -> None:
    """Listen until the connection is lost, which it is too where the other end has fallen silent."""
    lost = asyncio.Event()
    async with engine.connect() as connection:
        listener = (await connection.get_raw_connection()).driver_connection
        assert listener is not None
        await connection.run_sync(lambda sync: sync.detach())  # it never serves anybody else
        listener.add_termination_listener(lambda _: lost.set())
        await listener.add_listener(CHANNEL, lambda *_: ring())
        ring()  # for what was committed before
        while not lost.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), CHECK_S)
            await listener.fetchval("SELECT 1", timeout=CHECK_S)
