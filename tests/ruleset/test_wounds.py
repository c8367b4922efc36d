"""A wounded rule file: the finding names file, line, what, why and how to fix, and the rules do not load."""

from datetime import date
from pathlib import Path

import pytest

from cds.ruleset.fault import Level, RuleFault, RuleFaults
from cds.ruleset.lint import lint
from cds.ruleset.load import load
from tests.ruleset.small_book import FACTS, FILES, write_book

RULE, OPTION, GATES = "bone-drug/rule.yaml", "options/drug-a.yaml", "options/gates.yaml"
NUMBERS, SOURCES, BOOK, LABS = "parameters.yaml", "sources.yaml", "ruleset.yaml", "codes/labs.csv"
LOW, APPLIES = "at_most: t_score.low", "applies: {fact: patient.adult, is: yes}"
AS_OF = date(2026, 11, 24)

HIGH = """\
calcium.high:
  {value: 10.5, unit: mg/dL, label: policy, source: asco, locator: text, words: calcium called high}
calcium.low:
"""
DOSE = (
    '{value: 5, unit: mg, code: mg, text: 5 mg, route: {system: "urn:way", code: "1"}, '
    "timing: {frequency: 1, period: 1, period_unit: a}}"
)
WHEN = "when: {fact: lab.calcium, below: calcium.low}"
DOSES = f"title: Two\ndoses: [{{{WHEN}, title: Five, dose: {DOSE}, evidence: [{{source: asco, supports: A dose}}]}}]\n"
STRANGE, UNCITED = DOSES.replace("lab.calcium", "lab.calcum"), DOSES.replace("source: asco", "source: asko")
CITED = "    evidence: [{source: asco, supports: Treat osteoporosis}]\n"
FIRST = "know_first:\n  - {fact: lab."

# file, what stands there, what shall stand there, where the finding points, what it says, what it advises
REFUSED = [
    (RULE, "fact: bone.t_score, at", "fact: bone.tscore, at", "no fact is called `bone.tscore`", "`bone.t_score`"),
    (RULE, LOW, "at_most: t_score.lo", "no parameter is called `t_score.lo`", "`t_score.low`"),
    (RULE, LOW, "at_mots: t_score.low", "unknown key `at_mots`", "`at_most`"),
    (RULE, LOW, "is: yes", "`is` does not fit `bone.t_score`", "at_least, at_most, above, below"),
    (RULE, LOW, "at_most: calcium.low", "`bone.t_score` and `calcium.low` differ in unit", "same unit"),
    (RULE, APPLIES, "applies: {fact: patient.adult, is: 'yes'}", "`patient.adult` is never 'yes'", "without quotes"),
    (RULE, APPLIES, "applies: {fact: patient.sex, is: femal}", "`patient.sex` is never `femal`", "`female`"),
    (RULE, APPLIES, "applies: {fact: patient.sex, in: [mal]}", "`patient.sex` is never `mal`", "`male`"),
    (RULE, APPLIES, "applies: {fact: patient.sex, is: no}", "`patient.sex` is never False", "in quotes"),
    (RULE, APPLIES, "applies: {fact: patient.adult}", "one fact with no comparison", "within_days"),
    (RULE, APPLIES, "applies: {all: []}", "`all` of nothing", "list members"),
    (RULE, APPLIES, "applies: {}", "a condition with none of them", "all: or any:"),
    (RULE, APPLIES, "applies: {fact: patient.adult, is: yes, not: {}}", "a condition with `not` and `fact`", "split"),
    (RULE, "within_days: fracture", "at_least: fracture", "`at_least` does not fit `fracture.last`", "within_days"),
    (RULE, "version: 1", "version: one", "`version` cannot be 'one'", "plain number"),
    (RULE, "status: active", "status: activ", "`status` cannot be 'activ'", "`active`"),
    (RULE, "id: bone-drug", "id: Bone Drug", "'Bone Drug' is not a name", "bone-drug"),
    (RULE, "id: bone-drug", "id: bone-drugs", "rule `bone-drugs` lies in folder `bone-drug`", "same name"),
    (RULE, "title: Start", "titel: Start", "unknown key `titel`", "`title`"),
    (RULE, "version: 1", "version: 1\nversion: 2", "`version` is written twice", "keep one"),
    (RULE, "version: 1", "version: 1\n  status: x", "not YAML", "indentation"),
    (RULE, "offer: [drug-a]", "offer: [drug-b]", "no option is called `drug-b`", "`drug-a`"),
    (RULE, "{bone.t_score},", "{bone.tscore},", "nothing fills in `{bone.tscore}`", "`bone.t_score`"),
    (RULE, "source: asco", "source: asko", "no source is called `asko`", "`asco`"),
    (RULE, "ask_on: [baseline-assessment]", "ask_on: [baseline]", "no topic is called `baseline`", "baseline-assess"),
    (RULE, "id: low", "id: high", "two strata are called `high`", "rename"),
    (RULE, "id: low", "id: none", "a stratum cannot be called `none`", "another id"),
    (RULE, "next_review: 2027-11-20", "next_review: 2027-13-20", "`next_review` cannot be", "2026-11-20"),
    (RULE, "reviewed_on: 2026-11-20, ", "", "`reviewed_on` is missing", "add `reviewed_on:`"),
    (OPTION, "id: drug-a", "id: drug-z", "option `drug-z` is in drug-a.yaml", "same name"),
    (OPTION, "title: Drug A\n", f"dose: {DOSE}\n{DOSES}", "`drug-a` has a dose and doses", "keep dose: or doses:"),
    (OPTION, "title: Drug A\n", STRANGE, "no fact is called `lab.calcum`", "lab.calcium"),
    (OPTION, "title: Drug A\n", UNCITED, "no source is called `asko`", "`asco`"),
    (OPTION, "gates: [kidney]", "gates: [kidny]", "no set of gates is called `kidny`", "`kidney`"),
    (OPTION, 'code: "17861-6"', "code: 17861", "`code` cannot be 17861", '"17861"'),
    (OPTION, "ask: [lab-calcium]", "ask: [lab-calcum]", "no option is called `lab-calcum`", "`lab-calcium`"),
    (OPTION, FIRST + "calcium", FIRST + "calcum", "no fact is called `lab.calcum`", "`lab.calcium`"),
    (GATES, "fact: caution.dialysis", "fact: caution.dialisis", "no fact is called", "`caution.dialysis`"),
    (NUMBERS, "value: 365", "value: a year", "`value` cannot be 'a year'", "plain number"),
    (NUMBERS, "label: policy", "label: polices", "`label` cannot be 'polices'", "`policy`"),
    (SOURCES, "read: abstract", "read: some", "`read` cannot be 'some'", "full-text"),
    (BOOK, "rules: [bone-drug]", "rules: []", "rule `bone-drug` is not on the list", "_retired"),
    (BOOK, "rules: [bone-drug]", "rules: [bone-drug, bone-drugs]", "no rule is called `bone-drugs`", "`bone-drug`"),
    (BOOK, "{missing}", "{mising}", "nothing fills in `{mising}`", "`missing`"),
    (LABS, "calcium-total,", "calcium-totl,", "no concept is called `calcium-totl`", "`calcium-total`"),
    (LABS, "display,source", "source,display", "the first line is", "concept,system,code"),
    (LABS, ",Calcium,", ",Calcium, total,", "too many, too few", "quotes"),
]  # fmt: skip

FOUND = [
    (RULE, "checked_by: B. Checker", "checked_by: a. author", "author and checker are the same", "somebody else"),
    (RULE, "next_review: 2027-11-20", "next_review: 2026-11-20", "next_review is not after", "read again"),
    (RULE, "High risk before", "High risk " * 13 + "before", "the summary can become", "shorten it by"),
    (RULE, "detail: \"Why:", "detail: \"<b>Why:", "HTML in a text", "Markdown"),
    (RULE, "offer: [drug-a]", "offer: [lab-calcium]", "`lab-calcium` is no drug", "orders:"),
    (RULE, CITED, "", "`high` cites nothing", "add evidence"),
    (RULE, "status: active", "status: retired", "a retired rule lies among the others", "_retired/bone-drug"),
    (OPTION, 'code: "17861-6"', 'code: "17861-7"', "17861-7 (in a value set) is in no value set", "source:"),
    (NUMBERS, "calcium.low:\n", HIGH, "nobody uses the parameter `calcium.high`", "take it out"),
    (SOURCES, "asco:\n", "acr:\n  {citation: ACR, kind: study, read: abstract, read_on: 2026-11-20}\nasco:\n",
     "nobody cites the source `acr`", "cite it"),
]  # fmt: skip


def finding(faults: tuple[RuleFault, ...], what: str) -> RuleFault:
    """The one finding that says this."""
    (found,) = [each for each in faults if what in each.what]
    return found


def expected_line(file: str, old: str, new: str) -> int:
    """The line where the changed text differs from the whole one."""
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    before, _, _ = FILES[file].partition(old)
    return (before + new[:same]).count("\n") + 1


@pytest.mark.parametrize(("file", "old", "new", "what", "fix"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_wounded_file_is_refused(file: str, old: str, new: str, what: str, fix: str, tmp_path: Path) -> None:
    write_book(tmp_path, (file, old, new))
    with pytest.raises(RuleFaults) as refused:
        load(tmp_path, catalogue=FACTS)
    found = finding(refused.value.faults, what)
    assert found.file == file
    assert found.line == pytest.approx(expected_line(file, old, new), abs=1)
    assert found.why
    assert fix in found.fix
    assert found.level is Level.ERROR
    assert f"{file}:{found.line}: error: {found.what}" in str(refused.value)


@pytest.mark.parametrize(("file", "old", "new", "what", "fix"), FOUND, ids=lambda value: str(value)[:40])
def test_lint_finds_what_loading_lets_pass(file: str, old: str, new: str, what: str, fix: str, tmp_path: Path) -> None:
    write_book(tmp_path, (file, old, new))
    found = finding(lint(tmp_path, AS_OF, catalogue=FACTS), what)
    assert found.file == file
    assert found.line > 0
    assert fix in found.fix
    assert found.level is Level.ERROR


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    write_book(tmp_path, (RULE, LOW, "at_most: t_score.lo"), (NUMBERS, "value: 365", "value: a year"))
    with pytest.raises(RuleFaults) as refused:
        load(tmp_path, catalogue=FACTS)
    assert [fault.file for fault in refused.value.faults] == [RULE, NUMBERS]
    assert str(refused.value).endswith("2 faults in the rules")


def test_who_names_a_spoilt_parameter_is_not_blamed(tmp_path: Path) -> None:
    write_book(tmp_path, (NUMBERS, "value: 365", "value: a year"))
    with pytest.raises(RuleFaults) as refused:
        load(tmp_path, catalogue=FACTS)
    assert [fault.file for fault in refused.value.faults] == [NUMBERS]


@pytest.mark.parametrize("file", ["ruleset.yaml", "parameters.yaml", "sources.yaml"])
def test_a_missing_file_is_named(file: str, tmp_path: Path) -> None:
    (write_book(tmp_path) / file).unlink()
    with pytest.raises(RuleFaults) as refused:
        load(tmp_path, catalogue=FACTS)
    assert any(fault.file == file and "missing" in fault.what for fault in refused.value.faults)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (write_book(tmp_path) / "sources.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RuleFaults) as refused:
        load(tmp_path, catalogue=FACTS)
    assert any(fault.file == "sources.yaml" and "cannot be read" in fault.what for fault in refused.value.faults)


def warnings(folder: Path, as_of: date) -> list[str]:
    """What lint only warns of."""
    return [each.what for each in lint(folder, as_of, catalogue=FACTS) if each.level is Level.WARNING]


def test_an_overdue_review_only_warns(tmp_path: Path) -> None:
    write_book(tmp_path)
    assert warnings(tmp_path, date(2027, 11, 20)) == []
    assert warnings(tmp_path, date(2027, 11, 21)) == ["the review is overdue since 2027-11-20"]


def test_a_rule_that_nobody_checked_warns(tmp_path: Path) -> None:
    write_book(tmp_path, (RULE, "checked_by: B. Checker", "checked_by: open - owning pharmacist"))
    assert warnings(tmp_path, AS_OF) == ["nobody has checked this rule yet"]


def test_an_option_that_nobody_suggests_warns(tmp_path: Path) -> None:
    write_book(tmp_path, (OPTION, ", ask: [lab-calcium]", ""))
    assert warnings(tmp_path, AS_OF) == ["no rule suggests `lab-calcium`"]


def test_a_rule_without_cases_is_an_error(tmp_path: Path) -> None:
    (write_book(tmp_path) / "bone-drug" / "cases.md").unlink()
    found = finding(lint(tmp_path, AS_OF, catalogue=FACTS), "the file is missing")
    assert found.file == "bone-drug/cases.md"


def test_what_lies_in_the_attic_is_retired(tmp_path: Path) -> None:
    write_book(tmp_path)
    attic = tmp_path / "_retired" / "bone-drug"
    attic.mkdir(parents=True)
    (attic / "rule.yaml").write_text(FILES[RULE], encoding="utf-8")
    whats = [fault.what for fault in lint(tmp_path, AS_OF, catalogue=FACTS) if fault.file.startswith("_retired")]
    assert whats == ["`bone-drug` is in use again", "status active in _retired"]


def test_an_alias_and_a_merge_read_as_what_they_stand_for(tmp_path: Path) -> None:
    old = "evidence: [{source: asco, supports: Treat osteoporosis}]"
    new = "evidence: [&it {source: asco, supports: Treat osteoporosis}, {<<: *it, grade: strong}, *it]"
    rule = load(write_book(tmp_path, (RULE, old, new)), catalogue=FACTS).rules[0].written
    assert [each.grade for each in rule.strata[0].evidence] == ["", "strong", ""]
    assert {each.source for each in rule.strata[0].evidence} == {"asco"}


def test_an_alias_within_itself_is_refused(tmp_path: Path) -> None:
    write_book(tmp_path, (RULE, "about: One", "about: &it [*it] # One"))
    with pytest.raises(RuleFaults, match="repeats itself"):
        load(tmp_path, catalogue=FACTS)
