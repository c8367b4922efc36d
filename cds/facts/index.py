"""One pass over the chart: every resource under the concepts that it is about, whatever source it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar

import msgspec

from cds.facts.dates import Dated, days_of, span
from cds.facts.recognise import (
    NOTHING,
    Recognised,
    drug_of,
    is_nameless,
    problem_named,
    says_something,
    substance_named,
)
from cds.facts.search import Observed
from cds.facts.statuses import PLAIN, counts
from cds.fhir.chart import Chart, Found
from cds.fhir.codes import CodeBook
from cds.fhir.medications import MedicationAdministration, MedicationDispense, MedicationRequest, MedicationStatement
from cds.fhir.resources import (
    AllergyIntolerance,
    Condition,
    DiagnosticReport,
    Measured,
    Observation,
    Procedure,
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


class Shelf(dict[str, list[R]], Generic[R]):
    """What was kept, by concept."""

    def put(self, kept: R, concepts: Iterable[str]) -> None:
        """It is found under each of the concepts."""
        for concept in concepts:
            there = self.get(concept)
            if there is None:
                self[concept] = [kept]
            else:
                there.append(kept)

    def take(self, concepts: tuple[str, ...]) -> list[R]:
        """What is kept under any of the concepts, each once."""
        if len(concepts) == 1:
            return self.get(concepts[0], [])
        there = [kept for concept in concepts if (kept := self.get(concept))]
        if len(there) < 2:
            return there[0] if there else []
        return list({id(kept): kept for some in there for kept in some}.values())


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
        readers: dict[type, Callable[[Any], None]] = {
            Condition: self._condition, Observation: self._observation, DiagnosticReport: self._report,
            MedicationRequest: self._drug, MedicationStatement: self._drug, MedicationAdministration: self._drug,
            MedicationDispense: self._drug, Procedure: self._procedure, ServiceRequest: self._service_request,
            AllergyIntolerance: self._allergy,
        }  # fmt: skip
        desks: dict[type, tuple[Callable[[Any], None], set[str]]] = {kind: (readers[kind], set()) for kind in readers}
        for source in chart.sources.values():
            for resource in source.resources if isinstance(source, Found) else ():
                desk = desks.get(type(resource))
                if desk is not None:
                    read, met = desk
                    name = resource.id
                    if name not in met:
                        if name:
                            met.add(name)
                        read(resource)

    def _condition(self, condition: Condition) -> None:
        code = condition.code
        concepts = NOTHING if code is None else self._codes.concepts_of(code)
        by_name = not concepts
        if by_name:
            concepts = problem_named(self._codes, code)
        if concepts and counts(condition):
            self.conditions.put(Kept(condition, concepts, by_name), concepts)
        elif not says_something(code) and counts(condition):
            self._cannot_name("conditions", condition)

    def _observation(self, observation: Observation, report: DiagnosticReport | None = None) -> None:
        part: Measured
        for part in (observation, *observation.component) if observation.component else (observation,):
            if part.code is not None:
                concepts = self._codes.concepts_of(part.code)
                if concepts and (observation.status in PLAIN or counts(observation)):
                    self.results.put(_observed(observation, part, report, concepts), concepts)

    def _report(self, report: DiagnosticReport) -> None:
        told = (report.code, *report.conclusion_code)
        concepts = NOTHING.union(*(self._codes.concepts_of(code) for code in told if code is not None))
        if not counts(report):
            return
        if concepts:
            self.reports.put(Kept(report, concepts), concepts)
        for contained in report.contained:
            if isinstance(contained, Observation):
                self._observation(contained, report)

    def _drug(self, use: Drug) -> None:
        found = drug_of(self._codes, use, self._medications)
        if found.concepts:
            if counts(use):
                self.drugs.put(KeptDrug(use, found), found.concepts)
        elif is_nameless(use, found) and counts(use):
            self._cannot_name(_SOURCE_OF_DRUG[type(use)], use)

    def _procedure(self, procedure: Procedure) -> None:
        if procedure.code is not None:
            concepts = self._codes.concepts_of(procedure.code)
            if concepts and counts(procedure):
                self.procedures.put(Kept(procedure, concepts), concepts)

    def _service_request(self, order: ServiceRequest) -> None:
        told = (order.code, *order.order_detail)
        concepts = NOTHING.union(*(self._codes.concepts_of(code) for code in told if code is not None))
        if concepts and counts(order):
            self.service_requests.put(Kept(order, concepts), concepts)

    def _allergy(self, allergy: AllergyIntolerance) -> None:
        told = (allergy.code, *(reaction.substance for reaction in allergy.reaction))
        concepts = NOTHING.union(*(self._codes.concepts_of(code) for code in told if code is not None))
        by_name = not concepts
        if by_name:
            concepts = substance_named(self._codes, told)
        if concepts and counts(allergy):
            self.allergies.put(Kept(allergy, concepts, by_name), concepts)
        elif not any(map(says_something, told)) and counts(allergy):
            self._cannot_name("allergies", allergy)

    def _cannot_name(self, source: str, resource: Condition | AllergyIntolerance | Drug) -> None:
        self.unnamed.setdefault(source, []).append(resource.ref)


def _observed(it: Observation, part: Measured, report: DiagnosticReport | None, concepts: frozenset[str]) -> Observed:
    """The value with its date; a result inside a report has the report's date if it bears none.

    Every argument stands in the order of the fields: half of a chart is results, and names cost a third more.
    """
    dated: Dated = (it.effective_date_time, it.effective_instant, it.effective_period, it.issued)
    if report is not None:
        dated = (*dated, report.effective_date_time, report.effective_period, report.issued)
    return Observed(
        concepts, part.code, days_of(it.effective_date_time) or span(*dated),
        part.value, part.reference_range, part.interpretation,
        it.status or (report.status if report else None) or "", it.body_site, dated, it, report,
    )  # fmt: skip
