"""A page held against its model: every refusal of pydantic in an author's words, with line and nearest spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.page import Page, Place, Spot

T = TypeVar("T")

STRICT = "a slip of the pen must be an error here, never a guess"
NAMES = "names are lower case: words with hyphens for ids, with dots and underscores for facts and numbers"
_ADAPTERS: Final[dict[Any, TypeAdapter[Any]]] = {}
TEXT_FIX = 'put it in quotes: "{value}"'


def written(page: Page, shape: type[T], faults: list[RuleFault]) -> T | None:
    """The page as its model; None, with every refusal added to ``faults``, when it does not fit."""
    return written_at(page, (), shape, faults)


def written_at(page: Page, place: Place, shape: type[T], faults: list[RuleFault]) -> T | None:
    """What stands at one place of the page as its model; None, with every refusal added, when it does not fit."""
    data: Any = page.data
    for part in place:
        data = data[part]
    try:
        return _adapter(shape).validate_python(data)
    except ValidationError as wrong:
        refused = _Refused(Spot(page, place), shape)
        faults.extend(sorted({refused.fault(each) for each in wrong.errors(include_url=False)}))
        return None


def _adapter(shape: type[T]) -> TypeAdapter[T]:
    """The reader of that model, made once: there are few models and hundreds of places."""
    if shape not in _ADAPTERS:
        _ADAPTERS[shape] = TypeAdapter(shape)
    return _ADAPTERS[shape]


class _Refused:
    """Puts refusals of one model at one spot into an author's words."""

    def __init__(self, spot: Spot, shape: Any) -> None:
        self.spot, self.shape = spot, shape

    def fault(self, error: ErrorDetails) -> RuleFault:
        """The refusal with line, reason and remedy."""
        spot, name, value = self._spot(error["loc"]), _name(error["loc"]), error["input"]
        match error["type"]:
            case "extra_forbidden":
                return spot.fault(f"unknown key `{name}`", STRICT, self._known_keys(name, error["loc"]))
            case "missing":
                return spot.fault(f"`{name}` is missing", "it has no safe default", f"add `{name}:`")
            case "literal_error" | "enum":
                known = re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))
                fix = correction(str(value), known, "write one of: " + ", ".join(known))
                return spot.fault(f"`{name}` cannot be {_short(value)}", "only a closed list fits here", fix)
            case (
                "string_type" | "date_type" | "date_from_datetime_parsing"
                | "float_parsing" | "int_parsing" | "float_type" | "finite_number"
            ) as kind:  # fmt: skip
                return spot.fault(f"`{name}` cannot be {_short(value)}", error["msg"], _type_fix(kind, value))
            case "string_pattern_mismatch":
                return spot.fault(f"{_short(value)} is not a name", NAMES, f"try `{_as_name(str(value))}`")
        return spot.fault(f"`{name}`: {error['msg']}", f"it says {_short(value)}", "write what fits")

    def _known_keys(self, name: str, loc: Sequence[int | str]) -> str:
        known = _fields(_model_at(self.shape, loc[:-1]))
        return correction(name, known, "leave it out; known here: " + ", ".join(known))

    def _spot(self, loc: Sequence[int | str]) -> Spot:
        """Pydantic's location as far as it is written in the page."""
        spot = self.spot
        for part in loc:
            if (*spot.place, part) in spot.page.lines:
                spot = spot.at(part)
        return spot


def _type_fix(kind: str, value: object) -> str:
    if kind == "string_type":
        return TEXT_FIX.format(value=value) if isinstance(value, bool | int | float) else "write one text"
    if kind.startswith("date"):
        return "write a date as year-month-day: 2026-11-20"
    return "write a plain number: 7.5"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _as_name(text: str) -> str:
    lower = re.sub(r"[^a-z0-9_.\-]+", "-", text.lower()).strip("-")
    return lower or "a-name"


def _name(loc: Sequence[int | str]) -> str:
    """The last key that an author wrote: union and key markers of pydantic and list numbers are left out."""
    keys = [str(each) for each in loc if isinstance(each, str) and not _marker(each)]
    return keys[-1] if keys else "the file"


def _marker(part: str) -> bool:
    return part in {"[key]", "bool", "str", "none"}


def _model_at(shape: Any, loc: Iterable[int | str]) -> type[BaseModel] | None:
    """The model that stands at the location; None when there is none."""
    model = _inner(shape)
    for part in loc:
        if model is None or isinstance(part, int):
            continue
        field = _field_annotations(model).get(part)
        model = model if field is None else _inner(field)
    return model


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The first model inside a type, however it is wrapped."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _inner(each))), None)


def _field_annotations(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _fields(model: type[BaseModel] | None) -> list[str]:
    return list(_field_annotations(model)) if model else []
