"""The simulated network: bytes in, bytes out, and everything a network does to them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from random import Random
from typing import Protocol

from console.client.net.http import DEADLINE_S, SILENCE_S, Answer, HttpGateway, read_event
from console.client.services.errors import UnreachableError
from console.contract.events import FeedEvent
from console.contract.views import FeedPlace
from tests.faults.simulation.clock import SimulatedClock
from tests.faults.simulation.faults import Fault, Faults
from tests.faults.simulation.loop import Process

WELCOME = b"<html>Welcome to the hotel. Accept our terms to go on.</html>"
OK, FORBIDDEN = 200, 403
CORRECTION = "/v1/corrections/"


@dataclass(frozen=True)
class Request:
    """What a desk asks."""

    token: str
    method: str
    path: str
    params: Mapping[str, str | int]
    body: bytes | None


class Host(Protocol):
    """Who answers at the other end. Raises ConnectionError where nobody does, or the answer broke off."""

    async def answer(self, request: Request) -> Answer:
        """Answer a request; one for the feed with a name for the stream that begins."""

    def events(self, stream: bytes, place: FeedPlace) -> AsyncGenerator[bytes, None]:
        """Yield the events of a stream."""


class Network:
    """Carries requests and answers between desks and one host, as well as its faults let it."""

    def __init__(self, host: Host, faults: Faults, random: Random) -> None:
        self._host = host
        self._faults = faults
        self._random = random
        self._clock = SimulatedClock()
        self._wires = Process("network")
        self._receipts: dict[str, bytes] = {}
        self._down_until = 0.0

    def close(self) -> None:
        """Lose whatever is still on its way."""
        self._wires.die()

    async def exchange(self, request: Request) -> Answer:
        """Carry a request there and the answer back. Raises UnreachableError, at the latest at the deadline."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._wires.keep(self._carry(request, answered))
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await answered
        except TimeoutError:
            raise UnreachableError("No answer in time.") from None

    async def _carry(self, request: Request, answered: asyncio.Future[Answer]) -> None:
        hit = self._faults.hit
        try:
            if self._is_down() or hit(Fault.REQUEST_DROPPED):
                return
            await self._travel(Fault.REQUEST_OVERTAKEN)
            if hit(Fault.REQUEST_DELAYED):
                await asyncio.sleep(self._random.uniform(DEADLINE_S, 10 * DEADLINE_S))
            if hit(Fault.REQUEST_DUPLICATED):
                self._wires.keep(self._carry_again(request))
            answer = self._answer_instead(request) or await self._host.answer(request)
            answer = self._spoilt(request, answer)
            if not hit(Fault.ANSWER_DROPPED):
                await self._travel()
                if not answered.done():
                    answered.set_result(answer)
        except ConnectionError:
            if not answered.done():
                answered.set_exception(UnreachableError("The line broke."))
                answered.exception()  # whoever asked may be gone

    async def _carry_again(self, request: Request) -> None:
        await asyncio.sleep(self._random.choice((0.0, 1.0, 10.0, 60.0)))
        await self._carry(request, asyncio.get_running_loop().create_future())

    def _is_down(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._faults.hit(Fault.LINE_DOWN):
            self._down_until = now + self._random.uniform(5.0, 90.0)
        return now < self._down_until

    async def _travel(self, overtaken: Fault | None = None) -> None:
        slow = overtaken is not None and self._faults.hit(overtaken)
        await asyncio.sleep(self._random.uniform(1.0, 10.0) if slow else self._random.uniform(0.01, 0.09))

    def _answer_instead(self, request: Request) -> Answer | None:
        """Return what somebody on the way answers, so that the host never hears of the request."""
        for fault, status in ((Fault.STATUS_500, 500), (Fault.STATUS_503, 503), (Fault.STATUS_429, 429)):
            if self._faults.hit(fault):
                return Answer(status, b"", self._retry_after())
        if self._faults.hit(Fault.ANSWER_FOREIGN):
            return Answer(self._random.choice((OK, FORBIDDEN)), WELCOME)
        others = [body for path, body in self._receipts.items() if path != request.path]
        if request.path.startswith(CORRECTION) and others and self._faults.hit(Fault.ANSWER_MIXED_UP):
            return Answer(OK, self._random.choice(others))
        return None

    def _spoilt(self, request: Request, answer: Answer) -> Answer:
        """Return what is left of the host's answer."""
        if request.path.startswith(CORRECTION) and answer.status == OK:
            self._receipts[request.path] = answer.body
        if self._faults.hit(Fault.STATUS_502):
            return Answer(502, b"", self._retry_after())
        if answer.body and self._faults.hit(Fault.ANSWER_TRUNCATED):
            return answer._replace(body=answer.body[: self._random.randrange(len(answer.body))])
        return answer

    def _retry_after(self) -> str:
        soon = self._clock.now() + timedelta(seconds=self._random.uniform(-60.0, 600.0))
        for fault, value in (
            (Fault.RETRY_AFTER_ZERO, "0"),
            (Fault.RETRY_AFTER_HUGE, str(10**12)),
            (Fault.RETRY_AFTER_NEGATIVE, "-30"),
            (Fault.RETRY_AFTER_DATE, format_datetime(soon, usegmt=True)),
        ):
            if self._faults.hit(fault):
                return value
        return ""

    @asynccontextmanager
    async def follow(self, request: Request) -> AsyncIterator[tuple[Answer, "Pipe"]]:
        """Open a stream of events: the answer that begins it, and the events as they arrive."""
        answer = await self.exchange(request)
        pipe = Pipe()
        pouring = self._wires.keep(self._pour(answer.body, str(request.params["after"]), pipe))
        try:
            yield answer, pipe
        finally:
            pouring.cancel()

    async def _pour(self, stream: bytes, place: FeedPlace, pipe: "Pipe") -> None:
        """Bring a stream's events to a desk. A line that loses or holds one back breaks soon after, as lines do."""
        held: list[bytes] = []
        with suppress(ConnectionError):
            async with aclosing(self._host.events(stream, place)) as events:
                async for event in events:
                    await self._travel()
                    if self._faults.hit(Fault.FEED_CUT):
                        break
                    if self._faults.hit(Fault.FEED_SILENT):
                        await asyncio.sleep(SILENCE_S)
                        break
                    if self._faults.hit(Fault.FEED_GAP):
                        self._break_soon(pipe)
                    elif not held and self._faults.hit(Fault.FEED_REORDERED):
                        held.append(event)
                        self._break_soon(pipe)
                    else:
                        again = [event] if self._faults.hit(Fault.FEED_DUPLICATE) else []
                        for each in (event, *held, *again):
                            pipe.put(each)
                        held.clear()
        pipe.put(None)

    def _break_soon(self, pipe: "Pipe") -> None:
        asyncio.get_running_loop().call_later(self._random.uniform(1.0, 60.0), pipe.put, None)


class Pipe:
    """Events on their way to one desk; None is the end of the line."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(self, event: bytes | None) -> None:
        self._events.put_nowait(event)

    async def read(self) -> AsyncIterator[FeedEvent]:
        """Yield events until the line breaks. Raises UnreachableError, UnclearAnswerError."""
        while (event := await self._events.get()) is not None:
            yield read_event(event)
        raise UnreachableError("The line broke.")


class SimulatedGateway(HttpGateway):
    """The desk's own gateway over the simulated network: paths, parsing and errors are real, only httpx is left out.

    `may_die` is called at the points at which the desk may die.
    """

    def __init__(self, network: Network, token: str, clock: SimulatedClock, may_die: Callable[[Fault], None]) -> None:
        super().__init__(lambda: "http://simulated", token, now=clock.now)
        self._network = network
        self._bearer = token
        self._may_die = may_die

    async def _exchange(self, method: str, path: str, params: Mapping[str, str | int], content: bytes | None) -> Answer:
        sends_work = method == "PUT" and path.startswith(CORRECTION)
        if sends_work:
            self._may_die(Fault.DESK_DIES_BEFORE_SEND)
        answer = await self._network.exchange(Request(self._bearer, method, path, params, content))
        if sends_work:
            self._may_die(Fault.DESK_DIES_AFTER_ANSWER)
        return answer

    @asynccontextmanager
    async def feed(self, after: FeedPlace) -> AsyncIterator[AsyncIterator[FeedEvent]]:
        request = Request(self._bearer, "GET", "/v1/feed", {"after": after}, None)
        async with self._network.follow(request) as (answer, pipe):
            if answer.status != OK:
                raise self._failure(answer)
            async with aclosing(pipe.read()) as events:
                yield events
