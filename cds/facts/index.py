"""One pass over the chart: every resource under the concepts that it is about, whatever source it came from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from cds.facts.dates import days_of, span
from cds.facts.recognise import (
    NOTHING,
    Recognised,
    drug_of,
    is_nameless,
    problem_named,
    says_something,
    substance_named,
)
from cds.facts.search import Observed, dated
from cds.facts.statuses import PLAIN, counts
from cds.fhir.chart import Chart, Found
from cds.fhir.codes import CodeBook
from cds.fhir.elements import CodeableConcept
from cds.fhir.medications import MedicationAdministration, MedicationDispense, MedicationRequest, MedicationStatement
from cds.fhir.resources import (
    AllergyIntolerance,
    Condition,
    DiagnosticReport,
    Measured,
    Observation,
    Procedure,
    Resource,
    ServiceRequest,
)

R = TypeVar("R")
Drug = MedicationRequest | MedicationStatement | MedicationAdministration | MedicationDispense

_SOURCE_OF_DRUG: Final = {
    MedicationRequest: "medicationRequests",
    MedicationStatement: "medicationStatements",
    MedicationAdministration: "medicationAdministrations",
    MedicationDispense: "medicationDispenses",
}


class Kept(msgspec.Struct, Generic[R], frozen=True, gc=False):
    """A resource and what it is about."""

    resource: R
    concepts: frozenset[str]
    by_name_only: bool = False


class KeptDrug(msgspec.Struct, frozen=True, gc=False):
    """A use of a drug and what the drug was recognised as."""

    resource: Drug
    found: Recognised


class Shelf(defaultdict[str, list[R]], Generic[R]):
    """What was kept, by concept."""

    def __init__(self) -> None:
        super().__init__(list)

    def put(self, kept: R, concepts: Iterable[str]) -> None:
        """It is found under each of the concepts."""
        for concept in concepts:
            self[concept].append(kept)

    def take(self, concepts: tuple[str, ...]) -> list[R]:
        """What is kept under any of the concepts, each once."""
        if self.keys().isdisjoint(concepts):
            return []
        if len(concepts) == 1:
            return self[concepts[0]]
        return list({id(kept): kept for concept in concepts for kept in self.get(concept, ())}.values())


class Index:
    """The chart's resources by concept. ``unnamed``: per source, those of which nothing tells what they are."""

    def __init__(self, chart: Chart, codes: CodeBook) -> None:
        self.conditions: Shelf[Kept[Condition]] = Shelf()
        self.results: Shelf[Observed] = Shelf()
        self.drugs: Shelf[KeptDrug] = Shelf()
        self.procedures: Shelf[Kept[Procedure]] = Shelf()
        self.reports: Shelf[Kept[DiagnosticReport]] = Shelf()
        self.service_requests: Shelf[Kept[ServiceRequest]] = Shelf()
        self.allergies: Shelf[Kept[AllergyIntolerance]] = Shelf()
        self.unnamed: dict[str, list[str]] = {}
        self._codes = codes
        self._medications = chart.medications
        self._read(chart)

    def _read(self, chart: Chart) -> None:
        readers: dict[type, Callable[[Iterable[Any]], None]] = {
            Condition: self._conditions, Observation: self._observations, DiagnosticReport: self._reports,
            MedicationRequest: self._drugs, MedicationStatement: self._drugs, MedicationAdministration: self._drugs,
            MedicationDispense: self._drugs, Procedure: self._procedures, ServiceRequest: self._service_requests,
            AllergyIntolerance: self._allergies,
        }  # fmt: skip
        for kind, resources in _by_kind(chart).items():
            if kind in readers:
                readers[kind](_each_once(resources))

    def _conditions(self, conditions: Iterable[Condition]) -> None:
        for each in conditions:
            concepts = self._codes.concepts_of(each.code)
            by_name = not concepts
            if by_name:
                concepts = problem_named(self._codes, each.code)
            if concepts and counts(each):
                self.conditions.put(Kept(each, concepts, by_name), concepts)
            elif not says_something(each.code) and counts(each):
                self._cannot_name("conditions", each)

    def _observations(self, observations: Iterable[Observation], report: DiagnosticReport | None = None) -> None:
        concepts_of, results = self._codes.concepts_of, self.results
        part: Measured
        for each in observations:
            for part in (each, *each.component) if each.component else (each,):
                concepts = concepts_of(part.code)
                if concepts and (each.status in PLAIN or counts(each)):
                    results.put(_observed(concepts, part, each, report), concepts)

    def _reports(self, reports: Iterable[DiagnosticReport]) -> None:
        for each in filter(counts, reports):
            concepts = self._concepts_of_any(each.code, *each.conclusion_code)
            if concepts:
                self.reports.put(Kept(each, concepts), concepts)
            self._observations((it for it in each.contained if isinstance(it, Observation)), each)

    def _drugs(self, uses: Iterable[Drug]) -> None:
        for each in uses:
            found = drug_of(self._codes, each, self._medications)
            if found.concepts:
                if counts(each):
                    self.drugs.put(KeptDrug(each, found), found.concepts)
            elif is_nameless(each, found) and counts(each):
                self._cannot_name(_SOURCE_OF_DRUG[type(each)], each)

    def _procedures(self, procedures: Iterable[Procedure]) -> None:
        for each in procedures:
            concepts = self._codes.concepts_of(each.code)
            by_name = not concepts
            if by_name:
                concepts = problem_named(self._codes, each.code)
            if concepts and counts(each):
                self.procedures.put(Kept(each, concepts, by_name), concepts)
            elif not says_something(each.code) and counts(each):
                self._cannot_name("procedures", each)

    def _service_requests(self, orders: Iterable[ServiceRequest]) -> None:
        for each in orders:
            concepts = self._concepts_of_any(each.code, *each.order_detail)
            if concepts and counts(each):
                self.service_requests.put(Kept(each, concepts), concepts)

    def _allergies(self, allergies: Iterable[AllergyIntolerance]) -> None:
        for each in allergies:
            told = (each.code, *(reaction.substance for reaction in each.reaction))
            concepts = self._concepts_of_any(*told)
            by_name = not concepts
            if by_name:
                concepts = substance_named(self._codes, told)
            if concepts and counts(each):
                self.allergies.put(Kept(each, concepts, by_name), concepts)
            elif not any(map(says_something, told)) and counts(each):
                self._cannot_name("allergies", each)

    def _concepts_of_any(self, *told: CodeableConcept | None) -> frozenset[str]:
        return NOTHING.union(*map(self._codes.concepts_of, told))

    def _cannot_name(self, source: str, resource: Condition | Procedure | AllergyIntolerance | Drug) -> None:
        self.unnamed.setdefault(source, []).append(resource.ref)


def _by_kind(chart: Chart) -> dict[type, list[Resource]]:
    """Every resource of the chart; nearly every source holds but one kind."""
    kinds: dict[type, list[Resource]] = defaultdict(list)
    for source in chart.sources.values():
        if isinstance(source, Found):
            met = set(map(type, source.resources))
            for kind in met if len(met) == 1 else ():
                kinds[kind] += source.resources
            for resource in source.resources if len(met) > 1 else ():
                kinds[type(resource)].append(resource)
    return kinds


def _each_once(resources: Sequence[Resource]) -> Iterable[Resource]:
    """Of those that bear one id, the first: what two sources hold is one resource."""
    if len({resource.id for resource in resources}) == len(resources):
        return resources
    once: dict[str | int, Resource] = {}
    for place, resource in enumerate(resources):
        once.setdefault(resource.id or place, resource)
    return once.values()


def _observed(concepts: frozenset[str], part: Measured, it: Observation, report: DiagnosticReport | None) -> Observed:
    """The value with its date; a result inside a report has the report's date if it bears none.

    Every argument stands in the order of the fields: half of a chart is results, and names cost a third more.
    """
    status = it.status or (report.status if report else None) or ""
    when = days_of(it.effective_date_time) or span(*dated(it, report))
    return Observed(concepts, when, part.value_quantity or part.value, status, part, it, report)
