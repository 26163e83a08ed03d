"""Makes the application of some settings: store, services and API, opened and closed together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

from console.server.api.web import create_web
from console.server.app.sample import load_sample
from console.server.app.settings import Settings, utc_now, version
from console.server.services.backend import Backend, Bell, Lookout
from console.server.services.identity import Identity
from console.server.services.ports import Clock
from console.server.store.unit_of_work import open_store


def create_app(
    settings: Settings,
    bell: Bell,
    *,
    clock: Clock = utc_now,
    chairs: Mapping[str, Identity] | None = None,
    sample: bool = False,
) -> FastAPI:
    """Return the application. `chairs` maps the hashes of tokens that live in memory only to whom they speak for.

    `sample` loads the sample workspace into a database that holds no conversation.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_store(settings.database, bell.ring, settings.audit_key) as store:
            if sample:
                await load_sample(store, clock)
            app.state.backend = Backend(
                store=store,
                clock=clock,
                bell=bell,
                lookout=Lookout(store, bell),
                workspace=settings.workspace,
                version=version(),
                chairs=chairs or {},
            )
            yield

    return create_web(lifespan, version=version(), loopback_only=settings.embedded)
