"""What is known of a patient, source by source, and what the clinician is about to sign.

A source is one question put to the EHR (``labs``, ``conditions``). It was answered with resources, answered with
nothing, not answered, or never asked: four types, so that a failed read can never pass for "no finding".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cds.fhir.resources import Medication, OtherResource, Resource


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A resource that was sent and could not be read: why, and of it whatever could be made out ('' if nothing)."""

    why: str
    resource_type: str = ""
    id: str = ""

    @property
    def ref(self) -> str:
        """Type and id as far as known, as ``Condition/7``; ``a resource`` if neither is."""
        kind = self.resource_type or "a resource"
        return f"{kind}/{self.id}" if self.id else kind


@dataclass(frozen=True, slots=True)
class Found:
    """Resources came. ``complete`` is false, and ``why_incomplete`` says why, if there are or may be more than these.

    ``newest_first`` is told only of a source that was cut short: what is missing is then older than what is here.
    ``next_page`` is the URL of the next page, '' if none. ``medications`` are the Medication resources met, by every
    reference that may point at them; ``patient_urls`` the ids of Patient entries by their fullUrl. ``notes`` say what
    was repaired or passed over.
    """

    resources: tuple[Resource, ...]
    complete: bool = True
    why_incomplete: str = ""
    newest_first: bool = False
    next_page: str = ""
    unreadable: tuple[Unreadable, ...] = ()
    medications: Mapping[str, Medication] = field(default_factory=dict)
    patient_urls: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Empty:
    """The question was answered: there is nothing."""

    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The question was asked and not answered; why, in plain words."""

    why: str


@dataclass(frozen=True, slots=True)
class NotAsked:
    """Nobody asked."""


Source = Found | Empty | Failed | NotAsked


_NOT_ASKED: Final = NotAsked()


@dataclass(frozen=True, slots=True)
class Chart:
    """One patient as read: every source by name, drugs by reference, and what was left out or repaired.

    ``patient_id`` is the bare id. A source name that is not in ``sources`` was not asked for.
    """

    patient_id: str
    sources: Mapping[str, Source]
    medications: Mapping[str, Medication] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def source(self, name: str) -> Source:
        """The source of that name; NotAsked if there is none."""
        return self.sources.get(name, _NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Draft:
    """The orders that are about to be signed.

    ``unreadable`` names the orders that could not be read. ``selections`` are the references of the orders that are
    being selected (order-select), empty for order-sign. ``medications`` are the drugs that came in the draft bundle.
    """

    orders: tuple[Resource | OtherResource, ...] = ()
    medications: Mapping[str, Medication] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    selections: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
