"""What a look into the chart gives: the hits, and why there may be more of them than these."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import msgspec

from cds.engine.fact import Fact, Known, Seen, Span, Unknown
from cds.facts.dates import day_text, days_of, up_to
from cds.facts.recognise import drug_names
from cds.fhir.elements import CodeableConcept, Dosage, Period, Quantity, ReferenceRange
from cds.fhir.medications import AdministeredDosage, Medication
from cds.fhir.references import MedicationUse
from cds.fhir.resources import Condition, DiagnosticReport, Measured, Observation, OtherResource, Resource, Value


class Hit(Protocol):
    """Anything that was seen in a resource."""

    @property
    def seen(self) -> Seen:
        """Where."""
        ...


T = TypeVar("T", bound=Hit)


class Search(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """The hits; ``gap`` says why "nothing more" cannot be concluded, None if it can.

    ``newest`` is true if nothing younger than the first hit can have been missed.
    """

    hits: tuple[T, ...] = ()
    gap: Unknown | None = None
    newest: bool = True

    @property
    def seen(self) -> tuple[Seen, ...]:
        """Where the hits were seen."""
        return tuple(hit.seen for hit in self.hits)


class ConditionSeen(msgspec.Struct, frozen=True, gc=False):
    """A condition that was neither refuted nor entered in error.

    ``when`` is the onset, and where none is told, when it was recorded; None if the onset is told without a date that
    can be read. ``active``: not resolved, inactive or abated. ``certain``: not
    marked as provisional, differential or unconfirmed. ``by_name_only``: recognised by its text alone.
    """

    concepts: frozenset[str]
    codings: tuple[tuple[str, str], ...]
    onset: Span | None
    when: Span | None
    active: bool
    certain: bool
    by_name_only: bool
    seen: Seen
    resource: Condition

    @property
    def recorded(self) -> Span | None:
        """When it was recorded; told on demand."""
        return days_of(self.resource.recorded_date)

    @property
    def bounds(self) -> Span | None:
        """``when``, and where that is open, any day up to its record: what is recorded has begun."""
        return self.when or up_to(self.recorded)


class Observed(msgspec.Struct, frozen=True, gc=False):
    """One measured or stated value: an observation, or one component of one. ``when``: effective, else issued.

    ``part`` is what bears the value, ``report`` the report that contains the observation.
    """

    concepts: frozenset[str]
    when: Span | None
    value: Value | None
    status: str
    part: Measured
    resource: Observation
    report: DiagnosticReport | None

    @property
    def code(self) -> CodeableConcept | None:
        """What was measured."""
        return self.part.code

    @property
    def reference_range(self) -> tuple[ReferenceRange, ...]:
        """What its laboratory holds for usual."""
        return self.part.reference_range

    @property
    def interpretation(self) -> tuple[CodeableConcept, ...]:
        """What its laboratory makes of it."""
        return self.part.interpretation

    @property
    def body_site(self) -> CodeableConcept | None:
        """Where it was measured."""
        return self.resource.body_site

    @property
    def seen(self) -> Seen:
        """Where: told on demand, because of a long row of results only the newest are ever named."""
        it, report = self.resource, self.report
        ref = it.ref if report is None else f"{report.ref}#{it.id}" if it.id else report.ref
        return Seen(ref, day_text(it.effective_date_time) or day_text(*dated(it, report)))


def dated(it: Observation, report: DiagnosticReport | None) -> tuple[str | Period | None, ...]:
    """What the date of a result may be read from, best first."""
    own = (it.effective_date_time, it.effective_instant, it.effective_period, it.issued)
    return own if report is None else (*own, report.effective_date_time, report.effective_period, report.issued)


class Exposure(msgspec.Struct, frozen=True, gc=False):
    """One order, statement, administration or supply of a drug.

    ``how``: order, statement, administration, dispense, draft. ``names``: every name of the drug, its own and its
    Medication's. ``active``: by its status, and not past its end.
    """

    concepts: frozenset[str]
    how: str
    start: Span | None
    end: Span | None
    active: bool
    dosages: tuple[Dosage | AdministeredDosage, ...]
    quantity: Quantity | None
    seen: Seen
    by_name_only: bool
    status: str
    resource: MedicationUse
    medication: Medication | None

    @property
    def names(self) -> tuple[str, ...]:
        """Told on demand: only where a dose is worked out are they needed."""
        return drug_names(self.resource, self.medication)


class Event(msgspec.Struct, frozen=True, gc=False):
    """A procedure, report, service order, allergy or draft order; ``is_open`` while it is ordered, or holds."""

    concepts: frozenset[str]
    when: Span | None
    status: str
    seen: Seen
    is_open: bool
    by_name_only: bool
    resource: Resource | OtherResource


def presence(search: Search[T], note: str = "") -> Fact:
    """True if anything was found, whatever else was missed; else the gap; false if there is none."""
    if search.hits:
        return Known(True, search.seen, note)
    return search.gap or Known(False)
