"""A made-up past for demonstrations: synthetic prescribers sign orders, and the journal tells what came of them.

Every order goes through the service and every answer through the journal, on the day on which it was signed. All of it
is in the journal or nothing is, written as simulated. It must never get near a production journal.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from pydantic import SecretStr

from cds.bootstrap import build
from cds.clock import fresh_uuid
from cds.hooks.discovery import OFFERS, Offer
from cds.hooks.feedback import read_feedback
from cds.journal.database import Database
from cds.journal.install import journal_keys, seal_ring
from cds.journal.kept import Clock, Kept, Keyring
from cds.journal.keys import own_secret
from cds.journal.memory import Memory
from cds.journal.outbox import Outbox
from cds.journal.simulated import History, histories, write_simulated
from cds.journal.slips import HISTORY
from cds.releases.in_force import rules_in_force
from cds.ruleset.archive import pack
from cds.ruleset.site import read_site
from cds.service import Service
from cds.settings import Settings
from cds.synth import Order, Orders

Tell = Callable[[int], None]
"""Hears how many orders have been signed."""

SPOOL_BYTES: Final = 1 << 30
INPUT_DAYS: Final = 365
"""For so long the inputs of a demonstration are kept: its history lies in the past already."""

_SIGN: Final = next(offer for offer in OFFERS if offer.hook == "order-sign")


@dataclass(slots=True)
class Calendar:
    """The clock of the made-up past: it stands where the order at hand was signed."""

    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def today(self) -> date:
        """The day of the order."""
        return self.at.date()

    def now(self) -> int:
        """The moment of the order, in milliseconds since 1970."""
        return int(self.at.timestamp() * 1000)


def keeping_inputs(settings: Settings) -> Settings:
    """The settings with inputs kept, so that changed rules are measured over them; under a key made here if needed."""
    ours = {"journal_keep_input": True, "journal_input_days": max(settings.journal_input_days, INPUT_DAYS)}
    if settings.journal_input_keys:
        return settings.model_copy(update=ours)
    key = b64encode(bytes.fromhex(own_secret(settings.data_folder / "input.key").decode())).decode()
    return settings.model_copy(update={**ours, "journal_input_keys": {"demo": SecretStr(key)}})


async def already_there(settings: Settings, orders: Orders) -> History | None:
    """The history of these patients and orders that the journal holds, whenever it ended; None if it holds none."""
    wanted = (orders.population.size, orders.count, orders.population.seed)
    database = Database(settings.journal_database)
    try:
        return next((it for it in await histories(database) if (it.patients, it.orders, it.seed) == wanted), None)
    finally:
        await database.close()


async def load_history(settings: Settings, orders: Orders, tell: Tell) -> History:
    """The orders and their answers are in the journal of the settings, all or none.

    Raises OSError, SQLAlchemyError, OtherKey, and what ``build`` raises.
    """
    house, calendar = build(settings), Calendar()
    try:
        with TemporaryDirectory(prefix="bone-cds-") as folder:
            outbox = Outbox(Path(folder), SPOOL_BYTES, fresh_uuid)
            journal = _journal(settings, outbox, calendar)
            past = _Past(replace(house.service, journal=journal, today=calendar.today), journal, calendar, orders)
            archive = pack(rules_in_force(settings), read_site(settings.site))
            async with journal.database.writing() as connection:
                for day in _by_day(orders):
                    if not past.signed:
                        calendar.at = _moment(day[0])
                        journal.lives_by(house.ruleset.fingerprint, archive)
                    await past.sign(day)
                    await write_simulated(connection, journal.keys, journal.ring, outbox)
                    tell(past.signed)
                told = past.told()
                journal.record(HISTORY, **msgspec.structs.asdict(told))
                await write_simulated(connection, journal.keys, journal.ring, outbox)
            await journal.close()
    finally:
        await house.close()
    return told


def _journal(settings: Settings, outbox: Outbox, calendar: Calendar) -> Kept:
    """A journal beside the one that the house keeps, into the same database; nobody is answered from it."""
    keys = journal_keys(settings)
    memory = Memory(keys.pseudonym, calendar.today, settings.remembered_cards, settings.remembered_patients)
    ring = Keyring(keys, seal_ring(settings), settings.journal_input_days if settings.journal_keep_input else None)
    clock = Clock(calendar.today, calendar.now, fresh_uuid)
    return Kept(Database(settings.journal_database), outbox, memory, ring, clock)


def _by_day(orders: Orders) -> Iterator[list[Order]]:
    """The orders of each day, in the order of their minutes."""
    return (sorted(day, key=lambda order: order.at) for _, day in groupby(orders, lambda order: order.day))


def _moment(order: Order) -> datetime:
    return datetime.fromisoformat(order.at)


@dataclass(slots=True)
class _Past:
    """The orders as they are signed and answered, one after the other."""

    service: Service
    journal: Kept
    calendar: Calendar
    orders: Orders
    signed: int = 0
    answers: int = 0
    first: str = ""

    async def sign(self, day: list[Order], offer: Offer = _SIGN) -> None:
        """The orders of the day were signed, and their cards answered."""
        for order in day:
            self.calendar.at = _moment(order)
            self.first = self.first or order.day.isoformat()
            answer = await self.service.answer(offer, msgspec.json.encode(order.request), self.service.budget())
            told = self.orders.answer(order, msgspec.json.decode(answer.body)["cards"])
            if told:
                await self.journal.take(offer.id, read_feedback(msgspec.json.encode({"feedback": told})))
            self.signed += 1
            self.answers += len(told)

    def told(self) -> History:
        """What there is of it by now."""
        people = self.orders.population
        return History(
            patients=people.size,
            orders=self.orders.count,
            seed=people.seed,
            first=self.first,
            last=self.calendar.today().isoformat(),
            signed=self.signed,
            answers=self.answers,
        )
