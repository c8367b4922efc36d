"""Plain words for facts, numbers and citations: what a trace or a page of the rule book reads like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cds.engine.fact import Value
from cds.engine.rule import Test
from cds.engine.spell import listed, measure, value_words
from cds.facts.subjects import CATALOGUE
from cds.ruleset.book import Overridden
from cds.ruleset.model import Parameter, Source
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.vocabulary import Catalogue


@dataclass(frozen=True, slots=True)
class BookWords:
    """The engine's ``Words``, spoken by a rule book."""

    facts: Catalogue
    parameters: Mapping[str, Parameter]
    sources: Mapping[str, Source]
    overrides: Mapping[str, Overridden] = field(default_factory=dict)

    def fact(self, name: str, /) -> str:
        """What the fact is, in ward words; its name when the catalogue does not know it."""
        return self.facts[name].words if name in self.facts else name

    def value(self, name: str, value: Value, /) -> str:
        """A value of the fact with its unit."""
        return value_words(value, self.facts[name].unit if name in self.facts else "")

    def limit(self, test: Test, /) -> str:
        """The limit with its unit and whose number it is: '-2.5 [ASCO 2019, guideline]'."""
        parameter = self.parameters.get(test.parameter)
        if test.parameter in self.overrides:
            return self.overrides[test.parameter].limit
        if parameter is not None:
            return f"{measure(parameter.value, parameter.unit)} [{self.citation(parameter)}]"
        return listed(sorted(test.limit), "or") if isinstance(test.limit, frozenset) else str(test.limit)

    def citation(self, parameter: Parameter) -> str:
        """Whose number it is, in a few words."""
        source = self.source(parameter.source)
        return source if parameter.label in source.lower() else f"{source}, {parameter.label}"

    def source(self, name: str) -> str:
        """The source in a few words; its id when it has no short name."""
        source = self.sources.get(name)
        return (source and source.short) or name


@lru_cache(maxsize=8)
def words_of(ruleset: RuleSet, facts: Catalogue = CATALOGUE) -> BookWords:
    """The words of this rule set."""
    return BookWords(facts, ruleset.parameters, ruleset.sources, ruleset.overrides)
