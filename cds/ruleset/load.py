"""A rules directory turned into a rule set, or refused with every reason at once. Nothing half-read is ever used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from cds.engine.judge import compile_condition, compile_rule
from cds.facts.subjects import CATALOGUE
from cds.ruleset.asked import asked_in_code, unwritten
from cds.ruleset.book import Override, Site
from cds.ruleset.codebook import read_codes
from cds.ruleset.compile import Compiler
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.fingerprint import fingerprint
from cds.ruleset.folder import Folder, Placed, read_folder
from cds.ruleset.model import Line, WrittenCondition, WrittenRule, WrittenStratum
from cds.ruleset.orderable import DoseFor, Gate, Gates, Option
from cds.ruleset.page import Spot
from cds.ruleset.references import unresolved, unresolved_site
from cds.ruleset.ruleset import (
    Compiled,
    KnowFirst,
    LoadedDose,
    LoadedGate,
    LoadedLine,
    LoadedOption,
    LoadedRule,
    RuleSet,
    own_names,
)
from cds.ruleset.site import in_force, overridden
from cds.ruleset.uses import not_kept_in, overridden_in
from cds.ruleset.vocabulary import Catalogue, Vocabulary

NONE: Mapping[str, Override] = MappingProxyType({})
T = TypeVar("T")
_NO_FOLDER = ("a rule book is a folder of files", "name a folder with rules in it, such as rules")


def load(directory: Path, site: Site | None = None, catalogue: Catalogue = CATALOGUE) -> RuleSet:
    """The rule set of the directory; RuleFaults with everything that is wrong when anything is."""
    if not directory.is_dir():
        raise RuleFaults([RuleFault(str(directory), 0, "is not a folder", *_NO_FOLDER)])
    faults: list[RuleFault] = []
    folder = read_folder(directory, faults)
    own = site or Site()
    loader = Loader(folder, catalogue, faults, own.parameters)
    ruleset = loader.ruleset(own)
    faults.extend(unresolved(folder, loader.vocabulary))
    faults.extend(unresolved_site(own, folder))
    faults.extend(unwritten(folder, catalogue, asked_in_code() if catalogue is CATALOGUE else frozenset()))
    if faults or ruleset is None:
        raise RuleFaults(faults)
    own_numbers, lacking = overridden_in(ruleset, catalogue), not_kept_in(ruleset, catalogue)
    return replace(ruleset, overridden_in=own_numbers, not_kept_in=lacking)


class Loader:
    """Compiles what a folder holds, with the site's own values for its numbers, and gathers what is wrong with it."""

    def __init__(
        self, folder: Folder, catalogue: Catalogue, faults: list[RuleFault], overrides: Mapping[str, Override] = NONE
    ) -> None:
        parameters = {name: placed.it for name, placed in folder.parameters.items()}
        self.folder, self.faults = folder, faults
        self.overrides = overridden(parameters, overrides)
        self.vocabulary = Vocabulary(catalogue, in_force(parameters, self.overrides), folder.spoilt)
        self.compiler = Compiler(self.vocabulary, faults)

    def ruleset(self, site: Site) -> RuleSet | None:
        """The rule set; None when something was refused."""
        codes = read_codes(self.folder.root, site, self.faults)
        rules = {each.it.id: self.rule(each) for each in self.folder.rules}
        options = {each.it.id: self.option(each, site) for each in self.folder.options}
        book = self.folder.book
        if book is None:
            return None
        everywhere = self._compiled(book.it.everywhere, book.spot.at("everywhere"))
        scope = {str(hook): self._compiled(when, book.spot.at("scope", hook)) for hook, when in book.it.scope.items()}
        if self.faults or everywhere is None:
            return None
        return RuleSet(
            book=book.it,
            rules=tuple(rule for name in book.it.rules if (rule := rules.get(name)) is not None),
            options=_whole(options),
            parameters=MappingProxyType(dict(self.vocabulary.parameters)),
            numbers=MappingProxyType({name: each.value for name, each in self.vocabulary.parameters.items()}),
            sources=MappingProxyType({name: each.it for name, each in self.folder.sources.items()}),
            codes=codes,
            site=site,
            scope=_whole(scope),
            everywhere=everywhere,
            fingerprint=fingerprint(self.folder, site),
            overrides=MappingProxyType(self.overrides),
        )

    def rule(self, placed: Placed[WrittenRule]) -> LoadedRule | None:
        """The rule with its judge; None when a condition was refused."""
        rule = self.compiler.rule(placed.it, placed.spot)
        lines = {
            stratum.id: self._lines(stratum, placed.spot.at("strata", number))
            for number, stratum in enumerate(placed.it.strata)
        }
        return LoadedRule(placed.it, rule, compile_rule(rule), lines) if rule else None

    def option(self, placed: Placed[Option], site: Site) -> LoadedOption:
        """The option with its gates, shared ones first; refused gates are left out and told."""
        shared = [self.folder.gates[name] for name in placed.it.gates if name in self.folder.gates]
        several: list[Placed[Gates] | Placed[Option]] = [*shared, placed]
        know_first = (
            KnowFirst(need.fact, need.why, need.ask, need.covers) for each in several for need in each.it.know_first
        )
        withheld = [self._gates(each.it.withheld_if, each.spot.at("withheld_if")) for each in several]
        deferred = [self._gates(each.it.deferred_if, each.spot.at("deferred_if")) for each in several]
        doses = self._doses(placed.it.doses, placed.spot.at("doses"))
        gates, own = (tuple(chain(*withheld)), tuple(chain(*deferred))), own_names(placed.it, site)
        return LoadedOption(placed.it, *gates, tuple(know_first), doses, own)

    def _doses(self, doses: Iterable[DoseFor], spot: Spot) -> tuple[LoadedDose, ...]:
        compiled = [(dose, self._compiled(dose.when, spot.at(number, "when"))) for number, dose in enumerate(doses)]
        return tuple(LoadedDose(when, dose) for dose, when in compiled if when)

    def _gates(self, gates: Iterable[Gate], spot: Spot) -> tuple[LoadedGate, ...]:
        compiled = [(gate, self._compiled(gate.when, spot.at(n, "when"))) for n, gate in enumerate(gates)]
        return tuple(LoadedGate(when, gate.why, gate.instead) for gate, when in compiled if when)

    def _lines(self, stratum: WrittenStratum, spot: Spot) -> tuple[LoadedLine, ...]:
        of_card = self._said(stratum.card.lines, spot.at("card", "lines")) if stratum.card else ()
        return of_card + (self._said(stratum.line.lines, spot.at("line", "lines")) if stratum.line else ())

    def _said(self, lines: Iterable[Line], spot: Spot) -> tuple[LoadedLine, ...]:
        return tuple(
            LoadedLine(line.text, self._compiled(line.when, spot.at(number, "when")) if line.when else None)
            for number, line in enumerate(lines)
        )

    def _compiled(self, written: WrittenCondition, spot: Spot) -> Compiled | None:
        condition = self.compiler.condition(written, spot)
        return Compiled(condition, compile_condition(condition)) if condition else None


def _whole(found: Mapping[str, T | None]) -> Mapping[str, T]:
    return MappingProxyType({name: each for name, each in found.items() if each is not None})
