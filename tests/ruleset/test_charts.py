"""``charts.md``: the shipped rows hold, every number that facts look up is proven, useless rows are named."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from cds.facts.subjects import CATALOGUE
from cds.releases.charts import chart_faults, doors_of
from cds.releases.option_cases import OptionCases
from cds.resources import rules_directory
from cds.ruleset.charts.book import Charts
from cds.ruleset.charts.cases import ChartReader
from cds.ruleset.charts.entries import entry_from
from cds.ruleset.fault import RuleFault
from cds.ruleset.load import load
from cds.ruleset.mutation.run import tried
from cds.ruleset.uses import compared, looked_up
from cds.ruleset.vocabulary import Vocabulary

DAY = date(2026, 1, 1)
HEAD = "| chart | who | on file | lab.creatinine | dxa | answered | stays silent |\n|---|---|---|---|---|---|---|\n"


def own_rules(folder: Path, edit: tuple[str, str], file: str = "charts.md") -> Path:
    """The shipped rules with one edit."""
    shutil.copytree(rules_directory(), folder / "rules")
    path = folder / "rules" / file
    text = path.read_text(encoding="utf-8")
    assert edit[0] in text
    path.write_text(text.replace(*edit), encoding="utf-8")
    return folder / "rules"


def read(row: str) -> tuple[ChartReader, list[RuleFault]]:
    """What is made of one row under all columns."""
    faults: list[RuleFault] = []
    reader = ChartReader(CATALOGUE, ("dxa",), ("fresh.pth_days",), faults)
    reader.read(f"{HEAD}{row}\n")
    return reader, faults


def test_the_shipped_rows_hold() -> None:
    faults = list(chart_faults(rules_directory()))
    assert faults == [], "\n".join(map(str, faults))


def test_every_number_is_turned_in_a_condition_or_by_a_chart() -> None:
    ruleset = load(rules_directory())
    charts = Charts(rules_directory(), ruleset, Vocabulary(CATALOGUE, ruleset.parameters), doors_of(ruleset))
    said = {each.name for each in charts.said}
    by_charts = charts.readers().keys() | said
    assert looked_up(ruleset) <= by_charts
    assert ruleset.parameters.keys() == compared(ruleset) & ruleset.parameters.keys() | by_charts


def test_without_its_rows_a_number_survives(tmp_path: Path) -> None:
    rows = rules_directory().joinpath("charts.md").read_text(encoding="utf-8").splitlines()
    last = next(row for row in rows if row.startswith("| The first year of FRAX "))
    directory = own_rules(tmp_path, (last, ""))
    left = {each.where for each in tried(directory, OptionCases(directory), doors_of) if not each.killed}
    assert "frax.age_from" in left


def test_a_wrong_number_is_noticed_with_the_line_of_its_row(tmp_path: Path) -> None:
    was = "fresh.weight_days: {value: 180"
    directory = own_rules(tmp_path, (was, was.replace("180", "181")), "parameters.yaml")
    (fault,) = chart_faults(directory)
    assert (fault.file, fault.what) == (
        "charts.md",
        "chart “Weight for the OST score 181 days old” comes out otherwise",
    )
    assert "ost.score is -2.0, not ? too-old" in fault.why
    assert fault.line > 1


def test_a_number_that_is_said_otherwise_is_noticed(tmp_path: Path) -> None:
    was = "calcium.daily_older_mg: {value: 1200"
    (fault,) = chart_faults(own_rules(tmp_path, (was, was.replace("1200", "1300")), "parameters.yaml"))
    assert "1300 mg, not 1200 mg" in fault.why


@pytest.mark.parametrize(
    ("row", "what", "fix"),
    [
        ("| a | girl | | 1 | | | |", "cannot be read", "say it as `woman of 71`"),
        ("| a | | creatinine 0.9 | 1 | | | |", "cannot be read", "an entry is: kind concept"),
        ("| a | | result creatinine 0.9 mg/dL, last week | 1 | | | |", "cannot be read", "`N days ago`"),
        ("| a | | | high | | | |", "cannot be read", "a number fits here"),
        ("| a | | | | yes | | |", "cannot be read", "`already` or `not yet`"),
        ("| a | | | | | forgotten | yes |", "cannot be read", "overridden, 30 days ago"),
        ("| a | | |", "3 cells under 7 headings", "count the bars"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(row: str, what: str, fix: str) -> None:
    reader, (fault,) = read(row)
    assert not reader.cases
    assert what in fault.what
    assert fix in fault.fix


def test_a_heading_that_is_no_fact_and_a_number_that_does_not_exist_are_named() -> None:
    faults: list[RuleFault] = []
    reader = ChartReader(CATALOGUE, (), ("fresh.pth_days",), faults)
    reader.read(
        "| chart | lab.creatinin |\n|---|---|\n| a | 1 |\n\n| number | is said as |\n|---|---|\n| fresh.pth | 9 |\n"
    )
    assert [each.fix for each in faults] == ["did you mean `lab.creatinine`?", "did you mean `fresh.pth_days`?"]


def test_an_entry_is_the_resource_that_an_ehr_would_send() -> None:
    entry = entry_from("given denosumab 60 mg, 30 days ago", DAY, 1)
    assert entry.source == "medicationAdministrations"
    assert entry.resource["effectiveDateTime"] == "2025-12-02"
    assert entry.resource["dosage"] == {"dose": {"value": 60.0, "unit": "mg"}}
    visit = entry_from("diagnosed hypocalcaemia, 1 days ago", DAY, 1).resource
    assert visit["category"] == [{"coding": [{"code": "encounter-diagnosis"}]}]
    stopped = entry_from("taking prednisone “5 mg daily” (stopped), from 9 to 2 days ago", DAY, 1).resource
    assert (stopped["status"], stopped["effectivePeriod"]) == ("stopped", {"start": "2025-12-23", "end": "2025-12-30"})
    supplied = entry_from("supplied alendronate for 90 days, 9 days ago", DAY, 1).resource
    assert supplied["daysSupply"]["value"] == 90
