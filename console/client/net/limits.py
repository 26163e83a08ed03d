"""Bounds on what is taken from the wire: an answer's size, an event's size, and no compression at all.

httpx inflates without limit and httpx-sse buffers a line without limit; what is never inflated needs only one bound.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import httpx

from console.contract.limits import MAX_ANSWER

MAX_EVENT = 256 * 1024


class TooMuchError(Exception):
    """The other side sent more than is taken, or in a form that is not."""


async def read_bounded(response: httpx.Response) -> bytes:
    """Return the whole body. Raises TooMuchError beyond 8 MiB or where it is compressed, and httpx.TransportError."""
    _refuse_compression(response)
    body = bytearray()
    async for chunk in response.aiter_raw():
        await asyncio.sleep(0)  # the rest of the desk goes on, into however many pieces the answer is cut
        body += chunk
        if len(body) > MAX_ANSWER:
            raise TooMuchError("The answer is too large.")
    return bytes(body)


class BoundedEvents(httpx.AsyncByteStream):
    """A response's event stream that breaks off, with TooMuchError, where one event passes 256 KiB."""

    def __init__(self, response: httpx.Response) -> None:
        _refuse_compression(response)
        self._stream = cast(httpx.AsyncByteStream, response.stream)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size, tail = 0, b""
        async for chunk in self._stream:
            await asyncio.sleep(0)
            seen = (tail + chunk).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            end = seen.rfind(b"\n\n")
            size = size + len(chunk) if end < 0 else len(seen) - end
            if size > MAX_EVENT:
                raise TooMuchError("One event is too large.")
            tail = chunk[-3:]
            yield chunk

    async def aclose(self) -> None:
        """Close the stream underneath."""
        await self._stream.aclose()


def _refuse_compression(response: httpx.Response) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise TooMuchError("The answer is compressed, which was not asked for.")
