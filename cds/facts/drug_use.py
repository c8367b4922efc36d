"""What one order, statement, supply or administration of a drug tells: which day, how much, and whether it is recent.

A draft order that is echoed among the chart's orders is never taken for something that the patient already takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from cds.engine.fact import Cause, Fact, Known, Seen, Span, Unknown
from cds.facts.dosage import Product, days_of, later
from cds.facts.search import Exposure, Search
from cds.facts.sig import said
from cds.facts.strength import milligrams, strength_of
from cds.facts.view import View
from cds.fhir.elements import Dosage, Quantity
from cds.fhir.medications import AdministeredDosage, MedicationDispense
from cds.fhir.references import relative

BROKEN_OFF = frozenset({"stopped", "on-hold"})
"""Statuses of a use that does not go on, and may never have been finished."""

NAME_ONLY = "recognised by name only"


def history(view: View, *concepts: str) -> Search[Exposure]:
    """What the chart holds of these drugs up to ``as_of``; neither the future nor an echo of the draft."""
    found = view.exposures(*concepts)
    if not found.hits:
        return found
    drafts, as_of = view.once(_draft_refs), view.as_of
    past = [
        use for use in found.hits if use.seen.ref not in drafts and (use.start is None or use.start.earliest <= as_of)
    ]
    return Search(tuple(past), found.gap, found.newest)


def _draft_refs(view: View) -> frozenset[str]:
    """What the draft's orders are called where they are echoed."""
    return frozenset(relative(order.ref) for order in view.draft.orders if order.id)


def product_of(view: View, use: Exposure) -> Product:
    """Its names, those of its codes included, and its strength."""
    names = (*use.names, *_code_names(view, use))
    return Product(names, strength_of(names, use.medication))


def _code_names(view: View, use: Exposure) -> Iterator[str]:
    """What the code book calls the codes that came, which EHRs often send without a word beside them."""
    told = (use.resource.medication_codeable_concept, use.medication.code if use.medication else None)
    codings = (coding for concept in told if concept is not None for coding in concept.coding)
    for coding in codings:
        yield from (row.display for row in view.codes.rows_for(coding.system or "", coding.code or ""))


def last_day(use: Exposure, as_of: date) -> date | None:
    """The last day for which it tells of the drug, ``as_of`` at the latest; None if it bears no date and is over."""
    if use.active and use.how in {"order", "statement"}:
        return as_of
    days = [span.latest for span in (use.start, use.end) if span]
    supply = days_of(use.resource.days_supply) if isinstance(use.resource, MedicationDispense) else None
    if supply and use.start:
        days.append(later(use.start.latest, supply - 1))
    return min(max(days), as_of) if days else None


def within(use: Exposure, days: float, as_of: date) -> bool | None:
    """Whether it goes on, or was ordered, supplied or given in the last ``days``; None if its date does not tell.

    An order or statement that was broken off counts no more.
    """
    return False if is_broken_off(use) else since(use, as_of - timedelta(days=days), as_of)


def is_broken_off(use: Exposure) -> bool:
    """Whether it is an order or statement that was stopped or is on hold."""
    return use.status in BROKEN_OFF and use.how in {"order", "statement"}


def since(use: Exposure, first: date, as_of: date) -> bool | None:
    """Whether it tells of the drug on ``first`` or later, broken off or not; None if its date does not tell."""
    last = last_day(use, as_of)
    if last is None:
        return None
    earliest = min(last, use.start.earliest) if use.start and last == use.start.latest else last
    return True if earliest >= first else False if last < first else None


def recent(uses: Iterable[Exposure], days: float, as_of: date, gap: Unknown | None = None) -> Fact:
    """True if any of them is recent; unknown if one may be, or more may be missing; else false."""
    going_on = (use for use in uses if not is_broken_off(use))
    return any_since(going_on, as_of - timedelta(days=days), as_of, gap)


def any_since(uses: Iterable[Exposure], first: date, as_of: date, gap: Unknown | None = None) -> Fact:
    """True if any of them tells of the drug on ``first`` or later; unknown if one may; else the gap, or false."""
    asked = [(since(use, first, as_of), use) for use in uses]
    found = [use for recently, use in asked if recently]
    if found:
        return Known(True, tuple(use.seen for use in found), by_name(found))
    doubtful = [use for recently, use in asked if recently is None]
    return dateless(doubtful) if doubtful else gap or Known(False)


def dateless(uses: Iterable[Exposure]) -> Unknown:
    """Unknown, because the uses do not tell their date, or not closely enough."""
    seen = tuple(use.seen for use in uses)
    return Unknown(f"the date of {_refs(seen)} is not known closely enough", Cause.UNDATED, seen)


def _refs(seen: Iterable[Seen]) -> str:
    return ", ".join(each.ref for each in seen)


def by_name(uses: Iterable[Exposure]) -> str:
    """A note if every one of them was recognised by its name alone."""
    return NAME_ONLY if all(use.by_name_only for use in uses) else ""


def span_told(fact: Known) -> Span:
    """The days that a date fact may mean; TypeError if its value is no date."""
    if isinstance(fact.value, Span):
        return fact.value
    if isinstance(fact.value, date):
        return Span(fact.value, fact.value)
    raise TypeError(f"a date was expected, not {fact.value!r}")


def any_of(*facts: Fact) -> Fact:
    """True if one of the yes-or-no facts is true, unknown if one is unknown, else false."""
    true = [fact for fact in facts if isinstance(fact, Known) and fact.value is True]
    if true:
        notes = dict.fromkeys(fact.note for fact in true if fact.note)
        return Known(True, tuple(dict.fromkeys(seen for fact in true for seen in fact.seen_in)), "; ".join(notes))
    return next((fact for fact in facts if isinstance(fact, Unknown)), Known(False))


def stated_dose_mg(view: View, use: Exposure) -> float | None:
    """Milligrams given at a time as the dosage states, the highest if it states several; None if it states none."""
    product = product_of(view, use)
    doses = [mass for dosage in use.dosages for mass in _doses(dosage, product) if mass is not None]
    return max(doses, default=None)


def single_dose_mg(view: View, use: Exposure) -> float | None:
    """Milligrams given at a time: as the dosage states, else what one piece of the product holds."""
    stated = stated_dose_mg(view, use)
    return stated if stated is not None else product_of(view, use).strength.piece


def _doses(dosage: Dosage | AdministeredDosage, product: Product) -> Iterable[float | None]:
    found = [milligrams(quantity, product.strength) for quantity in _amounts(dosage)]
    if any(mass is not None for mass in found):
        return found
    told = said(dosage.text or "", product.names)
    return [clause.total_mg or (clause.amount if clause.unit == "mg" else None) for clause in told]


def _amounts(dosage: Dosage | AdministeredDosage) -> Iterable[Quantity | None]:
    if isinstance(dosage, AdministeredDosage):
        return [dosage.dose]
    return [each.dose_quantity or (each.dose_range.high if each.dose_range else None) for each in dosage.dose_and_rate]
