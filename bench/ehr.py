"""A FHIR server that has the patients of recorded requests and takes a moment for each answer, as an EHR does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

Plain = dict[str, Any]
REQUESTS = Path(__file__).resolve().parent.parent / "fixtures" / "requests"
NOTHING = {"resourceType": "Bundle", "type": "searchset", "total": 0}
MOMENT = 0.02


def recorded() -> dict[str, Plain]:
    """Every recorded order-sign request that brings its patient along."""
    read = {path.stem: json.loads(path.read_bytes()) for path in sorted(REQUESTS.glob("*.json"))}
    return {name: each for name, each in read.items() if _is_whole(each)}


def _is_whole(request: Plain) -> bool:
    patient = (request.get("prefetch") or {}).get("patient") or {}
    return request["hook"] == "order-sign" and "fhirServer" not in request and patient.get("resourceType") == "Patient"


class Ehr:
    """Answers ``/{name}/…`` with what the request of that name would have brought along."""

    def __init__(self, requests: Mapping[str, Plain], templates: Mapping[str, str], moment: float = MOMENT) -> None:
        self.moment = moment
        self.asked, self.questions = 0, len(templates)
        self._has = dict(_answers(requests, templates))

    async def __call__(self, request: web.Request) -> web.Response:
        """The resource or the search's result; 404 for what nobody should ask."""
        self.asked += 1
        await asyncio.sleep(self.moment)
        body = self._has.get(request.raw_path)
        if body is None:
            return web.Response(status=404)
        return web.Response(body=body, content_type="application/fhir+json")

    async def listen(self) -> tuple[web.AppRunner, str]:
        """The running server, and its address."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        return runner, f"http://{host}:{port}"


def _answers(requests: Mapping[str, Plain], templates: Mapping[str, str]) -> Iterable[tuple[str, bytes]]:
    """The path of every question about every patient, and its answer."""
    for name, request in requests.items():
        patient = quote(request["context"]["patientId"], safe="")
        for source, template in templates.items():
            held = request["prefetch"].get(source) or NOTHING
            yield f"/{name}/{template.replace('{{context.patientId}}', patient)}", json.dumps(held).encode()


def unfetched(name: str, request: Plain, address: str) -> Plain:
    """The request without what it brought along: all of it is to be read from the server."""
    return {**{key: value for key, value in request.items() if key != "prefetch"}, "fhirServer": f"{address}/{name}"}
