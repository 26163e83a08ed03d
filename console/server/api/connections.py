"""Connections: how many there may be, how long a request may be on its way, and how long an answer may not be taken."""

import asyncio
import socket
import struct
import sys
from http import HTTPStatus

import h11
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from console.contract.limits import MAX_CORRECTION_BODY, SLOWEST_LINE
from console.contract.problems import ProblemCode
from console.server.api.refusals import problem_response

MAX_CONNECTIONS = 900
"""Beyond it requests are answered 503; a process often may have no more than 1,024 files open."""

REQUEST_S = 30.0
"""Seconds for a whole request, head and body, from its first byte or from the connection's opening.

What arrives prolongs them by the time that it takes on the slowest line, so that a large correction gets through.
"""

STALLED_S = 30.0
"""Seconds in which a reader must take something of what waits for it."""

GONE_S = 2 * STALLED_S
"""Seconds after which the system itself, where it can, gives up a reader who does not even acknowledge."""

UNSENT = 16 * 1024
"""Bytes that the system may hold for a reader ahead of the line; by itself it would take megabytes."""


HEAD_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


class PunctualProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, which by itself waits for ever: for the rest of a request, and for a reader who stopped."""

    _deadline: asyncio.TimerHandle | None = None
    _received = 0
    _patience: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        transport.set_write_buffer_limits(high=0)  # whatever the system does not take at once is waiting
        _bound(transport.get_extra_info("socket"))
        super().connection_made(transport)
        self._watch()

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._received += len(data)
        self._watch()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        self._stop_waiting()
        super().connection_lost(exc)

    @override
    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP with a problem document, if no other answer has begun, and close."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            error = sys.exc_info()[1]  # h11's, which uvicorn is just handling
            too_large = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == HEAD_TOO_LARGE
            for event in _refusal(too_large=too_large):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:  # the route may still answer, and nobody listens any more
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_reader()

    @override
    def resume_writing(self) -> None:
        self._stop_waiting()
        super().resume_writing()

    def _watch(self) -> None:
        """Close without a word: an answer would tell a desk on a slow line to give its correction up."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_watching()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_S, self._close_unless_prolonged, self.loop.time())

    def _close_unless_prolonged(self, begun: float) -> None:
        end = begun + REQUEST_S + min(self._received, MAX_CORRECTION_BODY) / SLOWEST_LINE
        if self.loop.time() < end:
            self._deadline = self.loop.call_at(end, self._close_unless_prolonged, begun)
        else:
            self.transport.close()

    def _stop_watching(self) -> None:
        self._received = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _wait_for_reader(self) -> None:
        waits = self.transport.get_write_buffer_size()
        self._patience = self.loop.call_later(STALLED_S, self._drop_unless_taken, waits)

    def _drop_unless_taken(self, waited: int) -> None:
        """Drop a reader who took nothing; a desk that is dropped reads on from its place in the feed."""
        if self.transport.get_write_buffer_size() < waited:
            self._wait_for_reader()
        else:
            line = self.transport.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # tell them, and keep nothing
            self.transport.abort()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def _bound(line: socket.socket) -> None:
    """Have the system hold little for a reader, and notice one who is gone without a word (RFC 5482)."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(GONE_S * 1000))


def _refusal(*, too_large: bool) -> tuple[h11.Event, ...]:
    if too_large:
        refusal = problem_response(ProblemCode.TOO_LARGE, "The request's head is too large.", status=HEAD_TOO_LARGE)
    else:
        refusal = problem_response(ProblemCode.INVALID, "This is not HTTP.", status=HTTPStatus.BAD_REQUEST)
    headers = [*refusal.raw_headers, (b"connection", b"close")]
    response = h11.Response(status_code=refusal.status_code, headers=headers)
    return response, h11.Data(data=bytes(refusal.body)), h11.EndOfMessage()
