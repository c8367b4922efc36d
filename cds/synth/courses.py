"""Drugs – ordered, stated, given and supplied – and the visits of a checkpoint-inhibitor course, written as FHIR."""

from __future__ import annotations

from typing import Any, Final

from cds.synth.life import Life, Use
from cds.synth.pen import Pen
from cds.synth.sources import Coded, codes

Plain = dict[str, Any]
_OUTPATIENT: Final = [
    {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "outpatient"}]}
]
_AMBULATORY: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
_WORDS: Final = {"d": "day", "wk": "week", "mo": "month", "a": "year", "h": "hour"}
_ROUTES: Final = {"oral": "by mouth", "iv": "IV", "sc": "subcutaneously"}


def write_drugs(pen: Pen, life: Life) -> None:
    """Every drug of the chart, drafts last."""
    for use in life.uses:
        match use.how:
            case "ordered":
                _order(pen, use, "active" if use.until is None else "completed")
            case "stated":
                _statement(pen, use)
            case "given":
                _administrations(pen, use)
            case "supplied":
                _dispense(pen, use)
            case _:
                raise ValueError(f"a drug is ordered, stated, given or supplied, not {use.how}")
    for draft in life.drafts:
        _order(pen, draft, "draft")


def write_course(pen: Pen, life: Life) -> None:
    """The checkpoint inhibitors: their orders, and a visit with an administration for each cycle."""
    course = life.course
    if not course.days:
        for agent in course.agents:
            _order(pen, Use(agent, days=0), "draft")
        return
    for agent in course.agents:
        _order(pen, Use(agent, days=course.days), "active" if not course.ended else "completed")
    for days in life.cycles:
        visit = pen.reference(_visit(pen, days))
        for agent in course.agents:
            _given(pen, Use(agent), days)["context"] = visit


def dosage(pen: Pen, use: Use) -> Plain:
    """One dosage instruction as the EHR writes it: structured, or in a text-heavy chart as prose alone."""
    coded = codes().drugs[use.what]
    times, unit = coded.every
    mg = use.mg or coded.dose
    text = _sentence(coded, mg) + _for_how_long(use)
    if not pen.words.habit.drugs:
        return {"text": text}
    told: Plain = {"text": text, "timing": {"repeat": {"frequency": 1, "period": times, "periodUnit": unit}}}
    if use.days is not None and use.until is not None:
        bounds = {"start": pen.words.day(use.days), "end": pen.words.day(use.until)}
        told["timing"]["repeat"] = {"boundsPeriod": bounds, **told["timing"]["repeat"]}
    told["route"] = pen.words.route(coded.route)
    if mg > 0:
        told["doseAndRate"] = [{"doseQuantity": pen.words.quantity(mg, "mg")}]
    return told


def _sentence(coded: Coded, mg: float) -> str:
    times, unit = coded.every
    if mg <= 0:
        return "as directed"
    often = f"every {_WORDS[unit]}" if times == 1 else f"every {times} {_WORDS[unit]}s"
    return f"{mg:g} mg {_ROUTES[coded.route]} {often}"


def _for_how_long(use: Use) -> str:
    """In words, if it is over; one-off doses and what bears no date say nothing."""
    if use.days is None or use.until is None or use.days <= use.until:
        return ""
    return f" for {use.days - use.until + 1} days"


def _order(pen: Pen, use: Use, status: str) -> None:
    drug = pen.drug(use.what)
    order = pen.begin(
        "MedicationRequest", status=status, intent="order", category=_OUTPATIENT, **drug, subject=pen.subject
    )
    if use.days is not None:
        order["authoredOn"] = pen.words.time(use.days)
    order["dosageInstruction"] = [dosage(pen, use)]


def _statement(pen: Pen, use: Use) -> None:
    drug = pen.drug(use.what)
    statement = pen.begin(
        "MedicationStatement", status="active" if use.until is None else "completed", **drug, subject=pen.subject
    )
    if use.days is not None:
        period = {"start": pen.words.day(use.days)}
        statement["effectivePeriod"] = period if use.until is None else {**period, "end": pen.words.day(use.until)}
    statement["dosage"] = [dosage(pen, use)]


def _administrations(pen: Pen, use: Use) -> None:
    first = use.days or 0
    for days in range(first, (use.until or 0) - 1, -(use.every or first + 1)):
        _given(pen, use, days)


def _given(pen: Pen, use: Use, days: int) -> Plain:
    coded = codes().drugs[use.what]
    drug = pen.drug(use.what)
    given = pen.begin(
        "MedicationAdministration",
        status="completed",
        **drug,
        subject=pen.subject,
        effectiveDateTime=pen.words.time(days),
    )
    mg = use.mg or coded.dose
    if mg > 0:
        given["dosage"] = {"route": pen.words.route(coded.route), "dose": pen.words.quantity(mg, "mg")}
    return given


def _dispense(pen: Pen, use: Use) -> None:
    drug = pen.drug(use.what)
    supplied = pen.begin("MedicationDispense", status="completed", **drug, subject=pen.subject)
    supplied["daysSupply"] = {"value": 84, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"}
    if use.days is not None:
        supplied["whenHandedOver"] = pen.words.time(use.days)
    supplied["dosageInstruction"] = [dosage(pen, use)]


def _visit(pen: Pen, days: int) -> Plain:
    when = pen.words.time(days)
    visit = pen.begin(
        "Encounter",
        status="finished",
        subject=pen.subject,
        reasonCode=[pen.words.problem("immunotherapy-encounter")],
        period={"start": when, "end": when},
    )
    visit["class"] = _AMBULATORY
    return visit
