"""Serves one desk as its child: told whom to trust over stdin, gone with it however it ends."""

import os
import sys
import threading
from collections.abc import Callable

from pydantic import ValidationError

from console.contract.base import content_sha256
from console.contract.embedded import EmbeddedReady, EmbeddedStart
from console.server.app.serve import GRACE_S, create_server, prepare_store
from console.server.app.settings import Settings
from console.server.services.identity import Identity
from console.server.services.ports import Database

STDIN = 0


def serve_embedded(database: Database, *, sample: bool) -> int:
    """Read EmbeddedStart from stdin, serve on a loopback port of its own, and stop when stdin ends."""
    try:
        start = EmbeddedStart.model_validate_json(_read_line())
    except ValidationError:  # what it says holds what was sent, tokens perhaps
        sys.stderr.write("redline serve --embedded: the first line of stdin is not what a desk sends\n")
        return 2
    chairs = {content_sha256(chair.token): Identity(chair.user_id, chair.name, chair.role) for chair in start.chairs}
    settings = Settings(database, port=0, workspace="Sample workspace" if sample else "This computer", embedded=True)
    server = create_server(settings, _say_ready, chairs, sample=sample)

    def stop() -> None:
        server.should_exit = True

    threading.Thread(target=_leave_with_parent, args=(stop,), name="parent watch", daemon=True).start()
    prepare_store(database)
    return server.run_to_end()


def _say_ready(url: str) -> None:
    sys.stdout.write(EmbeddedReady(url=url).model_dump_json() + "\n")
    sys.stdout.flush()


def _read_line() -> bytes:
    """Read the first line byte by byte off the descriptor: a buffered reader would lock stdin against our exit."""
    line = bytearray()
    while (byte := os.read(STDIN, 1)) not in (b"", b"\n"):
        line += byte
    return bytes(line)


def _leave_with_parent(stop: Callable[[], None]) -> None:
    while os.read(STDIN, 4096):
        pass
    stop()
    threading.Event().wait(GRACE_S)
    os._exit(0)  # the process has had its grace; SQLite's log makes this safe at any point
