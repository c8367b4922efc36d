"""Discovery, liveness, readiness and metrics."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cds.bootstrap import House
from cds.web.journalled import journal_words
from cds.web.metrics import CONTENT_TYPE, Metrics
from cds.web.problems import JSON

OK, UNAVAILABLE = 200, 503


def routes(house: House, metrics: Metrics) -> list[BaseRoute]:
    """The routes that only tell what the service offers and how it is."""

    async def services(request: Request) -> Response:
        """Open to everybody; but whoever shows a token must show a good one."""
        caller = await house.gate.admit(request.scope["headers"], request.scope["path"], needs_token=False)
        return Response(house.discovery(caller.shape), media_type=JSON)

    async def alive(_: Request) -> Response:
        return Response(b'{"status":"alive"}', media_type=JSON)

    async def ready(request: Request) -> Response:
        well = await house.journal.is_well()
        needed = request.query_params.get("journal") != "optional"
        told = {
            "status": "ready" if well else "not-ready" if needed else "degraded",
            "rules": house.ruleset.book.version,
            "ruleset": house.ruleset.short_fingerprint,
            "journal": journal_words(house.journal.journal) if well else "failing",
        }
        return Response(msgspec.json.encode(told), UNAVAILABLE if needed and not well else OK, media_type=JSON)

    async def scraped(_: Request) -> Response:
        metrics.stand(house.breakers.states(), house.journal.failures)
        return Response(metrics.page(), headers={"content-type": CONTENT_TYPE})

    return [
        Route("/cds-services", services, methods=["GET"]),
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", ready, methods=["GET"]),
        Route("/metrics", scraped, methods=["GET"]),
    ]
