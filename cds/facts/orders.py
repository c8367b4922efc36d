"""What is about to be signed: is a PD-1 or PD-L1 inhibitor among it, and can every order be read?

Only drug orders count. A CTLA-4 or LAG-3 inhibitor alone is not the trigger.
"""

from __future__ import annotations

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.drug_use import NAME_ONLY
from cds.facts.search import Exposure
from cds.facts.view import View
from cds.fhir.medications import MedicationAdministration, MedicationDispense, MedicationStatement
from cds.fhir.references import bare_id

PD_1_OR_PD_L1 = "pd-1-pd-l1-inhibitor"
PARTNERS = ("ctla-4-inhibitor", "lag-3-inhibitor")
DUAL = "dual-ici"
_CLASSES = frozenset({PD_1_OR_PD_L1, "pd-1-inhibitor", "pd-l1-inhibitor", *PARTNERS, DUAL})
_NOT_ORDERS = (MedicationStatement, MedicationAdministration, MedicationDispense)


def agents(use: Exposure) -> frozenset[str]:
    """The drugs themselves, without their classes; a fixed combination instead of its parts."""
    drugs = use.concepts - _CLASSES
    return frozenset(drug for drug in drugs if not any(drug in other.split("-") for other in drugs - {drug}))


def drafted_ici(view: View) -> tuple[Exposure, ...]:
    """The drug orders of the draft, or of its selected part, for a PD-1 or PD-L1 inhibitor."""
    found = view.drafted_exposures(PD_1_OR_PD_L1).hits
    return tuple(use for use in found if not isinstance(use.resource, _NOT_ORDERS) and _selected(view, use.seen.ref))


def _selected(view: View, ref: str) -> bool:
    chosen = view.draft.selections
    return not chosen or bare_id(ref) in {bare_id(each) for each in chosen}


def _unreadable(view: View) -> tuple[str, ...]:
    """The unreadable draft orders that may be of a drug; of a selection only those that may belong to it."""
    return tuple(told for told in view.unreadable_drafts if _may_be_a_drug(view, told))


def _may_be_a_drug(view: View, told: str) -> bool:
    """``told`` begins with the reference, as far as it could be made out, and a colon."""
    ref = told.partition(":")[0]
    kind, has_id, _ = ref.partition("/")
    if kind.isalpha() and not kind.startswith(("Medication", "Bundle")):
        return False
    return not has_id or _selected(view, ref)


@fact("order.ici", Type.BOOL, words="a PD-1 or PD-L1 inhibitor is being ordered")
def ici_ordered(view: View) -> Fact:
    """True with the orders; unknown if there is none but a drug that cannot be read is being ordered too."""
    found = drafted_ici(view)
    if found:
        low_confidence = NAME_ONLY if all(use.by_name_only for use in found) else ""
        return Known(True, tuple(use.seen for use in found), low_confidence)
    unread = _unreadable(view)
    if unread:
        return Unknown(f"an ordered drug could not be read: {'; '.join(unread)}", Cause.NOT_READABLE)
    return Known(False)


@fact("order.ici_agents", Type.SET, words="the PD-1 or PD-L1 inhibitors being ordered")
def ici_agents_ordered(view: View) -> Fact:
    """Their names; empty if none."""
    found = drafted_ici(view)
    return Known(frozenset[str]().union(*map(agents, found)), tuple(use.seen for use in found))


@fact(
    "order.ici_by_name_only",
    Type.BOOL,
    words="the checkpoint inhibitor was recognised by its name alone, not by a code",
)
def ici_by_name_only(view: View) -> Fact:
    """True if no ordered PD-1 or PD-L1 inhibitor bears a code that we know."""
    found = drafted_ici(view)
    named = tuple(use.seen for use in found if use.by_name_only)
    return Known(bool(found) and len(named) == len(found), named)


@fact("order.unreadable", Type.BOOL, words="an ordered drug could not be read")
def order_unreadable(view: View) -> Fact:
    """True if an order of the draft does not tell its drug."""
    unread = _unreadable(view)
    return Known(bool(unread), note="; ".join(unread))


@fact("order.unreadable_names", Type.SET, words="the orders whose drug could not be read")
def unreadable_names(view: View) -> Fact:
    """What could be made out of them."""
    return Known(frozenset(_unreadable(view)))
