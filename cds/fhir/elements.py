"""The R4 data types that the resources are made of: only the members that are read, each absent unless sent."""

from __future__ import annotations

import msgspec


class Element(msgspec.Struct, gc=False, frozen=True, omit_defaults=True, kw_only=True, rename="camel"):
    """Base of every element and resource: immutable, camelCase on the wire, unknown members ignored."""


class Coding(Element, frozen=True):
    """One code of one system, as sent: the system may be spelled in any way (see ``codes.same_system``)."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class CodeableConcept(Element, frozen=True):
    """A meaning as codings, as text, or as both."""

    coding: tuple[Coding, ...] = ()
    text: str | None = None


class Reference(Element, frozen=True):
    """A pointer to another resource, or only its name."""

    reference: str | None = None
    type: str | None = None
    display: str | None = None


class Period(Element, frozen=True):
    """From start to end, both as FHIR dateTime text; either may be open."""

    start: str | None = None
    end: str | None = None


class Quantity(Element, frozen=True):
    """A number with its unit as text (``unit``) and as code (``system`` and ``code``); also Age, Duration, Count."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class QuantityRange(Element, frozen=True):
    """A low and a high quantity (FHIR ``Range``)."""

    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element, frozen=True):
    """One quantity per another."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


class ReferenceRange(Element, frozen=True):
    """The laboratory's own range of an observation, as quantities or as text."""

    low: Quantity | None = None
    high: Quantity | None = None
    type: CodeableConcept | None = None
    text: str | None = None


class Repeat(Element, frozen=True):
    """How often, how long, between which bounds."""

    bounds_duration: Quantity | None = None
    bounds_range: QuantityRange | None = None
    bounds_period: Period | None = None
    count: float | None = None
    count_max: float | None = None
    duration: float | None = None
    duration_max: float | None = None
    duration_unit: str | None = None
    frequency: float | None = None
    frequency_max: float | None = None
    period: float | None = None
    period_max: float | None = None
    period_unit: str | None = None
    day_of_week: tuple[str, ...] = ()
    time_of_day: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


class Timing(Element, frozen=True):
    """When something is to happen: fixed events, a repetition, or a code such as BID."""

    event: tuple[str, ...] = ()
    repeat: Repeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(Element, frozen=True):
    """The amount for one administration."""

    type: CodeableConcept | None = None
    dose_quantity: Quantity | None = None
    dose_range: QuantityRange | None = None
    rate_quantity: Quantity | None = None
    rate_range: QuantityRange | None = None
    rate_ratio: Ratio | None = None


class Dosage(Element, frozen=True):
    """How a drug is to be taken."""

    sequence: float | None = None
    text: str | None = None
    patient_instruction: str | None = None
    timing: Timing | None = None
    as_needed_boolean: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    site: CodeableConcept | None = None
    route: CodeableConcept | None = None
    method: CodeableConcept | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()
    max_dose_per_period: Ratio | None = None
