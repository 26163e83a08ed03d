"""Puts the web application together: routes, refusals, gates, the OpenAPI document."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from console.contract.problems import Problem
from console.server.api.gates import LoopbackOnly, PlainHead
from console.server.api.refusals import install_refusals
from console.server.api.routes import BODIES, health, router

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_web(lifespan: Lifespan, *, version: str, loopback_only: bool) -> FastAPI:
    """Return the application; its lifespan must put the Backend into `app.state.backend`."""
    app = FastAPI(
        title="Redline",
        version=version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the request's own Host and address
    )
    app.include_router(health)
    app.include_router(router)
    install_refusals(app)
    app.add_middleware(PlainHead)
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
