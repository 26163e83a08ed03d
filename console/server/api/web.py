"""Puts the web application together: routes, refusals, the OpenAPI document, the loopback guard."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp, Receive, Scope, Send

from console.contract.problems import Problem, ProblemCode
from console.server.api.refusals import install_refusals, problem_response
from console.server.api.routes import BODIES, health, router

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


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


def create_web(lifespan: Lifespan, *, version: str, loopback_only: bool) -> FastAPI:
    """Return the application; its lifespan must put the Backend into `app.state.backend`."""
    app = FastAPI(title="Redline", version=version, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.include_router(health)
    app.include_router(router)
    install_refusals(app)
    if loopback_only:
        app.add_middleware(LoopbackOnly)
    app.openapi = partial(_openapi, app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The document with the models that the routes read and refuse with by themselves."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes, separate_input_output_schemas=False)
    _, definitions = models_json_schema(
        [(model, "validation") for model in (*BODIES, Problem)],
        ref_template="#/components/schemas/{model}",
    )
    document["components"]["schemas"] |= definitions["$defs"]
    return document
