"""The patient as facts see them: resources by concept, whether their sources were read, numbers, and other facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from cds.engine.fact import Cause, Fact, Span, Unknown
from cds.facts import hits
from cds.facts.catalogue import CATALOGUE
from cds.facts.dates import span
from cds.facts.drafts import Drafts
from cds.facts.index import Index, Kept, KeptDrug
from cds.facts.search import ConditionSeen, Event, Exposure, Observed, Search, presence
from cds.facts.sources import DRUG_SOURCES, SOURCES, sources_of
from cds.fhir.chart import Chart, Draft, Empty, Failed, Found, Source
from cds.fhir.codes import CodeBook
from cds.fhir.resources import Condition, Patient

__all__ = ["Search", "View", "presence"]

T = TypeVar("T")
K = TypeVar("K")
H = TypeVar("H", ConditionSeen, Observed, Exposure, Event)

_CONDITIONS, _PROCEDURES, _REPORTS = ("conditions",), ("procedures",), ("diagnosticReports",)
_ORDERS, _ALLERGIES = ("serviceRequests",), ("allergies",)


class View(dict[Any, Any]):
    """A chart and a draft, indexed once. Facts are read on demand and remembered.

    Nothing that was entered in error, refuted, cancelled or not done is ever found. It is a dict, of facts by id and of
    whatever else was read ``once`` by its reader, so that what is remembered is found without a call.
    """

    if TYPE_CHECKING:

        def __getitem__(self, name: str, /) -> Fact:
            """The fact of that id; KeyError if the catalogue has none."""

        def once(self, read: Callable[[View], T], /) -> T:
            """What the function makes of this view; it is called once and its answer remembered."""

    else:
        once = dict.__getitem__

    def __missing__(self, asked: str | Callable[[View], Any]) -> Any:
        """Read now, and from now on remembered."""
        found = self[asked] = CATALOGUE[asked].extract(self) if isinstance(asked, str) else asked(self)
        return found

    def __init__(self, chart: Chart, draft: Draft, codes: CodeBook, numbers: Mapping[str, float], as_of: date) -> None:
        self.chart = chart
        self.draft = draft
        self.codes = codes
        self.as_of = as_of
        self._numbers = numbers
        self._hits: dict[int, Any] = {}
        self._days: dict[float, date] = {}
        self._nothing: dict[tuple[str, ...], Search[Any]] = {}
        self._gaps: dict[tuple[str, ...], Unknown | None] = {}

    def read_so_far(self) -> dict[str, Fact]:
        """Every fact that somebody has asked for, by id."""
        return {name: fact for name, fact in self.items() if isinstance(name, str)}

    def on(self, as_of: date) -> View:
        """The same chart without a draft, on another day; it is indexed once for both."""
        other = View(self.chart, Draft(), self.codes, self._numbers, as_of)
        other._index = self._index
        return other

    def ordering(self, draft: Draft) -> View:
        """The same chart on the same day with this draft; what was found in it before is found in both."""
        other = View(self.chart, draft, self.codes, self._numbers, self.as_of)
        other._index, other._hits, other._nothing, other._gaps = self._index, self._hits, self._nothing, self._gaps
        return other

    def number(self, name: str) -> float:
        """The parameter of that name; KeyError if the rule book has none."""
        return self._numbers[name]

    def days_before(self, days: float) -> date:
        """The day that many days before ``as_of``."""
        found = self._days.get(days)
        if found is None:
            found = self._days[days] = self.as_of - timedelta(days=days)
        return found

    def source(self, name: str) -> Source:
        """How that question was answered."""
        return self.chart.source(name)

    def conditions(self, *concepts: str) -> Search[ConditionSeen]:
        """Conditions, youngest onset (else record) first."""
        kept = self._index.conditions.take(concepts)
        return self._found(kept, self._condition, hits.of_condition, _CONDITIONS)

    def observations(self, *concepts: str) -> Search[Observed]:
        """Observations and components, newest first, undated last; contained results of reports too."""
        return self._found(self._index.results.take(concepts), None, hits.of_result, sources_of(concepts))

    def exposures(self, *concepts: str) -> Search[Exposure]:
        """Orders, statements, administrations and supplies of drugs in the chart, newest start first; no drafts."""
        return self._found(self._index.drugs.take(concepts), self._exposure, hits.of_exposure, DRUG_SOURCES)

    def procedures(self, *concepts: str) -> Search[Event]:
        """Procedures that were, or are being, done; newest first."""
        kept = self._index.procedures.take(concepts)
        return self._found(kept, hits.procedure_event, hits.of_event, _PROCEDURES)

    def reports(self, *concepts: str) -> Search[Event]:
        """Reports by their code or coded conclusion, newest first."""
        return self._found(self._index.reports.take(concepts), hits.report_event, hits.of_event, _REPORTS)

    def service_requests(self, *concepts: str) -> Search[Event]:
        """Orders of tests, images and referrals, open and completed, newest first."""
        kept = self._index.service_requests.take(concepts)
        return self._found(kept, hits.order_event, hits.of_event, _ORDERS)

    def allergies(self, *concepts: str) -> Search[Event]:
        """Allergies and intolerances, newest first; ``is_open`` unless inactive or resolved."""
        return self._found(self._index.allergies.take(concepts), hits.allergy_event, hits.of_event, _ALLERGIES)

    def drafted(self, *concepts: str) -> Search[Event]:
        """Orders of any type that are about to be signed."""
        return self._drafts.events(concepts)

    def drafted_exposures(self, *concepts: str) -> Search[Exposure]:
        """Drug orders that are about to be signed."""
        return self._drafts.exposures(concepts, self.as_of)

    def person(self) -> Patient | None:
        """The Patient resource; None if it was not read."""
        source = self.source("patient")
        people = source.resources if isinstance(source, Found) else ()
        return next((each for each in people if isinstance(each, Patient)), None)

    def born(self) -> Span | None:
        """The days on which the patient may have been born; None if that is not known."""
        person = self.person()
        return span(person.birth_date) if person else None

    @property
    def unreadable_drafts(self) -> tuple[str, ...]:
        """In words, the draft orders that could not be read or whose drug nothing tells."""
        return self._drafts.unreadable

    def gap(self, *sources: str) -> Unknown | None:
        """Why these sources do not hold everything; None if each was fully read."""
        if sources not in self._gaps:
            if len(sources) == 1:
                self._gaps[sources] = self._gap(sources[0])
            else:
                self._gaps[sources] = _joined([gap for name in sources if (gap := self.gap(name))])
        return self._gaps[sources]

    @cached_property
    def _index(self) -> Index:
        return Index(self.chart, self.codes)

    @cached_property
    def _drafts(self) -> Drafts:
        return Drafts(self.draft, self.chart.medications, self.codes)

    def _condition(self, kept: Kept[Condition]) -> ConditionSeen:
        return hits.condition_seen(kept, self.born, self.as_of)

    def _exposure(self, kept: KeptDrug) -> Exposure:
        return hits.exposure(kept.resource, kept.found, self.as_of)

    def _found(
        self, kept: list[Any], read: Callable[[Any], H] | None, day: Callable[[H], tuple[date, date]],
        sources: tuple[str, ...],
    ) -> Search[H]:  # fmt: skip
        """The hits, each read once, newest first; ``read`` None: as kept."""
        nothing = self._nothing.get(sources) or self._none_of(sources)
        if not kept:
            return nothing
        seen = [self._hit(each, read) for each in kept] if read else kept
        return Search(tuple(sorted(seen, key=day, reverse=True)), nothing.gap, nothing.newest)

    def _hit(self, kept: K, read: Callable[[K], H]) -> H:
        """What was made of it, made once."""
        hit: H | None = self._hits.get(id(kept))
        if hit is None:
            hit = self._hits[id(kept)] = read(kept)
        return hit

    def _none_of(self, sources: tuple[str, ...]) -> Search[Any]:
        """What is said where these sources hold no hit: most searches end so, and share this one answer."""
        nothing: Search[Any] = Search((), self.gap(*sources), self._newest(sources))
        self._nothing[sources] = nothing
        return nothing

    def _newest(self, sources: tuple[str, ...]) -> bool:
        """Whether nothing younger than what these sources hold can have been missed."""
        return all(map(_newest_is_there, map(self.source, sources)))

    def _gap(self, name: str) -> Unknown | None:
        words = SOURCES[name].words
        match self.source(name):
            case Failed(why=why):
                return Unknown(f"{words} could not be read: {why}", Cause.NOT_READABLE)
            case Found(complete=False, why_incomplete=why):
                return Unknown(f"{words} were read only in part: {why}", Cause.INCOMPLETE)
            case Found():
                return self._unnamed(name, words)
            case Empty():
                return None
        return Unknown(f"{words} were not asked for", Cause.NOT_ASKED)

    def _unnamed(self, name: str, words: str) -> Unknown | None:
        refs = self._index.unnamed.get(name)
        if not refs:
            return None
        return Unknown(f"{words} hold entries that do not say what they are: {', '.join(refs[:3])}", Cause.NOT_READABLE)


def _joined(gaps: list[Unknown]) -> Unknown | None:
    if len(gaps) <= 1:
        return gaps[0] if gaps else None
    return Unknown("; ".join(gap.why for gap in gaps), gaps[0].cause)


def _newest_is_there(source: Source) -> bool:
    if isinstance(source, Found):
        return source.complete or source.newest_first
    return isinstance(source, Empty)
