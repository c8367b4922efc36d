"""What the rules need becomes the questions that are asked."""

import re
from datetime import date
from pathlib import Path

import pytest

from cds.facts.sources import SOURCES
from cds.facts.subjects import CATALOGUE
from cds.resources import rules_directory
from cds.ruleset.load import load
from cds.ruleset.needs import code_list, needed_facts, needed_sources, queries, templates
from cds.ruleset.ruleset import RuleSet
from tests.ruleset.small_book import FACTS, loaded

DAY = date(2026, 11, 24)
HOOKS = ("order-sign", "order-select", "patient-view")
ALLOWED = re.compile(r"^(patient|subject|code|category|date|status|_count|_sort)$")


@pytest.fixture(scope="module")
def ruleset() -> RuleSet:
    return load(rules_directory())


def test_facts_of_conditions_lines_texts_options_and_gates(tmp_path: Path) -> None:
    assert needed_facts(loaded(tmp_path), "order-sign", FACTS) == (
        "bone.t_score",
        "caution.dialysis",
        "fracture.last",
        "lab.calcium",
        "order.agents",
        "patient.adult",
        "patient.sex",
    )


def test_sources_come_from_the_facts_and_from_orders_that_may_be_open(tmp_path: Path) -> None:
    assert needed_sources(loaded(tmp_path), "order-sign", FACTS) == (
        "patient",
        "conditions",
        "medicationRequests",
        "medicationStatements",
        "medicationAdministrations",
        "medicationDispenses",
        "serviceRequests",
        "labs",
        "boneDensity",
    )


def test_a_rule_that_is_not_judged_needs_nothing(tmp_path: Path) -> None:
    draft = loaded(tmp_path, ("bone-drug/rule.yaml", "status: active", "status: draft"))
    assert needed_facts(draft, "order-sign", FACTS) == ("patient.adult",)
    assert needed_sources(draft, "order-sign", FACTS) == ("patient",)


def test_codes_are_sorted_and_each_is_asked_once(tmp_path: Path) -> None:
    codes = loaded(tmp_path).codes
    assert code_list(["calcium-total", "calcium-total"], codes) == "http://loinc.org|17861-6"
    assert code_list(["albumin"], codes) == ""


def test_a_source_that_asks_by_code_is_left_out_without_any_code(tmp_path: Path) -> None:
    asked = {query.key: query for query in queries(loaded(tmp_path), "order-sign", DAY, FACTS)}
    assert "boneDensity" not in asked
    assert asked["labs"].resource_type == "Observation"
    assert "code=http://loinc.org%7C17861-6" in asked["labs"].template


@pytest.mark.parametrize("hook", HOOKS)
def test_templates_keep_to_what_every_client_supports(hook: str, ruleset: RuleSet) -> None:
    for key, template in templates(ruleset, hook, DAY).items():
        resource, _, query = template.partition("?")
        assert set(re.findall(r"\{\{.*?\}\}", template)) == {"{{context.patientId}}"}, key
        assert re.fullmatch(r"[A-Za-z]+(/\{\{context\.patientId\}\})?", resource), key
        for parameter in filter(None, query.split("&")):
            name, _, value = parameter.partition("=")
            assert ALLOWED.match(name), f"{key}: {name}"
            assert value
        assert SOURCES[key].resource_type == resource.partition("/")[0]


def test_every_source_that_a_needed_fact_reads_is_asked(ruleset: RuleSet) -> None:
    asked = templates(ruleset, "order-sign", DAY)
    facts = needed_facts(ruleset, "order-sign")
    assert "bone.t_score.lowest" in facts
    for name in facts:
        assert set(CATALOGUE[name].reads) <= asked.keys(), name


def test_templates_are_the_same_every_time(ruleset: RuleSet) -> None:
    assert list(templates(ruleset, "order-sign", DAY).items()) == list(
        templates(load(rules_directory()), "order-sign", DAY).items()
    )
