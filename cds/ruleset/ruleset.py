"""A rule book that has been read, found whole, and compiled: what every decision is made with.

Rules, options and the rule set itself are compared and hashed as objects: what is made of them once can be remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cds.engine.compare import Claim
from cds.engine.judge import Judge
from cds.engine.rule import Condition, Rule
from cds.facts.sources import SOURCES
from cds.fhir.codes import CodeBook, same_code, same_system
from cds.ruleset.book import Overridden, RuleBook, Site
from cds.ruleset.model import Parameter, Source, WrittenRule, WrittenStratum
from cds.ruleset.orderable import DoseFor, Option


def suggests(rule: WrittenRule) -> tuple[str, ...]:
    """The options that the rule can offer or order, each once."""
    cards = [stratum.card for stratum in rule.strata if stratum.card]
    names = [name for card in cards for name in (*card.offer, *card.orders)]
    names += [name for part in rule.parts for name in part.orders]
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition as data, for traces and sentences, and the function that it was compiled to."""

    condition: Condition
    held: Claim


@dataclass(frozen=True, slots=True)
class LoadedLine:
    """A sentence of a card and when it is said; without a condition it always is."""

    text: str
    when: Compiled | None


@dataclass(frozen=True, slots=True, eq=False)
class LoadedRule:
    """One rule: as written, as the engine's data, and as the function that judges it."""

    written: WrittenRule
    rule: Rule
    judge: Judge
    lines: Mapping[str, tuple[LoadedLine, ...]]
    """By stratum id: the lines of its card, or of the line that it gives to another topic's card."""
    id: str = field(init=False)
    """The rule's name."""
    strata: Mapping[str, WrittenStratum] = field(init=False, repr=False)
    """Its strata as written, by id."""

    def __post_init__(self) -> None:
        """Name and strata are at hand."""
        object.__setattr__(self, "id", self.written.id)
        object.__setattr__(self, "strata", {each.id: each for each in self.written.strata})

    @property
    def shown(self) -> bool:
        """Active rules make cards; rules on trial are judged and journalled only."""
        return self.written.status == "active"

    @property
    def suggests(self) -> tuple[str, ...]:
        """The options that it can offer or order."""
        return suggests(self.written)

    @property
    def judged(self) -> bool:
        """Drafts and retired rules are not even judged."""
        return self.written.status in {"active", "trial"}


@dataclass(frozen=True, slots=True)
class LoadedGate:
    """A reason to withhold or to put off an option, and its condition."""

    when: Compiled
    why: str
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnowFirst:
    """A fact that must be known before an option may be an action, and the options that would make it known."""

    fact: str
    why: str
    ask: tuple[str, ...]
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedDose:
    """One of an option's several doses, and the condition under which it is the one."""

    when: Compiled
    written: DoseFor


def own_names(option: Option, site: Site) -> frozenset[tuple[str, str]]:
    """The codes and titles under which this site orders the option."""
    codes = (*site.order_codes.get(option.id, ()), *option.codes)
    systems = ((same_system(each.system), each.code) for each in codes)
    coded = {(system, same_code(system, code)) for system, code in systems}
    return frozenset(coded | {own_text(title) for title in (option.title, *(each.title for each in option.doses))})


def own_text(text: str) -> tuple[str, str]:
    """A title as it is compared: without a system, whatever its case and spaces."""
    return "", " ".join(text.casefold().split())


@dataclass(frozen=True, slots=True, eq=False)
class LoadedOption:
    """One orderable with the gates that it shares with others before its own."""

    written: Option
    withheld_if: tuple[LoadedGate, ...]
    deferred_if: tuple[LoadedGate, ...]
    know_first: tuple[KnowFirst, ...]
    doses: tuple[LoadedDose, ...] = ()
    own: frozenset[tuple[str, str]] = frozenset()
    """What an order of it bears: its codes and the site's with their systems, and its titles as ``own_text``."""

    withholding: tuple[Claim, ...] = field(init=False)
    deferring: tuple[Claim, ...] = field(init=False)
    """The claims of the gates: most are false, and then nothing else of a gate is looked at."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "withholding", tuple(gate.when.held for gate in self.withheld_if))
        object.__setattr__(self, "deferring", tuple(gate.when.held for gate in self.deferred_if))

    @property
    def is_free(self) -> bool:
        """No gate stands before it, nothing must be known first, and it has one dose at most."""
        return not (self.withheld_if or self.deferred_if or self.know_first or self.doses)


@dataclass(frozen=True, slots=True, eq=False)
class RuleSet:
    """Everything in ``rules/`` and what the site decided, compiled. ``fingerprint`` is a sha256 in hexadecimal."""

    book: RuleBook
    rules: tuple[LoadedRule, ...]
    options: Mapping[str, LoadedOption]
    parameters: Mapping[str, Parameter]
    numbers: Mapping[str, float]
    sources: Mapping[str, Source]
    codes: CodeBook
    site: Site
    scope: Mapping[str, Compiled]
    """By hook: who is meant at all."""
    everywhere: Compiled
    fingerprint: str
    overrides: Mapping[str, Overridden] = field(default_factory=dict)
    """By parameter: what the site set to another value."""
    overridden_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By rule id: which of them the rule uses."""
    not_kept_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By rule id: the sources that it would read and the site does not keep."""
    _by_id: Mapping[str, LoadedRule] = field(init=False, repr=False, compare=False)
    """The rules again: each card and each entry of a response looks up every rule, sixty times in all."""
    _by_hook: Mapping[str, tuple[LoadedRule, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """The rules can be looked up by name and by hook."""
        object.__setattr__(self, "_by_id", {each.id: each for each in self.rules})
        hooks = {hook for each in self.rules for hook in each.written.hooks}
        judged = {
            hook: tuple(each for each in self.rules if each.judged and hook in each.written.hooks) for hook in hooks
        }
        object.__setattr__(self, "_by_hook", judged)

    def judged_on(self, hook: str) -> tuple[LoadedRule, ...]:
        """The rules that are judged on that hook, in the rule book's order."""
        return self._by_hook.get(hook, ())

    def overrides_of(self, rule: str) -> tuple[Overridden, ...]:
        """The numbers that the rule uses and the site set to another value."""
        return tuple(self.overrides[name] for name in self.overridden_in.get(rule, ()))

    def not_kept_of(self, rule: str) -> tuple[str, ...]:
        """In words, the sources that the rule would read and the site does not keep, with reason and name."""
        names = self.not_kept_in.get(rule, ())
        return tuple(self.site.not_kept[name].told(SOURCES[name].words) for name in names)

    @property
    def short_fingerprint(self) -> str:
        """Enough of the fingerprint for a card or a log line."""
        return self.fingerprint[:12]

    def rule(self, name: str) -> LoadedRule:
        """The rule of that name; KeyError without one."""
        return self._by_id[name]
