"""The command line as people use it: answers, exit codes, and what it says when something is wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cds.cli import main
from cds.cli.whole import app
from cds.resources import fixtures_directory, rules_directory

REQUEST = str(fixtures_directory() / "requests" / "very-high-t-score.json")
PATIENT = str(fixtures_directory() / "patients" / "very-high-t-score.json")
DAY = ("--as-of", "2026-11-24")


def ran(*words: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=stdin)


def test_decide_shows_cards() -> None:
    result = ran("decide", REQUEST, *DAY)
    assert result.exit_code == 0
    assert "[warning] Very high fracture risk" in result.stdout
    assert "Zoledronic acid" in result.stdout


@pytest.mark.parametrize("name", ["audit", "doctor", "replay", "rules"])
def test_a_command_is_called_by_its_name_where_no_other_is_loaded(name: str) -> None:
    told = subprocess.run([sys.executable, "-c", "from cds.cli import main; main()", name, "--help"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout  # fmt: skip
    assert f" {name} [OPTIONS]" in told.partition("\n")[0]


def test_decide_reads_stdin() -> None:
    assert ran("decide", "-", *DAY, stdin=Path(REQUEST).read_bytes()).stdout == ran("decide", REQUEST, *DAY).stdout


def test_json_is_the_response_body_alone_and_the_same_every_time() -> None:
    first, second = ran("decide", REQUEST, *DAY, "--json"), ran("decide", REQUEST, *DAY, "--json")
    assert first.stdout == second.stdout
    assert set(json.loads(first.stdout)) == {"cards", "extension"}


def test_the_day_is_an_argument() -> None:
    late = ran("decide", REQUEST, "--as-of", "2030-01-01")
    assert late.exit_code == 0
    assert late.stdout != ran("decide", REQUEST, *DAY).stdout


def test_explain_tells_every_rule() -> None:
    text = ran("explain", REQUEST, *DAY).stdout
    for title in ("What was read", "Start a bone-protective drug?", "What could not be checked?"):
        assert title in text
    data = json.loads(ran("explain", REQUEST, *DAY, "--json").stdout)
    assert {each["rule"] for each in data["rules"]} >= {"antiresorptive", "data-gaps"}
    (drug,) = [each for each in data["rules"] if each["rule"] == "antiresorptive"]
    assert drug["stratum"] == "very-high"
    assert drug["strata"]["very-high"]["truth"] == "true"


@pytest.mark.parametrize(
    ("name", "meant", "why"),
    [
        ("high-frax", "Yes:", "deceased: no"),
        ("deceased", "No, so no rule is asked and nothing is shown:", "✗ deceased: yes"),
        ("ipilimumab-alone", "No, so no rule is asked", "✗ a PD-1 or PD-L1 inhibitor is being ordered: no"),
        ("implausible-death-to-come", "That cannot be told:", "the date of death is in the future"),
    ],
)
def test_explain_tells_whether_the_rule_book_is_meant_at_all(name: str, meant: str, why: str) -> None:
    request = str(fixtures_directory() / "requests" / f"{name}.json")
    text = ran("explain", request, *DAY).stdout
    assert f"Is the rule book for this patient and this question?\n  {meant}" in text
    assert why in text
    assert ("Start a bone-protective drug?" in text) is not meant.startswith("No")
    assert "**" not in text
    scope = json.loads(ran("explain", request, *DAY, "--json").stdout)["scope"]
    assert scope["truth"] == {"Y": "true", "N": "false", "T": "unknown"}[meant[0]]


def test_patient_takes_a_bundle_and_a_drug_by_any_of_its_names() -> None:
    generic, brand = (
        ran("patient", PATIENT, "--order", "nivolumab", *DAY),
        ran("patient", PATIENT, "--order", "Opdivo", *DAY),
    )
    assert generic.exit_code == brand.exit_code == 0
    assert "Very high fracture risk" in generic.stdout
    assert "Very high fracture risk" in brand.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("decide", "no-such-file.json"), 3, "could not be read"),
        (("decide", PATIENT), 3, "is not a hook request"),
        (("decide", REQUEST, "--as-of", "yesterday"), 2, "is not a date"),
        (
            ("decide", REQUEST, "--as-of", "9999-12-31"),
            2,
            "must be a day from 1900-01-01 to 2199-12-31",
        ),
        (("decide", REQUEST, "--as-of", "0001-01-01"), 2, "too long ago"),
        (("patient", REQUEST, "--order", "nivolumab"), 3, "is not a patient bundle"),
        (("patient", PATIENT, "--order", "aspirine"), 2, "no drug called"),
        (("patient", PATIENT), 2, "--order"),
        (("rules", "show", "antiresorptiv"), 2, "did you mean"),
        (("rules", "lint", "--rules", "no-such-folder"), 3, "is not a folder"),
        (("decide", REQUEST, "--rules", "no-such-folder"), 3, "no-such-folder is not a folder"),
        (("rules", "show", "--rules", REQUEST), 3, "is not a folder"),
        (("rules", "diff", "no-such-folder", "rules"), 3, "is not a folder"),
        (("no-such-command",), 2, "No such command"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else None,
)
def test_errors_say_what_and_how_to_mend_it(words: tuple[str, ...], code: int, said: str) -> None:
    result = ran(*words)
    assert result.exit_code == code
    assert said in result.output
    assert "Traceback" not in result.output


def test_the_days_at_the_edge_are_decided_on() -> None:
    for day in ("1900-01-01", "2199-12-31"):
        result = ran("decide", REQUEST, "--as-of", day)
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AS_OF", "9999-12-31", "9999-12-31 is too far ahead"),
        ("AS_OF", "1007-01-01", "1007-01-01 is too long ago"),
        ("RULES_DIR", "no-such-folder", "1 fault in the rules"),
    ],
)
def test_settings_that_cannot_be_meant_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"BONE_CDS_{name}", value)
    monkeypatch.setattr(sys, "argv", ["bone-cds", "rules", "show"])
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr()
    assert left.value.code in (1, 2)
    assert said in told.out + told.err
    assert "Traceback" not in told.out + told.err


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"hook": "order-sign"}', b"\xff\xfe", b"<html>"])
def test_any_input_is_refused_in_words(body: bytes) -> None:
    result = ran("decide", "-", stdin=body)
    assert result.exit_code == 3
    assert "why:" in result.output


def test_the_shipped_rules_are_clean() -> None:
    result = ran("rules", "lint", *DAY)
    assert result.exit_code == 0, result.stdout
    assert "0 errors" in result.stdout


def test_a_bad_rule_is_named_with_file_line_and_cure(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(rules_directory(), rules)
    rule = rules / "antiresorptive" / "rule.yaml"
    rule.write_text(
        rule.read_text("utf-8").replace("bone.t_score.lowest, below", "bone.t_scor.lowest, below", 1), "utf-8"
    )
    result = ran("rules", "lint", "--rules", str(rules), *DAY)
    assert result.exit_code == 1
    assert "antiresorptive/rule.yaml:" in result.stdout
    assert "did you mean `bone.t_score.lowest`?" in result.stdout
    assert ran("decide", REQUEST, "--rules", str(rules)).exit_code == 1
    assert ran("rules", "show", "--rules", str(rules)).exit_code == 1


def test_a_changed_rule_needs_a_new_version(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    shutil.copytree(rules_directory(), rules)
    assert ran("rules", "diff", str(rules_directory()), str(rules)).exit_code == 0
    numbers = rules / "parameters.yaml"
    numbers.write_text(
        numbers.read_text("utf-8").replace("t_score.very_high: {value: -3.0", "t_score.very_high: {value: -3.2"),
        "utf-8",
    )
    told = ran("rules", "diff", str(rules_directory()), str(rules))
    assert told.exit_code == 1
    assert "-3.2" in told.stdout
    refused = ran("rules", "lock", "--rules", str(rules))
    assert refused.exit_code == 1
    assert "version" in refused.output


def test_show_fits_a_pharmacist_s_screen() -> None:
    text = ran("rules", "show", "antiresorptive").stdout
    assert max(map(len, text.splitlines())) <= 100
    assert "Very high fracture risk" in text
    assert "AACE 2020" in text
    overview = ran("rules", "show").stdout
    for rule in ("scope", "antiresorptive", "baseline-assessment", "calcium-vitamin-d", "data-gaps"):
        assert rule in overview
