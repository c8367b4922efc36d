"""Laboratory results: the newest of each analyte, its course as a sparkline, and every value as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from cds.engine.fact import Range, Unknown
from cds.engine.spell import unit_words
from cds.facts.calcium import ALBUMIN, CORRECTED, IONISED, TOTAL
from cds.facts.interval import shown
from cds.facts.kidney import CREATININE, EGFR
from cds.facts.labs import PTH, VITAMIN_D
from cds.facts.result import Analyte, number_of, results
from cds.facts.search import Observed
from cds.facts.turnover import CTX, P1NP
from cds.facts.view import View
from cds.facts.weight import WEIGHT
from cds.facts.written_number import converted
from cds.fhir.elements import Quantity
from cds.web.plots.spark import Point, sparkline

ANALYTES: Final = (TOTAL, CORRECTED, IONISED, ALBUMIN, CREATININE, EGFR, VITAMIN_D, PTH, CTX, P1NP, WEIGHT)
Band = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Value:
    """One result as it is read: day, value in the analyte's unit (or why there is none), and the resource."""

    day: str
    words: str
    ref: str


@dataclass(frozen=True, slots=True)
class Row:
    """One analyte: its newest value first, and the laboratory's range in words."""

    name: str
    unit: str
    usual: str
    values: tuple[Value, ...]
    spark: Markup


def rows(view: View) -> tuple[Row, ...]:
    """A row for each analyte that was ever measured."""
    return tuple(row for each in ANALYTES if (row := _row(view, each)))


def _row(view: View, analyte: Analyte) -> Row | None:
    found = [hit for hit in results(view, analyte).hits if hit.when is not None]
    if not found:
        return None
    band = band_of(found[0], analyte)
    name, unit = _named(analyte.words), unit_words(analyte.unit)
    values = tuple(Value(hit.seen.when, _words(view, analyte, hit), hit.seen.ref) for hit in found)
    return Row(name, unit, _usual(band, unit), values, _spark(view, analyte, found, band, name))


def _named(words: str) -> str:
    """The words with a capital, unless they are spelt in a way of their own (eGFR)."""
    return words if words[1:2].isupper() else words[:1].upper() + words[1:]


def _words(view: View, analyte: Analyte, hit: Observed) -> str:
    number = number_of(view, analyte, hit)
    return f"not usable: {number.why}" if isinstance(number, Unknown) else shown(number)


def _spark(view: View, analyte: Analyte, found: Iterable[Observed], band: Band, name: str) -> Markup:
    """The course; nothing if there are fewer than two plain numbers."""
    points = []
    for hit in found:
        number = number_of(view, analyte, hit)
        if hit.when is not None and not isinstance(number, Unknown | Range):
            points.append(Point(hit.when.latest, number))
    if len({each.day for each in points}) < 2:
        return Markup("")
    first, last = min(points, key=lambda each: each.day), max(points, key=lambda each: each.day)
    told = f"{len(points)} results, from {first.value:g} on {first.day} to {last.value:g} on {last.day}."
    return sparkline(f"spark-{analyte.kind}-{analyte.concepts[0]}", f"{name} over time", told, points, band)


def band_of(hit: Observed, analyte: Analyte) -> Band:
    """The laboratory's own range in the analyte's unit, either side None where it is not told."""
    ranges = hit.reference_range[:1]
    sides = [(each.low, each.high) for each in ranges]
    return (_plain(sides[0][0], analyte), _plain(sides[0][1], analyte)) if sides else (None, None)


def _plain(bound: Quantity | None, analyte: Analyte) -> float | None:
    if bound is None or bound.value is None:
        return None
    number = converted(bound, analyte.kind, analyte.unit)
    return round(number, 2) if isinstance(number, float) else None


def _usual(band: Band, unit: str) -> str:
    low, high = band
    if low is not None and high is not None:
        return f"{low:g} to {high:g} {unit}"
    if low is not None:
        return f"from {low:g} {unit}"
    return f"up to {high:g} {unit}" if high is not None else ""
