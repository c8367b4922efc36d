"""One look at a patient: everything that the page of a state shows, gathered and not yet drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cds.decide import Decision
from cds.facts.sources import SOURCES
from cds.web.sandbox.argument import arguments
from cds.web.sandbox.bench import Bench
from cds.web.sandbox.chart import sheet
from cds.web.sandbox.chart.sheet import fact_words
from cds.web.sandbox.compare import Difference, Snapshot, difference, snapshot
from cds.web.sandbox.exchange import Exchange
from cds.web.sandbox.memory import Memory, ShownCard
from cds.web.sandbox.panels import TIPS
from cds.web.sandbox.reads import rows
from cds.web.sandbox.state import FAULTS, MODES, SIGN, State
from cds.web.sandbox.tipped import Group, tipped
from cds.web.sandbox.ward import Record
from cds.web.sandbox.whatif import Supposing, chart_of

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Since:
    """What was answered since the signing before, and what the service says otherwise now."""

    answers: tuple[str, ...]
    moved: Difference


@dataclass(frozen=True, slots=True)
class Visit:
    """A state of the page, over a patient's record."""

    bench: Bench
    memory: Memory
    state: State
    record: Record

    async def shown(self) -> Plain:
        """Everything that the template needs; the hook has been fired, and its cards can be answered."""
        state, house = self.state, self.bench.house
        exchange = await self.bench.fire(state, self.record)
        before = exchange if state.is_real else await self.bench.fire(state.real, self.record, quiet=True)
        self._remember(exchange)
        queries = house.service.queries(state.hook, house.service.today())
        decision = exchange.answer.decision if exchange.answer else None
        agents = self.bench.offers.agents
        return {
            "state": state,
            "panels": state.panels,
            "turned": lambda name: f"{state.turned(name).url}#{name}",
            "exchange": exchange,
            "cards": exchange.cards,
            "envelope_of": exchange.request,
            "arguments": arguments(decision, self.bench.base) if decision else (),
            "groups": await self._tips(exchange),
            "read_rows": rows(exchange, queries, state.patient),
            "since": self._since(exchange),
            "moved": None if state.is_real else _moved(before, exchange),
            "supposed": dict(state.supposed),
            "supposed_words": self._supposed_words(),
            "broken_words": f"{SOURCES[state.broken].words} {FAULTS[state.fault]}" if state.broken else "",
            "now": self._now(before),
            "sheet": self._sheet(),
            "agents": [agents[name] for name in state.drugs],
            "all_agents": list(agents.values()),
            "regimens": self.bench.offers.regimens,
            "changes": list(self.bench.offers.changes.values()),
            "sources": {name: SOURCES[name].words for name in queries if name != "patient"},
            "faults": FAULTS,
            "modes": MODES,
            "real": state.is_real,
            "dxa_title": house.ruleset.options["dxa"].written.title,
            "day": house.service.today().isoformat(),
        }

    async def _tips(self, exchange: Exchange) -> list[Group] | None:
        """What would change the answer; None while nobody looks, for it takes long, or there is no answer."""
        if exchange.answer is None or TIPS not in self.state.panels.unfolded:
            return None
        return await tipped(self.bench, self.state, exchange)

    def _remember(self, exchange: Exchange) -> None:
        """The exchange can be looked up, and its cards answered."""
        self.memory.exchanges.put(exchange.id, exchange)
        if not self.state.is_real:
            return
        for card in exchange.cards:
            if card.uuid:
                self.memory.cards.put(card.uuid, ShownCard(self.state.patient, exchange.offer.id, card))

    def _since(self, exchange: Exchange) -> Since | None:
        """What is otherwise since the last answers; None if nothing was answered, or this is no signing."""
        if exchange.answer is None or not self.state.is_real or self.state.hook != SIGN:
            return None
        signings, snap = self.memory.of(self.state.patient), _snap(exchange)
        signings.signed(snap)
        if signings.before is None or not signings.answers:
            return None
        return Since(tuple(signings.answers), difference(signings.before, snap))

    def _supposed_words(self) -> Sequence[str]:
        changes = self.bench.offers.changes
        told = ((changes[name], value) for name, value in self.state.supposed)
        return [
            f"{each.title}: {value} {each.unit}".strip() if _is_number(value) else f"{each.title}: {value}"
            for each, value in told
        ]

    def _now(self, before: Exchange) -> dict[str, str]:
        """Of each change, what the record says now."""
        decision = before.answer.decision if before.answer else None
        return {name: _fact_words(decision, each.fact) for name, each in self.bench.offers.changes.items()}

    def _sheet(self) -> Any:
        """The chart, of the record as it is supposed."""
        house, changes = self.bench.house, self.bench.offers.changes
        today = house.service.today()
        record = Supposing(house.ruleset, today).record(self.record, self.state.supposed, changes)
        return sheet(chart_of(record), house.ruleset, today)


def _moved(before: Exchange, after: Exchange) -> Difference:
    return difference(_snap(before), _snap(after))


def _snap(exchange: Exchange) -> Snapshot:
    if exchange.answer is None:
        return Snapshot((), ())
    return snapshot(exchange.answer.decision, exchange.cards)


def _fact_words(decision: Decision | None, name: str) -> str:
    return fact_words(name, decision.view[name]) if decision else "not read"


def _is_number(value: str) -> bool:
    return value[:1].isdigit() or value[:1] in "-−+.,"
