"""What HL7 defines for R4, as far as the server uses it: types and their elements, search parameters, the compartment.

The data beside this module (``r4/``) is made by ``tools/fhir_r4/trim.py`` and never edited by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

_FOLDER: Final = Path(__file__).parent / "r4"
_EVERY_TYPE: Final = ("Resource", "DomainResource")
_NOT_DOMAIN: Final = frozenset({"Bundle", "Binary"})


class SearchParameter(msgspec.Struct, frozen=True):
    """One search parameter as HL7 defines it; without targets it may lead to any type."""

    code: str
    type: str
    expression: str
    url: str
    base: tuple[str, ...]
    target: tuple[str, ...] = ()


class Element(msgspec.Struct, frozen=True):
    """One element of a type: how many, and of which types; ``#Patient.contact`` means shaped as that one is."""

    name: str
    least: int
    many: bool
    types: tuple[str, ...]


Shape = Mapping[str, tuple[Element, ...]]
"""The elements of each backbone by its path; '' is the type itself."""


@cache
def resource_types() -> Mapping[str, Shape]:
    """Every resource type that can be stored."""
    return _shapes("resources")


@cache
def data_types() -> Mapping[str, Shape]:
    """Every complex data type."""
    return _shapes("types")


@cache
def primitive_patterns() -> Mapping[str, str]:
    """The regular expressions of the primitive types."""
    found: dict[str, str] = _read("primitives", dict[str, str])
    return found


@cache
def patient_compartment() -> Mapping[str, tuple[str, ...]]:
    """The parameters that tie each type to a patient."""
    found: dict[str, tuple[str, ...]] = _read("patient_compartment", dict[str, tuple[str, ...]])
    return found


@cache
def parameters_of(resource_type: str) -> Mapping[str, SearchParameter]:
    """The search parameters of that type by code; those of every type included."""
    bases = {resource_type, *(_EVERY_TYPE[:1] if resource_type in _NOT_DOMAIN else _EVERY_TYPE)}
    return {each.code: each for each in _parameters() if bases.intersection(each.base)}


@cache
def choices() -> Mapping[str, tuple[str, ...]]:
    """The types that each choice element may take anywhere: ``onset`` → ``Age``, ``DateTime`` …"""
    found: dict[str, dict[str, None]] = {}
    for shape in (*resource_types().values(), *data_types().values()):
        for element in (each for elements in shape.values() for each in elements if each.name.endswith("[x]")):
            found.setdefault(element.name[:-3], {}).update(dict.fromkeys(map(capital, element.types)))
    return {name: tuple(types) for name, types in found.items()}


def capital(name: str) -> str:
    """The name with a capital first letter, as a choice element carries it."""
    return name[:1].upper() + name[1:]


@cache
def _parameters() -> tuple[SearchParameter, ...]:
    """Every search parameter."""
    found: tuple[SearchParameter, ...] = _read("search_parameters", tuple[SearchParameter, ...])
    return found


def _shapes(name: str) -> dict[str, Shape]:
    """The shapes of that file."""
    written = _read(name, dict[str, dict[str, dict[str, str]]])
    return {
        kind: {path: tuple(_element(*row) for row in elements.items()) for path, elements in shape.items()}
        for kind, shape in written.items()
    }


def _element(name: str, written: str) -> Element:
    """The element from ``min..max type|type``."""
    count, _, types = written.partition(" ")
    least, _, most = count.partition("..")
    return Element(name, int(least), most != "1", tuple(types.split("|")))


def _read(name: str, kind: Any) -> Any:
    """One of the data files."""
    return msgspec.json.decode((_FOLDER / f"{name}.json").read_bytes(), type=kind)
