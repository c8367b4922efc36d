"""What a site decides: read with the reasons for a refusal, in force everywhere, told wherever it decides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from cds.cards.compose import respond
from cds.clock import counted_uuids
from cds.decide import Decision, decide
from cds.engine.fact import Fact, Known, Unknown, Value
from cds.explain import explanation
from cds.export.book import rule_book
from cds.facts.subjects import CATALOGUE
from cds.gateway.recorded import recorded
from cds.hooks.request import read_request
from cds.releases.in_force import rules_for
from cds.resources import fixtures_directory, rules_directory
from cds.ruleset.book import Override, Site
from cds.ruleset.fault import Level, RuleFault, RuleFaults
from cds.ruleset.lint import lint
from cds.ruleset.load import load
from cds.ruleset.mentions import facts_that_name, named_by, with_others
from cds.ruleset.needs import needed_sources
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.show import show_all, show_rule
from cds.ruleset.site import read_site
from cds.ruleset.uses import facts_of, numbers_of
from cds.settings import Settings
from tests.ruleset.small_book import FACTS, write_book

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "site.example.yaml"
DAY = date(2026, 11, 24)
SIGNED = "reason: local protocol, by: Dr. A. Head, on: 2026-11-02"
WORDS = "site value 25 ng/mL instead of 20 ng/mL: local protocol (Dr. A. Head, 2026-11-02)"


def file(folder: Path, text: str) -> Path:
    """A site's file with that text."""
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> tuple[RuleFault, ...]:
    """Why the text is refused, by itself or by the shipped rules."""
    with pytest.raises(RuleFaults) as faults:
        rules_for(Settings(site=file(folder, text)))
    return faults.value.faults


def own(**values: float) -> Site:
    """A site with these values, ``__`` for the dot."""
    override = {"reason": "local protocol", "by": "Dr. A. Head", "on": "2026-11-02"}
    given = {name.replace("__", "."): {"value": value, **override} for name, value in values.items()}
    return Site.model_validate({"parameters": given})


def test_a_file_is_read_and_one_of_comments_decides_nothing(tmp_path: Path) -> None:
    site = read_site(file(tmp_path, f"snooze_days: 14\nparameters:\n  hu.low: {{value: 150, {SIGNED}}}\n"))
    assert site.snooze_days == 14
    signed = Override(value=150, reason="local protocol", by="Dr. A. Head", on=date(2026, 11, 2))
    assert site.parameters == {"hu.low": signed}
    assert read_site(file(tmp_path, "# nothing yet\n")) == Site() == read_site(Settings().site)


@pytest.mark.parametrize(
    ("text", "line", "what", "fix"),
    [
        ("max_card: 2\n", 1, "unknown key `max_card`", "did you mean `max_cards`?"),
        ("cpt: false\nmax_cards: 0\n", 2, "max_cards", "write what fits"),
        ("intent: plan\n", 1, "`intent` cannot be 'plan'", "order, proposal"),
        ("snooze_days: -1\n", 1, "snooze_days", "write what fits"),
        ("max_cards: 3\nmax_cards: 4\n", 2, "`max_cards` is written twice", "keep one"),
        ("cpt: [\n", 2, "not YAML", "indentation"),
        ("- a list\n", 1, "the file", "write what fits"),
        ("preferred_options:\n  - denosumab-60\n", 2, "no option is called `denosumab-60`", "`denosumab-60mg`"),
        ("order_codes:\n  dxaa: []\n", 2, "no option is called `dxaa`", "did you mean `dxa`?"),
        ("local_codes:\n  l1hu: [{system: x, code: y}]\n", 2, "no concept is called `l1hu`", "did you mean `l1-hu`?"),
        ("local_codes:\n  ctx:\n  - {system: x, code: y}\n  - {system: loinc, code: 41171-1}\n", 4, "check digit", ""),
        (f"parameters:\n  hu.lo: {{value: 1, {SIGNED}}}\n", 2, "no parameter is called `hu.lo`", "mean `hu.low`?"),
        (f"parameters:\n  hu.low: {{value: low, {SIGNED}}}\n", 2, "`value`", "a plain number"),
        (f"parameters:\n  hu.low: {{value: yes, {SIGNED}}}\n", 2, "`value`", "a plain number"),
        (f"parameters:\n  hu.low: {{value: .nan, {SIGNED}}}\n", 2, "`value`", "a plain number"),
        ("parameters:\n  hu.low: {value: 1, reason: why, by: Dr. A, on: soon}\n", 2, "`on`", "year-month-day"),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_line_and_remedy(text: str, line: int, what: str, fix: str, tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, text)
    assert (fault.file, fault.line) == ("site.yaml", line)
    assert what in fault.what
    assert fix in fault.fix
    assert fault.why


@pytest.mark.parametrize("left_out", ["value: 150", "reason: why", "by: Dr. A", "on: 2026-11-02"])
def test_an_override_without_value_reason_name_or_day_is_refused(left_out: str, tmp_path: Path) -> None:
    members = ["value: 150", "reason: why", "by: Dr. A", "on: 2026-11-02"]
    kept = ", ".join(each for each in members if each != left_out)
    (fault,) = refused(tmp_path, f"parameters:\n  hu.low: {{{kept}}}\n")
    assert fault.what == f"`{left_out.partition(':')[0]}` is missing"
    assert "a reason, a name and a day" in fault.why


def test_an_empty_reason_is_none(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, 'parameters:\n  hu.low: {value: 150, reason: "  ", by: Dr. A, on: 2026-11-02}\n')
    assert "`reason`" in fault.what


def test_a_missing_file_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(RuleFaults, match="BONE_CDS_SITE names it"):
        read_site(tmp_path / "nowhere.yaml")


def test_the_example_is_complete_and_fits_the_shipped_rules() -> None:
    site = read_site(EXAMPLE)
    assert site.model_fields_set == set(Site.model_fields)
    ruleset = load(rules_directory(), site)
    assert "hospice" in {row.concept for row in ruleset.codes.rows_for("https://hospital.example/status", "HOSPICE")}
    to_fill = set(re.findall(r"^([a-z0-9-]+): \{.*site: true", concepts_text(), re.MULTILINE))
    assert to_fill <= site.local_codes.keys()


def concepts_text() -> str:
    """``concepts.yaml`` as it stands."""
    return (rules_directory() / "codes" / "concepts.yaml").read_text(encoding="utf-8")


def test_the_page_explains_every_key_and_every_concept_that_a_site_fills() -> None:
    page = (ROOT / "docs" / "site.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)) == set(Site.model_fields)
    for concept in re.findall(r"^([a-z0-9-]+): \{.*site: true", concepts_text(), re.MULTILINE):
        assert f"`{concept}`" in page


def test_an_override_decides_and_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    rules = write_book(tmp_path)
    plain, other = load(rules, catalogue=FACTS), load(rules, own(t_score__low=-2.0), catalogue=FACTS)
    assert other.numbers["t_score.low"] == other.parameters["t_score.low"].value == -2.0
    assert plain.fingerprint != other.fingerprint
    assert other.overrides["t_score.low"].was == "-2.5"
    assert [each.name for each in other.overrides_of("bone-drug")] == ["t_score.low"]
    assert plain.overrides == {}
    assert "at most -2 [site value, not -2.5]" in " ".join(page(other).split())
    assert "site set t_score.low" in show_all(other)


def page(ruleset: RuleSet) -> str:
    """The small rule as it is shown."""
    return show_rule(ruleset, "bone-drug")


def test_a_number_counts_for_the_rule_whose_options_or_facts_use_it(tmp_path: Path) -> None:
    in_gate = load(write_book(tmp_path), own(calcium__low=8.0), catalogue=FACTS)
    assert [each.name for each in in_gate.overrides_of("bone-drug")] == ["calcium.low"]
    ruleset = load(rules_directory())
    rule = ruleset.rule("antiresorptive")
    assert {"vitamin_d.deficient", "crcl.bisphosphonate_min", "fresh.weight_days"} <= numbers_of(ruleset, rule)
    assert "patient.oldest" in numbers_of(ruleset, rule), "the code of patient.age asks for it"
    put_together = {"plausible.creatinine_high", "glucocorticoid.equivalent.dexamethasone", "calcium.ionised_high"}
    assert put_together <= numbers_of(ruleset, rule), "the code puts their names together"
    assert "calcium.known" in facts_of(ruleset, rule)
    assert "bone.hu.change_hu" not in facts_of(ruleset, ruleset.rule("calcium-vitamin-d"))


def test_what_the_code_of_a_fact_names() -> None:
    assert {"view", "hypocalcaemia"} & named_by(CATALOGUE["caution.hypocalcaemia"]) == {"hypocalcaemia"}
    assert "fresh.calcium_days" in named_by(CATALOGUE["recent.calcium"]), "through the table of analytes"
    assert "creatinine" in named_by(CATALOGUE["lab.egfr"]), "through the functions it calls"
    assert "lab.egfr" in with_others(["recent.egfr"])
    assert facts_that_name({"osteonecrosis-of-jaw"}) == ("caution.onj",)
    assert all(len(named_by(each) & CATALOGUE.keys()) < 60 for each in CATALOGUE.values()), "not the whole catalogue"


def cards(ruleset: RuleSet, name: str = "very-high-t-score") -> Iterator[tuple[str, str]]:
    """Topic and text of each card for a recorded request."""
    request = read_request((fixtures_directory() / "requests" / f"{name}.json").read_bytes())
    chart, draft = recorded(request)
    decision = decide(chart, draft, ruleset, request.hook, DAY)
    response = respond(decision, "Patient/x", "https://example.org", counted_uuids())
    for card in response.cards:
        assert card.source.topic is not None
        yield card.source.topic.code, card.detail or ""
    yield "explain", explanation(decision)


def test_an_override_stands_on_every_card_whose_rule_uses_it_and_on_no_other() -> None:
    ruleset = load(rules_directory(), own(vitamin_d__deficient=25))
    told = dict(cards(ruleset))
    using = {ruleset.rule(name).written.topic for name in ruleset.overridden_in}
    assert {"antiresorptive", "calcium-vitamin-d"} <= using
    assert "baseline-assessment" not in using
    shown = {topic for topic in told if topic != "explain"}
    assert {topic for topic in shown if WORDS in told[topic]} == shown & using
    assert shown & using
    assert not any("site value" in text for _, text in cards(load(rules_directory())))


LACKING = {"medicationDispenses": {"reason": "no such system", "by": "Dr. A. Head", "on": "2026-11-02"}}
TOLD_LACKING = "Medication dispenses are not kept here: no such system (Dr. A. Head, 2026-11-02)"
BEFORE_A_DRUG = "high-t-score.json"


def decided(site: Site, dispenses: object = None) -> Decision:
    """A request without that source, or with it as sent, decided with the site's decisions."""
    body = json.loads((fixtures_directory() / "requests" / BEFORE_A_DRUG).read_text(encoding="utf-8"))
    body["prefetch"].pop("medicationDispenses", None)
    if dispenses is not None:
        body["prefetch"]["medicationDispenses"] = dispenses
    chart, draft = recorded(read_request(json.dumps(body).encode()))
    return decide(chart, draft, load(rules_directory(), site), "order-sign", DAY)


def offers(decision: Decision) -> list[str]:
    """What its cards suggest, by label."""
    cards = respond(decision, "Patient/1", "https://example.org", counted_uuids()).cards
    return [each.label for card in cards for each in card.suggestions]


def test_a_source_that_is_not_kept_holds_nothing_and_a_drug_can_be_offered() -> None:
    without, site = decided(Site()), Site.model_validate({"not_kept": LACKING})
    assert isinstance(without.facts["drug.on_osteoporosis_agent"], Unknown)
    assert not any("Zoledronic" in each for each in offers(without))
    told = decided(site)
    assert told.facts["drug.on_osteoporosis_agent"] == Known(False)
    assert any("Zoledronic" in each for each in offers(told))
    assert TOLD_LACKING in explanation(told)
    assert TOLD_LACKING in show_rule(told.ruleset, "antiresorptive")
    assert "does not keep medicationDispenses" in show_all(told.ruleset)
    page = rule_book(told.ruleset, rules_directory(), DAY)
    assert TOLD_LACKING in page


def test_it_stands_on_the_cards_that_would_read_it_and_on_no_other() -> None:
    decision = decided(Site.model_validate({"not_kept": LACKING}))
    cards = respond(decision, "Patient/1", "https://example.org", counted_uuids()).cards
    read = {each.source.topic.code: each.detail or "" for each in cards if each.source.topic is not None}
    assert "Medication dispenses are not kept here" in read["antiresorptive"]
    assert not decision.ruleset.not_kept_in["scope"]


def test_what_is_sent_all_the_same_is_read_and_what_failed_stays_failed() -> None:
    site = Site.model_validate({"not_kept": LACKING})
    coded = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "904431"}]}
    supplied = {
        "resourceType": "MedicationDispense", "id": "d1", "status": "completed", "medicationCodeableConcept": coded,
        "whenHandedOver": "2026-11-01", "subject": {"reference": "Patient/eNAazSDBHXh2RikEOLXQsU93"},
    }  # fmt: skip
    sent = decided(site, {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": supplied}]})
    assert known_value(sent.facts["drug.on_osteoporosis_agent"]) is True
    failed = decided(site, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]})
    assert isinstance(failed.facts["drug.on_osteoporosis_agent"], Unknown)


def known_value(fact: Fact) -> Value:
    """The value of a known fact."""
    assert isinstance(fact, Known), fact
    return fact.value


def test_it_is_not_asked_for_any_more() -> None:
    ruleset = load(rules_directory(), Site.model_validate({"not_kept": LACKING}))
    assert "medicationDispenses" not in needed_sources(ruleset, "order-sign")
    assert "medicationStatements" in needed_sources(ruleset, "order-sign")


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        (f"not_kept: {{conditions: {{{SIGNED}}}}}", "`conditions` cannot be done without", "take it out"),
        (f"not_kept: {{medicationDispense: {{{SIGNED}}}}}", "no source is called", "`medicationDispenses`"),
        ("not_kept: {medicationDispenses: {reason: none here, by: Dr. A}}", "`on` is missing", ""),
    ],
)
def test_a_source_that_cannot_be_done_without_is_refused(text: str, what: str, fix: str, tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, text)
    assert what in fault.what
    assert fix in fault.fix


def test_lint_notes_a_source_that_is_not_kept() -> None:
    site = Site.model_validate({"not_kept": LACKING})
    (note,) = [each for each in lint(rules_directory(), DAY, site) if "not kept" in each.what]
    assert (note.level, note.what) == (Level.NOTE, TOLD_LACKING)
    early = [each.what for each in lint(rules_directory(), date(2026, 11, 1), site) if each.level is Level.WARNING]
    assert any("a day to come" in each for each in early)


def test_a_site_s_reason_is_inert_on_a_card() -> None:
    site = own(vitamin_d__deficient=25)
    sly = site.parameters["vitamin_d.deficient"].model_copy(update={"reason": "<b>see</b> [me](http://evil.example)"})
    ruleset = load(rules_directory(), Site(parameters={"vitamin_d.deficient": sly}))
    told = " ".join(text for topic, text in cards(ruleset) if topic != "explain")
    assert "site value" in told
    assert "<b>" not in told
    assert "[me]" not in told.replace("\\[me\\]", "")


@pytest.mark.parametrize(
    ("values", "level", "why"),
    [
        ({"vitamin_d.deficient": 25}, Level.NOTE, "a number of endocrine-2011 (guideline)"),
        ({"crcl.bisphosphonate_min": 30}, Level.WARNING, "loosens a gate that stands in a drug label"),
        ({"crcl.bisphosphonate_min": 40}, Level.NOTE, "stricter than the drug label"),
        ({"egfr.denosumab_min": 15}, Level.WARNING, "loosens a gate"),
        ({"denosumab.oncology_dose_mg": 100}, Level.WARNING, "a drug label's number"),
    ],
)
def test_lint_notes_an_override_and_warns_of_a_loosened_label(values: dict[str, float], level: Level, why: str) -> None:
    site = own(**{name.replace(".", "__"): value for name, value in values.items()})
    (found,) = [each for each in lint(rules_directory(), DAY, site) if each.file == "site settings"]
    assert found.level is level
    assert why in found.why
    assert "(Dr. A. Head, 2026-11-02)" in found.what


def test_lint_proves_the_rule_book_without_the_site_s_values_and_sees_a_day_to_come() -> None:
    plain = lint(rules_directory(), DAY)
    site = own(t_score__very_high=-3.4)
    later = {name: each.model_copy(update={"on": date(2026, 11, 25)}) for name, each in site.parameters.items()}
    early = lint(rules_directory(), DAY, Site(parameters=later))
    extra = [each for each in early if each.file == "site settings"]
    assert [each.level for each in extra] == [Level.NOTE, Level.WARNING]
    assert "a day to come" in extra[1].what
    assert {each.what for each in early if each.level is Level.ERROR} == {
        each.what for each in plain if each.level is Level.ERROR
    }
