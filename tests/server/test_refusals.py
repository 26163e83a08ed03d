"""Refusals: who may do what, and each refusal a problem document that says so."""

import json
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import Sql
from tests.server.hostile import BODY_ROUTES, SECRET, problem
from tests.server.world import CHAIRS, Running, conversation, correction, running, send


@pytest.mark.parametrize(
    ("method", "path", "status", "type"),
    [
        ("GET", f"/{SECRET}", 404, "not_found"),
        ("GET", f"/v1/conversations/{SECRET}", 404, "not_found"),
        ("POST", f"/v1/conversations/{SECRET}/claim", 404, "not_found"),
        ("DELETE", f"/v1/conversations/{SECRET}/claim?epoch=1", 404, "not_found"),
        ("DELETE", f"/v1/conversations/c/claim?epoch={SECRET}", 422, "invalid"),
        ("DELETE", "/v1/conversations/c/claim", 422, "invalid"),
        ("GET", f"/v1/queue?limit={SECRET}", 422, "invalid"),
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
    "POST /v1/conversations/c/close": 204,
    "DELETE /v1/conversations/c/claim?epoch=1": 204,
    "POST /v1/conversations/c/reopen": 204,
    "POST /v1/queue/next": 200,
    "PUT /v1/corrections/k": 201,
}
NEEDS_A_CLAIM = {"DELETE /v1/conversations/c/claim?epoch=1"}
FORBIDDEN = {"olga": {route for route in ROUTES if not route.startswith("GET")} - NEEDS_A_CLAIM}


def call(client: httpx.Client, route: str, who: str) -> httpx.Response:
    method, path = route.split(" ")
    if "corrections/" in path:
        return send(client, correction("k", "c", by=who))
    return client.request(method, path, content='{"epoch": 1}')


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


def test_each_body_that_is_made_hostile_is_taken_as_it_is(backend: Running) -> None:
    backend.load(conversation("c"))
    ana = backend.client("ana")
    ana.post("/v1/conversations/c/claim")
    for route in BODY_ROUTES.values():
        assert ana.request(route.method, route.path, json=route.document).is_success, route.path


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


def test_a_failing_database_is_told_without_its_words(backend: Running, sql: Sql) -> None:
    sql("DROP TABLE correction")
    answer = backend.client("ana").get("/v1/corrections")
    assert (answer.status_code, problem(answer).type) == (500, "internal")
    assert "correction" not in answer.text
