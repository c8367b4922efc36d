"""The orders that are about to be signed, by concept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from cds.engine.fact import Cause, Unknown
from cds.facts.hits import draft_event, exposure
from cds.facts.index import Kept, Shelf
from cds.facts.recognise import NOTHING, Recognised, drug_of, is_nameless
from cds.facts.search import Event, Exposure, Search
from cds.facts.statuses import will_be_signed
from cds.fhir.chart import Draft
from cds.fhir.codes import CodeBook
from cds.fhir.medications import Medication
from cds.fhir.references import MedicationUse
from cds.fhir.resources import OtherResource, Resource

Order = Resource | OtherResource
_DRUG_USE: Final = frozenset(
    {"MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense"}
)


class Drafts:
    """The draft orders that are on their way. ``unreadable``: in words, those that do not tell what is ordered."""

    def __init__(self, draft: Draft, medications: Mapping[str, Medication], codes: CodeBook) -> None:
        self._codes = codes
        self._medications = {**medications, **draft.medications} if draft.medications else medications
        self._shelf: Shelf[Kept[Order]] = Shelf()
        self._drugs: dict[int, Recognised] = {}
        self._events: dict[tuple[str, ...], Search[Event]] = {}
        self._exposures: dict[tuple[str, ...], Search[Exposure]] = {}
        nameless = [order.ref for order in filter(will_be_signed, draft.orders) if not self._put(order)]
        self.unreadable = (*draft.unreadable, *(f"{ref}: nothing tells which drug it is" for ref in nameless))
        self._gap = Unknown(f"draft orders could not be read: {'; '.join(self.unreadable)}", Cause.NOT_READABLE)

    def events(self, concepts: tuple[str, ...]) -> Search[Event]:
        """Draft orders of any type."""
        found = self._events.get(concepts)
        if found is None:
            hits = tuple(map(draft_event, self._shelf.take(concepts)))
            found = self._events[concepts] = Search(hits, self._gap if self.unreadable else None)
        return found

    def exposures(self, concepts: tuple[str, ...], as_of: date) -> Search[Exposure]:
        """Draft orders of drugs."""
        found = self._exposures.get(concepts)
        if found is None:
            hits = tuple(self._drug_orders(concepts, as_of))
            found = self._exposures[concepts] = Search(hits, self._gap if self.unreadable else None)
        return found

    def _drug_orders(self, concepts: tuple[str, ...], as_of: date) -> Iterator[Exposure]:
        for kept in self._shelf.take(concepts):
            order, drug = kept.resource, self._drugs.get(id(kept.resource))
            if drug and isinstance(order, MedicationUse):
                yield exposure(order, drug, as_of, "draft")

    def _put(self, order: Order) -> bool:
        """The order is found under its concepts; false if it is a drug of which nothing tells which."""
        concepts, by_name = self._service(order), False
        if isinstance(order, MedicationUse) and _names_a_drug(order):
            drug = drug_of(self._codes, order, self._medications)
            self._drugs[id(order)] = drug
            if is_nameless(order, drug):
                return False
            concepts, by_name = concepts | drug.concepts, drug.by_name_only
        if concepts:
            self._shelf.put(Kept(order, concepts, by_name), concepts)
        return True

    def _service(self, order: Order) -> frozenset[str]:
        told = (
            getattr(order, "code", None), getattr(order, "code_codeable_concept", None),
            *getattr(order, "order_detail", ()),
        )  # fmt: skip
        return NOTHING.union(*(self._codes.concepts_of(code) for code in told if code is not None))


def _names_a_drug(order: MedicationUse) -> bool:
    """A drug order of a type that is read; of any other type, one that has a drug."""
    return order.kind in _DRUG_USE or bool(order.medication_codeable_concept or order.medication_reference)
