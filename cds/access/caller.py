"""Who asks, as far as the rest of the service needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cds.hooks.version import WHOLE, Shape


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that proved who it is, or (with no ``issuer``) one that was let in unsigned.

    ``fhir_servers`` are the only ones that may be read for it; None: those that the settings allow.
    """

    issuer: str = ""
    tenant: str = ""
    fhir_servers: tuple[str, ...] | None = None
    shape: Shape = WHOLE

    @property
    def name(self) -> str:
        """What keeps one organisation's patients apart from another's with the same ids; '' for the unsigned."""
        return f"{self.issuer} {self.tenant} " if self.issuer else ""


UNSIGNED: Final = Caller()
