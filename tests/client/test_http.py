"""The HTTP gateway trusts no answer it cannot read, takes no more than it can hold, and says what a refusal means."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from console.client.net import http
from console.client.net.http import HttpGateway
from console.client.net.limits import MAX_ANSWER, MAX_EVENT
from console.client.services.errors import (
    BackendError,
    RefusedError,
    UnauthenticatedError,
    UnclearAnswerError,
    UnreachableError,
)
from console.contract.problems import ProblemCode
from tests.client.wire import answer, saying

pytestmark = pytest.mark.anyio

ME = json.dumps({"user_id": "ana", "name": "Ana", "role": "tier1", "workspace": "Sample", "version": "1"}).encode()
PROBLEM = json.dumps({"type": "forbidden", "title": "You may not.", "status": 403, "detail": "Ask the owner."}).encode()
EVENTS = {"content_type": "text/event-stream", "content_length": "99999999"}
EVENT = (
    b"id: 8\nevent: claim_changed\n"
    b'data: {"seq":8,"behind":7,"stamp":"0123456789abcdef","kind":"claim_changed",'
    b'"conversation_id":"c-1","at":"2026-11-20T10:45:00Z"}\n\n'
)


async def ask(url: str | None) -> BackendError | str:
    """Ask who the token speaks for; return the name, or what went wrong."""
    gateway = HttpGateway(lambda: url, "token")
    try:
        return (await gateway.me()).name
    except BackendError as error:
        return error
    finally:
        await gateway.aclose()


async def follow(url: str) -> tuple[list[int], BackendError | None]:
    """Follow the feed until it breaks; return the places seen and what broke it."""
    gateway = HttpGateway(lambda: url, "token")
    seen: list[int] = []
    try:
        async with gateway.feed("7-" + "0" * 16) as events:
            async for event in events:
                seen.append(event.seq)
    except BackendError as error:
        return seen, error
    finally:
        await gateway.aclose()
    return seen, None


async def test_an_answer_is_read() -> None:
    async with saying(answer(body=ME)) as url:
        assert await ask(url) == "Ana"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(answer(body=b"<html>Welcome to the hotel</html>"), id="another server's page"),
        pytest.param(answer(body=ME[:-9]), id="half a document"),
        pytest.param(answer(body=ME, content_length=str(len(ME) + 9)), id="cut short"),
        pytest.param(answer("302 Found", location="http://127.0.0.1:1/elsewhere"), id="a redirect"),
        pytest.param(answer("500 Internal Server Error"), id="a server error"),
        pytest.param(answer("403 Forbidden", b"<html>Blocked</html>"), id="a refusal that is not the backend's"),
        pytest.param(answer(body=gzip.compress(ME), content_encoding="gzip"), id="compressed"),
        pytest.param(answer(body=b" " * (MAX_ANSWER + 1)), id="too large"),
        pytest.param(b"HTTP/1.1 banana\r\n\r\n", id="no HTTP"),
    ],
)
async def test_what_is_no_answer_is_an_unknown_outcome(said: bytes) -> None:
    async with saying(said) as url:
        assert isinstance(await ask(url), UnclearAnswerError)


async def test_a_closed_door_is_unreachable_and_named_by_its_address_without_a_password() -> None:
    async with saying(answer()) as url:
        pass
    closed = await ask(url.replace("http://", "http://ana:secret@"))
    assert isinstance(closed, UnreachableError)
    assert str(closed) == f"The backend at {url} does not answer."


async def test_a_backend_with_a_name_is_called_by_it_and_not_by_its_address() -> None:
    async with saying(answer()) as url:
        pass
    gateway = HttpGateway(lambda: url, "token", "The embedded backend")
    with pytest.raises(UnreachableError, match=r"^The embedded backend does not answer\.$"):
        await gateway.me()
    await gateway.aclose()


async def test_a_backend_without_an_address_yet_is_unreachable() -> None:
    starting = await ask(None)
    assert isinstance(starting, UnreachableError)
    assert str(starting) == "The embedded backend is not up."


async def test_title_and_detail_of_a_refusal_never_run_together() -> None:
    body = b'{"type": "forbidden", "title": "Not allowed", "status": 403, "detail": "ask the owner"}'
    async with saying(answer("403 Forbidden", body)) as url:
        assert str(await ask(url)) == "Not allowed. ask the owner."


async def test_silence_is_unreachable_once_the_deadline_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_S", 0.2)
    async with saying(answer(body=ME)[:-5], then_hold=True) as url:
        assert isinstance(await ask(url), UnreachableError)


async def test_a_problem_document_is_a_refusal() -> None:
    async with saying(answer("403 Forbidden", PROBLEM, content_type="application/problem+json")) as url:
        refused = await ask(url)
    assert isinstance(refused, RefusedError)
    assert refused.code is ProblemCode.FORBIDDEN
    assert str(refused) == "You may not. Ask the owner."


async def test_a_token_that_is_not_accepted_is_no_refusal_of_the_work() -> None:
    async with saying(answer("401 Unauthorized", PROBLEM)) as url:
        assert isinstance(await ask(url), UnauthenticatedError)


@pytest.mark.parametrize("status", ["408 Request Timeout", "425 Too Early", "429 Too Many Requests", "503 Unavailable"])
async def test_a_busy_backend_says_how_long_to_leave_it_alone(status: str) -> None:
    async with saying(answer(status, PROBLEM, retry_after="17")) as url:
        busy = await ask(url)
    assert isinstance(busy, UnclearAnswerError)
    assert busy.retry_after == 17


async def test_a_date_to_retry_after_is_understood_and_nonsense_is_not() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    async with saying(answer("503 Unavailable", retry_after=later)) as url:
        busy = await ask(url)
    assert isinstance(busy, UnclearAnswerError)
    assert busy.retry_after == pytest.approx(3600, abs=60)
    for nonsense in ("soon", "-5", "1e9", "", "Mon, 01 Jan 99999999999999999 00:00:00 GMT"):
        async with saying(answer("503 Unavailable", retry_after=nonsense)) as url:
            busy = await ask(url)
        assert isinstance(busy, UnclearAnswerError)
        assert busy.retry_after is None


async def test_the_feed_gives_its_events_until_the_line_breaks() -> None:
    async with saying(answer(**EVENTS), b": alive\n\n", EVENT[:40], EVENT[40:]) as url:
        seen, broke = await follow(url)
    assert seen == [8]
    assert isinstance(broke, UnreachableError)


async def test_a_feed_that_misses_two_heartbeats_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SILENCE_S", 0.2)
    async with saying(answer(**EVENTS), EVENT, then_hold=True) as url:
        seen, broke = await follow(url)
    assert seen == [8]
    assert isinstance(broke, UnreachableError)


@pytest.mark.parametrize("line", [b"data: " + b"x" * 65536, b"data: x\n" * 8192], ids=["one line", "many lines"])
async def test_an_event_without_an_end_is_not_gathered(line: bytes) -> None:
    chunks = MAX_EVENT // len(line) + 2
    async with saying(answer(**EVENTS), *[line] * chunks, then_hold=True) as url:
        assert isinstance((await follow(url))[1], UnclearAnswerError)


async def test_many_small_events_are_no_large_one() -> None:
    number = MAX_EVENT // len(EVENT) * 2
    for chunks in ([EVENT * number], [EVENT.replace(b"\n", b"\r\n")[:-1], *[b"\n" + EVENT[:-1]] * number, b"\n"]):
        async with saying(answer(**EVENTS), *chunks) as url:
            seen, broke = await follow(url)
        assert isinstance(broke, UnreachableError)
        assert len(seen) >= number


async def test_a_feed_that_is_no_feed_is_no_connection() -> None:
    async with saying(answer(body=ME)) as url:
        assert isinstance((await follow(url))[1], UnclearAnswerError)
    gone = PROBLEM.replace(b"forbidden", b"gone").replace(b"403", b"410")
    async with saying(answer("410 Gone", gone)) as url:
        refused = (await follow(url))[1]
    assert isinstance(refused, RefusedError)
    assert refused.code is ProblemCode.GONE
