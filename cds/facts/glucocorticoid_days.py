"""Systemic glucocorticoid as prednisone-equivalent milligrams a day, from every record that tells of it.

Twice over: what was taken for sure, and what may have been taken. A dose that is not stated is nothing for sure and
without limit at most; so is a drug of which nothing tells whether it was a tablet or a cream. Local forms never count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from math import inf

from cds.engine.fact import Cause, Seen, Span, Unknown
from cds.facts.daily import Taken
from cds.facts.dosage import NO_DOSE, UNREAD, Product, Stretch, stretches
from cds.facts.drug_use import BROKEN_OFF, history, product_of, stated_dose_mg
from cds.facts.instruction import states_an_amount
from cds.facts.route import Reach, reach
from cds.facts.search import Exposure
from cds.facts.strength import milligrams
from cds.facts.supply import RAN_OUT, ends, supplied_days
from cds.facts.view import View
from cds.fhir.elements import Dosage

SYSTEMIC, BY_INGREDIENT, LOCAL = "systemic-glucocorticoid", "glucocorticoid-ingredient", "local-glucocorticoid"
EQUIVALENT = "glucocorticoid.equivalent."
DRUGS = (
    "prednisone", "prednisolone", "methylprednisolone", "dexamethasone", "betamethasone", "hydrocortisone", "cortisone",
    "triamcinolone", "deflazacort",
)  # fmt: skip
"""The drugs that a parameter ``glucocorticoid.equivalent.<drug>`` converts to prednisone."""

UNTOLD_FORM = "neither route nor form tells whether it is systemic"
UNKNOWN_END = "it is over, and nothing tells for how long it was taken"
UNDATED = "its date is not known"
SUPPLY = "the dose is what was supplied, spread over the days it was supplied for"
NO_EQUIVALENT = "its prednisone equivalent is not known"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A record that may add something, why it cannot be told how much, and from when to when."""

    why: str
    cause: Cause
    seen: Seen
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Told:
    """All that the chart tells: for sure, at most, what is in doubt, what was assumed, where, and what was not read."""

    surely: tuple[Taken, ...]
    at_most: tuple[Taken, ...]
    doubts: tuple[Doubt, ...]
    notes: tuple[str, ...]
    seen: tuple[Seen, ...]
    gap: Unknown | None


@dataclass(frozen=True, slots=True)
class _Record:
    """One record, read: the stretches that hold for sure and those that may; all doses in prednisone equivalents."""

    use: Exposure
    drug: str
    surely: tuple[Stretch, ...]
    at_most: tuple[Stretch, ...]


def told(view: View, since: date) -> Told:
    """What the chart tells of systemic glucocorticoids from ``since`` to ``as_of``."""
    found = history(view, SYSTEMIC, BY_INGREDIENT)
    if not found.hits:
        return Told((), (), (), (), (), found.gap)
    records = [record for use in found.hits if _counts(use) and (record := _record(view, use, since)).at_most]
    return Told(
        tuple(_all_taken(records, lambda record: record.surely)),
        tuple(_all_taken(records, lambda record: record.at_most)),
        tuple(_doubts(records)),
        tuple(dict.fromkeys(note for record in records for each in record.at_most for note in each.notes)),
        tuple(record.use.seen for record in records),
        found.gap,
    )


def _counts(use: Exposure) -> bool:
    return LOCAL not in use.concepts and _reach(use) is not Reach.LOCAL


def _reach(use: Exposure) -> Reach:
    """A systemic product is systemic unless its route says otherwise; an ingredient is what route and words make it."""
    routes = [dosage.route for dosage in use.dosages if dosage.route is not None]
    if SYSTEMIC in use.concepts:
        return Reach.LOCAL if reach(routes, ()) is Reach.LOCAL else Reach.SYSTEMIC
    return reach(routes, use.names, [dosage.text or "" for dosage in use.dosages])


def _record(view: View, use: Exposure, since: date) -> _Record:
    drug = next((drug for drug in DRUGS if drug in use.concepts), "")
    read = _administered if use.how == "administration" else _prescribed
    surely, at_most = read(view, use, since)
    lacking = "" if drug else NO_EQUIVALENT
    if lacking or _reach(use) is Reach.UNSTATED:
        surely, at_most = (), tuple(replace(each, mg_per_day=None, why=lacking or UNTOLD_FORM) for each in at_most)
    factor = view.number(EQUIVALENT + drug) if drug else 1.0
    later = (tuple(each for each in some if (each.last or since) >= since) for some in (surely, at_most))
    return _Record(use, drug or use.seen.ref, *(tuple(_converted(each, factor) for each in some) for some in later))


def _converted(each: Stretch, factor: float) -> Stretch:
    if each.mg_per_day is None or factor == 1:
        return each
    return replace(each, mg_per_day=each.mg_per_day * factor)


Both = tuple[tuple[Stretch, ...], tuple[Stretch, ...]]


def _administered(view: View, use: Exposure, since: date) -> Both:
    """The dose on the day that it was given."""
    mg = stated_dose_mg(view, use)
    if use.start is None:
        return (), (Stretch(since, view.as_of, None, (), UNDATED),)
    unread = any(states_an_amount(dosage.text) for dosage in use.dosages)
    why = "" if mg is not None else UNREAD if unread else NO_DOSE
    given = Stretch(use.start.earliest, use.start.earliest, mg, (), why)
    return ((given,) if mg is not None else ()), (given,)


def _prescribed(view: View, use: Exposure, since: date) -> Both:
    """The instructions laid out: from the last possible start for sure, from the first possible one at most."""
    product = product_of(view, use)
    dosages = [dosage for dosage in use.dosages if isinstance(dosage, Dosage)]
    start = use.start or Span(since, view.as_of)
    end, last = ends(use, start, view.as_of)
    at_most = _laid_out(use, dosages, product, start.earliest, None if end is None else last)
    cut_short = end is None and use.status in BROKEN_OFF
    at_most = tuple(_ended(each, last, cut_short) for each in at_most)
    if use.active and end is not None and end < last:
        at_most = tuple(_gone_on(each, end) for each in at_most)
    if cut_short or (use.start is None and not use.active):
        return (), at_most
    same = start.earliest == start.latest and end == last
    surely = at_most if same else _laid_out(use, dosages, product, start.latest, end)
    return tuple(each for each in surely if each.last is not None and each.mg_per_day is not None), at_most


def _ended(each: Stretch, last: date, cut_short: bool) -> Stretch:
    """A stretch whose end is not told, or may have come early, ends at the last possible day, and says so."""
    if each.last is not None and not cut_short:
        return each
    return replace(each, last=min(each.last or last, last), why=each.why or UNKNOWN_END)


def _gone_on(each: Stretch, end: date) -> Stretch:
    """A stretch that reaches over the last sure day of an active use says why it is doubtful."""
    return each if each.last is None or each.last <= end else replace(each, why=each.why or RAN_OUT)


def _laid_out(
    use: Exposure, dosages: list[Dosage], product: Product, first: date, last: date | None
) -> tuple[Stretch, ...]:
    """The stretches; a dose that is not stated is what the supply comes to a day, if that is stated."""
    supplied = _by_supply(use, product)
    found = stretches(dosages, product, first, last)
    if supplied is None:
        return found
    return tuple(
        each if each.mg_per_day is not None else replace(each, mg_per_day=supplied, why="", notes=(SUPPLY,))
        for each in found
    )


def _by_supply(use: Exposure, product: Product) -> float | None:
    total, days = milligrams(use.quantity, product.strength), supplied_days(use)
    return total / days if total is not None and days else None


def _all_taken(records: Iterable[_Record], chosen: Callable[[_Record], tuple[Stretch, ...]]) -> Iterator[Taken]:
    """Every stretch; the same prescription written twice on one day counts once, each administration counts."""
    met: set[tuple[Taken, ...]] = set()
    for record in records:
        taken = tuple(_taken(record, each) for each in chosen(record))
        if record.use.how == "administration" or taken not in met:
            met.add(taken)
            yield from taken


def _taken(record: _Record, each: Stretch) -> Taken:
    use = record.use
    told_by = "" if use.how == "administration" else use.seen.when
    mg = inf if each.mg_per_day is None else each.mg_per_day
    return Taken(record.drug, use.how, told_by, each.first, each.last or each.first, mg)


def _doubts(records: Iterable[_Record]) -> Iterator[Doubt]:
    causes = {UNTOLD_FORM: Cause.AMBIGUOUS, UNDATED: Cause.UNDATED}
    for record in records:
        for each in record.at_most:
            if each.why:
                why = f"{record.drug} ({record.use.seen.ref}): {each.why}"
                cause = causes.get(each.why, Cause.NOT_STATED)
                yield Doubt(why, cause, record.use.seen, each.first, each.last or each.first)
