"""The app: every route of CONTRACT, each answered by a room below."""

from __future__ import annotations

import gc
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, NamedTuple

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route

from cds.bootstrap import House, build
from cds.journal.kept import Kept
from cds.resources import fixtures_directory
from cds.settings import Settings
from cds.web import health
from cds.web.assets import asset_routes
from cds.web.body import Intake
from cds.web.bounds import Bounds
from cds.web.cors import Cors
from cds.web.crowd import Crowd
from cds.web.doors import FeedbackDoor, HookDoor
from cds.web.fhir import fhir_routes
from cds.web.journalled import JournalMetrics
from cds.web.logs import logger
from cds.web.metrics import Metrics
from cds.web.openapi import openapi_routes
from cds.web.problems import speak_plainly
from cds.web.renew import Renewal
from cds.web.runners import Runners
from cds.web.seed import Progress, seed, unseen
from cds.web.shield import Shield
from cds.web.tracing import NAME, Traced, provider_of
from cds.web.trials import Trials
from cds.web.watch import Watch

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(settings: Settings, house: House | None = None, progress: Progress = unseen) -> FastAPI:
    """The app over that house, built from the settings unless given; raises RuleFaults on a bad rule book.

    ``progress`` watches what the embedded FHIR server loads before the first request.
    """
    metrics, log, traces = Metrics(), logger(settings.log_level), provider_of(settings)
    tracer = traces.get_tracer(NAME) if traces else None
    home = house or build(settings, told=metrics.called, tracer=tracer)
    home.discovery()  # a template that cannot be made is found at the start, and the first request need not wait for it
    metrics.also(JournalMetrics(home.journal.journal))
    metrics.lives_by(home.ruleset)
    trials, runners = Trials(home, metrics), Runners(home.settings)
    lifespan = _lifespan(home, progress, Beside(Renewal(home, metrics, log), trials, runners), traces)
    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    intake = Intake(settings.max_body_bytes, settings.body_seconds)
    app.router.routes += [
        Route("/cds-services/{service_id}", HookDoor(home, metrics, intake, trials), methods=["POST"]),
        Route("/cds-services/{service_id}/feedback", FeedbackDoor(home, metrics, intake), methods=["POST"]),
        *health.routes(home, metrics),
        *asset_routes(),
        *fhir_routes(home),
        *(openapi_routes() if not settings.is_production else ()),
        *_pages(home, runners),
    ]
    speak_plainly(app, metrics)
    app.add_middleware(Bounds, seconds=settings.body_seconds)
    app.add_middleware(Crowd, most=settings.max_concurrent)
    app.add_middleware(Cors, origins=frozenset(each.encode() for each in settings.cors_origins))
    shield = Shield(https_only=settings.public_url.startswith("https:"))
    if tracer is not None:
        app.add_middleware(Traced, tracer=tracer)
    app.add_middleware(Watch, metrics=metrics, log=log, mint=_number, shield=shield)
    return app


def _pages(house: House, runners: Runners) -> list[BaseRoute]:
    """The audit where a journal is kept, the simulator where it is switched on; what is not there is not loaded."""
    routes: list[BaseRoute] = []
    if isinstance(house.journal.journal, Kept):
        from cds.web.audit import audit_routes

        routes += audit_routes(house, house.journal.journal, runners)
    if house.settings.sandbox and not house.settings.is_production and house.fhir is not None:
        from cds.web.sandbox import sandbox_routes

        routes += sandbox_routes(house, fixtures_directory())
    return routes


def _number() -> str:
    """A fresh request number."""
    return token_hex(8)


class Beside(NamedTuple):
    """What goes on beside the answers."""

    renewal: Renewal
    trials: Trials
    runners: Runners


def _lifespan(house: House, progress: Progress, beside: Beside, traces: TracerProvider | None) -> Lifespan:
    """What is done before the first request and after the last."""

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        await house.open()
        await seed(house, progress)
        gc.collect()
        gc.freeze()
        renewal, trials, runners = beside
        async with renewal.on_hangup(), renewal.on_release(), trials.at_work(), runners.at_work():
            yield
        gc.unfreeze()
        await house.close()
        if traces is not None:
            await to_thread(traces.shutdown)  # what was not sent yet is sent

    return living
