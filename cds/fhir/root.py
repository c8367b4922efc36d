"""What every resource has, and the resources that often stand beside the ones we read and are only passed over."""

from __future__ import annotations

from cds.fhir.elements import CodeableConcept, Element


class Root(Element, frozen=True, tag_field="resourceType", tag=True):
    """A resource: an id and a type."""

    id: str | None = None

    @property
    def kind(self) -> str:
        """Its resourceType."""
        return type(self).__name__

    @property
    def ref(self) -> str:
        """Type and id, as ``Observation/7``; the type alone if it has no id."""
        return f"{type(self).__name__}/{self.id}" if self.id else type(self).__name__


class Issue(Element, frozen=True):
    """One thing that a server had to say."""

    severity: str | None = None
    code: str | None = None
    details: CodeableConcept | None = None
    diagnostics: str | None = None


class OperationOutcome(Root, frozen=True):
    """A server's word on how an operation went: often sent where data was asked for."""

    issue: tuple[Issue, ...] = ()


class Bystander(Root, frozen=True):
    """A resource of a known type that says nothing we use."""


class CareTeam(Bystander, frozen=True):
    """Passed over."""


class Coverage(Bystander, frozen=True):
    """Passed over."""


class Device(Bystander, frozen=True):
    """Passed over."""


class Encounter(Bystander, frozen=True):
    """Passed over."""


class Location(Bystander, frozen=True):
    """Passed over."""


class Organization(Bystander, frozen=True):
    """Passed over."""


class Practitioner(Bystander, frozen=True):
    """Passed over."""


class PractitionerRole(Bystander, frozen=True):
    """Passed over."""


class Provenance(Bystander, frozen=True):
    """Passed over."""


class Specimen(Bystander, frozen=True):
    """Passed over."""


PassedOver = (
    CareTeam | Coverage | Device | Encounter | Location | Organization | Practitioner | PractitionerRole | Provenance
    | Specimen
)  # fmt: skip
