"""Refusals: whatever is wrong, the answer is a problem document that repeats nothing of what was sent."""

import json
from pathlib import Path

import httpx
import pytest

from console.contract.limits import MAX_CORRECTION_BODY, MIB
from console.contract.problems import Problem
from tests.server.conftest import Sql
from tests.server.world import CHAIRS, Running, conversation, correction, running, send

SECRET = "4111-secret-of-a-customer"


def problem(answer: httpx.Response) -> Problem:
    """Read the problem document; it must agree with the status and repeat nothing."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    found = Problem.model_validate_json(answer.content)
    assert found.status == answer.status_code
    assert found.title.endswith("."), "title and detail are read one after the other"
    return found


def body(**changes: object) -> str:
    return json.dumps(correction("k", "c").model_dump(mode="json") | changes)


HOSTILE = {
    "nothing": b"",
    "not JSON": f"{{{SECRET}".encode(),
    "not UTF-8": b'{"id": "\xff\xfe' + SECRET.encode() + b'"}',
    "another type": f'["{SECRET}"]'.encode(),
    "a lone surrogate": body(note="\ud800" + SECRET).encode(),
    "an encoded surrogate": b'{"note": "\xed\xa0\x80' + SECRET.encode() + b'"}',
    "NUL": body(note="\x00" + SECRET).encode(),
    "NaN": body(turn=float("nan")).encode(),
    "infinity": body(turn=float("inf")).encode(),
    "a bool for a number": body(epoch=False).encode(),
    "text for a number": body(turn="2").encode(),
    "a fraction for a number": body(turn=2.5).encode(),
    "5,000 digits": body().replace('"turn": 2', '"turn": ' + "9" * 5_000).encode(),
    "an unknown field": body(**{SECRET: "x"}).encode(),
    "a field the server sets": body(state="stored", received_at=SECRET).encode(),
    "a date without zone": body(submitted_at="2026-11-20T10:45:00").encode(),
    "a date that no zone but its own could hold": body(submitted_at="0001-01-01T00:00:00+14:00").encode(),
    "an epoch that no database could hold": body(epoch=2**53).encode(),
    "arguments that hold NaN": body(tool_calls=[{"name": "t", "arguments": '{"a": NaN}'}]).encode(),
    "dots for an id": body(id="..").encode(),
    "a path for an id": body(id=f"../{SECRET}").encode(),
    "depth": b'{"hunks": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "depth within a text": body(tool_calls=[{"name": "t", "arguments": "[" * 100_000}]).encode(),
    "too long a text": body(note=SECRET * 20_000).encode(),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_refused_without_an_echo(backend: Running, content: bytes) -> None:
    ana = backend.client("ana")
    answer = ana.put("/v1/corrections/k", content=content)
    assert problem(answer).type == "invalid"
    assert len(answer.content) < 2_000
    assert ana.get("/v1/corrections").json() == {"records": []}


@pytest.mark.parametrize(
    ("path", "limit"), [("/v1/corrections/k", MAX_CORRECTION_BODY), ("/v1/conversations/c/claim", MIB)]
)
def test_a_body_over_its_limit_is_too_large(backend: Running, path: str, limit: int) -> None:
    ana = backend.client("ana")
    assert problem(ana.put(path, content=b"x" * limit)).type == "invalid"
    answer = ana.put(path, content=b"x" * (limit + 1))
    assert (answer.status_code, problem(answer).type) == (413, "too_large")


def test_a_body_that_hides_its_length_is_too_large_all_the_same(backend: Running) -> None:
    pieces = (b"x" * 65_536 for _ in range(MAX_CORRECTION_BODY // 65_536 + 1))
    answer = backend.client("ana").put("/v1/corrections/k", content=pieces)
    assert (answer.status_code, problem(answer).type) == (413, "too_large")


def test_an_encoded_body_is_refused(backend: Running) -> None:
    headers = {"Content-Encoding": "gzip"}
    answer = backend.client("ana").put("/v1/corrections/k", content=b"\x1f\x8b", headers=headers)
    assert (answer.status_code, problem(answer).type) == (415, "invalid")


@pytest.mark.parametrize(
    ("method", "path", "status", "type"),
    [
        ("GET", f"/{SECRET}", 404, "not_found"),
        ("GET", f"/v1/conversations/{SECRET}", 404, "not_found"),
        ("GET", f"/v1/conversations/%00{SECRET}", 422, "invalid"),
        ("GET", f"/v1/conversations/%ED%A0%80{SECRET}", 422, "invalid"),
        ("POST", f"/v1/conversations/{SECRET}/claim", 404, "not_found"),
        ("DELETE", f"/v1/conversations/{SECRET}/claim?epoch=1", 404, "not_found"),
        ("DELETE", f"/v1/conversations/c/claim?epoch={SECRET}", 422, "invalid"),
        ("DELETE", "/v1/conversations/c/claim", 422, "invalid"),
        ("GET", f"/v1/queue?limit={SECRET}", 422, "invalid"),
        ("GET", f"/v1/queue?after={SECRET}%20", 422, "invalid"),
        ("GET", "/v1/queue?ids=" + "a," * 501, 422, "invalid"),
        ("GET", f"/v1/feed?after={SECRET}", 422, "invalid"),
        ("GET", "/v1/feed?after=999-0123456789abcdef", 410, "gone"),
        ("PATCH", "/v1/me", 405, "invalid"),
    ],
)
def test_every_refusal_is_a_problem_document(backend: Running, method: str, path: str, status: int, type: str) -> None:
    answer = backend.client("ana").request(method, path)
    assert (answer.status_code, problem(answer).type) == (status, type)


ROUTES = {
    "GET /v1/me": 200,
    "GET /v1/queue": 200,
    "GET /v1/queue?ids=c": 200,
    "GET /v1/conversations/c": 200,
    "GET /v1/corrections": 200,
    "GET /v1/taxonomy": 200,
    "POST /v1/conversations/c/claim": 200,
    "PUT /v1/conversations/c/claim": 200,
    "DELETE /v1/conversations/c/claim?epoch=1": 204,
    "POST /v1/queue/next": 200,
    "PUT /v1/corrections/k": 201,
}
FORBIDDEN = {"olga": {"POST /v1/conversations/c/claim", "POST /v1/queue/next", "PUT /v1/corrections/k"}}
NEEDS_A_CLAIM = {"PUT /v1/conversations/c/claim", "DELETE /v1/conversations/c/claim?epoch=1"}


def call(client: httpx.Client, route: str, who: str) -> httpx.Response:
    method, path = route.split(" ")
    if "corrections/" in path:
        return send(client, correction("k", "c", by=who))
    return client.request(method, path, content='{"epoch": 1}' if method == "PUT" else None)


@pytest.mark.parametrize("who", CHAIRS)
def test_each_role_may_do_what_the_table_allows_and_no_more(backend: Running, who: str) -> None:
    backend.load(conversation("c"), conversation("d"))
    client = backend.client(who)
    for route, status in ROUTES.items():
        answer = call(client, route, who)
        if route in FORBIDDEN.get(who, set()):
            assert (answer.status_code, problem(answer).type) == (403, "forbidden"), route
        elif who in FORBIDDEN and route in NEEDS_A_CLAIM:
            assert (answer.status_code, problem(answer).type) == (409, "claim_lost"), route
        else:
            assert answer.status_code == status, route


@pytest.mark.parametrize("header", [None, "Bearer", f"Bearer {SECRET}", f"Basic {SECRET}", "Bearer \xff"])
def test_no_route_opens_without_a_known_token(backend: Running, header: str | None) -> None:
    client = backend.client(None)
    if header is not None:
        client.headers = httpx.Headers({"Authorization": header}, encoding="latin-1")
    for route in (*ROUTES, "GET /v1/feed"):
        answer = call(client, route, "ana")
        assert (answer.status_code, problem(answer).type) == (401, "unauthenticated"), route
        assert answer.headers["www-authenticate"] == "Bearer"


def test_health_needs_no_token(backend: Running) -> None:
    assert backend.client(None).get("/healthz").status_code == 200


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Host": "evil:80"}])
def test_an_embedded_backend_turns_web_pages_away(tmp_path: Path, headers: dict[str, str]) -> None:
    with running(tmp_path, embedded=True) as backend:
        ana = backend.client("ana")
        assert ana.get("/v1/me").status_code == 200
        answer = ana.get("/v1/me", headers=headers)
        assert (answer.status_code, problem(answer).type) == (403, "forbidden")


def test_the_openapi_document_is_whole(backend: Running) -> None:
    document = backend.client(None).get("/openapi.json").json()
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    referred = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= schemas.keys()
    assert "#/$defs" not in text
    put = document["paths"]["/v1/corrections/{correction_id}"]["put"]
    sent = put["requestBody"]["content"]["application/json"]["schema"]
    assert sent == {"$ref": "#/components/schemas/Correction"}
    assert {"200", "201", "401", "403", "413", "422"} <= put["responses"].keys()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path != "/healthz":
                assert "application/problem+json" in operation["responses"]["401"]["content"], (method, path)


@pytest.mark.parametrize("epoch", ["-1", "9" * 19, "9" * 40, "true", "1.5", '"1"'])
def test_an_epoch_that_no_database_could_hold_is_refused(backend: Running, epoch: str) -> None:
    backend.load(conversation("c"))
    ana = backend.client("ana")
    path = "/v1/conversations/c/claim"
    for answer in (ana.put(path, content=f'{{"epoch": {epoch}}}'), ana.delete(path, params={"epoch": epoch})):
        assert (answer.status_code, problem(answer).type) == (422, "invalid")


def test_a_failing_database_is_told_without_its_words(backend: Running, sql: Sql) -> None:
    sql("DROP TABLE correction")
    answer = backend.client("ana").get("/v1/corrections")
    assert (answer.status_code, problem(answer).type) == (500, "internal")
    assert "correction" not in answer.text
