"""Fractures, scans and courses of drugs on one line of time, and the same as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup

from cds.facts.bone_scores import T_SCORE, scores
from cds.facts.dates import is_open
from cds.facts.fracture import Fracture, Fragility
from cds.facts.fracture_reading import fractures
from cds.facts.search import Exposure
from cds.facts.view import View
from cds.web.plots.timeline import Lane, Spell, timeline

DRUGS: Final = (
    ("Checkpoint inhibitor", "ici", ("pd-1-pd-l1-inhibitor", "ctla-4-inhibitor", "lag-3-inhibitor")),
    ("Glucocorticoid", "steroid", ("systemic-glucocorticoid",)),
    ("Bone drug", "bone", ("antiresorptive",)),
)
"""Lanes of drugs: name, colour, and the concepts of the code book that belong there."""

_WORDS: Final = {
    Fragility.YES: "fragility fracture",
    Fragility.UNCLEAR: "fracture, unclear whether of fragility",
    Fragility.NO: "fracture, not of fragility",
}


@dataclass(frozen=True, slots=True)
class Times:
    """The plot and its lanes; no plot where nothing has a date."""

    plot: Markup
    lanes: tuple[Lane, ...]


def times(view: View) -> Times:
    """Everything of these kinds that has a date, up to today."""
    lanes = [_fractures(view), _metastasis(view), _scans(view)]
    lanes += [_drugs(view, name, kind, concepts) for name, kind, concepts in DRUGS]
    told = tuple(lane for lane in lanes if lane.spells)
    if not told:
        return Times(Markup(""), ())
    words = "; ".join(f"{lane.name}: {len(lane.spells)}" for lane in told)
    plot = timeline(
        "times", "Fractures, scans and drugs over time", f"{words}. The table below says the same.", told, view.as_of
    )
    return Times(plot, told)


def _fractures(view: View) -> Lane:
    spells = tuple(spell for each in view.once(fractures) if (spell := _fracture(view, each)))
    return Lane("Fracture", "fracture", spells)


def _fracture(view: View, each: Fracture) -> Spell | None:
    if each.when is None or is_open(each.when) or each.when.latest > view.as_of:
        return None
    concept = view.codes.concepts.get(each.site)
    site = concept.title if concept else each.site
    return Spell(each.when.earliest, f"{site}: {_WORDS[each.fragility]}")


def _metastasis(view: View) -> Lane:
    hits = view.conditions("bone-metastasis").hits
    spells = tuple(Spell(hit.when.earliest, "bone metastasis recorded") for hit in hits if hit.when)
    return Lane("Bone metastasis", "metastasis", spells)


def _scans(view: View) -> Lane:
    days = {hit.when.earliest for hit in scores(view, T_SCORE).hits if hit.when}
    return Lane("DXA", "scan", tuple(Spell(day, "central DXA") for day in sorted(days)))


def _drugs(view: View, name: str, kind: str, concepts: tuple[str, ...]) -> Lane:
    found = [use for use in view.exposures(*concepts).hits if use.start and use.start.earliest <= view.as_of]
    return Lane(
        name, kind, tuple(_merged([_use(each, view.as_of) for each in found], view.number("ici.course_gap_days")))
    )


def _use(use: Exposure, as_of: date) -> Spell:
    assert use.start is not None
    words = next(iter(use.names), use.seen.ref)
    lasting = use.how in {"order", "statement"}
    end = use.end.latest if use.end and use.end.latest <= as_of else None
    return Spell(use.start.earliest, words, end, open=lasting and use.active and end is None)


def _merged(spells: Iterable[Spell], gap_days: float) -> list[Spell]:
    """Uses of one name that follow each other closely as one course."""
    courses: list[Spell] = []
    for each in sorted(spells, key=lambda spell: (spell.words.casefold(), spell.start)):
        last = courses[-1] if courses else None
        if last and last.words.casefold() == each.words.casefold() and (each.start - _until(last)).days <= gap_days:
            goes_on = last.open or each.open
            end = None if goes_on else max(_until(last), _until(each))
            courses[-1] = Spell(last.start, last.words, end, open=goes_on)
        else:
            courses.append(each)
    return courses


def _until(spell: Spell) -> date:
    """The last day that is certain; of a course that goes on, a day that everything is near to."""
    return date.max if spell.open else spell.end or spell.start
