"""The laws of judging, on generated rules and charts."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from cds.engine.judge import compile_condition, compile_rule
from cds.engine.rule import Condition, Rule
from cds.engine.rule import Test as OneTest
from cds.engine.rule import tests_in as every_test
from cds.engine.trace import trace, trace_rule, unknowns
from cds.engine.truth import Truth
from cds.engine.verdict import NO_STRATUM, NOT_APPLICABLE, Outcome
from tests.engine import reference
from tests.engine.made_up import charts, conditions, learnt, rules
from tests.engine.reference import Chart

AS_NUMBER = {Truth.TRUE: reference.YES, Truth.UNKNOWN: reference.OPEN, Truth.FALSE: reference.NO}


@given(conditions, charts())
def test_a_compiled_condition_agrees_with_the_obvious_one(condition: Condition, chart: Chart) -> None:
    assert AS_NUMBER[compile_condition(condition)(chart)] == reference.holds(condition, chart)


@given(rules(), charts())
def test_a_compiled_rule_agrees_with_the_obvious_one(rule: Rule, chart: Chart) -> None:
    assert compile_rule(rule)(chart) == reference.judge(rule, chart)


@given(rules(), charts(full=True))
def test_full_knowledge_settles(rule: Rule, chart: Chart) -> None:
    verdict = compile_rule(rule)(chart)
    assert verdict.settled
    assert verdict.missing == ()
    assert verdict.outcome in {Outcome.FIRES, Outcome.SILENT, Outcome.NOT_APPLICABLE}


@given(rules(), learnt())
def test_learning_more_only_shrinks_what_is_possible(rule: Rule, both: tuple[Chart, Chart]) -> None:
    before, after = (compile_rule(rule)(chart) for chart in both)
    assert set(after.possible) <= set(before.possible)
    can_act = set(after.possible) - {NO_STRATUM, NOT_APPLICABLE}
    assert set(before.asked) <= set(after.asked) or not can_act


@given(rules(), learnt())
def test_learning_more_never_changes_a_settled_verdict(rule: Rule, both: tuple[Chart, Chart]) -> None:
    before, after = (compile_rule(rule)(chart) for chart in both)
    if before.settled:
        assert after == before


@given(rules(), learnt())
def test_what_acts_while_a_worse_one_is_possible_gives_way_only_to_that(rule: Rule, both: tuple[Chart, Chart]) -> None:
    before, after = (compile_rule(rule)(chart) for chart in both)
    if before.stratum is not None:
        assert after.stratum in before.possible
        order = [stratum.id for stratum in rule.strata]
        assert order.index(str(after.stratum)) <= order.index(before.stratum)


@given(rules(), charts())
def test_a_verdict_is_settled_exactly_when_nothing_is_missing(rule: Rule, chart: Chart) -> None:
    verdict = compile_rule(rule)(chart)
    assert verdict.settled == (verdict.missing == ())
    assert verdict.possible


@given(rules(), charts())
def test_the_same_facts_give_the_same_bytes(rule: Rule, chart: Chart) -> None:
    shuffled = Chart(chart.as_of, dict(reversed(list(chart.facts.items()))))
    verdicts = [compile_rule(rule)(chart), compile_rule(rule)(shuffled)]
    first, second = (pickle.dumps((verdict, trace_rule(rule, chart))) for verdict in verdicts)
    assert first == second


@given(conditions, charts())
def test_a_trace_tells_the_truth_of_every_member(condition: Condition, chart: Chart) -> None:
    step = trace(condition, chart)
    assert step.truth is compile_condition(condition)(chart)
    if not isinstance(condition, OneTest):
        members = condition.of if isinstance(condition.of, tuple) else (condition.of,)
        assert [inner.truth for inner in step.of] == [compile_condition(member)(chart) for member in members]


@given(conditions, charts(), st.data())
def test_only_the_unknowns_that_are_named_keep_a_condition_open(
    condition: Condition, chart: Chart, data: st.DataObject
) -> None:
    named = {name for name, _ in unknowns(trace(condition, chart))}
    full = data.draw(charts(full=True))
    settled = Chart(chart.as_of, {**chart.facts, **{name: full[name] for name in named}})
    assert compile_condition(condition)(settled) is not Truth.UNKNOWN
    assert named <= {test.fact for test in every_test(condition)}
