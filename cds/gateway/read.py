"""The patient's chart, from what the EHR sent along and, for the rest, from its FHIR server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

from cds.facts.sources import SOURCES
from cds.fhir.admission import make_chart
from cds.fhir.chart import Chart, Draft, Failed, Found, NotAsked, Source
from cds.fhir.decode import decode_source
from cds.fhir.errors import TooManyEntries
from cds.fhir.references import bare_id
from cds.fhir.resources import Patient
from cds.gateway.breaker import Breakers
from cds.gateway.budget import Budget
from cds.gateway.drugs import with_drugs
from cds.gateway.fetch import Allowance, Fetcher
from cds.gateway.tape import OBJECTION, Getter, Heard, Policy, Recording
from cds.gateway.visit import Limits, Visit, is_answered
from cds.hooks.refusal import LACKING, TOO_LARGE, Refusal
from cds.hooks.request import HookRequest
from cds.hooks.scopes import covers

PATIENT: Final = "patient"
MAX_TOTAL_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Gateway:
    """Reads charts with the process's one client, from servers that the policy allows."""

    client: httpx.AsyncClient
    policy: Policy
    limits: Limits
    max_bytes: int
    max_total_bytes: int = MAX_TOTAL_BYTES
    """Of all the answers to one request."""

    breakers: Breakers = field(default_factory=Breakers)
    getter: Getter | None = None
    """Who brings answers instead of the client: a tape, where a decision is made once more."""

    async def read(
        self,
        request: HookRequest,
        queries: Mapping[str, str],
        draft: Draft,
        budget: Budget,
        servers: tuple[str, ...] | None = None,
        heard: Heard | None = None,
    ) -> Chart:
        """The chart of the request's patient: every queried source, found, empty, failed or not asked.

        ``queries`` are the prefetch templates by source name; what was sent without being asked for is read too.
        ``servers`` are the only ones that the caller may send us to, if not those of all callers. Raises Refusal if
        there is no Patient to be had (412) or a prefetched bundle is beyond all measure (413). What the server answers
        is kept in ``heard``, if given.
        """
        sources = {name: self._sent(request, name) for name in queries}
        also = {name: self._sent(request, name) for name in SOURCES if name in request.prefetch and name not in queries}
        policy = self.policy if servers is None else self.policy.for_client(servers)
        visit = self._visit(request, budget, policy, heard)
        if isinstance(visit, Visit):
            sources = await _completed(sources, queries, visit)
            sources = {name: _explained(source, queries[name], request.scope) for name, source in sources.items()}
        elif visit is not None:
            sources = {name: visit if isinstance(source, NotAsked) else source for name, source in sources.items()}
        chart = make_chart(request.patient_id, {**sources, **also})
        _require_patient(chart)
        return await with_drugs(chart, draft, visit) if isinstance(visit, Visit) else chart

    def _sent(self, request: HookRequest, name: str) -> Source:
        """The source as the EHR sent it along."""
        try:
            return decode_source(request.prefetch.get(name), max_entries=self.limits.entries)
        except TooManyEntries as refused:
            raise Refusal(TOO_LARGE, "too-costly", f"prefetch.{name}: {refused}", f"prefetch.{name}") from None

    def _visit(
        self, request: HookRequest, budget: Budget, policy: Policy, heard: Heard | None
    ) -> Visit | Failed | None:
        """The visit to the request's FHIR server; why it may not be called; None if the request names none."""
        if not request.fhir_server:
            return None
        objection = policy.objection(request.fhir_server)
        if objection:
            if heard is not None:
                heard[OBJECTION] = objection
            return Failed(objection)
        fetcher = self.getter or Fetcher(self.client, self.max_bytes, Allowance(self.max_total_bytes), self.breakers)
        if heard is not None:
            fetcher = Recording(fetcher, heard)
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


def _explained(source: Source, query: str, scope: str) -> Source:
    """A failed source with what the token's scopes have to do with it, if they do not cover what was asked for."""
    if not isinstance(source, Failed) or covers(scope, query.partition("?")[0].partition("/")[0]) is not False:
        return source
    return Failed(f"{source.why}; the scopes of the token do not cover it")


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
