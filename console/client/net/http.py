"""The BackendGateway over HTTP: bounded in time and size, following no redirect, trusting no answer it cannot read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import httpx
from httpx_sse import EventSource, SSEError
from pydantic import ValidationError

from console.client.net.limits import BoundedEvents, TooMuchError, read_bounded
from console.client.services.errors import (
    BackendError,
    RefusedError,
    UnauthenticatedError,
    UnclearAnswerError,
    UnreachableError,
)
from console.contract.base import Model, canonical_json, content_digest
from console.contract.commands import HeldClaim
from console.contract.corrections import Correction
from console.contract.events import EventPage, FeedEvent
from console.contract.ids import ConversationId, UserId
from console.contract.limits import MAX_ANSWER_SIGNS, SLOWEST_LINE
from console.contract.problems import Problem, ProblemCode
from console.contract.reconcile import Delivered, Differences
from console.contract.views import Claim, ConversationView, CorrectionPage, FeedPlace, Me, QueuePage, QueueRow, Receipt
from console.contract.wire import UnfitError, read_json

DEADLINE_S = 15.0
"""Of a call whose body is small; a large one is given the time that it takes on the slowest line besides."""
CONNECT_S = 5.0
HEARTBEAT_S = 15.0
SILENCE_S = 2 * HEARTBEAT_S + 3.0
"""Two heartbeats missed: the line is gone, even if nothing says so."""
PAGE_ROWS = 500
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})

M = TypeVar("M", bound=Model)


class Answer(NamedTuple):
    """What came back: the status, the whole body, and the Retry-After header where there is one."""

    status: int
    body: bytes
    retry_after: str = ""


@dataclass
class _Line:
    """A client, where it leads, and how many requests are on their way over it."""

    origin: str
    client: httpx.AsyncClient
    users: int = 0


class HttpGateway:
    """The backend at the address `locate` names at the time of each call; None while it has none yet.

    `name`: what a person knows it by, such as "The embedded backend"; without one it is called by its address.
    """

    def __init__(
        self,
        locate: Callable[[], str | None],
        token: str,
        name: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._locate = locate
        self._now = now
        self._given_name = name
        self._token = token
        self._line: _Line | None = None

    async def me(self) -> Me:
        """Return who the token speaks for."""
        return await self._ask(Me, "GET", "/v1/me")

    async def queue_page(self, after: ConversationId | None = None) -> QueuePage:
        """Return a page of the queue, most urgent first."""
        return await self._ask(QueuePage, "GET", "/v1/queue", after=after, limit=PAGE_ROWS)

    async def queue_rows(self, ids: Sequence[ConversationId]) -> QueuePage:
        """Return those of these rows that are in the queue."""
        return await self._ask(QueuePage, "GET", "/v1/queue", ids=",".join(ids))

    async def conversation(self, conversation_id: ConversationId) -> ConversationView:
        """Return a conversation with its corrections."""
        return await self._ask(ConversationView, "GET", f"/v1/conversations/{conversation_id}")

    async def claim(self, conversation_id: ConversationId, take_back: int | None = None) -> Claim:
        """Lease a conversation."""
        return await self._ask(Claim, "POST", f"/v1/conversations/{conversation_id}/claim", take_back=take_back)

    async def renew(self, conversation_id: ConversationId, epoch: int) -> Claim:
        """Prolong a lease."""
        return await self._ask(Claim, "PUT", f"/v1/conversations/{conversation_id}/claim", HeldClaim(epoch=epoch))

    async def release(self, conversation_id: ConversationId, epoch: int) -> None:
        """Give a lease back."""
        await self._tell("DELETE", f"/v1/conversations/{conversation_id}/claim", epoch=epoch)

    async def close(self, conversation_id: ConversationId, epoch: int) -> None:
        """Close a conversation under a lease."""
        await self._tell("POST", f"/v1/conversations/{conversation_id}/close", HeldClaim(epoch=epoch))

    async def reopen(self, conversation_id: ConversationId) -> None:
        """Open a closed conversation again."""
        await self._tell("POST", f"/v1/conversations/{conversation_id}/reopen")

    async def pull_next(self) -> QueueRow:
        """Claim the most urgent free conversation."""
        return await self._ask(QueueRow, "POST", "/v1/queue/next")

    async def put_correction(self, correction: Correction) -> Receipt:
        """Store a correction under its own id."""
        return await self._ask(Receipt, "PUT", f"/v1/corrections/{correction.id}", correction)

    async def corrections(
        self, conversation_id: ConversationId | None = None, author_id: UserId | None = None
    ) -> CorrectionPage:
        """Return stored corrections, oldest first."""
        return await self._ask(
            CorrectionPage, "GET", "/v1/corrections", conversation_id=conversation_id, author_id=author_id
        )

    async def compare(self, delivered: Delivered) -> Differences:
        """Return what the backend holds of those days on which it holds something else."""
        return await self._ask(Differences, "POST", "/v1/corrections/compare", delivered)

    async def events(self, after: FeedPlace) -> EventPage:
        """Return the next events behind a place."""
        return await self._ask(EventPage, "GET", "/v1/events", after=after)

    @asynccontextmanager
    async def feed(self, after: FeedPlace) -> AsyncIterator[AsyncIterator[FeedEvent]]:
        """Follow the feed behind a place; silence of two heartbeats, or its end, raises UnreachableError."""
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store", "Last-Event-ID": after}
        patience = httpx.Timeout(CONNECT_S, read=SILENCE_S)
        async with (
            self._connected() as client,
            asyncio.timeout(DEADLINE_S) as opening,
            client.stream("GET", "/v1/feed", headers=headers, timeout=patience) as response,
        ):
            if response.status_code != HTTPStatus.OK:
                raise self._failure(await _read_answer(response))
            opening.reschedule(None)
            response.stream = BoundedEvents(response)
            response.encoding = "utf-8"  # what events are in; the header could name a codec that is no charset
            yield _events(response, self._name)

    async def aclose(self) -> None:
        """Close every connection."""
        line, self._line = self._line, None
        if line is not None and not line.users:
            await line.client.aclose()

    async def _ask(
        self, kind: type[M], method: str, path: str, body: Model | None = None, **query: str | int | None
    ) -> M:
        answer = await self._call(method, path, body, query)
        if answer.status // 100 != 2:
            raise self._failure(answer)
        try:
            return read_json(kind, answer.body, MAX_ANSWER_SIGNS)
        except (UnfitError, ValidationError) as error:
            raise UnclearAnswerError("The backend answered in a form this desk does not know.") from error

    async def _tell(self, method: str, path: str, body: Model | None = None, **query: str | int | None) -> None:
        """Make a call that is answered by nothing: the 200 of a page in between is no yes."""
        answer = await self._call(method, path, body, query)
        if answer.status != HTTPStatus.NO_CONTENT:
            raise self._failure(answer)

    async def _call(self, method: str, path: str, body: Model | None, query: Mapping[str, str | int | None]) -> Answer:
        """Make one call; return whatever was answered. Raises UnknownOutcomeError."""
        params = {name: value for name, value in query.items() if value is not None}
        return await self._exchange(method, path, params, None if body is None else canonical_json(body))

    async def _exchange(self, method: str, path: str, params: Mapping[str, str | int], content: bytes | None) -> Answer:
        """Send one request; return whatever was answered. Raises UnknownOutcomeError."""
        headers = {}
        if content is not None:
            headers = {"Content-Type": "application/json", "Content-Digest": f"sha-256=:{content_digest(content)}:"}
        deadline_s = DEADLINE_S + len(content or b"") / SLOWEST_LINE
        patience = httpx.Timeout(deadline_s, connect=CONNECT_S)  # a body is one write
        async with (
            self._connected() as client,
            asyncio.timeout(deadline_s),
            client.stream(method, path, params=params, content=content, headers=headers, timeout=patience) as response,
        ):
            return await _read_answer(response)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[httpx.AsyncClient]:
        """Lend the client for where the backend is now. Raises UnknownOutcomeError.

        A client that was left for another address is closed by whoever gives it back last: one that is closed while it
        opens a connection leaves that open for ever.
        """
        origin = self._locate()
        if origin is None:
            raise UnreachableError("The embedded backend is not up.")
        if self._line is not None and self._line.origin != origin:
            await self.aclose()
        line = self._line = self._line or self._new_line(origin)
        line.users += 1
        try:
            with _translated(self._name):
                yield line.client
        finally:
            line.users -= 1
            if line is not self._line and not line.users:
                await line.client.aclose()

    def _new_line(self, origin: str) -> "_Line":
        parts = urlsplit(origin)
        client = httpx.AsyncClient(
            base_url=origin,
            headers={"Authorization": f"Bearer {self._token}", "Accept-Encoding": "identity"},
            trust_env=parts.hostname not in LOOPBACK,
            verify=parts.scheme == "https",  # without TLS there are no certificates to load
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none is kept
        )
        return _Line(origin, client)

    def _failure(self, answer: Answer) -> BackendError:
        """Say what an answer that is no success means."""
        status = answer.status
        if status in BUSY or status // 100 != 4:
            return UnclearAnswerError(f"The backend answered {status}.", self._wait_asked_for(answer))
        try:
            problem = read_json(Problem, answer.body)
        except (UnfitError, ValidationError):
            return UnclearAnswerError(f"Something that is not Redline's backend answered {status}.")
        if problem.type == ProblemCode.GARBLED:
            return UnclearAnswerError("What the backend got is not what was sent.")
        if status != HTTPStatus.UNAUTHORIZED:
            return RefusedError(problem)
        if problem.type == ProblemCode.UNAUTHENTICATED:  # nobody else's 401 may make a desk forget its token
            return UnauthenticatedError("The backend does not accept this token. Sign in again.")
        return UnclearAnswerError("The backend answered 401 without a reason to.")

    def _wait_asked_for(self, answer: Answer) -> float | None:
        """Return the seconds Retry-After asks for (RFC 9110 section 10.2.3), None where it says nothing usable."""
        value = answer.retry_after.strip()
        if value.isascii() and value.isdigit():
            return float(value)
        try:
            return max(0.0, (parsedate_to_datetime(value) - self._now()).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return None

    @property
    def _name(self) -> str:
        parts = urlsplit(self._line.origin if self._line else "")
        return self._given_name or f"The backend at {parts.scheme}://{parts.netloc.rpartition('@')[2]}"


async def _events(response: httpx.Response, name: str) -> AsyncIterator[FeedEvent]:
    with _translated(name):
        try:
            async for event in EventSource(response).aiter_sse():
                if event.data:
                    yield read_event(event.data)
        except httpx.RemoteProtocolError as error:
            raise UnreachableError(f"{name} broke off the connection.") from error


def read_event(data: str | bytes) -> FeedEvent:
    """Return what one event's `data` says. Raises UnclearAnswerError."""
    try:
        return read_json(FeedEvent, data.encode() if isinstance(data, str) else data)
    except (UnfitError, ValidationError) as error:
        raise UnclearAnswerError("The feed holds an event this desk does not know.") from error


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turn what the network does into what it means here, said of the backend by its name."""
    try:
        yield
    except (httpx.RemoteProtocolError, TooMuchError, SSEError) as error:
        raise UnclearAnswerError(f"{name} answered in a way that cannot be read.") from error
    except TimeoutError as error:
        raise UnreachableError(f"{name} did not answer in time.") from error
    except httpx.TimeoutException as error:
        raise UnreachableError(f"{name} fell silent.") from error
    except httpx.TransportError as error:
        raise UnreachableError(f"{name} does not answer.") from error


async def _read_answer(response: httpx.Response) -> Answer:
    body = await read_bounded(response)
    return Answer(response.status_code, body, response.headers.get("retry-after", ""))
