"""The same result as another EHR sends it, and facts of other subjects set by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cds.facts.subjects  # noqa: F401
from cds.engine.fact import Fact, Known, Value
from cds.facts.view import View

Resource = dict[str, Any]
Style = Callable[[Resource], Resource]


def as_ucum(resource: Resource) -> Resource:
    """As it is: LOINC by its usual URL, UCUM code and unit, a plain date."""
    return resource


def as_hospital(resource: Resource) -> Resource:
    """Local code first, LOINC by its OID, unit as text only, amended, a time with zone, category as an object."""
    quantity = resource.get("valueQuantity")
    told = {
        **resource,
        "status": "amended" if resource["status"] == "final" else resource["status"],
        "category": {"coding": [{"code": "laboratory"}]},
        "code": {"coding": [{"system": "urn:oid:1.2.3", "code": "LAB7"}, *map(_by_oid, resource["code"]["coding"])]},
        "effectiveDateTime": f"{resource['effectiveDateTime']}T08:15:00+01:00",
    }
    if quantity:
        told["valueQuantity"] = {key: value for key, value in quantity.items() if key not in ("system", "code")}
    return told


def _by_oid(coding: Resource) -> Resource:
    return {**coding, "system": "urn:oid:2.16.840.1.113883.6.1"}


STYLES: tuple[Style, ...] = (as_ucum, as_hospital)


def given(view: View, **facts: Fact | Value) -> View:
    """The view with facts set by hand, ``__`` for the dot; a plain value is a known one."""
    for name, fact in facts.items():
        view[name.replace("__", ".")] = fact if isinstance(fact, Fact) else Known(fact)
    return view
