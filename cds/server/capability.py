"""``/metadata``: what the server can do, made from what it has and does."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final

from cds.server.ask import encoded
from cds.server.definitions import SearchParameter, parameters_of, resource_types
from cds.server.moments import instant, written

_DEEDS: Final = ("read", "vread", "update", "delete", "history-instance", "create", "search-type")
_EVERYTHING: Final = {
    "name": "everything",
    "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
}
_CORS: Final = {"cors": True}


def statement(base: str, now: datetime) -> bytes:
    """The CapabilityStatement of the server at that address."""
    return encoded(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": written(instant(now)),
            "kind": "instance",
            "software": {"name": "bone-cds embedded FHIR server"},
            "implementation": {"description": "A small EHR for trying out and for tests", "url": base},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "json"],
            "rest": [_rest()],
        }
    )


@cache
def _rest() -> dict[str, Any]:
    """What can be done."""
    return {
        "mode": "server",
        "security": _CORS,
        "resource": [_resource(kind) for kind in sorted(resource_types())],
        "interaction": [{"code": "transaction"}, {"code": "batch"}],
    }


def _resource(kind: str) -> dict[str, Any]:
    """What can be done with a type."""
    known = sorted(parameters_of(kind).values(), key=lambda each: each.code)
    links = [each for each in known if each.type == "reference"]
    operations = {"operation": [_EVERYTHING]} if kind == "Patient" else {}
    referring = _referring().get(kind, [])
    return {
        "type": kind,
        "interaction": [{"code": code} for code in _DEEDS],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical", "local"],
        **({"searchInclude": [f"{kind}:{each.code}" for each in links]} if links else {}),
        **({"searchRevInclude": referring} if referring else {}),
        "searchParam": [{"name": each.code, "definition": each.url, "type": each.type} for each in known],
        **operations,
    }


@cache
def _referring() -> dict[str, list[str]]:
    """For each type the parameters by which others may refer to it."""
    found: dict[str, list[str]] = {}
    for source in sorted(resource_types()):
        for each in parameters_of(source).values():
            for target in _targets(each):
                found.setdefault(target, []).append(f"{source}:{each.code}")
    return found


def _targets(parameter: SearchParameter) -> tuple[str, ...]:
    """The types that the parameter is said to lead to."""
    return parameter.target if parameter.type == "reference" else ()
