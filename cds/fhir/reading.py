"""One resource from bytes: fast if it is as R4 says, mended if it is not, ``Unreadable`` if what matters was lost."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, cast, get_args

import msgspec
from msgspec import inspect

from cds.fhir.bodies import mend_surrogates
from cds.fhir.chart import Unreadable
from cds.fhir.elements import Element
from cds.fhir.mend import Repairs, mend
from cds.fhir.resources import OperationOutcome, OtherResource, Resource
from cds.fhir.root import PassedOver, Root

UNSOUND: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Everything that msgspec raises on input that it cannot read."""

Readable = Resource | OperationOutcome | PassedOver
"""Every resource that has a class of its own."""

_LONGEST_NAME: Final = 64


class Mended(Element, frozen=True):
    """A resource that was read after repair, and the members that were bent or dropped for it."""

    resource: Resource | OperationOutcome | PassedOver | OtherResource
    members: tuple[str, ...]


Read = Readable | OtherResource | Mended | Unreadable
"""What came of one resource."""

_DECODER: Final[msgspec.json.Decoder[Readable]] = msgspec.json.Decoder(Readable)
_CLASSES: Final[dict[str, type[Root]]] = {cls.__name__: cls for cls in get_args(Readable)}

_DRUG: Final = frozenset({"status", "doNotPerform", "medicationCodeableConcept", "medicationReference", "subject"})
_PROBLEM: Final = frozenset({"clinicalStatus", "verificationStatus", "code", "subject"})
_SERVICE: Final = frozenset({"status", "doNotPerform", "code", "subject"})
ESSENTIAL: Final[dict[str, frozenset[str]]] = {
    "Patient": frozenset({"id", "deceasedBoolean", "deceasedDateTime"}),
    "Condition": _PROBLEM,
    "AllergyIntolerance": (_PROBLEM - {"subject"}) | {"patient", "reaction"},
    "Procedure": _SERVICE,
    "ServiceRequest": _SERVICE,
    "DiagnosticReport": _SERVICE | {"conclusionCode", "contained"},
    "Medication": frozenset({"code", "ingredient"}),
    "MedicationRequest": _DRUG | {"contained"},
    "MedicationStatement": _DRUG | {"contained"},
    "MedicationAdministration": _DRUG | {"contained"},
    "MedicationDispense": _DRUG | {"contained"},
    "Observation": _SERVICE | {
        "valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean", "valueInteger", "valueDecimal",
        "valueRange", "component", "interpretation", "referenceRange", "bodySite", "contained",
    },
}  # fmt: skip
"""Members without which a resource would mean something else: if one was sent and cannot be read, neither can it."""

_HARMLESS: Final = frozenset({"display", "id"})
"""Members inside an essential one that may be lost all the same."""


def read_resource(raw: bytes | msgspec.Raw) -> Read:
    """The resource of its class; OtherResource if its type is not read; Mended or Unreadable if it is not sound R4."""
    try:
        return _DECODER.decode(raw)
    except UNSOUND:
        plain, fault = plain_value(mend_surrogates(bytes(raw)))
        return Unreadable(fault) if fault else read_plain(plain)


def plain_value(raw: bytes) -> tuple[Any, str]:
    """The JSON value and '', or None and what is wrong with the JSON."""
    try:
        return msgspec.json.decode(raw), ""
    except UNSOUND as fault:
        return None, f"not JSON: {fault}"


def read_plain(plain: Any) -> Read:
    """The resource that a decoded JSON value holds."""
    kind = plain.get("resourceType") if isinstance(plain, dict) else None
    if not isinstance(kind, str) or not kind:
        return Unreadable("not a FHIR resource", id=_id_of(plain))
    cls: type[Any] = _CLASSES.get(kind, OtherResource)
    try:
        return _read_as(plain, kind, cls)
    except RecursionError:
        return Unreadable("nested too deeply", kind, _id_of(plain))


def _read_as(plain: dict[str, Any], kind: str, cls: type[Any]) -> Read:
    """The resource of that class, mended if need be."""
    try:
        return cast("Read", msgspec.convert(plain, cls))
    except msgspec.ValidationError:
        return _mended(plain, kind, cls)


def _mended(plain: dict[str, Any], kind: str, cls: type[Any]) -> Mended | Unreadable:
    """The resource with every member bent or dropped that does not fit; Unreadable if an essential one is lost."""
    fitted, repairs = mend(plain, _shape(cls.__name__))
    lost = sorted(_essential_losses(kind, repairs))
    if lost:
        return Unreadable(f"cannot read {', '.join(lost)}", kind, _id_of(plain))
    members = {path.partition(".")[0] for path in (*repairs.bent, *repairs.lost)}
    return Mended(resource=msgspec.convert(fitted, cls), members=tuple(sorted(members)))


@cache
def _shape(name: str) -> inspect.StructType:
    """What the class of that name is made of; looked at when the first resource of it needs mending."""
    return cast("inspect.StructType", inspect.type_info(_CLASSES.get(name, OtherResource)))


def _essential_losses(kind: str, repairs: Repairs) -> set[str]:
    """Essential top-level members of which anything but a display was lost."""
    essential = ESSENTIAL.get(kind, _DRUG | _SERVICE)
    grave = (path for path in repairs.lost if "." not in path or path.rpartition(".")[2] not in _HARMLESS)
    return {path.partition(".")[0] for path in grave} & essential


def _id_of(plain: Any) -> str:
    """The id if it is text of a sensible length, else ''."""
    found = plain.get("id") if isinstance(plain, dict) else None
    return found if isinstance(found, str) and len(found) <= _LONGEST_NAME else ""
