"""What stands before every route: the guard of a loopback backend, and the bounds of a request's head."""

from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from console.contract.limits import MAX_HEAD, MAX_HEADERS
from console.contract.problems import ProblemCode
from console.server.api.refusals import problem_response

ONCE = (b"authorization", b"content-length", b"content-type", b"last-event-id")
"""What decides and so may not be said twice: two readers could take different ones."""

VERSIONS = ("1.0", "1.1")
"""Of HTTP; h11 reads a request of any other as if it were one of these."""


class LoopbackOnly:
    """Turns web pages away from an embedded backend: another Host is DNS rebinding, an Origin is a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            host = headers.get(b"host", b"").rpartition(b":")[0]
            if host not in (b"127.0.0.1", b"localhost") or b"origin" in headers:
                refusal = problem_response(ProblemCode.FORBIDDEN, "This backend serves its own desk only.")
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


class PlainHead:
    """Turns away a head that is too large or can be read in two ways, and a body that must be unpacked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = _fault(scope) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
        else:
            code, status, detail = fault
            await problem_response(code, detail, status=status)(scope, receive, send)


def _fault(scope: Scope) -> tuple[ProblemCode, HTTPStatus, str] | None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    size = len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(name) + len(value) for name, value in headers)
    if size > MAX_HEAD or len(headers) > MAX_HEADERS:
        return ProblemCode.TOO_LARGE, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request's head is too large."
    if scope["http_version"] not in VERSIONS:
        return ProblemCode.INVALID, HTTPStatus.BAD_REQUEST, "This backend speaks HTTP/1.1."
    names = [name for name, _ in headers]
    framed_twice = b"transfer-encoding" in names and b"content-length" in names
    if framed_twice or any(names.count(name) > 1 for name in ONCE):
        return ProblemCode.INVALID, HTTPStatus.BAD_REQUEST, "The request's head can be read in two ways."
    if any(name == b"content-encoding" and value.lower() != b"identity" for name, value in headers):
        return ProblemCode.INVALID, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "A body is taken as it is, never packed."
    return None
