"""``bone-cds release`` from a proposal to what is in force and back, as people at a terminal take it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import make_archive

import pytest
from typer.testing import CliRunner, Result

from cds.cli.whole import app
from tests.population.made import AS_OF, export, resources
from tests.releases.office import changed

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, with a data folder of its own."""
    monkeypatch.setenv("BONE_CDS_DATA_DIR", str(tmp_path / "data"))

    def called(*words: str) -> Result:
        return CliRunner().invoke(app, ["release", *words])

    return called


@pytest.mark.slow
def test_the_whole_way(run: Run, tmp_path: Path) -> None:
    packed = make_archive(str(tmp_path / "book"), "zip", changed(tmp_path / "rules"))
    made = run("propose", packed, "--by", "Ada", "--title", "another version")
    assert made.exit_code == 0, made.output
    assert "version: 2026.11 → 2026.12" in made.stdout
    assert run("sign", "r0001", "--by", "Carl").exit_code == 1
    found = run("check", "r0001", "--by", "Carl", "--as-of", "2026-11-24")
    assert (found.exit_code, "0 errors" in found.stdout) == (0, True), found.output
    assert "may not sign it" in run("sign", "r0001", "--by", " ADA").stderr
    assert run("sign", "r0001", "--by", "Carl").exit_code == 0
    assert run("activate", "r0001", "--by", "Ann").exit_code == 1
    assert "signed it as checker" in run("approve", "r0001", "--by", "carl").stderr
    assert run("approve", "r0001", "--by", "Ann").exit_code == 0
    assert "on trial" in run("shadow", "r0001", "--by", "Carl").stdout
    assert "on trial: r0001" in run("list").stdout
    assert "no longer on trial" in run("shadow", "--end", "--by", "Carl").stdout
    assert run("activate", "r0001", "--by", "Ann").exit_code == 0
    proven = run("verify", "r0001")
    assert (proven.exit_code, "the journal has all 7 steps" in proven.stdout) == (0, True), proven.output
    elsewhere = tmp_path / "data" / "releases"
    assert run("verify", str(elsewhere / "r0001"), "--public-key", str(elsewhere / "release-key.pem")).exit_code == 0
    assert "in force: the rules of the settings" in run("rollback", "--by", "Ann", "--note", "too loud").stdout
    assert "2026.12" in run("show", "r0001").stdout
    assert '+version: "2026.12"' in run("show", "r0001", "--lines").stdout
    assert [each["step"] for each in json.loads(run("show", "r0001", "--json").stdout)][-1] == "rolled back"
    (elsewhere / "r0001" / "rules" / "README.md").write_text("touched")
    assert "were touched" in run("verify", "r0001").stderr


def test_what_is_refused_says_why_and_leaves_with_its_code(run: Run, tmp_path: Path) -> None:
    assert (run("list").exit_code, run("list").stdout) == (
        0,
        "in force: the rules of the settings; on trial: nothing\n",
    )
    missing = run("show", "r0001")
    assert (missing.exit_code, "there is no release 'r0001'" in missing.stderr) == (3, True)
    (tmp_path / "bad.zip").write_bytes(b"PK")
    refused = run("propose", str(tmp_path / "bad.zip"), "--by", "Ada", "--title", "t")
    assert (refused.exit_code, "cannot be unpacked" in refused.stderr) == (3, True)
    assert run("impact", "r0001", "--by", "Ada").exit_code == 2
    assert run("shadow", "--by", "Ada").exit_code == 2
    assert run("rollback", "--by", "Ada", "--note", "x").exit_code == 1


def test_a_signature_is_taken_back(run: Run, tmp_path: Path) -> None:
    run("propose", str(changed(tmp_path / "rules")), "--by", "Ada", "--title", "another version")
    refused = run("withdraw", "r0001", "--by", "Ann")
    assert (refused.exit_code, "r0001 is not signed" in refused.stderr) == (1, True)


def test_an_impact_over_an_export_that_cannot_be_read_whole_leaves_with_1(run: Run, tmp_path: Path) -> None:
    run("propose", str(changed(tmp_path / "rules")), "--by", "Ada", "--title", "another version")
    folder = export(tmp_path / "nightly", resources("continuation-without-dxa"))
    counted = ("impact", "r0001", "--by", "Ada", "--as-of", AS_OF.isoformat(), "--export", str(folder))
    whole = run(*counted)
    assert (whole.exit_code, "incomplete" in whole.output) == (0, False), whole.output
    (folder / "Condition.0002.ndjson").write_bytes(b'{"resourceType":"Condi\nnonsense\n')
    (folder / "Observation.0002.ndjson.gz").write_bytes(b"no gzip")
    told = run(*counted)
    assert told.exit_code == 1, told.output
    words = (
        "3 files or lines of the export could not be read, in Condition.0002.ndjson (2), Observation.0002.ndjson.gz (1)"
    )
    assert f"incomplete: {words}; the numbers may be too small" in told.stdout
    assert "the impact is incomplete" in told.stderr
    recorded = json.loads(run("show", "r0001", "--json").stdout)[-1]["details"]
    assert recorded["unreadable"] == 3
    assert recorded["unread"] == {"Condition.0002.ndjson": 2, "Observation.0002.ndjson.gz": 1}


def test_nothing_is_done_without_a_journal(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BONE_CDS_JOURNAL_DATABASE", "postgresql://nobody@127.0.0.1:1/none")
    refused = run("propose", str(changed(tmp_path / "rules")), "--by", "Ada", "--title", "t")
    assert (refused.exit_code, "the journal cannot be read" in refused.stderr) == (3, True)
    assert not [*(tmp_path / "data").glob("releases/r*")]
