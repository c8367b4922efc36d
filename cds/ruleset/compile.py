"""Written conditions turned into the engine's, or refused with the line and the nearest word that exists."""

from __future__ import annotations

from cds.engine.rule import All, Any, Condition, Not, Part, Rule, Stratum, Test
from cds.engine.spell import unit_words
from cds.facts.catalogue import Type
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.model import WrittenCondition, WrittenRule
from cds.ruleset.page import Spot
from cds.ruleset.vocabulary import FITS, Vocabulary

SHAPES = ("all", "any", "not", "fact")
ONE_SHAPE = "a condition is exactly one of all, any, not, or one fact with one comparison"
CATALOGUE = "every condition reads a fact of the catalogue"
NAMED = "every number in a rule is a named, cited parameter"


class Compiler:
    """Turns what is written at a spot into the engine's data and gathers every fault on the way."""

    def __init__(self, vocabulary: Vocabulary, faults: list[RuleFault]) -> None:
        self.vocabulary = vocabulary
        self.faults = faults

    def condition(self, written: WrittenCondition, spot: Spot) -> Condition | None:
        """The engine's condition; None when something in it is wrong."""
        given = _given(written)
        shapes = [name for name in SHAPES if name in given]
        if len(shapes) != 1:
            told = " and ".join(f"`{name}`" for name in shapes) or "none of them"
            return self._refuse(spot, f"a condition with {told}", ONE_SHAPE, "split it with all: or any:")
        if shapes == ["fact"]:
            return self._test(written, given, spot)
        if len(given) > 1:
            extra = next(name for name in given if name not in SHAPES)
            return self._refuse(spot.at(extra), f"`{extra}` beside `{shapes[0]}`", ONE_SHAPE, f"move `{extra}` away")
        return self._group(written, shapes[0], spot)

    def rule(self, written: WrittenRule, spot: Spot) -> Rule | None:
        """The engine's rule; None when any of its conditions is wrong."""
        applies = self.condition(written.applies, spot.at("applies"))
        strata = []
        for number, each in enumerate(written.strata):
            when = self.condition(each.when, spot.at("strata", number, "when"))
            strata.append(when and Stratum(each.id, when, quiet=each.card is None))
        parts = []
        for number, part in enumerate(written.parts):
            when = self.condition(part.when, spot.at("parts", number, "when"))
            parts.append(when and Part(part.id, when))
        if applies is None or None in strata or None in parts:
            return None
        whole = tuple(each for each in strata if each)
        return Rule(written.id, written.version, applies, whole, tuple(each for each in parts if each))

    def _group(self, written: WrittenCondition, shape: str, spot: Spot) -> Condition | None:
        if written.not_ is not None:
            inner = self.condition(written.not_, spot.at("not"))
            return inner and Not(inner)
        members = (written.all if shape == "all" else written.any) or ()
        if not members:
            return self._refuse(spot.at(shape), f"`{shape}` of nothing", "it would always be the same", "list members")
        found = [self.condition(each, spot.at(shape, number)) for number, each in enumerate(members)]
        whole = tuple(each for each in found if each)
        if len(whole) < len(found):
            return None
        return All(whole) if shape == "all" else Any(whole)

    def _test(self, written: WrittenCondition, given: dict[str, object], spot: Spot) -> Condition | None:
        ops = [name for name in given if name in FITS]
        if len(ops) != 1:
            told = ", ".join(ops) or "no comparison"
            return self._refuse(spot, f"one fact with {told}", ONE_SHAPE, "one of: " + ", ".join(FITS))
        fact = str(written.fact)
        if fact not in self.vocabulary.facts:
            fix = correction(fact, self.vocabulary.facts, "choose one that cds/facts knows")
            return self._refuse(spot.at("fact"), f"no fact is called `{fact}`", CATALOGUE, fix)
        return self._fitting(fact, ops[0], given[ops[0]], spot)

    def _fitting(self, fact: str, op: str, limit: object, spot: Spot) -> Condition | None:
        kind = self.vocabulary.facts[fact].type
        if kind not in FITS[op]:
            fitting = ", ".join(name for name, kinds in FITS.items() if kind in kinds)
            compared = " or a ".join(sorted(each.value for each in FITS[op]))
            why = f"`{fact}` is a {kind.value}; `{op}` compares a {compared}"
            return self._refuse(spot.at(op), f"`{op}` does not fit `{fact}`", why, f"use {fitting}")
        if op == "is":
            return self._is(fact, kind, limit, spot)
        if op == "in":
            codes = limit if isinstance(limit, tuple) else ()
            strange = [code for n, code in enumerate(codes) if not self._known_code(fact, code, spot.at("in", n))]
            return None if strange else Test(fact, op, frozenset(codes))
        return self._number(fact, op, str(limit), spot)

    def _is(self, fact: str, kind: Type, limit: object, spot: Spot) -> Condition | None:
        if kind is Type.BOOL and not isinstance(limit, bool):
            why = f"`{fact}` is answered with yes or no"
            return self._refuse(spot.at("is"), f"`{fact}` is never {limit!r}", why, "write yes or no, without quotes")
        if kind is Type.CODE and not isinstance(limit, str):
            why = f"`{fact}` is a code; a bare yes, no, on or off is read as true or false"
            return self._refuse(spot.at("is"), f"`{fact}` is never {limit!r}", why, "write the code in quotes")
        if isinstance(limit, str) and not self._known_code(fact, limit, spot.at("is")):
            return None
        return Test(fact, "is", bool(limit) if kind is Type.BOOL else str(limit))

    def _known_code(self, fact: str, code: str, spot: Spot) -> bool:
        known = self.vocabulary.facts[fact].codes
        if not known or code in known:
            return True
        fix = correction(code, known, "write one of: " + ", ".join(known))
        self._refuse(spot, f"`{fact}` is never `{code}`", "the catalogue lists its codes", fix)
        return False

    def _number(self, fact: str, op: str, name: str, spot: Spot) -> Condition | None:
        parameter = self.vocabulary.parameters.get(name)
        if parameter is None and name in self.vocabulary.spoilt:
            return None
        if parameter is None:
            fix = correction(name, self.vocabulary.parameters, "add it to parameters.yaml with its source")
            return self._refuse(spot.at(op), f"no parameter is called `{name}`", NAMED, fix)
        wanted = self.vocabulary.unit(fact, op)
        if unit_words(parameter.unit) != unit_words(wanted):
            why = f"`{fact}` is compared in `{wanted}`, `{name}` is in `{parameter.unit}`"
            return self._refuse(spot.at(op), f"`{fact}` and `{name}` differ in unit", why, "give both the same unit")
        return Test(fact, op, parameter.value, name)

    def _refuse(self, spot: Spot, what: str, why: str, fix: str) -> Condition | None:
        self.faults.append(spot.fault(what, why, fix))
        return None


def _given(written: WrittenCondition) -> dict[str, object]:
    """What stands in the condition, by the key as written."""
    fields = type(written).model_fields
    found = {field.alias or name: getattr(written, name) for name, field in fields.items()}
    return {name: value for name, value in found.items() if value is not None}
