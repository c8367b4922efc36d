"""The lenient path: one resource that does not fit its class is made to fit, member by member.

A list where one value belongs gives its first, a value where a list belongs gives a list of one, numbers as text and
text as numbers are turned round, text for a concept or reference becomes one. What still does not fit is dropped and
named. Only resources that failed the fast path come here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import inspect

from cds.fhir.elements import CodeableConcept, Quantity, Reference

_NUMBER: Final = re.compile(r"\s*[-+]?\d{1,18}(\.\d{1,18})?([eE][-+]?\d{1,2})?\s*")
_LOST: Final = object()
_FLAGS: Final = {"true": True, "false": False}


@dataclass(slots=True)
class Repairs:
    """Paths of the members that were bent to fit, and of those that had to be dropped."""

    bent: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def mend(plain: dict[str, Any], shape: inspect.StructType) -> tuple[dict[str, Any], Repairs]:
    """Members of ``plain`` that fit the struct, bent where needed, and what was bent or lost on the way."""
    repairs = Repairs()
    return _members(plain, shape, "", repairs), repairs


def _members(plain: dict[str, Any], shape: inspect.StructType, path: str, repairs: Repairs) -> dict[str, Any]:
    """The struct's own members, each mended; nulls and members that are lost are left out."""
    kept: dict[str, Any] = {}
    if shape.tag_field:
        kept[shape.tag_field] = shape.tag
    for member in shape.fields:
        value = plain.get(member.encode_name)
        if value is None:
            continue
        here = f"{path}.{member.encode_name}" if path else member.encode_name
        mended = _fit(value, member.type, here, repairs)
        if mended is not _LOST:
            kept[member.encode_name] = mended
    return kept


def _fit(value: Any, shape: inspect.Type, path: str, repairs: Repairs) -> Any:
    """The value as the shape wants it, or ``_LOST`` with its path noted."""
    if isinstance(shape, inspect.UnionType):
        return _fit_union(value, shape, path, repairs)
    if isinstance(shape, inspect.VarTupleType):
        return _fit_list(value, shape, path, repairs)
    if isinstance(shape, inspect.StructType):
        return _fit_struct(value, shape, path, repairs)
    return _fit_scalar(value, shape, path, repairs)


def _fit_union(value: Any, shape: inspect.UnionType, path: str, repairs: Repairs) -> Any:
    """Optional members fit their one type; contained resources the type that they name (others are passed over)."""
    choices = [choice for choice in shape.types if not isinstance(choice, inspect.NoneType)]
    if len(choices) == 1:
        return _fit(value, choices[0], path, repairs)
    named = value.get("resourceType") if isinstance(value, dict) else None
    for choice in choices:
        if isinstance(choice, inspect.StructType) and choice.tag == named:
            return _fit_struct(value, choice, path, repairs)
    return _LOST


def _fit_list(value: Any, shape: inspect.VarTupleType, path: str, repairs: Repairs) -> Any:
    """A list of what fits; a single value becomes a list of one."""
    if not isinstance(value, list):
        repairs.bent.append(path)
        value = [value]
    fitted = [_fit(item, shape.item_type, path, repairs) for item in value if item is not None]
    return [item for item in fitted if item is not _LOST]


def _fit_struct(value: Any, shape: inspect.StructType, path: str, repairs: Repairs) -> Any:
    """An object: the one itself, the only one of a list, or one made of the text or number that was sent instead."""
    value = _only(value, path, repairs)
    if isinstance(value, dict):
        return _members(value, shape, path, repairs)
    made = _MADE_OF.get(shape.cls, _nothing)(value)
    (repairs.bent if made else repairs.lost).append(path)
    return made or _LOST


def _fit_scalar(value: Any, shape: inspect.Type, path: str, repairs: Repairs) -> Any:
    """Text, number or flag as wanted; XML-like ``{"value": x}`` is ``x``."""
    only = _only(value, path, repairs)
    if isinstance(only, dict):
        only = only.get("value")
    fitted = _SCALARS[type(shape)](only)
    if fitted is None:
        repairs.lost.append(path)
        return _LOST
    if fitted is not value:
        repairs.bent.append(path)
    return fitted


def _only(value: Any, path: str, repairs: Repairs) -> Any:
    """The first of a list, noted as lost if there were others; anything else as it is."""
    if not isinstance(value, list):
        return value
    (repairs.bent if len(value) == 1 else repairs.lost).append(path)
    return value[0] if value else None


def _text(value: Any) -> str | None:
    """Text, or a number as text."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def number(value: Any) -> float | None:
    """A finite number, or text that is plainly one; None otherwise."""
    if isinstance(value, str):
        value = float(value) if _NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
        return None
    return value if math.isfinite(value) else None


_LARGEST: Final = 1e100
"""No measurement is larger, and every int below it is a float."""


def _flag(value: Any) -> bool | None:
    """A bool, or text that is one."""
    if isinstance(value, str):
        return _FLAGS.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _nothing(_: Any) -> None:
    """Nothing can be made of it."""
    return


def _concept(value: Any) -> dict[str, Any] | None:
    """A concept of bare text: its text, and a code without a system (older FHIR versions send ``active``)."""
    return {"text": value, "coding": [{"code": value}]} if isinstance(value, str) else None


def _pointer(value: Any) -> dict[str, Any] | None:
    """A reference of bare text."""
    return {"reference": value} if isinstance(value, str) else None


def _amount(value: Any) -> dict[str, Any] | None:
    """A quantity of a bare number: without unit."""
    amount = number(value)
    return None if amount is None else {"value": amount}


_SCALARS: Final[dict[type, Callable[[Any], Any]]] = {
    inspect.StrType: _text,
    inspect.FloatType: number,
    inspect.BoolType: _flag,
}
_MADE_OF: Final[dict[type, Callable[[Any], dict[str, Any] | None]]] = {
    CodeableConcept: _concept,
    Reference: _pointer,
    Quantity: _amount,
}
