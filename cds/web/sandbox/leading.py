"""Where the references of a Bundle lead once its resources have other names.

A reference by condition (``Practitioner?identifier=…|…``) leads to what answers it in the Bundle. If nothing does, it
becomes a logical reference, or words alone: no server need hold what it asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

Plain = dict[str, Any]
_CONDITION: Final = re.compile(r"(?P<kind>[A-Z][A-Za-z]+)\?(?P<query>.+)", re.DOTALL)
_MOST_FIELDS: Final = 20


@dataclass(frozen=True, slots=True)
class Here:
    """What the resources of the Bundle are called here; by type and value of an identifier its systems and theirs."""

    names: Mapping[str, str]
    identified: Mapping[tuple[str, str], Sequence[tuple[str, str]]]

    def named(self, reference: str) -> str:
        """The name of what the reference leads to, '' if that is not in the Bundle."""
        plain = reference.partition("/_history/")[0]
        return self.names.get(plain) or self.names.get("/".join(plain.rsplit("/", 2)[-2:])) or ""

    def answering(self, kind: str, wanted: Mapping[str, str]) -> str:
        """The name of the one resource of that type with that identifier, '' if there is none or several."""
        system = wanted.get("system", "")
        given = self.identified.get((kind, wanted["value"]), ())
        found = {name for each, name in given if system in ("", each)}
        return found.pop() if len(found) == 1 else ""


def led(it: Any, here: Here) -> Any:
    """The same JSON, every reference in it led to where it leads here."""
    if isinstance(it, list):
        return [led(each, here) for each in it]
    if not isinstance(it, dict):
        return it
    below = {key: led(value, here) for key, value in it.items()}
    return _reference(below, here) if isinstance(it.get("reference"), str) else below


def _reference(it: Plain, here: Here) -> Plain:
    reference = it["reference"]
    asked = _CONDITION.fullmatch(reference)
    if asked is None:
        return {**it, "reference": here.named(reference) or reference}
    identifier = next(_identifier(asked["query"]), {})
    name = here.answering(asked["kind"], identifier) if identifier else ""
    if name:
        return {**it, "reference": name}
    rest = {key: value for key, value in it.items() if key != "reference"}
    if identifier:
        return {"type": asked["kind"], "identifier": identifier, **rest}
    return {"display": reference, **rest}


def _identifier(query: str) -> Iterator[dict[str, str]]:
    """The identifier that the query asks for, if it asks for one and for nothing else."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return
    if len(pairs) == 1 and pairs[0][0] == "identifier" and "," not in pairs[0][1]:
        before, bar, after = pairs[0][1].partition("|")
        system, value = (before, after) if bar else ("", before)
        if value.strip() and not re.search(r"\s", system):
            yield {"system": system, "value": value} if system else {"value": value}
