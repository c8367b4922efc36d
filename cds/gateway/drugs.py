"""Drugs that orders only refer to are read from the FHIR server, as many as are allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, get_args

from cds.fhir.chart import Chart, Draft, Found
from cds.fhir.references import MedicationUse, medication_of, relative
from cds.fhir.resources import Medication, OtherResource, Resource
from cds.gateway.origin import within
from cds.gateway.visit import Visit

_USES: Final = get_args(MedicationUse)
_KIND: Final = "Medication/"


async def with_drugs(chart: Chart, draft: Draft, visit: Visit) -> Chart:
    """The chart with the drugs that its orders, or the drafted ones, refer to and that did not come along."""
    wanted = list(dict.fromkeys(_unresolved(chart, draft)))
    if not wanted:
        return chart
    read = wanted[: visit.limits.drugs]
    found = await asyncio.gather(*(_read(reference, visit) for reference in read))
    medications = dict(chart.medications)
    for reference, medication in zip(read, found, strict=True):
        if medication is not None:
            medications[reference] = medications[relative(reference)] = medication
    unread = len(wanted) - sum(medication is not None for medication in found)
    notes = (f"{unread} referenced drugs could not be read",) if unread else ()
    return replace(chart, medications=medications, notes=(*chart.notes, *notes))


def _unresolved(chart: Chart, draft: Draft) -> Iterator[str]:
    """Every reference to a Medication that leads nowhere yet, the drafted orders' first."""
    known: Mapping[str, Medication] = {**chart.medications, **draft.medications}
    yield from _dangling(draft.orders, known)
    for source in chart.sources.values():
        if isinstance(source, Found):
            yield from _dangling(source.resources, known)


def _dangling(resources: Iterable[Resource | OtherResource], known: Mapping[str, Medication]) -> Iterator[str]:
    """The references of these resources that none of the known drugs answers."""
    for resource in resources:
        if not isinstance(resource, _USES) or resource.medication_reference is None:
            continue
        reference = resource.medication_reference.reference or ""
        if relative(reference).startswith(_KIND) and medication_of(resource, known) is None:
            yield reference


async def _read(reference: str, visit: Visit) -> Medication | None:
    """The drug, if this server has it and says so."""
    url = within(visit.server, reference.partition("/_history/")[0])
    source = await visit.page(url) if url else None
    if not isinstance(source, Found):
        return None
    return next(iter(source.medications.values()), None)
