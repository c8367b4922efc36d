"""The app: every route of CONTRACT, each answered by a room below."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from secrets import token_hex

from fastapi import FastAPI
from starlette.routing import Route

from cds.bootstrap import House, build
from cds.resources import fixtures_directory
from cds.settings import Settings
from cds.web import health
from cds.web.cors import Cors
from cds.web.doors import FeedbackDoor, HookDoor
from cds.web.logs import logger
from cds.web.metrics import Metrics
from cds.web.problems import speak_plainly
from cds.web.sandbox import Sandbox
from cds.web.watch import Watch

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(settings: Settings, house: House | None = None) -> FastAPI:
    """The app over that house, built from the settings unless given; raises RuleFaults on a bad rule book."""
    home = house or build(settings)
    home.discovery()  # a template that cannot be made is found at the start, and the first request need not wait for it
    metrics = Metrics()
    app = FastAPI(lifespan=_lifespan(home), openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    limit = settings.max_body_bytes
    app.router.routes += [
        Route("/cds-services/{service_id}", HookDoor(home.service, metrics, limit), methods=["POST"]),
        Route("/cds-services/{service_id}/feedback", FeedbackDoor(home.journal, metrics, limit), methods=["POST"]),
        *health.routes(home, metrics),
        *(Sandbox(home, fixtures_directory()).routes() if settings.sandbox and not settings.is_production else ()),
    ]
    speak_plainly(app)
    app.add_middleware(Cors, origins=frozenset(each.encode() for each in settings.cors_origins))
    app.add_middleware(Watch, metrics=metrics, log=logger(settings.log_level), mint=_number)
    return app


def _number() -> str:
    """A fresh request number."""
    return token_hex(8)


def _lifespan(house: House) -> Lifespan:
    """What is done before the first request and after the last."""

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        gc.collect()
        gc.freeze()
        yield
        gc.unfreeze()
        await house.close()

    return living
