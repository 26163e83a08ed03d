"""What every route asks of a request: the backend it runs in and whom its token speaks for."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.contract.problems import ProblemCode
from console.server.services.backend import Backend
from console.server.services.identity import Identity
from console.server.services.refusals import Refused
from console.server.services.tokens import identify

_bearer = HTTPBearer(auto_error=False, description="A token made by `redline token`.")


async def _backend(request: Request) -> Backend:  # a plain function would take each request to a thread and back
    backend: Backend = request.app.state.backend
    return backend


TheBackend = Annotated[Backend, Depends(_backend)]


async def _caller(
    backend: TheBackend, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Identity:
    if credentials is None:
        raise Refused(ProblemCode.UNAUTHENTICATED, "Send a token: Authorization: Bearer ...")
    return await identify(backend, credentials.credentials)


Caller = Annotated[Identity, Depends(_caller)]
