"""The HTTP gateway trusts no answer it cannot read, takes no more than it can hold, and says what a refusal means."""

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from console.client.net import http
from console.client.net.http import HttpGateway
from console.client.net.limits import MAX_EVENT
from console.client.services.errors import (
    BackendError,
    RefusedError,
    UnauthenticatedError,
    UnclearAnswerError,
    UnreachableError,
)
from console.contract.ids import ConversationId
from console.contract.limits import MAX_ANSWER
from console.contract.problems import ProblemCode
from console.contract.views import CorrectionState, Receipt
from tests.client.desk import until
from tests.client.wire import answer, dripping, reading_slowly, saying
from tests.server.world import correction, running, token

pytestmark = pytest.mark.anyio

ME = json.dumps({"user_id": "ana", "name": "Ana", "role": "tier1", "workspace": "Sample", "version": "1"}).encode()
PROBLEM = json.dumps({"type": "forbidden", "title": "You may not.", "status": 403, "detail": "Ask the owner."}).encode()
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
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
        pytest.param(answer(body=ME[:-1] + b', "name": "Eve"}'), id="a name twice"),
        pytest.param(answer(body=ME[:-1] + b', "extra": 1}'), id="an unknown field"),
        pytest.param(answer(body=ME.replace(b'"1"', b"NaN")), id="not a number"),
        pytest.param(answer(body=ME.replace(b'"1"', b"9" * 5_000)), id="5,000 digits"),
        pytest.param(answer(body=ME.replace(b"Ana", b"\\ud800")), id="half a character"),
        pytest.param(answer(body=ME.replace(b"Ana", b"\\u0000")), id="NUL"),
        pytest.param(answer(body=ME.replace(b"Ana", b"\xff\xfe")), id="not UTF-8"),
        pytest.param(answer(body=b"\xef\xbb\xbf" + ME), id="a byte order mark"),
        pytest.param(answer(body=b"[" * 4_000_000), id="depth"),
        pytest.param(answer(body=b"[" + b"{}," * 2_000_000 + b"{}]"), id="millions of values"),
        pytest.param(answer(body=b'"' * 8_000_000), id="nothing but quotes"),
        pytest.param(answer("409 Conflict", PROBLEM[:-1] + b', "status": 409}'), id="a refusal that says a name twice"),
        pytest.param(answer("401 Unauthorized", b" " * (MAX_ANSWER + 1)), id="too large a refusal"),
        pytest.param(answer("401 Unauthorized", b"<html>Sign in to the hotel</html>"), id="another server's 401"),
        pytest.param(answer("401 Unauthorized", PROBLEM), id="a 401 about something else than the token"),
        pytest.param(answer(body=ME, content_length="-5"), id="a length below nought"),
        pytest.param(answer(body=ME, content_length="9" * 30), id="a length without an end"),
        pytest.param(answer(body=ME, transfer_encoding="gzip, chunked"), id="packed on the way"),
        pytest.param(answer(body=ME, content_encoding="identity, gzip"), id="packed and not"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000, id="headers without an end"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000, id="a header without an end"),
        pytest.param(CHUNKED + b"5;" + b"a" * 1_000_000, id="a chunk's name without an end"),
        pytest.param(CHUNKED + b"F" * 40 + b"\r\n" + ME, id="a chunk of any size"),
        pytest.param(CHUNKED + b"0\r\n" + b"x: y\r\n" * 100_000, id="trailers without an end"),
        pytest.param(b"HTTP/1.1 101 Over\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n" + ME, id="another protocol"),
        pytest.param(b"HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n", id="a status nobody knows"),
        pytest.param(answer("302 Found", location="http://[bad"), id="a redirect to no address"),
    ],
)
async def test_what_is_no_answer_is_an_unknown_outcome(said: bytes) -> None:
    async with saying(said) as url:
        assert isinstance(await ask(url), UnclearAnswerError)


async def test_a_page_in_between_does_not_give_a_conversation_back() -> None:
    async with saying(answer(body=b"<html>Welcome to the hotel</html>")) as url:
        gateway = HttpGateway(lambda: url, "token")
        about = ConversationId("c-1")
        for told in (gateway.release(about, 1), gateway.close(about, 1), gateway.reopen(about)):
            with pytest.raises(UnclearAnswerError):
                await told
        await gateway.aclose()


async def test_a_backend_that_moved_while_several_ask_leaves_no_connection_open(tmp_path: Path) -> None:
    with running(tmp_path / "here") as here, running(tmp_path / "there") as there:
        urls = [here.url, there.url]
        gateway = HttpGateway(lambda: urls[0], token("ana"))
        for turns in range(0, 60, 4):  # so that connections are in every stage of being opened
            asking = [asyncio.create_task(gateway.me()) for _ in range(5)]
            for _ in range(turns):
                await asyncio.sleep(0)
            urls.reverse()
            await asyncio.gather(*asking, *(gateway.me() for _ in range(5)))
            await gateway.aclose()
        await until(lambda: not there.connections and not here.connections)


@pytest.mark.parametrize("drop", [b"HTTP/1.1 103 Early Hints\r\n\r\n" * 9, CHUNKED, CHUNKED + b"1\r\n[\r\n"])
async def test_an_answer_that_never_ends_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, drop: bytes) -> None:
    monkeypatch.setattr(http, "DEADLINE_S", 0.3)
    async with dripping(drop) as url:
        assert isinstance(await ask(url), BackendError)
        assert isinstance((await follow(url))[1], BackendError)


async def test_an_answer_in_a_million_pieces_does_not_hold_up_the_desk() -> None:
    pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in ME + b" " * 20_000)
    turns = 0

    async def live() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with saying(CHUNKED + pieces + b"0\r\n\r\n") as url:
        living = asyncio.create_task(live())
        assert await ask(url) == "Ana"
        living.cancel()
        await asyncio.wait([living])
    assert turns > 20_000


async def test_no_cookie_is_kept() -> None:
    heard: list[bytes] = []
    async with saying(answer(body=ME, set_cookie="a=b"), heard=heard) as url:
        gateway = HttpGateway(lambda: url, "token")
        for _ in range(2):
            assert (await gateway.me()).name == "Ana"
        await gateway.aclose()
    assert [b"cookie" in head.lower() for head in heard] == [False, False]


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


async def test_a_large_correction_has_the_time_that_a_slow_line_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEADLINE_S", 0.2)
    sent = correction("k", "c", note="x" * 350_000, corrected_text="y" * 350_000)
    receipt = Receipt(id=sent.id, body_sha256="0" * 64, state=CorrectionState.STORED, received_at=sent.submitted_at)
    async with reading_slowly(answer(body=receipt.model_dump_json().encode()), for_s=1.0) as url:
        gateway = HttpGateway(lambda: url, "token")
        assert await gateway.put_correction(sent) == receipt
        await gateway.aclose()


async def test_a_problem_document_is_a_refusal() -> None:
    async with saying(answer("403 Forbidden", PROBLEM, content_type="application/problem+json")) as url:
        refused = await ask(url)
    assert isinstance(refused, RefusedError)
    assert refused.code is ProblemCode.FORBIDDEN
    assert str(refused) == "You may not. Ask the owner."


async def test_a_token_that_is_not_accepted_is_no_refusal_of_the_work() -> None:
    body = b'{"type": "unauthenticated", "title": "No.", "status": 401, "detail": ""}'
    async with saying(answer("401 Unauthorized", body)) as url:
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


@pytest.mark.parametrize("charset", ["utf-16", "zlib", "base64", "idna", "undefined", "rot13", "utf-7", "nonsense"])
async def test_a_feed_is_read_as_utf_8_whatever_it_says_it_is(charset: str) -> None:
    async with saying(answer(**EVENTS | {"content_type": f"text/event-stream; charset={charset}"}), EVENT) as url:
        seen, broke = await follow(url)
    assert seen == [8]
    assert isinstance(broke, UnreachableError)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(EVENT.replace(b'{"seq"', b'{"seq":7,"seq"'), id="a name twice"),
        pytest.param(EVENT.replace(b'"seq":8', b'"seq":true'), id="a bool for a number"),
        pytest.param(EVENT.replace(b'"seq":8', b'"seq":' + b"9" * 5_000), id="5,000 digits"),
        pytest.param(EVENT.replace(b'"seq":8', b'"seq":NaN'), id="not a number"),
        pytest.param(EVENT.replace(b"c-1", b"c-\xff"), id="not UTF-8"),
        pytest.param(EVENT.replace(b"c-1", b"c-\\ud800"), id="half a character"),
        pytest.param(EVENT.replace(b"c-1", b"c-\x00"), id="NUL"),
        pytest.param(EVENT.replace(b"2026", b"0026"), id="another age"),
        pytest.param(b"data: " + b"[" * 100_000 + b"\n\n", id="depth"),
        pytest.param(b"data: {\n" * 30_000 + b"\n", id="many lines"),
        pytest.param(b": nothing\n" * 30_000, id="comments without an end"),
        pytest.param(b"\xff" * 300_000, id="no line at all"),
    ],
)
async def test_an_event_that_cannot_be_read_breaks_the_feed_and_nothing_else(event: bytes) -> None:
    async with saying(answer(**EVENTS), EVENT, event) as url:
        seen, broke = await follow(url)
    assert seen == [8]
    assert isinstance(broke, UnclearAnswerError)


@pytest.mark.parametrize("oddity", [b"retry: " + b"9" * 5_000 + b"\n\n", b"id: \x00\n", b"\r" * 9_999, b"nonsense\n"])
async def test_what_a_feed_says_beside_its_events_is_passed_over(oddity: bytes) -> None:
    async with saying(answer(**EVENTS), oddity, EVENT) as url:
        assert (await follow(url))[0] == [8]


async def test_a_feed_that_is_no_feed_is_no_connection() -> None:
    async with saying(answer(body=ME)) as url:
        assert isinstance((await follow(url))[1], UnclearAnswerError)
    gone = PROBLEM.replace(b"forbidden", b"gone").replace(b"403", b"410")
    async with saying(answer("410 Gone", gone)) as url:
        refused = (await follow(url))[1]
    assert isinstance(refused, RefusedError)
    assert refused.code is ProblemCode.GONE
