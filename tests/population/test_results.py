"""What an audit leaves behind: the same bytes every time, numbers only in what may be shared, valid FHIR."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from fhir.resources.R4B.measure import Measure
from fhir.resources.R4B.measurereport import MeasureReport

from cds.population.audit import audit
from cds.population.files import find_export
from cds.population.local import AUDITING, Here
from cds.population.report import longest, parts
from cds.population.results import write_results
from cds.population.store import WORK
from cds.population.tables import suppressed, table
from cds.population.write import write_tables
from cds.resources import rules_directory
from cds.spreadsheet import harmless
from tests.population.made import ALL, audited, export, question, resources
from tests.population.test_same_decide import NAMES, UNREADABLE, order, patient_id

SHARED = ("report.html", "summary.json", "Measure.json", "MeasureReport.json")
FILES = (*SHARED, "patients.csv", "patients.parquet", "faults.csv", "MeasureReport-subjects.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of every fixture patient, each with an order of today."""
    people = [[*found, order(patient_id(found))] for found in map(resources, NAMES)]
    return export(tmp_path_factory.mktemp("export"), *people)


@pytest.fixture(scope="module")
def out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its results."""
    to = tmp_path_factory.mktemp("out")
    write_results(audited(folder, to), to, name_subjects=True)
    return to


def loaded(file: Path) -> dict[str, Any]:
    """The JSON in the file."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def test_everything_is_there_and_the_work_folder_is_gone(out: Path) -> None:
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    assert not (out / WORK).exists()


def test_both_tables_say_the_same_of_every_patient_in_order(out: Path) -> None:
    with (out / "patients.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    source = f"read_parquet('{out / 'patients.parquet'}')"
    query = f"SELECT patient, coalesce(stratum, ''), coalesce(gap_no_dxa, ''), cards FROM {source}"
    packed = duckdb.execute(query).fetchall()
    assert len(packed) == len(written)
    for row, (patient, stratum, gap, cards) in zip(written, packed, strict=True):
        told = (row["patient"], row["stratum"], row["gap_no_dxa"], row["cards"])
        assert told == (patient, stratum, gap, "" if cards is None else str(cards))
    assert [row["patient"] for row in written] == sorted(row["patient"] for row in written)
    assert len(written) == len(NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "-5",
        "=1",
        "x;=1+cmd|calc",
        "x, ＠a",
        'x;"=1"',
        "\t=1",
        "\tx",
        "a - b",
        "T-score -2.7",
        "x\n-1",
        ";;=1",
        "first; last",
    ],
)
def test_no_cell_of_the_table_is_taken_for_a_formula(text: str, tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(msgspec.json.encode({"patient": text, "age": -1.5}) + b"\n")
    write_tables(tmp_path / "rows", tmp_path, {"patient": "VARCHAR", "age": "DOUBLE"}, tmp_path / "scratch")
    with (tmp_path / "patients.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["patient", "age"], [harmless(text), "-1.5"]]


def test_the_summary_adds_up(out: Path) -> None:
    summary = loaded(out / "summary.json")
    tables = summary["tables"]
    assert tables["status"]["total"] == len(NAMES)
    treated = tables["strata"]["total"]
    assert all(each["total"] == treated for name, each in tables.items() if name != "status")
    assert all(sum(each["counts"].values()) == each["total"] for each in tables.values())
    assert summary["complete"] is True
    assert tables["strata"]["counts"]["very-high"] > 5
    assert tables["gap.untreated-high-risk"]["counts"]["yes"] > 5


def test_no_patient_is_named_in_what_may_be_shared(out: Path) -> None:
    names = [patient_id(resources(name)) for name in NAMES if "-" in name]
    for file in SHARED:
        text = (out / file).read_text(encoding="utf-8")
        assert not [name for name in names if f"Patient/{name}" in text or f">{name}<" in text]


def test_the_report_stands_on_its_own(out: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Gaps in care" in page
    assert "per 1,000 person-years" in page
    assert "src=" not in page
    assert "<script" not in page
    assert "<link" not in page


def widths(page: str, shade: str) -> list[float]:
    """How long the bars of that shade are, in per cent of the longest."""
    return [float(width) for width in re.findall(rf'<i class="{shade}" style="width:([\d.]+)%">', page)]


def test_a_bar_is_as_long_as_its_number(out: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    tables = loaded(out / "summary.json")["tables"]
    strata = tables["strata"]["counts"]
    drawn = widths(page, "count")
    wanted = [100 * count / max(strata.values()) for count in strata.values() if count]
    assert drawn[: len(wanted)] == pytest.approx(wanted, rel=1e-3)
    gaps = {name: each["counts"] for name, each in tables.items() if name.startswith("gap.")}
    most = max(each["yes"] + each["unknown"] + each["no"] for each in gaps.values())
    for shade in ("yes", "unknown", "no"):
        assert widths(page, shade) == pytest.approx(
            [100 * each[shade] / most for each in gaps.values() if each[shade]], rel=1e-3
        )


def test_a_hidden_number_has_no_bar() -> None:
    several = [table("gap.a", "A", "", [("yes", "has it", count), ("no", "has it not", 90)]) for count in (3, 30)]
    hidden, shown = (suppressed(each, 5) for each in several)
    assert parts(hidden, "yes", "no") == [("yes", None), ("no", None)]
    assert parts(shown, "yes", "no") == [("yes", 30), ("no", 90)]
    assert longest([hidden, shown], "yes", "no") == 120
    assert longest([hidden]) == 0


def test_the_measure_and_its_reports_are_valid(out: Path) -> None:
    Measure.model_validate(loaded(out / "Measure.json"))
    measure, report = loaded(out / "Measure.json"), loaded(out / "MeasureReport.json")
    for file in ("MeasureReport.json", "MeasureReport-subjects.json"):
        MeasureReport.model_validate(loaded(out / file))
    assert report["measure"] == f"{measure['url']}|{measure['version']}"
    codes = [group["code"]["coding"][0]["code"] for group in report["group"]]
    assert codes == [group["code"]["coding"][0]["code"] for group in measure["group"]]


def test_the_measure_counts_what_the_summary_counts(out: Path) -> None:
    tables = loaded(out / "summary.json")["tables"]
    for group in loaded(out / "MeasureReport.json")["group"]:
        counts = {each["code"]["coding"][0]["code"]: each["count"] for each in group["population"]}
        told = tables[f"gap.{group['code']['coding'][0]['code']}"]["counts"]
        assert counts["numerator"] == told["yes"]
        assert counts["denominator"] == told["yes"] + told["no"] + told["unknown"]
        assert counts["denominator-exclusion"] == told["unknown"]


def test_the_subject_list_names_the_patients_of_each_gap(out: Path) -> None:
    report = loaded(out / "MeasureReport-subjects.json")
    lists = {each["id"]: each for each in report["contained"]}
    for group in report["group"]:
        numerator = group["population"][-1]
        if numerator["count"]:
            found = lists[numerator["subjectResults"]["reference"].removeprefix("#")]
            assert len(found["entry"]) == numerator["count"]


def test_small_cells_are_hidden_everywhere(folder: Path, tmp_path: Path) -> None:
    write_results(audited(folder, tmp_path), tmp_path, below=10)
    summary = loaded(tmp_path / "summary.json")
    counts = [count for table in summary["tables"].values() for count in table["counts"].values()]
    assert None in counts
    assert not [count for count in counts if count is not None and 0 < count < 10]
    report = loaded(tmp_path / "MeasureReport.json")
    MeasureReport.model_validate(report)
    told = [each for group in report["group"] for each in group["population"]]
    assert not [each for each in told if 0 < each.get("count", 0) < 10]
    assert [each for each in told if "_count" in each]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "hidden" in page
    assert ">3</td>" not in page


def killed_after_two(what: str, done: int, _: int) -> None:
    """The audit ends when two partitions are done."""
    if (what, done) == (AUDITING, 2):
        raise KeyboardInterrupt


def test_a_killed_audit_goes_on_and_gives_the_same_bytes(folder: Path, out: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        audit(find_export(folder, ALL), question(), tmp_path, engine=Here(), progress=killed_after_two)
    done = sorted((tmp_path / WORK / "done").iterdir())
    assert len(done) == 2
    ages = [path.stat().st_mtime_ns for path in done]
    result = audit(find_export(folder, ALL), question(), tmp_path, engine=Here(), resume=True)
    assert [path.stat().st_mtime_ns for path in done] == ages, "what was done is not done again"
    write_results(result, tmp_path, name_subjects=True)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


def test_a_changed_export_is_not_gone_on_with(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with pytest.raises(KeyboardInterrupt):
        audit(find_export(copy, ALL), question(), tmp_path, engine=Here(), progress=killed_after_two)
    with (copy / "Patient.0001.ndjson").open("ab") as file:
        file.write(b'{"resourceType":"Patient","id":"new"}\n')
    result = audit(find_export(copy, ALL), question(), tmp_path, engine=Here(), resume=True)
    assert sum(result.tally.statuses.values()) == len(NAMES) + 1


def test_another_rule_book_is_compared(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "rules"
    shutil.copytree(rules_directory(), other)
    numbers = (other / "parameters.yaml").read_text(encoding="utf-8")
    assert "t_score.osteoporosis: {value: -2.5," in numbers
    changed = numbers.replace("t_score.osteoporosis: {value: -2.5,", "t_score.osteoporosis: {value: -4.5,")
    (other / "parameters.yaml").write_text(changed, encoding="utf-8")
    result = audited(folder, tmp_path / "o", compare=other)
    write_results(result, tmp_path / "o")
    assert result.impact is not None
    assert result.impact.topics["antiresorptive", "lost"] > 0
    assert result.impact.topics["antiresorptive", "gained"] == 0
    changes = loaded(tmp_path / "o" / "summary.json")["changes"]
    assert changes["impact"]["counts"]["yes"] == result.impact.differing > 0
    assert sum(changes["impact.strata"]["counts"].values()) == result.impact.patients
    with (tmp_path / "o" / "patients.csv").open(encoding="utf-8", newline="") as file:
        told = [row["changes"] for row in csv.DictReader(file) if row["changes"]]
    assert any("antiresorptive lost" in each and "stratum high →" in each for each in told)
    page = (tmp_path / "o" / "report.html").read_text(encoding="utf-8")
    assert "What the other rules would change" in page
    cards = [each["counts"] for name, each in changes.items() if name.startswith("impact.cards.")]
    most = max(each["gained"] + each["lost"] + each["changed"] for each in cards)
    for shade in ("gained", "lost", "changed"):
        assert widths(page, shade) == pytest.approx(
            [100 * each[shade] / most for each in cards if each[shade]], rel=1e-3
        )


def test_the_same_rules_change_nothing(folder: Path, tmp_path: Path) -> None:
    result = audited(folder, tmp_path, compare=rules_directory())
    assert result.impact is not None
    assert result.impact.differing == 0
    assert result.impact.patients > len(NAMES) - len(UNREADABLE) - 5


def test_nobody_on_a_checkpoint_inhibitor_is_said_so(tmp_path: Path) -> None:
    write_results(audited(export(tmp_path / "e", resources("high-frax")), tmp_path), tmp_path)
    assert "No patient of this export" in (tmp_path / "report.html").read_text(encoding="utf-8")
