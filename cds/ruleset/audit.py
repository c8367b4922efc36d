"""``audit.yaml``: what the population audit counts – gaps in care and the state of things at baseline.

Nothing here shapes a decision, so it is no part of the rule set's fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cds.engine.judge import compile_condition
from cds.engine.spell import measure
from cds.facts.subjects import CATALOGUE
from cds.ruleset.compile import Compiler
from cds.ruleset.fault import RuleFault, RuleFaults, correction
from cds.ruleset.folder import Placed, RulesReader
from cds.ruleset.model import Id, Sentence, Written, WrittenCondition
from cds.ruleset.page import Spot
from cds.ruleset.ruleset import Compiled, RuleSet
from cds.ruleset.texts import placeholders_in
from cds.ruleset.vocabulary import Vocabulary

FILE: Final = "audit.yaml"
_EITHER: Final = "a gap is a condition, or strata of a rule"


class WrittenGap(Written):
    """Something that should have been done: of whom it is asked, and the condition or the strata that make it a gap."""

    id: Id
    title: Sentence
    about: Sentence
    of: WrittenCondition
    when: WrittenCondition | None = None
    rule: Id | None = None
    strata: tuple[Id, ...] = ()


class WrittenBaseline(Written):
    """Something that is asked as on the first day of treatment."""

    id: Id
    title: Sentence
    about: Sentence
    when: WrittenCondition


class WrittenAudit(Written):
    """The whole of ``audit.yaml``. ``stratum_of`` is the rule whose stratum stands for a patient's fracture risk."""

    stratum_of: Id
    gaps: tuple[WrittenGap, ...]
    baseline: tuple[WrittenBaseline, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap, compiled: ``when`` is a condition, or None where the strata of a rule tell."""

    id: str
    title: str
    about: str
    of: Compiled
    when: Compiled | None
    rule: str = ""
    strata: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Baseline:
    """A question about the first day of treatment, compiled."""

    id: str
    title: str
    about: str
    when: Compiled


@dataclass(frozen=True, slots=True)
class AuditPlan:
    """What is counted, and the rule whose strata stand for fracture risk."""

    stratum_of: str
    gaps: tuple[Gap, ...]
    baseline: tuple[Baseline, ...]


def read_audit(directory: Path, ruleset: RuleSet) -> AuditPlan:
    """The plan of that rules directory; RuleFaults with everything that is wrong when anything is."""
    faults: list[RuleFault] = []
    plan = plan_of(directory, ruleset, faults)
    if faults or plan is None:
        raise RuleFaults(faults)
    return plan


def plan_of(directory: Path, ruleset: RuleSet, faults: list[RuleFault]) -> AuditPlan | None:
    """The plan as far as it can be made; everything that is wrong is added to ``faults``."""
    placed = RulesReader(directory, faults).one(FILE, WrittenAudit)
    if placed is None:
        return None
    drawer = _Drawer(ruleset, Compiler(Vocabulary(CATALOGUE, ruleset.parameters), faults), faults)
    return drawer.plan(placed)


class _Drawer:
    """Compiles what is written, and gathers what names nothing that exists."""

    def __init__(self, ruleset: RuleSet, compiler: Compiler, faults: list[RuleFault]) -> None:
        self.ruleset, self.compiler, self.faults = ruleset, compiler, faults
        self.strata: Mapping[str, tuple[str, ...]] = {
            each.id: tuple(stratum.id for stratum in each.written.strata) for each in ruleset.rules
        }

    def plan(self, placed: Placed[WrittenAudit]) -> AuditPlan:
        """The plan, without what was refused."""
        it, spot = placed.it, placed.spot
        self._named(it.stratum_of, self.strata, "rule", spot.at("stratum_of"))
        gaps = [self._gap(each, spot.at("gaps", number)) for number, each in enumerate(it.gaps)]
        baseline = [self._baseline(each, spot.at("baseline", number)) for number, each in enumerate(it.baseline)]
        self._twice([*(each.id for each in it.gaps), *(each.id for each in it.baseline)], spot)
        return AuditPlan(it.stratum_of, tuple(filter(None, gaps)), tuple(filter(None, baseline)))

    def _gap(self, it: WrittenGap, spot: Spot) -> Gap | None:
        if (it.when is None) == (it.rule is None):
            fix = "write `when:`, or `rule:` with `strata:`"
            self.faults.append(spot.fault(f"`{it.id}` has both or neither of `when` and `rule`", _EITHER, fix))
            return None
        of = self._condition(it.of, spot.at("of"))
        when = self._condition(it.when, spot.at("when")) if it.when is not None else None
        self._check_strata(it, spot)
        about = self._filled(it.about, spot.at("about"))
        if of is None or (it.when is not None and when is None):
            return None
        return Gap(it.id, it.title, about, of, when, it.rule or "", frozenset(it.strata))

    def _check_strata(self, it: WrittenGap, spot: Spot) -> None:
        if it.rule is None:
            return
        if self._named(it.rule, self.strata, "rule", spot.at("rule")):
            known = self.strata[it.rule]
            for number, name in enumerate(it.strata):
                self._named(name, known, f"stratum of `{it.rule}`", spot.at("strata", number))
        if not it.strata:
            self.faults.append(spot.fault(f"`{it.id}` names no strata", _EITHER, "list them under `strata:`"))

    def _baseline(self, it: WrittenBaseline, spot: Spot) -> Baseline | None:
        when = self._condition(it.when, spot.at("when"))
        return Baseline(it.id, it.title, self._filled(it.about, spot.at("about")), when) if when else None

    def _condition(self, written: WrittenCondition, spot: Spot) -> Compiled | None:
        condition = self.compiler.condition(written, spot)
        return Compiled(condition, compile_condition(condition)) if condition else None

    def _filled(self, text: str, spot: Spot) -> str:
        """The text with every number that it names, in words."""
        parameters = self.ruleset.parameters
        known = [name for name in placeholders_in(text) if self._named(name, parameters, "parameter", spot)]
        for name in known:
            text = text.replace(f"{{{name}}}", measure(parameters[name].value, parameters[name].unit))
        return text

    def _named(self, name: str, known: Iterable[str], what: str, spot: Spot) -> bool:
        if name in known:
            return True
        fix = correction(name, known, "write one of: " + ", ".join(known))
        self.faults.append(spot.fault(f"no {what} is called `{name}`", "the audit counts what the rules say", fix))
        return False

    def _twice(self, ids: list[str], spot: Spot) -> None:
        for name in sorted({each for each in ids if ids.count(each) > 1}):
            why = "a column of the audit bears each name"
            self.faults.append(spot.fault(f"`{name}` is there twice", why, "give one another id"))
