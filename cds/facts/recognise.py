"""Which concepts a resource is about: by its codes, and where these say nothing that we know, by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from cds.fhir.codes import CodeBook, same_system
from cds.fhir.elements import CodeableConcept, Coding
from cds.fhir.medications import Medication
from cds.fhir.references import MedicationUse, medication_of
from cds.fhir.systems import ATC, CPT, HCPCS, ICD_10_CM, NDC, RXNORM, SNOMED

NOTHING: Final[frozenset[str]] = frozenset()
_DRUG_SYSTEMS: Final = frozenset({RXNORM, SNOMED, NDC, ATC, HCPCS, CPT})
_NOT_A_FINDING: Final = re.compile(
    r"\b(?:no|not|without|denies|negative for|family history|fh|fhx|screening|risk of|at risk|rule out|r/o|exclude|"
    r"education|prevention|prophylaxis|fear of)\b",
    re.IGNORECASE,
)


class Recognised(msgspec.Struct, frozen=True, gc=False):
    """What a drug was recognised as, how, by which names it goes, and the Medication that it refers to."""

    concepts: frozenset[str]
    by_name_only: bool = False
    names: tuple[str, ...] = ()
    medication: Medication | None = None


def names_of(concepts: Iterable[CodeableConcept | None]) -> Iterator[str]:
    """Every text and display, as written."""
    for concept in concepts:
        if concept is not None:
            if concept.text:
                yield concept.text
            for coding in concept.coding:
                if coding.display:
                    yield coding.display


def codings_of(concept: CodeableConcept | None) -> tuple[tuple[str, str], ...]:
    """System (in its usual spelling) and code of every coding that has a code."""
    if concept is None:
        return ()
    return tuple((same_system(coding.system or ""), coding.code) for coding in concept.coding if coding.code)


def says_something(concept: CodeableConcept | None) -> bool:
    """Whether there is a code or a word to go by."""
    if concept is None:
        return False
    return bool(concept.text) or any(coding.code or coding.display for coding in concept.coding)


def problem_named(codes: CodeBook, concept: CodeableConcept | None) -> frozenset[str]:
    """The concepts that a problem's text names, or that a code without a system would stand for in the usual ones.

    Nothing for a problem coded in ICD-10-CM, whose code is complete, nor for one that says that it is none ("family
    history of", "screening for").
    """
    if concept is None:
        return NOTHING
    for coding in concept.coding:
        if coding.code and same_system(coding.system or "") == ICD_10_CM:
            return NOTHING
    guessed = NOTHING.union(*(_guessed(codes, code) for system, code in codings_of(concept) if not system))
    if guessed:
        return guessed
    for name in names_of((concept,)):
        named = codes.named_in(name)
        if named and not _NOT_A_FINDING.search(name):
            return named
    return NOTHING


def _guessed(codes: CodeBook, code: str) -> frozenset[str]:
    """What a code that came without its system would stand for as a problem."""
    return NOTHING.union(*(codes.concepts_of_coding(Coding(system=each, code=code)) for each in (ICD_10_CM, SNOMED)))


def substance_named(codes: CodeBook, concepts: Iterable[CodeableConcept | None]) -> frozenset[str]:
    """The concepts that the texts name."""
    return NOTHING.union(*(codes.named_in(name) for name in names_of(concepts)))


def drug_of(codes: CodeBook, use: MedicationUse, medications: Mapping[str, Medication]) -> Recognised:
    """The drug of an order or any other use: by codes (its own, its Medication's, the ingredients'), else by name."""
    medication = medication_of(use, medications) if use.medication_reference else None
    concepts = codes.concepts_of(use.medication_codeable_concept)
    if medication is not None:
        concepts = concepts.union(*map(codes.concepts_of, _told_by(medication)))
    if concepts:
        return Recognised(concepts, medication=medication)
    names = drug_names(use, medication)
    return Recognised(NOTHING.union(*map(codes.named_in, names)), True, names, medication)


def drug_names(use: MedicationUse, medication: Medication | None) -> tuple[str, ...]:
    """Every name of the drug: its own, its Medication's, the ingredients', and what the reference is called."""
    pointer = use.medication_reference
    if pointer is None and medication is None:
        return tuple(dict.fromkeys(names_of((use.medication_codeable_concept,))))
    called = pointer.display if pointer else None
    names = names_of((use.medication_codeable_concept, *_told_by(medication)))
    return tuple(dict.fromkeys((*names, called) if called else names))


def is_nameless(use: MedicationUse, found: Recognised) -> bool:
    """Whether nothing tells which drug it is: no name, and no code of a system that could hold our drugs."""
    if found.concepts or found.names:
        return False
    told = (use.medication_codeable_concept, *_told_by(found.medication))
    return not any(system in _DRUG_SYSTEMS for concept in told for system, _ in codings_of(concept))


def _told_by(medication: Medication | None) -> tuple[CodeableConcept | None, ...]:
    if medication is None:
        return ()
    return (medication.code, *(each.item_codeable_concept for each in medication.ingredient))


@lru_cache(maxsize=64)
def has_codes(codes: CodeBook, concept: str) -> bool:
    """Whether any code stands for the concept: false for what a site has to configure and did not."""
    return bool(codes.rows_of(concept))
