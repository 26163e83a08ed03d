"""Every refusal becomes a problem document (RFC 9457) that never repeats what the caller sent."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from console.contract.problems import Problem, ProblemCode
from console.contract.views import Claim
from console.server.services.ports import StoreError
from console.server.services.refusals import Refused

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"

STATUS = {
    ProblemCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ProblemCode.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ProblemCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ProblemCode.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.GARBLED: HTTPStatus.BAD_REQUEST,
    ProblemCode.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ProblemCode.HELD: HTTPStatus.CONFLICT,
    ProblemCode.CLAIM_LOST: HTTPStatus.CONFLICT,
    ProblemCode.CLOSED: HTTPStatus.CONFLICT,
    ProblemCode.NOTHING_FREE: HTTPStatus.NOT_FOUND,
    ProblemCode.ID_REUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.DOES_NOT_FIT: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.GONE: HTTPStatus.GONE,
    ProblemCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemCode.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}

TITLE = {
    ProblemCode.UNAUTHENTICATED: "A valid token is needed.",
    ProblemCode.FORBIDDEN: "Not allowed.",
    ProblemCode.NOT_FOUND: "Not found.",
    ProblemCode.INVALID: "Not understood.",
    ProblemCode.GARBLED: "Garbled on the way.",
    ProblemCode.TOO_LARGE: "Too large.",
    ProblemCode.HELD: "Held by somebody else.",
    ProblemCode.CLAIM_LOST: "The claim is lost.",
    ProblemCode.CLOSED: "It is closed.",
    ProblemCode.NOTHING_FREE: "Nothing free waits for you.",
    ProblemCode.ID_REUSED: "This id is taken.",
    ProblemCode.DOES_NOT_FIT: "The correction does not fit.",
    ProblemCode.GONE: "No longer here.",
    ProblemCode.UNAVAILABLE: "The database is not to be had just now.",
    ProblemCode.INTERNAL: "The backend failed.",
}
"""Each a sentence, as title and detail are read one after the other."""

HEADERS = {
    ProblemCode.UNAUTHENTICATED: {"WWW-Authenticate": "Bearer"},
    ProblemCode.UNAVAILABLE: {"Retry-After": "2"},
}


def problem_response(
    code: ProblemCode,
    detail: str,
    claim: Claim | None = None,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the problem document of a code; `status` where HTTP has a closer one, `headers` beside the code's own."""
    problem = Problem(type=code, title=TITLE[code], status=status or STATUS[code], detail=detail, claim=claim)
    every = {**HEADERS.get(code, {}), **(headers or {})}
    return Response(problem.model_dump_json(), problem.status, every, PROBLEM_JSON)


def describe(error: ValidationError | RequestValidationError) -> str:
    """Say which fields were wrong and why, without their values and without the names of unknown fields."""
    complaints = []
    for entry in error.errors()[:5]:
        place = [str(step) for step in entry["loc"]]
        if entry["type"] == "extra_forbidden":
            place[-1:] = ["an unknown field"]
        complaints.append(f"{'.'.join(place) or 'body'}: {entry['msg']}")
    return "; ".join(complaints)


def install_refusals(app: FastAPI) -> None:
    """Make every way of failing answer with a problem document."""

    @app.exception_handler(Refused)
    async def _refused(_: Request, error: Refused) -> Response:
        return problem_response(error.code, error.detail, error.claim)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> Response:
        return problem_response(ProblemCode.INVALID, describe(error))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> Response:
        codes = {
            HTTPStatus.NOT_FOUND: ProblemCode.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ProblemCode.TOO_LARGE,
        }
        code = codes.get(HTTPStatus(error.status_code), ProblemCode.INVALID)
        return problem_response(
            code, HTTPStatus(error.status_code).phrase, status=error.status_code, headers=error.headers
        )

    @app.exception_handler(ClientDisconnect)
    async def _broken_off(_: Request, error: ClientDisconnect) -> Response:
        return problem_response(ProblemCode.INVALID, "The request broke off.", status=HTTPStatus.BAD_REQUEST)

    @app.exception_handler(StoreError)
    async def _unavailable(_: Request, error: StoreError) -> Response:
        log.warning("%s", error)
        return problem_response(ProblemCode.UNAVAILABLE, "It is logged; the same request may be sent again.")

    @app.exception_handler(Exception)
    async def _failed(_: Request, error: Exception) -> Response:
        return problem_response(ProblemCode.INTERNAL, "It is logged; the same request may be sent again.")
