"""PostgreSQL: how it is reached, how long anybody waits there, and whose turn it is."""

from dataclasses import dataclass
from enum import Enum

from sqlalchemy import func, select
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from console.server.services.ports import StoreError

NAMES = frozenset({"postgresql", "postgres"})
CHANNEL = "redline_events"
CONNECT_S = 10
RECYCLE_S = 1_800
URL_OPTIONS = {"host": "host", "port": "port", "sslmode": "ssl"}
"""What may follow the question mark, in libpq's words and in the driver's."""


@dataclass(frozen=True)
class Patience:
    """Seconds that somebody waits for another's lock, and for one statement in all."""

    lock_s: int
    statement_s: int


SERVING = Patience(lock_s=10, statement_s=30)
MIGRATING = Patience(lock_s=60, statement_s=3_600)


class Turn(Enum):
    """What only one transaction does at a time, each with a number that nobody else in the database will lock."""

    SCHEMA = 0x7265_646C_696E_6501
    APPEND = 0x7265_646C_696E_6502
    """To the feed and to the audit log: with a turn each, two transactions could wait for each other."""


def choose_driver(url: URL) -> URL:
    """Return the URL in the driver's words. Raises StoreError."""
    if unknown := url.query.keys() - URL_OPTIONS:
        raise StoreError(f"the database's URL has options that are not known here: {', '.join(sorted(unknown))}")
    return url.set(
        drivername="postgresql+asyncpg", query={URL_OPTIONS[name]: value for name, value in url.query.items()}
    )


def create_engine(url: URL, patience: Patience) -> AsyncEngine:
    """Return an engine whose connections wait so long and no longer. Raises StoreError without the driver."""
    try:
        return create_async_engine(
            url,
            pool_size=10,
            max_overflow=5,
            pool_timeout=patience.lock_s,
            pool_pre_ping=True,
            pool_recycle=RECYCLE_S,
            connect_args={
                "timeout": CONNECT_S,
                "command_timeout": patience.statement_s + CONNECT_S,  # where the other end does not even say no
                "server_settings": {
                    "application_name": "redline",
                    "lock_timeout": f"{patience.lock_s}s",
                    "statement_timeout": f"{patience.statement_s}s",
                    "idle_in_transaction_session_timeout": f"{patience.statement_s}s",
                    "synchronous_commit": "on",  # whatever its administrator chose: off loses acknowledged corrections
                },
            },
        )
    except ModuleNotFoundError as error:
        raise StoreError("PostgreSQL needs a driver; install redline-console[postgresql]") from error


async def take_turn(connection: AsyncConnection, turn: Turn) -> None:
    """Wait until nobody else has this turn, and keep it until what this transaction did can be seen.

    SQLite needs none of it: there only one transaction writes at a time.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(turn.value)))


async def announce(connection: AsyncConnection) -> None:
    """Let every process that listens know, once this transaction is committed, that there is news."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_notify(CHANNEL, "")))
