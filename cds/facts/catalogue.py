"""The closed catalogue of facts: what each is called, its type and unit, how far it looks back, where it is read.

A fact is registered beside its extractor. Rules, discovery, traces and the rule book's pages all read this list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

if TYPE_CHECKING:
    from cds.engine.fact import Fact
    from cds.facts.view import View


class Type(Enum):
    """What kind of value a fact has."""

    BOOL = "yes or no"
    NUMBER = "number"
    CODE = "code"
    DATE = "date"
    SET = "set of codes"


Extractor = Callable[["View"], "Fact"]


@dataclass(frozen=True, slots=True)
class FactDef:
    """One entry of the catalogue.

    ``look_back`` names the parameter that says how old a reading may be, '' if any age will do. ``reads`` are the
    sources it is read from. ``codes`` are the codes that a CODE fact can have. An ``optional`` fact is known to be
    absent (value None) where nothing was recorded, and never keeps a question open.
    """

    id: str
    type: Type
    words: str
    extract: Extractor
    unit: str = ""
    look_back: str = ""
    reads: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    optional: bool = False


_ENTRIES: Final[dict[str, FactDef]] = {}
CATALOGUE: Final[Mapping[str, FactDef]] = MappingProxyType(_ENTRIES)
"""Every fact that a loaded module registered, by id; ``cds.facts.subjects`` loads them all."""


class _Particulars(TypedDict, total=False):
    unit: str
    look_back: str
    reads: tuple[str, ...]
    codes: tuple[str, ...]
    optional: bool


def fact(id_: str, type_: Type, *, words: str, **particulars: Unpack[_Particulars]) -> Callable[[Extractor], Extractor]:
    """The decorated function extracts the fact of that id. Raises ValueError if the id is taken."""

    def register(extract: Extractor) -> Extractor:
        if id_ in _ENTRIES:
            raise ValueError(f"the fact {id_} is registered twice")
        _ENTRIES[id_] = FactDef(id_, type_, words, extract, **particulars)
        return extract

    return register
