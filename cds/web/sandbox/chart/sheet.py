"""The whole sheet: who it is, what is on the lists, and the plots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from cds.engine.fact import Fact, Known
from cds.engine.spell import value_words
from cds.facts.recognise import drug_names, names_of
from cds.facts.statuses import is_active, is_certain
from cds.facts.subjects import CATALOGUE
from cds.facts.view import View
from cds.fhir.chart import Chart, Draft, Found
from cds.fhir.medications import MedicationAdministration, MedicationDispense, MedicationRequest, MedicationStatement
from cds.fhir.references import medication_of
from cds.fhir.resources import AllergyIntolerance, Condition, ServiceRequest
from cds.ruleset.ruleset import RuleSet
from cds.web.sandbox.chart import labs
from cds.web.sandbox.chart.density import Density, density
from cds.web.sandbox.chart.times import Times, times

Plain = dict[str, Any]
Use = MedicationRequest | MedicationStatement | MedicationAdministration | MedicationDispense
_HOW: dict[Any, str] = {
    MedicationRequest: "ordered",
    MedicationStatement: "stated",
    MedicationAdministration: "given",
    MedicationDispense: "supplied",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list: what, since or when, how it stands, and the resource."""

    what: str
    when: str
    status: str
    ref: str
    active: bool = True
    often: int = 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that the chart view shows."""

    problems: tuple[Entry, ...]
    drugs: tuple[Entry, ...]
    orders: tuple[Entry, ...]
    allergies: tuple[Entry, ...]
    labs: tuple[labs.Row, ...]
    density: Density
    times: Times


def sheet(chart: Chart, ruleset: RuleSet, as_of: date) -> Sheet:
    """The sheet of that chart on that day."""
    view = View(chart, Draft(), ruleset.codes, ruleset.numbers, as_of)
    return Sheet(
        problems=_sorted(_problem(each) for each in _resources(chart, Condition)),
        drugs=_drugs(chart),
        orders=_sorted(_order(each) for each in _resources(chart, ServiceRequest)),
        allergies=_sorted(_allergy(each) for each in _resources(chart, AllergyIntolerance)),
        labs=labs.rows(view),
        density=density(view, ruleset),
        times=times(view),
    )


def fact_words(name: str, fact: Fact) -> str:
    """The fact's value with its unit, or that it is not known and why."""
    if isinstance(fact, Known):
        return value_words(fact.value, CATALOGUE[name].unit)
    return f"unknown: {fact.why}"


def _resources(chart: Chart, *kinds: Any) -> list[Any]:
    found = (source for source in chart.sources.values() if isinstance(source, Found))
    return [each for source in found for each in source.resources if isinstance(each, kinds)]


def _sorted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """What goes on first, then the newest first."""
    newest = sorted(entries, key=lambda each: each.when, reverse=True)
    return tuple(sorted(newest, key=lambda each: not each.active))


def _problem(it: Condition) -> Entry:
    since = it.onset_date_time or (it.onset_period.start if it.onset_period else None) or it.recorded_date or ""
    active = is_active(it)
    status = ("active" if active else "over") + ("" if is_certain(it) else ", not confirmed")
    return Entry(next(names_of((it.code,)), "not named"), since[:10], status, it.ref, active)


def _allergy(it: AllergyIntolerance) -> Entry:
    active = is_active(it)
    return Entry(next(names_of((it.code,)), "not named"), "", "active" if active else "over", it.ref, active)


def _order(it: ServiceRequest) -> Entry:
    active = (it.status or "active") in {"active", "on-hold", "draft"}
    return Entry(next(names_of((it.code,)), "not named"), (it.authored_on or "")[:10], it.status or "", it.ref, active)


def _drugs(chart: Chart) -> tuple[Entry, ...]:
    """One line a drug and way of recording it, with how often it was recorded."""
    lines: dict[tuple[str, str], list[tuple[str, Use]]] = {}
    for use in _resources(chart, *_HOW):
        name = next(iter(drug_names(use, medication_of(use, chart.medications))), "not named")
        lines.setdefault((name, _HOW[type(use)]), []).append((_day(use), use))
    return _sorted(_drug(name, how, uses) for (name, how), uses in lines.items())


def _drug(name: str, how: str, uses: list[tuple[str, Use]]) -> Entry:
    days = sorted(day for day, _ in uses if day)
    newest = max(uses, key=lambda each: each[0])[1]
    active = any((use.status or "") in {"active", "in-progress", "on-hold"} for _, use in uses)
    when = "" if not days else days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    return Entry(name, when, f"{how}, {newest.status or 'status not told'}", newest.ref, active, len(uses))


def _day(use: Use) -> str:
    match use:
        case MedicationRequest():
            told = use.authored_on
        case MedicationDispense():
            told = use.when_handed_over or use.when_prepared
        case _:
            told = use.effective_date_time or (use.effective_period.start if use.effective_period else None)
    return (told or "")[:10]
