"""Bone density over the years: T-scores by place of measurement, against the levels of the rule book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from cds.engine.fact import Range, Unknown
from cds.engine.spell import number
from cds.facts.bone_scores import T_SCORE, scores
from cds.facts.result import number_of
from cds.facts.search import Observed
from cds.facts.view import View
from cds.ruleset.ruleset import RuleSet
from cds.web.plots.course import Level, Series, course_plot
from cds.web.plots.spark import Point

LEVELS: Final = ("t_score.low", "t_score.osteoporosis", "t_score.very_high")
SITES: Final = ("t-score-spine", "t-score-hip", "t-score-femur", "t-score-forearm", "t-score")


@dataclass(frozen=True, slots=True)
class Score:
    """One T-score: day, place, value in words, and the resource."""

    day: str
    site: str
    words: str
    ref: str


@dataclass(frozen=True, slots=True)
class Density:
    """The plot and every value in it, newest first; no plot where there is no number to draw."""

    plot: Markup
    scores: tuple[Score, ...]


def density(view: View, ruleset: RuleSet) -> Density:
    """Every T-score of a place that counts."""
    found = [hit for hit in scores(view, T_SCORE).hits if hit.when is not None]
    told = tuple(Score(hit.seen.when, _site(hit), _words(view, hit), hit.seen.ref) for hit in found)
    by_site: dict[str, list[Point]] = {}
    for hit in found:
        value = number_of(view, T_SCORE, hit)
        if hit.when is not None and not isinstance(value, Unknown | Range):
            by_site.setdefault(_site(hit), []).append(Point(hit.when.latest, value))
    series = [Series(name, tuple(points)) for name, points in sorted(by_site.items())]
    return Density(_plot(series, ruleset) if series else Markup(""), told)


def _plot(series: list[Series], ruleset: RuleSet) -> Markup:
    levels = [
        Level(each.value, f"{number(each.value).replace('-', '−')} {_short(each.words)}") for each in _levels(ruleset)
    ]
    names = " and ".join(each.name for each in series)
    told = f"T-scores of {names}. Dashed lines are the levels of the rule book. The table below holds every value."
    return course_plot("density", "Bone density over time (T-score)", told, series, levels)


def _levels(ruleset: RuleSet) -> list[Level]:
    known = (ruleset.parameters[name] for name in LEVELS if name in ruleset.parameters)
    return [Level(each.value, each.words) for each in known]


def _short(words: str) -> str:
    """The parameter's words without what the axis already says."""
    return words.removeprefix("T-score of ").removeprefix("T-score ")


def _words(view: View, hit: Observed) -> str:
    value = number_of(view, T_SCORE, hit)
    if isinstance(value, Unknown):
        return f"not usable: {value.why}"
    return (f"{value.low:g} to {value.high:g}" if isinstance(value, Range) else f"{value:g}").replace("-", "−")


def _site(hit: Observed) -> str:
    """Where it was measured: the code's own place, else what the record says, else nothing more than that it is one."""
    concept = next((each for each in SITES if each in hit.concepts), "")
    place = concept.removeprefix("t-score").lstrip("-")
    if place:
        return place
    told = hit.body_site.text if hit.body_site else ""
    return (told or "place not told").lower()
