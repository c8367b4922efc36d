"""What a resource is found by: one entry for each value of each search parameter."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from cds.server.definitions import parameters_of
from cds.server.moments import stretches
from cds.server.paths import first_members, values
from cds.server.references import target_of

ANY_SYSTEM: Final = "*"
"""The system of a plain ``code`` element: it is implied, and so it matches whatever system is asked for."""

IDENTIFIER: Final = ":identifier"
_NAME_PARTS: Final = ("family", "given", "prefix", "suffix", "text")
_ADDRESS_PARTS: Final = ("text", "line", "city", "district", "state", "postalCode", "country")
_LONGEST: Final = 1000


class Entry(NamedTuple):
    """The table that the entry goes to, its parameter (``Patient.name``), and the rest of its row."""

    table: str
    param: str
    row: Mapping[str, Any]


def entries(resource: Mapping[str, Any], base: str) -> list[Entry]:
    """Every entry of the resource, each once; ``base`` is the server's own address, for references to itself."""
    kind = resource["resourceType"]
    found: dict[tuple[Any, ...], Entry] = {}
    for code, parameter in parameters_of(kind).items():
        needed = first_members(kind, code)
        if needed and needed.isdisjoint(resource):
            continue
        for value in values(kind, code)(resource):
            for entry in _READERS[parameter.type](f"{kind}.{code}", value, base):
                found[(entry.table, entry.param, *entry.row.values())] = entry
    return list(found.values())


def folded(text: str) -> str:
    """The text without case and accents, as strings are compared."""
    apart = unicodedata.normalize("NFKD", text[:_LONGEST])
    return "".join(each for each in apart if not unicodedata.combining(each)).casefold()[:_LONGEST]


def _tokens(param: str, value: Any, _: str) -> Iterator[Entry]:
    """A coded value: of a CodeableConcept every coding."""
    if isinstance(value, bool):
        yield _token(param, ANY_SYSTEM, "true" if value else "false")
    elif isinstance(value, str):
        yield _token(param, ANY_SYSTEM, value)
    elif isinstance(value, dict) and isinstance(value.get("coding"), list):
        for coding in value["coding"]:
            yield from _tokens(param, coding, _)
    elif isinstance(value, dict) and "text" in value:
        yield _token(param, "", "")  # said in words alone: not missing, and found by no code
    elif isinstance(value, dict):
        code = value.get("code", value.get("value"))
        is_contact = "value" in value and "use" in value and value.get("system") in _CONTACTS
        if isinstance(code, str):
            yield _token(param, "" if is_contact else str(value.get("system") or ""), code)


_CONTACTS: Final = frozenset({"phone", "fax", "email", "pager", "url", "sms", "other"})


def _token(param: str, system: str, code: str) -> Entry:
    return Entry("token", param, {"system": system, "code": code})


def _strings(param: str, value: Any, _: str) -> Iterator[Entry]:
    """A text, or the parts of a name or address and all of them together."""
    if isinstance(value, str):
        yield Entry("text", param, {"raw": value[:_LONGEST], "folded": folded(value)})
    elif isinstance(value, dict):
        parts = [part for name in dict.fromkeys(_NAME_PARTS + _ADDRESS_PARTS) for part in _texts(value.get(name))]
        for part in dict.fromkeys([*parts, " ".join(parts)]):
            yield from _strings(param, part, _)


def _texts(value: Any) -> list[str]:
    """The texts of an element that may have one or several."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _dates(param: str, value: Any, _: str) -> Iterator[Entry]:
    """Every stretch of time."""
    for each in stretches(value):
        yield Entry("moment", param, {"low": each.low, "high": each.high})


def _numbers(param: str, value: Any, _: str) -> Iterator[Entry]:
    """A number, a quantity with its unit, or a range."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield _number(param, value, value, {})
    elif isinstance(value, dict) and ("low" in value or "high" in value):
        ends = [value.get("low") or {}, value.get("high") or {}]
        if all(isinstance(end, dict) for end in ends):
            yield _number(param, ends[0].get("value"), ends[1].get("value"), ends[0] or ends[1])
    elif isinstance(value, dict) and "value" in value:
        yield _number(param, value["value"], value["value"], value)


def _number(param: str, low: Any, high: Any, unit: Mapping[str, Any]) -> Entry:
    """The entry of a stretch of numbers; an end that is missing is open."""
    told = {name: str(unit.get(name) or "") for name in ("system", "code", "unit")}
    told["code"] = told["code"] or str(unit.get("currency") or "")
    ends = {"low": _float(low, "-inf"), "high": _float(high, "inf")}
    return Entry("number", param, ends | told)


def _float(value: Any, otherwise: str) -> float:
    """The number as the database compares it."""
    return float(str(value)) if isinstance(value, int | Decimal) else float(otherwise)


def _links(param: str, value: Any, base: str) -> Iterator[Entry]:
    """Where a Reference or canonical leads, and the identifier that a Reference may carry."""
    written = value.get("reference") if isinstance(value, dict) else value
    target = target_of(written, base) if isinstance(written, str) else None
    if target is not None:
        yield Entry("link", param, {"type": target.type, "id": target.id, "url": target.url})
    if isinstance(value, dict) and isinstance(value.get("identifier"), dict):
        yield from _tokens(param + IDENTIFIER, value["identifier"], base)


def _addresses(param: str, value: Any, _: str) -> Iterator[Entry]:
    """A URI, compared as it is."""
    if isinstance(value, str):
        yield Entry("text", param, {"raw": value[:_LONGEST], "folded": value[:_LONGEST]})


_READERS: Final[Mapping[str, Callable[[str, Any, str], Iterator[Entry]]]] = {
    "token": _tokens,
    "string": _strings,
    "date": _dates,
    "number": _numbers,
    "quantity": _numbers,
    "reference": _links,
    "uri": _addresses,
}
