"""A slow and obvious judge, written from the definitions: the compiled one must agree with it.

Truths are the numbers 1, 0 and -1 (all = min, any = max, not = minus). A test of a range asks every value that could
make a difference. What is possible is found by trying every way in which the open conditions could turn out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from cds.engine.fact import Cause, Fact, Range, Span, Unknown, Value
from cds.engine.rule import All, Any, Condition, Not, Rule, Test
from cds.engine.verdict import Missing, Outcome, Verdict

YES, OPEN, NO = 1, 0, -1
UNREAD = {Cause.NOT_READABLE, Cause.NOT_ASKED, Cause.INCOMPLETE}


@dataclass(frozen=True)
class Chart:
    """Facts by name, and a day."""

    as_of: date
    facts: Mapping[str, Fact]

    def __getitem__(self, name: str, /) -> Fact:
        return self.facts[name]


def single(value: object, test: Test, as_of: date) -> bool:
    """One plain value against the limit."""
    limit: object = test.limit
    if test.op == "is":
        return value == limit
    if test.op == "in":
        assert isinstance(limit, frozenset)
        return any(each in limit for each in value) if isinstance(value, frozenset) else value in limit
    if test.op == "within_days":
        assert isinstance(value, date)
        assert isinstance(limit, int | float)
        return 0 <= (as_of - value).days <= limit
    assert isinstance(value, int | float)
    assert isinstance(limit, int | float)
    return {
        "at_least": value >= limit,
        "at_most": value <= limit,
        "above": value > limit,
        "below": value < limit,
    }[test.op]


def stand_ins(value: Value, test: Test) -> Iterable[object]:
    """Enough of the values that a range or a span may turn out to be."""
    if isinstance(value, Span):
        days = (value.latest - value.earliest).days
        return [value.earliest + timedelta(days=each) for each in range(days + 1)]
    if isinstance(value, Range):
        assert isinstance(test.limit, int | float)
        tries = [
            test.limit - 1,
            test.limit - 0.25,
            test.limit,
            test.limit + 0.25,
            test.limit + 1,
            value.low,
            value.high,
        ]
        tries += [value.low + 1e-6, value.high - 1e-6]
        return [each for each in tries if inside(each, value)]
    return [value]


def inside(number: float, value: Range) -> bool:
    """The number lies in the range."""
    above = number > value.low if value.low_open else number >= value.low
    below = number < value.high if value.high_open else number <= value.high
    return above and below


def holds(condition: Condition, chart: Chart) -> int:
    """Yes, no or open."""
    if isinstance(condition, All):
        return min(holds(each, chart) for each in condition.of)
    if isinstance(condition, Any):
        return max(holds(each, chart) for each in condition.of)
    if isinstance(condition, Not):
        return -holds(condition.of, chart)
    fact = chart[condition.fact]
    if isinstance(fact, Unknown):
        return OPEN
    if fact.value is None:
        return NO
    answers = {single(each, condition, chart.as_of) for each in stand_ins(fact.value, condition)}
    return OPEN if len(answers) == 2 else YES if answers == {True} else NO


@dataclass(frozen=True)
class Ending:
    """One way in which it could turn out: an answer, and what is asked for."""

    answer: str
    asked: tuple[str, ...]


def ending(rule: Rule, applies: bool, strata: tuple[bool, ...], parts: tuple[bool, ...]) -> Ending:
    """What the rule says when everything is known."""
    if not applies:
        return Ending("not-applicable", ())
    asked = tuple(part.id for part, due in zip(rule.parts, parts, strict=True) if due)
    first = next((stratum.id for stratum, true in zip(rule.strata, strata, strict=True) if true), None)
    if first is None or (rule.parts and not asked):
        return Ending("none", ())
    return Ending(first, asked)


def judge(rule: Rule, chart: Chart) -> Verdict:
    """The rule's verdict, by trying everything."""
    conditions = [rule.applies, *(each.when for each in rule.strata), *(each.when for each in rule.parts)]
    truths = [holds(each, chart) for each in conditions]
    endings = {world: at_end(rule, world) for world in worlds(truths)}
    order = ["not-applicable", *(each.id for each in rule.strata), "none"]
    possible = tuple(name for name in order if name in {each.answer for each in endings.values()})
    missing = tuple(missed(conditions, truths, endings, chart))
    speaks = truths[0] == YES and (not rule.parts or asked_for(rule, truths))
    acts = acting(rule, truths) if speaks else None
    outcome = outcome_of(rule, acts, possible, missing)
    return Verdict(rule.id, rule.version, outcome, acts, possible, missing, due(rule, truths, possible))


def outcome_of(rule: Rule, acts: str | None, possible: tuple[str, ...], missing: tuple[Missing, ...]) -> Outcome:
    """One of the answers."""
    if acts is not None:
        quiet = {each.id for each in rule.strata if each.quiet}
        return Outcome.SILENT if acts in quiet else Outcome.FIRES
    if possible == ("not-applicable",):
        return Outcome.NOT_APPLICABLE
    if possible == ("none",):
        return Outcome.SILENT
    return Outcome.COULD_NOT_CHECK if any(each.cause in UNREAD for each in missing) else Outcome.UNSETTLED


def missed(
    conditions: list[Condition], truths: list[int], endings: Mapping[tuple[bool, ...], Ending], chart: Chart
) -> Iterable[Missing]:
    """The facts of open tests in every open condition that makes a difference, each once."""
    names: dict[str, Missing] = {}
    for number, (condition, truth) in enumerate(zip(conditions, truths, strict=True)):
        if truth == OPEN and makes_a_difference(number, endings):
            for test in open_tests(condition, chart):
                names.setdefault(test.fact, why_missing(test, chart))
    return names.values()


def makes_a_difference(number: int, endings: Mapping[tuple[bool, ...], Ending]) -> bool:
    """Two endings differ where only this condition turned out differently."""
    flipped = ((world, (*world[:number], not world[number], *world[number + 1 :])) for world in endings)
    return any(endings[one] != endings[other] for one, other in flipped)


def open_tests(condition: Condition, chart: Chart) -> Iterable[Test]:
    """The tests that keep the condition open."""
    if holds(condition, chart) != OPEN:
        return []
    if isinstance(condition, Test):
        return [condition]
    members = (condition.of,) if isinstance(condition, Not) else condition.of
    return [test for each in members for test in open_tests(each, chart)]


def why_missing(test: Test, chart: Chart) -> Missing:
    """The reason that the fact gives, or that it is only known as a range."""
    fact = chart[test.fact]
    if isinstance(fact, Unknown):
        return Missing(test.fact, fact.why, fact.cause)
    return Missing(test.fact, "known only within a range that spans the limit", Cause.AMBIGUOUS)


def worlds(truths: list[int]) -> Iterable[tuple[bool, ...]]:
    """Every way in which the open conditions could turn out, each for itself."""
    return product(*[(True, False) if truth == OPEN else (truth == YES,) for truth in truths])


def at_end(rule: Rule, world: tuple[bool, ...]) -> Ending:
    count = len(rule.strata)
    return ending(rule, world[0], world[1 : 1 + count], world[1 + count :])


def acting(rule: Rule, truths: list[int]) -> str | None:
    """The first stratum that is true for certain."""
    strata = truths[1 : 1 + len(rule.strata)]
    return next((stratum.id for stratum, truth in zip(rule.strata, strata, strict=True) if truth == YES), None)


def asked_for(rule: Rule, truths: list[int]) -> tuple[str, ...]:
    """The parts that are due for certain."""
    parts = truths[1 + len(rule.strata) :]
    return tuple(part.id for part, truth in zip(rule.parts, parts, strict=True) if truth == YES)


def due(rule: Rule, truths: list[int], possible: tuple[str, ...]) -> tuple[str, ...]:
    """The parts that are due, if any stratum can still speak."""
    return asked_for(rule, truths) if set(possible) - {"none", "not-applicable"} else ()
