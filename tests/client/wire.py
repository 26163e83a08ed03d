"""Real servers that misbehave: one that says what it is told to, one that stands between desk and backend."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import CoroutineType

REQUEST_END = b"\r\n\r\n"


def answer(status: str = "200 OK", body: bytes = b"", **headers: str) -> bytes:
    """Return an HTTP answer; header names are written with underscores."""
    fields = {"content-type": "application/json", "content-length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}connection: close\r\n\r\n".encode() + body


@asynccontextmanager
async def saying(*said: bytes, then_hold: bool = False, heard: list[bytes] | None = None) -> AsyncIterator[str]:
    """Serve one answer to whatever is asked, chunk by chunk; then close, or keep the connection open in silence.

    `heard`: where the heads of the requests are written down.
    """
    done = asyncio.Event()
    requests = [] if heard is None else heard

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            requests.append(await reader.readuntil(REQUEST_END))
            for chunk in said:
                writer.write(chunk)
                await writer.drain()
            if then_hold:
                await done.wait()
        except (OSError, asyncio.IncompleteReadError):
            return  # the desk hung up, as some of these tests want it to
        finally:
            writer.close()

    async with _serving(serve) as url:
        try:
            yield url
        finally:
            done.set()


@asynccontextmanager
async def dripping(drop: bytes) -> AsyncIterator[str]:
    """Answer whatever is asked with the same bytes again and again, a little at a time, until the desk hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(REQUEST_END)
            while True:
                writer.write(drop)
                await writer.drain()
                await asyncio.sleep(0.01)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async with _serving(serve) as url:
        yield url


@asynccontextmanager
async def reading_slowly(said: bytes, for_s: float) -> AsyncIterator[str]:
    """Take a request's body as a slow line would bring it, in so many seconds, and answer once it is there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(REQUEST_END)
            (length,) = (int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:"))
            for _ in range(10):
                await reader.readexactly(length // 10)
                await asyncio.sleep(for_s / 10)
            await reader.readexactly(length % 10)
            writer.write(said)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async with _serving(serve) as url:
        yield url


class Wire:
    """Stands between the desk and the backend.

    `down`: nobody gets through. `lose_answers`: what the backend answers never reaches the desk. `garble`: what of the
    next request that holds it is put in another's place.
    """

    def __init__(self) -> None:
        self.down = False
        self.lose_answers = False
        self.garble: tuple[bytes, bytes] | None = None
        self.lost = 0
        self._ends: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Break every connection there is."""
        for end in self._ends:
            end.transport.abort()

    @asynccontextmanager
    async def to(self, upstream: str) -> AsyncIterator[str]:
        """Yield the address that leads to `upstream`."""
        host, _, port = upstream.removeprefix("http://").partition(":")

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self.down:
                return writer.transport.abort()
            try:
                up_reader, up_writer = await asyncio.open_connection(host, int(port))
            except OSError:  # nobody is there
                return writer.transport.abort()
            self._ends.add(writer)
            pumps = [
                asyncio.create_task(self._pump(reader, up_writer, answers=False)),
                asyncio.create_task(self._pump(up_reader, writer, answers=True)),
            ]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            self._ends.discard(writer)
            for end in (writer, up_writer):
                end.close()

        async with _serving(serve) as url:
            yield url

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        try:
            while data := await reader.read(65536):
                if answers and self.lose_answers:
                    self.lost += 1
                    return
                if not answers and self.garble and self.garble[0] in data:
                    data, self.garble = data.replace(*self.garble), None
                writer.write(data)
                await writer.drain()
        except OSError:
            return  # one side hung up


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _serving(serve: Serve) -> AsyncIterator[str]:
    open_now: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_now[task] = writer
        try:
            await serve(reader, writer)
        finally:
            del open_now[task]

    server = await asyncio.start_server(tracked, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in open_now.values():
            writer.transport.abort()
        await asyncio.gather(*open_now)
        await let_go()


async def let_go() -> None:
    """httpx leaves the generators of a body it did not finish to the collector; let the loop close them."""
    gc.collect()
    while any(not isinstance(task.get_coro(), CoroutineType) for task in asyncio.all_tasks()):
        await asyncio.sleep(0)
