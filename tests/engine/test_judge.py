"""First match, honest about unknowns: the walk, row by row."""

from datetime import date

import pytest

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.engine.judge import compile_rule
from cds.engine.rule import Part, Rule, Stratum, conditions_of, facts_in
from cds.engine.rule import Test as OneTest
from cds.engine.verdict import Outcome, Verdict
from tests.engine.reference import Chart

AS_OF = date(2026, 6, 1)
FACTS: dict[str, Fact] = {
    "T": Known(True),
    "F": Known(False),
    "?": Unknown("never measured", Cause.NEVER_MEASURED),
    "!": Unknown("the server did not answer", Cause.NOT_READABLE),
}


def yes(name: str) -> OneTest:
    return OneTest(f"it.{name}", "is", True)


PLAIN = Rule("plain", 2, yes("applies"), (Stratum("a", yes("a")), Stratum("b", yes("b")), Stratum("c", yes("c"), True)))
ASKING = Rule("asking", 1, yes("applies"), (Stratum("a", yes("a")),), (Part("p", yes("p")), Part("q", yes("q"))))


def judged(rule: Rule, facts: str) -> Verdict:
    """The verdict for facts given as letters, in the order in which the rule reads them."""
    names = facts_in(rule)
    return compile_rule(rule)(Chart(AS_OF, {name: FACTS[each] for name, each in zip(names, facts, strict=True)}))


@pytest.mark.parametrize(
    ("facts", "outcome", "stratum", "possible", "missing"),
    [
        ("FTTT", "not-applicable", None, "not-applicable", ""),
        ("F???", "not-applicable", None, "not-applicable", ""),
        ("TTFF", "fires", "a", "a", ""),
        ("TT??", "fires", "a", "a", ""),
        ("TFTF", "fires", "b", "b", ""),
        ("TFFT", "silent", "c", "c", ""),
        ("TFFF", "silent", None, "none", ""),
        ("T?TF", "fires", "b", "a b", "a"),
        ("T?FT", "silent", "c", "a c", "a"),
        ("T?FF", "unsettled", None, "a none", "a"),
        ("T!FF", "could-not-check", None, "a none", "a"),
        ("T?!T", "silent", "c", "a b c", "a b"),
        ("T???", "unsettled", None, "a b c none", "a b c"),
        ("?TFF", "unsettled", None, "not-applicable a", "applies"),
        ("?FFF", "unsettled", None, "not-applicable none", "applies"),
        ("!FFF", "could-not-check", None, "not-applicable none", "applies"),
        ("??FF", "unsettled", None, "not-applicable a none", "applies a"),
    ],
)
def test_strata_are_read_downwards(facts: str, outcome: str, stratum: str | None, possible: str, missing: str) -> None:
    verdict = judged(PLAIN, facts)
    assert (verdict.rule, verdict.version) == ("plain", 2)
    assert (verdict.outcome.value, verdict.stratum) == (outcome, stratum)
    assert list(verdict.possible) == possible.split()
    assert [each.fact for each in verdict.missing] == [f"it.{name}" for name in missing.split()]
    assert verdict.settled == (len(verdict.possible) == 1)


@pytest.mark.parametrize(
    ("facts", "outcome", "possible", "asked", "missing"),
    [
        ("TTTF", "fires", "a", "p", ""),
        ("TTTT", "fires", "a", "p q", ""),
        ("TTFF", "silent", "none", "", ""),
        ("TTT?", "fires", "a", "p", "q"),
        ("TT?F", "unsettled", "a none", "", "p"),
        ("TFTT", "silent", "none", "", ""),
        ("TF??", "silent", "none", "", ""),
        ("T?FF", "silent", "none", "", ""),
        ("T?T?", "unsettled", "a none", "p", "a q"),
        ("FTTT", "not-applicable", "not-applicable", "", ""),
    ],
)
def test_a_rule_with_parts_speaks_when_one_is_due(
    facts: str, outcome: str, possible: str, asked: str, missing: str
) -> None:
    verdict = judged(ASKING, facts)
    assert verdict.outcome.value == outcome
    assert list(verdict.possible) == possible.split()
    assert list(verdict.asked) == asked.split()
    assert [each.fact for each in verdict.missing] == [f"it.{name}" for name in missing.split()]
    assert verdict.settled == (not missing)


def test_a_missing_fact_says_why_and_is_named_once() -> None:
    rule = Rule("twice", 1, yes("a"), (Stratum("s", yes("a")), Stratum("t", yes("a"))))
    (missing,) = judged(rule, "!").missing
    assert (missing.fact, missing.why, missing.cause) == ("it.a", "the server did not answer", Cause.NOT_READABLE)


def test_outcomes_are_the_contracts_words() -> None:
    words = {"fires", "silent", "unsettled", "not-applicable", "snoozed", "could-not-check"}
    assert {each.value for each in Outcome} == words


def test_a_rule_tells_what_it_reads() -> None:
    assert facts_in(ASKING) == ("it.applies", "it.a", "it.p", "it.q")
    assert len(list(conditions_of(ASKING))) == 4
