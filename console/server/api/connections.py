"""Connections: how many there may be, and how long a request may be on its way."""

import asyncio

import h11
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 900
"""Beyond it requests are answered 503; a process often may have no more than 1,024 files open."""

REQUEST_S = 30.0
"""Seconds for a whole request, head and body, from its first byte or from the connection's opening."""


class PunctualProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which by itself waits for the rest of a request for ever."""

    _deadline: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._watch()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Close without a word: an answer would tell a desk on a slow line to give its correction up."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_watching()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_S, self.transport.close)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
