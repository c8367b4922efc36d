"""An option held against its gates: offered, already ordered, withheld, put off, or first something must be known.

A gate that is true withholds; a gate that cannot be told, or a must-know fact that is not known, never lets an option
through: then the option names what is missing and the tests that would tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import msgspec

from cds.engine.fact import Cause, Unknown
from cds.engine.rule import Facts
from cds.engine.trace import trace, unknowns
from cds.engine.truth import Truth
from cds.facts.view import View
from cds.orders.dose import dose_doubts, dose_for
from cds.orders.same import is_written
from cds.orders.told import Told
from cds.ruleset.ruleset import LoadedDose, LoadedGate, LoadedOption

NO_DOSE = "the label gives no dose for this patient"


class Standing(Enum):
    """Where an option stands for this patient, worst news first."""

    ALREADY = "already"
    WITHHELD = "withheld"
    DEFERRED = "deferred"
    FIRST_KNOW = "first-know"
    OFFERED = "offered"


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why an option is not an action: the rule book's words, or a fact with the reason why it is not known."""

    words: str = ""
    fact: str = ""
    why: str = ""
    cause: Cause | None = None


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """An option's standing and the reasons: ``ask`` are tests that would make it known, ``instead`` other orders.

    ``dose`` is the one that fits this patient, where the option has several.
    """

    option: LoadedOption
    standing: Standing
    reasons: tuple[Reason, ...] = ()
    ask: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    dose: LoadedDose | None = None

    @property
    def id(self) -> str:
        """The option's name."""
        return self.option.written.id

    @property
    def title(self) -> str:
        """What it is called, with the dose that fits."""
        return self.dose.written.title if self.dose else self.option.written.title


def weigh(option: LoadedOption, view: View) -> Weighed:
    """The option's standing for this patient."""
    if is_ordered(option, view):
        return Weighed(option, Standing.ALREADY)
    return gated(option, view, view.once)


def gated(option: LoadedOption, facts: Facts, told: Told) -> Weighed:
    """The option's standing as far as gates and must-know facts decide; ``told`` holds claims against the facts."""
    if option.is_free:
        return Weighed(option, Standing.OFFERED)
    if Truth.TRUE in map(told, option.withholding):
        shut = [gate for gate in option.withheld_if if told(gate.when.held) is Truth.TRUE]
        return Weighed(option, Standing.WITHHELD, _words(shut), instead=_distinct(gate.instead for gate in shut))
    if Truth.TRUE in map(told, option.deferring):
        put_off = [gate for gate in option.deferred_if if told(gate.when.held) is Truth.TRUE]
        return Weighed(option, Standing.DEFERRED, _words(put_off))
    return _known_enough(option, facts, told)


def is_ordered(option: LoadedOption, view: View) -> bool:
    """The same thing is in this draft, or (tests and scans) stands as an open order that is not too old."""
    if is_written(option, view):
        return True
    if not option.written.already:
        return False
    if view.drafted(*option.written.already).hits:
        return True
    if option.written.kind == "drug" or option.written.open_days is None:
        return False
    first = view.days_before(int(view.number(option.written.open_days)))
    orders = view.service_requests(*option.written.already).hits
    return any(order.is_open and (order.when is None or order.when.latest >= first) for order in orders)


def _known_enough(option: LoadedOption, facts: Facts, told: Told) -> Weighed:
    lacking = [(need, fact) for need in option.know_first if isinstance(fact := facts[need.fact], Unknown)]
    said = {name for need, _ in lacking for name in (need.fact, *need.covers)}
    others = {name: fact for name, fact in _doubts(option, facts, told) if name not in said}
    if not lacking and not others:
        return _dosed(option, told)
    reasons = [Reason(need.why, need.fact, fact.why, fact.cause) for need, fact in lacking]
    reasons += [Reason("", name, fact.why, fact.cause) for name, fact in others.items()]
    return Weighed(option, Standing.FIRST_KNOW, tuple(reasons), ask=_distinct(need.ask for need, _ in lacking))


def _dosed(option: LoadedOption, told: Told) -> Weighed:
    """Offered at the dose that fits; withheld if the option has doses and none does."""
    dose = dose_for(option, told)
    if option.doses and dose is None:
        return Weighed(option, Standing.WITHHELD, (Reason(words=NO_DOSE),))
    return Weighed(option, Standing.OFFERED, dose=dose)


def _doubts(option: LoadedOption, facts: Facts, told: Told) -> Iterable[tuple[str, Unknown]]:
    if Truth.UNKNOWN in map(told, (*option.withholding, *option.deferring)):
        for gate in (*option.withheld_if, *option.deferred_if):
            if told(gate.when.held) is Truth.UNKNOWN:
                yield from unknowns(trace(gate.when.condition, facts))
    yield from dose_doubts(option, facts, told)


def _words(gates: Iterable[LoadedGate]) -> tuple[Reason, ...]:
    return tuple(Reason(words=gate.why) for gate in gates)


def _distinct(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for group in groups for each in group))
