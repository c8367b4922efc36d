"""Generated rules, charts, and charts about which more is known: what the laws are tried on."""

from datetime import date, timedelta

from hypothesis import strategies as st

from cds.engine.fact import Cause, Fact, Known, Range, Span, Unknown, Value
from cds.engine.rule import All, Any, Condition, Not, Part, Rule, Stratum, Test
from tests.engine.reference import Chart

AS_OF = date(2026, 6, 1)
NUMBERS = ("bone.t", "frax.mof", "glucocorticoid.mg")
BOOLS = ("patient.adult", "cancer.bone", "ici.dual")
CODES = ("patient.sex", "ici.phase")
SETS = ("order.agents",)
DATES = ("fracture.last", "bone.dxa")
WORDS = ("a", "b", "c")
NAMES = (*NUMBERS, *BOOLS, *CODES, *SETS, *DATES)

small = st.integers(-6, 6).map(lambda number: number / 2)
days = st.integers(-40, 400).map(lambda ago: AS_OF - timedelta(days=ago))
causes = st.sampled_from(Cause)
unknown = causes.map(lambda cause: Unknown(f"because {cause.value}", cause))


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    low, high = sorted([draw(small), draw(small) + 0.5])
    ends = draw(st.sampled_from(["both", "low", "high"]))
    lowest, highest = float("-inf"), float("inf")
    opened = st.booleans() if low < high else st.just(False)
    return Range(low if ends != "high" else lowest, high if ends != "low" else highest, draw(opened), draw(opened))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    first = draw(days)
    return Span(first, first + timedelta(days=draw(st.integers(0, 60))))


def exact_value(name: str) -> st.SearchStrategy[Value]:
    """A plain value of the fact."""
    if name in NUMBERS:
        return small
    if name in BOOLS:
        return st.booleans()
    if name in SETS:
        return st.frozensets(st.sampled_from(WORDS))
    return st.sampled_from(WORDS) if name in CODES else days


def any_fact(name: str) -> st.SearchStrategy[Fact]:
    """Unknown, not applicable, exact, or known to lie between two bounds."""
    known: list[st.SearchStrategy[Value]] = [exact_value(name), st.none()]
    if name in NUMBERS:
        known.append(ranges())
    if name in DATES:
        known.append(spans())
    return st.one_of(unknown, st.one_of(*known).map(Known))


def full_fact(name: str) -> st.SearchStrategy[Fact]:
    """An exact value, or not applicable."""
    return st.one_of(exact_value(name), st.none()).map(Known)


def charts(full: bool = False) -> st.SearchStrategy[Chart]:
    """A chart with every fact of this file."""
    each = {name: full_fact(name) if full else any_fact(name) for name in NAMES}
    return st.fixed_dictionaries(each).map(lambda facts: Chart(AS_OF, facts))


def better(name: str, fact: Fact) -> st.SearchStrategy[Fact]:
    """The same fact, or one that says more and contradicts nothing."""
    if isinstance(fact, Unknown):
        return any_fact(name)
    if isinstance(fact.value, Range):
        return st.one_of(st.just(fact), _within_range(fact.value))
    if isinstance(fact.value, Span):
        return st.one_of(st.just(fact), _within_span(fact.value))
    return st.just(fact)


@st.composite
def _within_range(draw: st.DrawFn, value: Range) -> Fact:
    low, high = max(value.low, -10.0), min(value.high, 10.0)
    one, two = sorted(low + (high - low) * draw(st.integers(1, 7)) / 8 for _ in range(2))
    exact = one if value.low_open or one > value.low else value.low
    return Known(exact) if draw(st.booleans()) else Known(Range(one, two))


@st.composite
def _within_span(draw: st.DrawFn, value: Span) -> Fact:
    length = (value.latest - value.earliest).days
    one, two = sorted(value.earliest + timedelta(days=draw(st.integers(0, length))) for _ in range(2))
    return Known(one) if draw(st.booleans()) else Known(Span(one, two))


@st.composite
def learnt(draw: st.DrawFn) -> tuple[Chart, Chart]:
    """A chart, and the same chart with more known."""
    before = draw(charts())
    after = {name: draw(better(name, fact)) for name, fact in before.facts.items()}
    return before, Chart(AS_OF, after)


@st.composite
def tests(draw: st.DrawFn) -> Test:
    name = draw(st.sampled_from(NAMES))
    if name in NUMBERS:
        return Test(name, draw(st.sampled_from(["at_least", "at_most", "above", "below"])), draw(small), "a.parameter")
    if name in DATES:
        return Test(name, "within_days", draw(st.integers(0, 365)), "a.parameter")
    if name in BOOLS:
        return Test(name, "is", draw(st.booleans()))
    if name in CODES and draw(st.booleans()):
        return Test(name, "is", draw(st.sampled_from(WORDS)))
    return Test(name, "in", draw(st.frozensets(st.sampled_from(WORDS), min_size=1)))


def groups(below: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """All, any or not of smaller conditions."""
    several = st.lists(below, min_size=1, max_size=3).map(tuple)
    return st.one_of(several.map(All), several.map(Any), below.map(Not))


conditions: st.SearchStrategy[Condition] = st.recursive(tests(), groups, max_leaves=6)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    strata = [Stratum(f"s{n}", draw(conditions), draw(st.booleans())) for n in range(draw(st.integers(1, 3)))]
    parts = [Part(f"p{n}", draw(conditions)) for n in range(draw(st.integers(0, 2)))]
    return Rule("made-up", 1, draw(conditions), tuple(strata), tuple(parts))
