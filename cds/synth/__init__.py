"""Seeded synthetic patients: people who never lived, with full charts in the coding habits of several EHRs.

Same seed, same bytes, whatever the platform. What the population looks like, its codes, habits and stories are data in
``fixtures/synthetic``. This room writes charts; it never decides anything about them and never reads the clock.
"""

from __future__ import annotations

from cds.synth.orders import Order, Orders
from cds.synth.population import Person, Population

__all__ = ["Order", "Orders", "Person", "Population"]
