"""Runs the web server, and ends its open streams at once when it stops."""

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import uvicorn
from typing_extensions import override

from console.contract.limits import MAX_HEAD
from console.server.api import connections
from console.server.app.factory import create_app
from console.server.app.settings import Settings, utc_now
from console.server.services.backend import Bell
from console.server.services.identity import Identity
from console.server.services.ports import Clock, Database
from console.server.store.unit_of_work import open_store

GRACE_S = 2

HOW_TO_GET_IN = """\
Make a token for each person, on this machine and with the same --data-dir or --database:
  redline token --user ana --name "Ana Ruiz" --role tier1     (roles: tier1, tier2, qa, owner)
They connect with: redline --server URL
"""


class Server(uvicorn.Server):
    """uvicorn, which calls back once it accepts connections, and would wait for ever for event streams to end."""

    def __init__(self, config: uvicorn.Config, bell: Bell, on_ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._bell = bell
        self._on_ready = on_ready

    def run_to_end(self) -> int:
        """Serve until told to stop and return the exit status; an interrupt is a way to be told. Raises OSError."""
        with listen(self.config.host, self.config.port) as listener, suppress(KeyboardInterrupt):
            self.run(sockets=[listener])
        return 0 if self.started else 1

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen and say so."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._on_ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams, then everything else."""
        self._bell.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises OSError in words of its own: uvicorn's are an errno and its lines."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OverflowError:
        raise OSError(f"there is no port {port}; choose one up to 65535 with --port") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise OSError(f"port {port} on {host} is in use; choose another with --port") from error
        raise OSError(f"cannot listen on port {port} of {host}: {error.strerror}") from error


def create_server(
    settings: Settings,
    on_ready: Callable[[str], None],
    chairs: Mapping[str, Identity] | None = None,
    *,
    sample: bool = False,
    clock: Clock = utc_now,
) -> Server:
    """Return a server that is ready to `run()`; `on_ready` gets its URL once it accepts connections."""
    bell = Bell()
    config = uvicorn.Config(
        create_app(settings, bell, clock=clock, chairs=chairs, sample=sample),
        host=settings.host,
        port=settings.port,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        http=connections.PunctualProtocol,
        h11_max_incomplete_event_size=MAX_HEAD,
        ws="none",
        limit_concurrency=connections.MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
    )
    return Server(config, bell, on_ready)


def prepare_store(database: Database, audit_key: Path | None = None) -> None:
    """Bring the store up to date before anything listens. Raises StoreError, which says more than a failed start."""

    async def prepare() -> None:
        async with open_store(database, audit_key=audit_key):
            pass

    asyncio.run(prepare())


def serve_alone(settings: Settings, *, sample: bool) -> int:
    """Serve until interrupted, saying where, and how people get in."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)

    def say(url: str) -> None:
        sys.stdout.write(f"{settings.workspace} is served at {url}\n{HOW_TO_GET_IN}")
        sys.stdout.flush()

    prepare_store(settings.database, settings.audit_key)
    return create_server(settings, say, sample=sample).run_to_end()
