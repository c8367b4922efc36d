"""Loading: the same rules give the same rule set and the same fingerprint on every machine."""

from datetime import date
from pathlib import Path

import pytest

from cds.engine.fact import Known
from cds.engine.truth import Truth
from cds.engine.verdict import Outcome
from cds.resources import rules_directory
from cds.ruleset.book import Site
from cds.ruleset.case_facts import CaseFacts
from cds.ruleset.fault import RuleFaults
from cds.ruleset.load import load
from cds.ruleset.orderable import Code
from tests.ruleset.small_book import FACTS, FILES, Edit, loaded, write_book

RULE = "bone-drug/rule.yaml"


def test_a_loaded_rule_judges(tmp_path: Path) -> None:
    rule = loaded(tmp_path).rule("bone-drug")
    facts = CaseFacts(
        date(2026, 6, 1),
        {
            "patient.adult": Known(True),
            "bone.t_score": Known(-3.0),
            "fracture.last": Known(None),
            "patient.sex": Known("female"),
        },
    )
    verdict = rule.judge(facts)
    assert (verdict.outcome, verdict.stratum, verdict.settled) == (Outcome.FIRES, "high", True)
    (line,) = rule.lines["high"]
    assert line.when is not None
    assert line.when.held(facts) is Truth.TRUE


def test_shared_gates_come_before_an_options_own(tmp_path: Path) -> None:
    option = loaded(tmp_path).options["drug-a"]
    assert [gate.why for gate in option.withheld_if] == ["dialysis", "calcium is {lab.calcium}"]
    assert [(first.fact, first.ask) for first in option.know_first] == [("lab.calcium", ("lab-calcium",))]


def test_numbers_and_scope_are_at_hand(tmp_path: Path) -> None:
    ruleset = loaded(tmp_path)
    assert dict(ruleset.numbers) == {"t_score.low": -2.5, "fracture.recent_days": 365, "calcium.low": 8.5}
    assert list(ruleset.scope) == ["order-sign"]
    assert ruleset.rule("bone-drug").suggests == ("drug-a",)
    with pytest.raises(KeyError):
        ruleset.rule("bone-drugs")


@pytest.mark.parametrize(
    ("status", "judged", "shown"),
    [("active", True, True), ("trial", True, False), ("draft", False, False)],
)
def test_a_rule_on_trial_is_judged_and_not_shown(status: str, judged: bool, shown: bool, tmp_path: Path) -> None:
    rule = loaded(tmp_path, (RULE, "status: active", f"status: {status}")).rule("bone-drug")
    assert (rule.judged, rule.shown) == (judged, shown)


def fingerprint(folder: Path, *edits: Edit, site: Site | None = None) -> str:
    """The fingerprint of the directory with the edits made."""
    folder.mkdir(parents=True, exist_ok=True)
    return load(write_book(folder, *edits), site, catalogue=FACTS).fingerprint


def test_the_fingerprint_ignores_what_changes_nothing(tmp_path: Path) -> None:
    whole = fingerprint(tmp_path / "a")
    assert len(whole) == 64
    for file, text in reversed(FILES.items()):
        path = tmp_path / "b" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.replace("\n", "\r\n").encode())
    assert load(tmp_path / "b", catalogue=FACTS).fingerprint == whole
    assert fingerprint(tmp_path / "c", (RULE, "version: 1\n", "version: 1  # the first\n\n")) == whole
    (tmp_path / "a" / "bone-drug" / "cases.md").write_text("", encoding="utf-8")
    (tmp_path / "a" / "CHANGELOG.md").write_text("words", encoding="utf-8")
    assert load(tmp_path / "a", catalogue=FACTS).fingerprint == whole


@pytest.mark.parametrize(
    "edit",
    [
        (RULE, "version: 1", "version: 2"),
        (RULE, "High risk before", "Risk before"),
        ("parameters.yaml", "value: 365", "value: 366"),
        ("sources.yaml", "ASCO 2019", "ASCO 2020"),
        ("options/drug-a.yaml", "title: Drug A", "title: Drug B"),
        ("options/gates.yaml", "why: dialysis", "why: on dialysis"),
        ("ruleset.yaml", "Bone drug", "Bone drugs"),
        ("codes/labs.csv", "17861-6", "2000-8"),
        ("codes/concepts.yaml", "title: Calcium", "title: Total calcium"),
    ],
    ids=lambda edit: edit[0],
)
def test_the_fingerprint_sees_every_change(edit: Edit, tmp_path: Path) -> None:
    edits = [edit] if edit[0] != "codes/labs.csv" else [edit, ("options/lab-calcium.yaml", "17861-6", "2000-8")]
    assert fingerprint(tmp_path / "b", *edits) != fingerprint(tmp_path / "a")


def test_what_the_site_decides_is_in_the_fingerprint_and_in_the_codes(tmp_path: Path) -> None:
    own = Site(local_codes={"calcium-total": (Code(system="https://hospital.example/labs", code="CA"),)})
    assert fingerprint(tmp_path, site=own) != fingerprint(tmp_path)
    codes = load(tmp_path, own, catalogue=FACTS).codes
    assert [row.concept for row in codes.rows_for("https://hospital.example/labs", "CA")] == ["calcium-total"]


def test_a_site_code_for_an_unknown_concept_is_refused(tmp_path: Path) -> None:
    own = Site(local_codes={"calcium-totl": (Code(system="https://hospital.example/labs", code="CA"),)})
    with pytest.raises(RuleFaults, match="did you mean `calcium-total`"):
        load(write_book(tmp_path), own, catalogue=FACTS)


@pytest.mark.parametrize(
    "site",
    [
        Site(preferred_options=("drug-b",)),
        Site(order_codes={"drug-b": (Code(system="https://hospital.example/drugs", code="B"),)}),
    ],
)
def test_a_site_that_names_an_option_that_is_not_there_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(RuleFaults, match="site settings: error: no option is called `drug-b`"):
        load(write_book(tmp_path), site, catalogue=FACTS)


def test_the_rule_book_loads_twice_the_same() -> None:
    first = load(rules_directory())
    second = load(rules_directory())
    assert first.fingerprint == second.fingerprint
    assert first.short_fingerprint == first.fingerprint[:12]
    assert [rule.written for rule in first.rules] == [rule.written for rule in second.rules]
