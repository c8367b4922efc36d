"""``/sandbox``: the order-entry simulator. It plays the EHR: chart, order, signing, cards, and everything behind them.

It asks the service as an EHR does and shows what comes back. It decides nothing: every clinical word on its pages comes
from the rule book, by way of the service's answers.
"""

from __future__ import annotations

from pathlib import Path

from starlette.routing import BaseRoute

from cds.bootstrap import House
from cds.web.sandbox.own_pages import OwnPages
from cds.web.sandbox.room import PatientPages, Room

__all__ = ["sandbox_routes"]


def sandbox_routes(house: House, fixtures: Path) -> list[BaseRoute]:
    """The routes of the simulator of a house with a FHIR server; it is for development alone."""
    room = Room(house, fixtures)
    return [*PatientPages(room).routes(), *OwnPages(room).routes()]
