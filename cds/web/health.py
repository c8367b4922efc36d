"""Discovery, liveness, readiness and metrics."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cds.bootstrap import House
from cds.web.metrics import CONTENT_TYPE, Metrics
from cds.web.problems import JSON


def routes(house: House, metrics: Metrics) -> list[BaseRoute]:
    """The routes that only tell what the service offers and how it is."""

    async def services(_: Request) -> Response:
        return Response(house.discovery(), media_type=JSON)

    async def alive(_: Request) -> Response:
        return Response(b'{"status":"alive"}', media_type=JSON)

    async def ready(_: Request) -> Response:
        told = {"status": "ready", "rules": house.ruleset.book.version, "ruleset": house.ruleset.short_fingerprint}
        return Response(msgspec.json.encode(told), media_type=JSON)

    async def scraped(_: Request) -> Response:
        return Response(metrics.page(), headers={"content-type": CONTENT_TYPE})

    return [
        Route("/cds-services", services, methods=["GET"]),
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/metrics", scraped, methods=["GET"]),
    ]
