"""Hostile input: whatever is sent, the refusal is the same on both databases, repeats nothing and harms nothing."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from console.contract.limits import MAX_CORRECTION_BODY, MAX_HEAD, MAX_HEADERS, MIB
from tests.server.cluster import Cluster
from tests.server.hostile import BODY_ROUTES, hostile_addresses, hostile_bodies, problem
from tests.server.world import Running, conversation, running, token

Answers = list[httpx.Response]


class Both(NamedTuple):
    """The same backend twice, with one conversation that Ana holds under epoch 1."""

    sqlite: Running
    postgresql: Running

    def answers(self, method: str, address: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answers:
        return [_ask(backend, method, address, body, headers or {}) for backend in self]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster, migrated: str) -> Iterator[Both]:
    with ExitStack() as stack:
        places: tuple[Path, str] = tmp_path_factory.mktemp("hostile"), cluster.database(migrated)
        backends = Both(*(stack.enter_context(running(place)) for place in places))
        for backend in backends:
            backend.load(conversation("c"))
            assert backend.client("ana").post("/v1/conversations/c/claim").json()["epoch"] == 1
        yield backends


@pytest.fixture(autouse=True)
def nothing_came_of_it(both: Both, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test sent: nothing is stored, nothing has changed hands, and nothing went wrong within."""
    yield
    for backend in both:
        ana = backend.client("ana")
        assert ana.get("/v1/corrections").json() == {"records": []}
        assert ana.get("/v1/conversations/c").json()["row"]["claim"]["epoch"] == 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def _ask(backend: Running, method: str, address: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """Send a request whose address nobody tidies up on the way, as Ana."""
    place = urlsplit(backend.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    try:
        connection.request(method, address, body, {"Authorization": f"Bearer {token('ana')}", **headers})
        answer = connection.getresponse()
        return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())
    finally:
        connection.close()


def faults(answers: Answers, *statuses: int) -> list[str]:
    """Say what is wrong with refusals that must be the same problem document from both."""
    found = []
    for answer in answers:
        try:
            problem(answer)
        except AssertionError as error:
            found.append(f"{answer.status_code} is no problem document: {error}"[:200])
    if len({(answer.status_code, answer.content) for answer in answers}) > 1:
        found.append(f"two answers: {[answer.text for answer in answers]}")
    if answers[0].status_code not in statuses:
        found.append(f"{answers[0].status_code}: {answers[0].text[:200]}")
    return found


@pytest.mark.parametrize("name", BODY_ROUTES)
def test_no_hostile_body_is_taken(both: Both, name: str) -> None:
    route = BODY_ROUTES[name]
    found = {
        wrong: said
        for wrong, body in hostile_bodies(route)
        if (said := faults(both.answers(route.method, route.path, body), 413 if len(body) > MIB else 422, 422))
    }
    assert found == {}


def test_no_hostile_address_is_answered(both: Both) -> None:
    found = {
        wrong: said
        for method, address, wrong in hostile_addresses()
        if (said := faults(both.answers(method, address), 404, 422))
    }
    assert found == {}


PACKED = [("Content-Encoding", "gzip"), ("Content-Encoding", "identity, br"), ("Content-Encoding", "secret")]
NO_JSON = [
    ("Content-Type", "text/plain"),
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Content-Type", "application/json;charset=utf-16"),
    ("Content-Type", "application/jsonsecret"),
    ("Content-Type", "application/json, text/plain"),
    ("Content-Type", "multipart/form-data; boundary=secret"),
]


@pytest.mark.parametrize("header", PACKED)
@pytest.mark.parametrize("route", ["GET /v1/me", "POST /v1/queue/next", "PUT /v1/corrections/k", "GET /nowhere"])
def test_a_packed_body_is_refused_everywhere(both: Both, header: tuple[str, str], route: str) -> None:
    method, path = route.split(" ")
    assert faults(both.answers(method, path, b"\x1f\x8b", dict([header])), 415) == []


@pytest.mark.parametrize("header", NO_JSON)
def test_a_body_that_is_said_to_be_something_else_is_refused(both: Both, header: tuple[str, str]) -> None:
    for route in BODY_ROUTES.values():
        assert faults(both.answers(route.method, route.path, b'{"epoch": 1}', dict([header])), 415) == []


@pytest.mark.parametrize(
    ("path", "limit"), [("/v1/corrections/k", MAX_CORRECTION_BODY), ("/v1/conversations/c/claim", MIB)]
)
def test_a_body_over_its_limit_is_too_large(both: Both, path: str, limit: int) -> None:
    assert faults(both.answers("PUT", path, b"x" * limit), 422) == []
    assert faults(both.answers("PUT", path, b"x" * (limit + 1)), 413) == []


def test_a_body_that_hides_its_length_is_too_large_all_the_same(both: Both) -> None:
    for backend in both:
        pieces = (b"x" * 65_536 for _ in range(MAX_CORRECTION_BODY // 65_536 + 1))
        answer = backend.client("ana").put("/v1/corrections/k", content=pieces)
        assert (answer.status_code, problem(answer).type) == (413, "too_large")


HEAD = f"Host: x\r\nAuthorization: Bearer {token('ana')}\r\n"
PUT = f"PUT /v1/conversations/c/claim HTTP/1.1\r\n{HEAD}"
GET = f"GET /v1/me HTTP/1.1\r\n{HEAD}"
CHUNK = 'C\r\n{"epoch": 1}\r\n0\r\n\r\n'
NO_REQUESTS = {
    "no HTTP": (b"secret\r\n\r\n", 400),
    "no target": (b"GET HTTP/1.1\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /secret\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/9.9": (GET.replace("1.1", "9.9") + "\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03secret\r\n\r\n", 400),
    "a space in the target": (GET.replace("/v1/me", "/v1/me secret") + "\r\n", 400),
    "NUL in the target": (GET.replace("/v1/me", "/v1/me\x00secret") + "\r\n", 400),
    "a raw byte in the target": (GET.encode().replace(b"/v1/me", b"/v1/\xffsecret") + b"\r\n", 400),
    "a method of control characters": (b"G\x01T / HTTP/1.1\r\n\r\n", 400),
    "a method nobody knows": (GET.replace("GET", "SECRET") + "\r\n", 405),
    "a method in small letters": (GET.replace("GET", "get") + "\r\n", 405),
    "a proxy's method": (GET.replace("GET /v1/me", "CONNECT secret:443") + "\r\n", 404),
    "another server's address": (GET.replace("/v1/me", "http://secret/v1/me") + "\r\n", 404),
    "an asterisk": (GET.replace("GET /v1/me", "OPTIONS *") + "\r\n", 404),
    "no host": (b"GET /v1/me HTTP/1.1\r\n\r\n", 400),
    "two hosts": (GET + "Host: secret\r\n\r\n", 400),
    "NUL in a header": (GET + "X-A: secret\x00\r\n\r\n", 400),
    "a header without a name": (GET + ": secret\r\n\r\n", 400),
    "a space before the colon": (GET + "X-Secret : a\r\n\r\n", 400),
    "two tokens": (GET + "Authorization: Bearer secret\r\n\r\n", 400),
    "two places": (GET.replace("me", "feed") + "Last-Event-ID: 0\r\nLast-Event-ID: 0\r\n\r\n", 400),
    "a place that is none": (GET.replace("me", "feed") + "Last-Event-ID: 0,secret\r\n\r\n", 422),
    "two kinds of content": (PUT + "Content-Type: application/json\r\nContent-Type: text/secret\r\n\r\n", 400),
    "packed and not": (PUT + "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n\r\n", 415),
    "two lengths": (PUT + "Content-Length: 12\r\nContent-Length: 13\r\n\r\n{}", 400),
    "a length that is none": (PUT + "Content-Length: secret\r\n\r\n", 400),
    "a length below nought": (PUT + "Content-Length: -1\r\n\r\n", 400),
    "a length with a plus": (PUT + 'Content-Length: +12\r\n\r\n{"epoch": 1}', 400),
    "a length of 5,000 digits": (PUT + f"Content-Length: {'9' * 5_000}\r\n\r\n", 400),
    "a length and chunks": (PUT + f"Content-Length: 22\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNK}", 400),
    "chunks and a length": (PUT + f"Transfer-Encoding: chunked\r\nContent-Length: 22\r\n\r\n{CHUNK}", 400),
    "packed chunks": (PUT + f"Transfer-Encoding: gzip, chunked\r\n\r\n{CHUNK}", 400),
    "chunks twice": (PUT + f"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNK}", 400),
    "chunks by another name": (PUT + f"Transfer-Encoding: xchunked\r\n\r\n{CHUNK}", 400),
    "a chunk without a size": (PUT + "Transfer-Encoding: chunked\r\n\r\nsecret\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk below nought": (PUT + "Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk of any size": (PUT + "Transfer-Encoding: chunked\r\n\r\n" + "F" * 40 + "\r\n{}", 400),
    "a chunk longer than it says": (PUT + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}secret\r\n0\r\n\r\n", 400),
    "a long address": (GET.replace("/v1/me", "/v1/me?" + "s" * MAX_HEAD) + "\r\n", 431),
    "a long header": (GET + f"X-A: {'secret' * MAX_HEAD}\r\n\r\n", 431),
    "a long header that never ends": (GET + f"X-A: {'s' * 4 * MAX_HEAD}", 431),
    "many headers": (GET + "X-A: secret\r\n" * MAX_HEADERS + "\r\n", 431),
    "very many headers": (GET + "X-A: secret\r\n" * MAX_HEAD + "\r\n", 431),
}


def say(backend: Running, said: bytes) -> httpx.Response:
    """Say something on a connection of its own and return the first answer."""
    place = urlsplit(backend.url)
    with socket.create_connection((place.hostname, place.port), 30) as wire:
        wire.sendall(said)
        answer = http.client.HTTPResponse(wire)
        answer.begin()
        return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())


@pytest.mark.parametrize("name", NO_REQUESTS)
def test_what_is_no_plain_request_is_refused(both: Both, name: str) -> None:
    said, status = NO_REQUESTS[name]
    raw = said.encode() if isinstance(said, str) else said
    assert faults([say(backend, raw) for backend in both], status) == []


def test_a_body_that_breaks_while_it_is_read_undoes_nothing_and_is_told(both: Both) -> None:
    place = urlsplit(both.sqlite.url)
    with socket.create_connection((place.hostname, place.port), 30) as wire:
        wire.sendall((PUT + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n").encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 100 "), "the body is not being read"
        wire.sendall(b"secret\r\n")
        answer = http.client.HTTPResponse(wire)
        answer.begin()
        refusal = httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())
    assert (refusal.status_code, problem(refusal).type) == (400, "invalid")


def test_an_upgrade_is_not_taken(both: Both) -> None:
    for backend in both:
        answer = say(backend, (GET + "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n").encode())
        assert (answer.status_code, answer.json()["user_id"]) == (200, "ana")


def test_what_is_nearly_hostile_is_taken(both: Both) -> None:
    """The refusals above are no accident of a backend that refuses everything."""
    json = {"Content-Type": "Application/JSON; charset=UTF-8", "Content-Encoding": "identity"}
    for answer in both.answers("PUT", "/v1/conversations/c/claim", b' {"epoch":\n1}', json):
        assert answer.status_code == 200
    ids = ",".join(["s" * 200] * 100)
    for answer in both.answers("GET", f"/v1/queue?ids={ids},c".replace("s" * 200 + ",", "", 1)):
        assert [row["conversation_id"] for row in answer.json()["rows"]] == ["c"]
    for answer in both.answers("GET", "/v1/queue?limit=1000&after=~:@%2B-._"):
        assert answer.json()["rows"] == []
    for answer in both.answers("POST", "/v1/corrections/compare", b'{"days": []}'):
        assert answer.json() == {"days": []}
