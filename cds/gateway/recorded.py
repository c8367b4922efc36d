"""A recorded hook request as chart and draft, without a server: what was not sent along was not asked."""

from __future__ import annotations

from cds.facts.sources import SOURCES
from cds.fhir.admission import admit_draft, make_chart
from cds.fhir.chart import Chart, Draft
from cds.fhir.decode import decode_draft, decode_source
from cds.hooks.request import HookRequest


def recorded(request: HookRequest) -> tuple[Chart, Draft]:
    """The chart that the request's prefetch makes, and its draft orders. Raises TooManyEntries."""
    sources = {name: decode_source(request.prefetch.get(name)) for name in SOURCES}
    draft = decode_draft(request.draft_orders, request.selections)
    return make_chart(request.patient_id, sources), admit_draft(request.patient_id, draft)
