"""Which resources never count: entered in error, refuted, cancelled, not done, only proposed."""

from __future__ import annotations

from typing import Final

from cds.fhir.elements import CodeableConcept
from cds.fhir.resources import AllergyIntolerance, Condition, MedicationRequest, OtherResource, Resource, ServiceRequest

_VOID: Final[dict[str, frozenset[str]]] = {
    "Observation": frozenset({"entered-in-error", "cancelled", "unknown"}),
    "DiagnosticReport": frozenset({"entered-in-error", "cancelled"}),
    "Procedure": frozenset({"entered-in-error", "not-done", "preparation", "stopped", "on-hold"}),
    "ServiceRequest": frozenset({"entered-in-error", "revoked", "draft"}),
    "MedicationRequest": frozenset({"entered-in-error", "cancelled", "draft"}),
    "MedicationStatement": frozenset({"entered-in-error", "not-taken"}),
    "MedicationAdministration": frozenset({"entered-in-error", "not-done"}),
    "MedicationDispense": frozenset({"entered-in-error", "cancelled", "declined", "preparation"}),
}
PLAIN: Final = frozenset({"final", "completed", "active", "amended", "corrected"})
"""Statuses that count for every type, but for drugs and services that are only proposed."""

_VERIFIED: Final = (Condition, AllergyIntolerance)
_ORDERED: Final = (MedicationRequest, ServiceRequest)
_REFUTED: Final = frozenset({"refuted", "entered-in-error"})
_DOUBTFUL: Final = frozenset({"provisional", "differential", "unconfirmed"})
_OVER: Final = frozenset({"inactive", "remission", "resolved"})
_ONLY_PROPOSED: Final = frozenset({"proposal", "option"})
_NOT_SIGNED: Final = frozenset({"cancelled", "stopped", "completed", "on-hold", "entered-in-error", "revoked"})


def words_of(concept: CodeableConcept | None) -> frozenset[str]:
    """The codes and the text, in lower case."""
    if concept is None:
        return frozenset()
    words = [coding.code.lower() for coding in concept.coding if coding.code]
    if concept.text:
        words.append(concept.text.strip().lower())
    return frozenset(words)


def counts(resource: Resource) -> bool:
    """Whether the resource says anything of the patient."""
    if isinstance(resource, _VERIFIED):
        return not (resource.verification_status and words_of(resource.verification_status) & _REFUTED)
    if isinstance(resource, _ORDERED) and (resource.do_not_perform or resource.intent in _ONLY_PROPOSED):
        return False
    status: str | None = getattr(resource, "status", None)
    return status in PLAIN or status is None or status.lower() not in _VOID[resource.kind]


def is_certain(condition: Condition) -> bool:
    """Whether it is not marked as provisional, differential or unconfirmed."""
    return not (condition.verification_status and words_of(condition.verification_status) & _DOUBTFUL)


def is_active(condition: Condition | AllergyIntolerance) -> bool:
    """Whether it goes on: not inactive, in remission or resolved; and if no status says so, not abated."""
    if condition.clinical_status is not None:
        return not words_of(condition.clinical_status) & _OVER
    return isinstance(condition, AllergyIntolerance) or not _has_abated(condition)


def _has_abated(condition: Condition) -> bool:
    return bool(
        condition.abatement_boolean or condition.abatement_date_time or condition.abatement_period
        or condition.abatement_age or condition.abatement_string or condition.abatement_range
    )  # fmt: skip


def will_be_signed(order: Resource | OtherResource) -> bool:
    """Whether a draft order is on its way: whatever its status, unless it is over or held, or says *not* to do it."""
    status = getattr(order, "status", None) or ""
    return not getattr(order, "do_not_perform", None) and status.lower() not in _NOT_SIGNED
