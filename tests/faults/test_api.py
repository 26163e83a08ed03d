"""The machine that attacks the API finds what is wrong with a backend, and nothing wrong with this one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request, Response
from pydantic import BaseModel

from console.contract.problems import ProblemCode
from console.server.api import refusals, routes
from console.server.services.refusals import Refused
from tests.faults.api import FAULTS, attack

CLAIM = "/v1/conversations/{conversation_id}/claim"


async def lax(request: Request, model: type[BaseModel], *_: int) -> BaseModel:
    try:
        return model.model_validate_json(await request.body(), strict=False)
    except ValueError:
        raise Refused(ProblemCode.INVALID, "") from None


async def careless(request: Request, model: type[BaseModel], *_: int) -> BaseModel:
    return model.model_validate_json(await request.body())


async def open_to_more(request: Request, model: type[BaseModel], *_: int) -> BaseModel:
    try:
        return model.model_validate_json(await request.body(), extra="ignore")
    except ValueError:
        raise Refused(ProblemCode.INVALID, "") from None


def in_plain_words(code: ProblemCode, detail: str, *_: object, **__: object) -> Response:
    return Response(detail, 422, media_type="text/plain")


def under_another_status(code: ProblemCode, *_: object, **__: object) -> Response:
    return refusals.Response('{"type":"invalid","title":"No.","status":418}', 418, None, refusals.PROBLEM_JSON)


BUGS: dict[str, tuple[object, str, Callable[..., Any], str]] = {
    "a bool for a number": (routes, "read_body", lax, "negative_data_rejection"),
    "an unknown field": (routes, "read_body", open_to_more, "negative_data_rejection"),
    "a server error": (routes, "read_body", careless, "answered 500"),
    "plain words": (refusals, "problem_response", in_plain_words, "refuses_in_a_problem_document"),
    "an undocumented status": (refusals, "problem_response", under_another_status, "status_code_conformance"),
    "an echo": (refusals, "describe", str, "repeats what was sent"),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, planted, said = BUGS[bug]
    monkeypatch.setattr(place, name, planted)
    tally = attack(tmp_path / "workspace.db", 1, 100, only=CLAIM)
    assert any(said in violation for violation in tally.violations), tally.violations[:3]


def test_nothing_is_found_in_this_backend(tmp_path: Path) -> None:
    tally = attack(tmp_path / "workspace.db", 1, 100, only=CLAIM)
    assert tally.violations == []
    assert all(tally.hits[fault] for fault in FAULTS)
