"""The patient's chart, from what the EHR sent along and, for the rest, from its FHIR server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from cds.fhir.admission import make_chart
from cds.fhir.chart import Chart, Draft, Failed, Found, NotAsked, Source
from cds.fhir.decode import decode_source
from cds.fhir.errors import TooManyEntries
from cds.fhir.references import bare_id
from cds.fhir.resources import Patient
from cds.gateway.budget import Budget
from cds.gateway.drugs import with_drugs
from cds.gateway.fetch import Fetcher
from cds.gateway.origin import CallPolicy
from cds.gateway.visit import Limits, Visit, is_answered
from cds.hooks.refusal import LACKING, TOO_LARGE, Refusal
from cds.hooks.request import HookRequest

PATIENT: Final = "patient"


@dataclass(frozen=True, slots=True)
class Gateway:
    """Reads charts with the process's one client, from servers that the policy allows."""

    client: httpx.AsyncClient
    policy: CallPolicy
    limits: Limits
    max_bytes: int

    async def read(self, request: HookRequest, queries: Mapping[str, str], draft: Draft, budget: Budget) -> Chart:
        """The chart of the request's patient: every queried source, found, empty, failed or not asked.

        ``queries`` are the prefetch templates by source name. Raises Refusal if there is no Patient to be had (412) or
        a prefetched bundle is beyond all measure (413).
        """
        sources = {name: self._sent(request, name) for name in queries}
        visit = self._visit(request, budget)
        if isinstance(visit, Visit):
            sources = await _completed(sources, queries, visit)
        elif visit is not None:
            sources = {name: visit if isinstance(source, NotAsked) else source for name, source in sources.items()}
        chart = make_chart(request.patient_id, sources)
        _require_patient(chart)
        return await with_drugs(chart, draft, visit) if isinstance(visit, Visit) else chart

    def _sent(self, request: HookRequest, name: str) -> Source:
        """The source as the EHR sent it along."""
        try:
            return decode_source(request.prefetch.get(name), max_entries=self.limits.entries)
        except TooManyEntries as refused:
            raise Refusal(TOO_LARGE, "too-costly", f"prefetch.{name}: {refused}", f"prefetch.{name}") from None

    def _visit(self, request: HookRequest, budget: Budget) -> Visit | Failed | None:
        """The visit to the request's FHIR server; why it may not be called; None if the request names none."""
        if not request.fhir_server:
            return None
        objection = self.policy.objection(request.fhir_server)
        if objection:
            return Failed(objection)
        fetcher = Fetcher(self.client, self.max_bytes)
        patient = bare_id(request.patient_id)
        return Visit(request.fhir_server, request.token, patient, budget, fetcher, self.limits)


async def _completed(sources: Mapping[str, Source], queries: Mapping[str, str], visit: Visit) -> dict[str, Source]:
    """Every source as the EHR sent it where that is whole, else as the server has it; all questions at once."""
    found = await asyncio.gather(*(_complete(name, source, queries[name], visit) for name, source in sources.items()))
    return dict(zip(sources, found, strict=True))


async def _complete(name: str, source: Source, query: str, visit: Visit) -> Source:
    """The source with its further pages; asked for anew if it was not sent or could not be read."""
    if isinstance(source, Found) and source.next_page:
        return await visit.follow(source)
    if is_answered(source) and (name != PATIENT or _has_patient(source)):
        return source
    return await visit.ask(query)


def _has_patient(source: Source) -> bool:
    """Whether a Patient is among what was found."""
    return isinstance(source, Found) and any(isinstance(each, Patient) for each in source.resources)


def _require_patient(chart: Chart) -> None:
    """The chart has its Patient, or the request is refused."""
    source = chart.source(PATIENT)
    if _has_patient(source):
        return
    why = source.why if isinstance(source, Failed) else "neither prefetched nor to be had from fhirServer"
    raise Refusal(LACKING, "required", f"the Patient is needed: {why}", "prefetch.patient")
