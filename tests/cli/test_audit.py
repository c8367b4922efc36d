"""``bone-cds audit`` at the terminal: results, exit codes, and what is said when something is wrong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cds.cli.whole import app
from cds.population.files import find_export
from cds.population.processes import how
from cds.resources import rules_directory
from tests.population.made import export, resources

TREATED = ("on-treatment-6-months", "ctx-above-range", "high-frax")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small export."""
    return export(tmp_path_factory.mktemp("e"), *map(resources, TREATED))


@pytest.mark.slow
def test_a_population_is_audited_by_processes_and_killed_ones_leave_nothing(folder: Path, tmp_path: Path) -> None:
    command = ["audit", str(folder), "--out", str(tmp_path), "--as-of", "2026-11-24", "--asked", "all", "--subjects"]
    first = CliRunner().invoke(app, command)
    assert first.exit_code == 0, first.output
    assert "2  on treatment" in first.output
    assert "1  no checkpoint inhibitor" in first.output
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = CliRunner().invoke(app, [*command, "--workers", "1", "--resume"])
    assert again.exit_code == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == written


AUDITS = """
import sys, threading
from cds.cli import main
from cds.population.processes import how
if {threads} > 1:
    threading.Thread(target=threading.Event().wait, daemon=True).start()
print(how(), file=sys.stderr)
main()
"""


@pytest.mark.slow
def test_processes_that_are_copies_and_processes_that_are_not_leave_the_same_bytes(
    folder: Path, tmp_path: Path
) -> None:
    written, started = [], []
    for threads in (1, 2):
        command = [sys.executable, "-c", AUDITS.format(threads=threads), "audit", str(folder), "--asked", "all"]
        to = tmp_path / str(threads)
        found = subprocess.run(
            [*command, "--out", str(to), "--as-of", "2026-11-24"], check=False, capture_output=True, text=True
        )
        assert found.returncode == 0, found.stderr
        started.append(found.stderr.strip())
        written.append({path.name: path.read_bytes() for path in to.iterdir()})
    assert written[0] == written[1]
    assert started == (["fork", "forkserver"] if sys.platform == "linux" else [how()] * 2)


@pytest.mark.slow
def test_an_incomplete_export_leaves_with_1_and_says_where(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "e")
    (tmp_path / "e" / "Condition.0002.ndjson").write_bytes(b"{broken\n")
    found = CliRunner().invoke(app, ["audit", str(tmp_path / "e"), "--out", str(tmp_path / "o")])
    assert found.exit_code == 1
    assert "Condition.0002.ndjson:1: not JSON" in found.output
    assert "fix: " in found.output
    assert "results are incomplete" in (tmp_path / "o" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nowhere"], 3, "is not a folder"),
        ([], 2, "nothing to audit"),
        (["nowhere", "--as-of", "yesterday"], 2, "not a date"),
        (["nowhere", "--as-of", "9999-12-31"], 2, "9999-12-31 is too far ahead"),
        (["nowhere", "--suppress-below", "-1"], 2, "--suppress-below"),
        (["nowhere", "--compare", "no-such-rules"], 3, "no-such-rules is not a folder"),
        (["nowhere", "--compare", __file__], 3, "is not a folder"),
        (["nowhere", "--rules", "no-such-rules"], 3, "no-such-rules is not a folder"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, arguments: list[str], code: int, told: str) -> None:
    found = CliRunner().invoke(app, ["audit", *arguments, "--out", str(tmp_path / "o")])
    assert found.exit_code == code
    assert told in found.output


def test_results_do_not_go_into_the_export_itself(folder: Path) -> None:
    before = sorted(folder.iterdir())
    found = CliRunner().invoke(app, ["audit", str(folder), "--out", str(folder / ".." / folder.name)])
    assert found.exit_code == 2
    assert "give --out another folder than that of the export" in found.output
    assert sorted(folder.iterdir()) == before


def test_the_export_may_lie_inside_the_folder_of_the_results(folder: Path) -> None:
    every = find_export(folder)
    assert find_export(folder, without=folder.parent) == every
    assert find_export(folder, without=folder / "results") == every
    (folder / "results").mkdir()
    shutil.copy(every.files[0].path, folder / "results")
    assert find_export(folder, without=folder / "results") == every
    shutil.rmtree(folder / "results")


def test_a_folder_that_cannot_be_written_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = CliRunner().invoke(app, ["audit", str(folder), "--out", str(tmp_path / "file")])
    assert found.exit_code == 3
    assert "cannot be used" in found.output


def test_a_faulty_rule_book_to_compare_with_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(rules_directory(), tmp_path / "rules")
    (tmp_path / "rules" / "audit.yaml").write_text("stratum_of: 7\n")
    command = ["audit", str(folder), "--out", str(tmp_path / "o"), "--compare", str(tmp_path / "rules")]
    found = CliRunner().invoke(app, command)
    assert found.exit_code == 1
    assert "audit.yaml" in found.output
