"""``fixtures make`` writes what it says, the same each time, and says clearly why it will not."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cds.cli.whole import app


def make(*arguments: object) -> Result:
    """The command's result."""
    return CliRunner().invoke(app, ["fixtures", "make", *map(str, arguments)])


def lines(path: Path) -> list[dict[str, object]]:
    """The resources of an NDJSON file, gzip or not."""
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in body.splitlines()]


def test_ndjson_is_a_file_a_type_with_manifest_and_stories(tmp_path: Path) -> None:
    result = make("--patients", 30, "--seed", 5, "--out", tmp_path / "made")
    assert result.exit_code == 0, result.output
    files = {path.name for path in (tmp_path / "made").iterdir()}
    assert {"Patient.ndjson", "Condition.ndjson", "Observation.ndjson", "Medication.ndjson"} <= files
    manifest = json.loads((tmp_path / "made" / "manifest.json").read_text())
    for each in manifest["output"]:
        found = lines(tmp_path / "made" / each["url"])
        assert len(found) == each["count"]
        assert {line["resourceType"] for line in found} == {each["type"]}
    stories = (tmp_path / "made" / "stories.csv").read_text().splitlines()
    assert stories[0] == "number,patient,archetype,habit,story"
    assert len(stories) == 31
    assert "30 patients of 2026-11-24, seed 5" in result.output


def test_formulary_entries_stand_there_once(tmp_path: Path) -> None:
    make("--patients", 60, "--out", tmp_path / "made")
    ids = [each["id"] for each in lines(tmp_path / "made" / "Medication.ndjson")]
    assert len(ids) == len(set(ids)) > 1


def test_the_same_command_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert make("--patients", 20, "--seed", 9, "--gzip", "--out", tmp_path / name).exit_code == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_gzip_and_many_files_hold_the_same_resources(tmp_path: Path) -> None:
    make("--patients", 20, "--out", tmp_path / "plain")
    make("--patients", 20, "--gzip", "--files", 3, "--out", tmp_path / "split")
    parts = sorted((tmp_path / "split").glob("Patient.*.ndjson.gz"))
    assert [path.name for path in parts] == [f"Patient.{number:03d}.ndjson.gz" for number in (1, 2, 3)]
    split = [each["id"] for path in parts for each in lines(path)]
    assert sorted(map(str, split)) == sorted(str(each["id"]) for each in lines(tmp_path / "plain" / "Patient.ndjson"))


def test_bundles_can_be_asked_about(tmp_path: Path) -> None:
    assert make("--patients", 9, "--format", "bundles", "--out", tmp_path / "made").exit_code == 0
    bundles = sorted((tmp_path / "made").glob("*.json"))
    assert len(bundles) == 9
    asked = CliRunner().invoke(app, ["patient", str(bundles[0]), "--order", "nivolumab", "--as-of", "2026-11-24"])
    assert asked.exit_code == 0, asked.output


def test_as_of_moves_the_present(tmp_path: Path) -> None:
    make("--patients", 3, "--as-of", "2024-02-29", "--out", tmp_path / "made")
    orders = lines(tmp_path / "made" / "MedicationRequest.ndjson")
    assert {str(each["authoredOn"])[:10] for each in orders if each["status"] == "draft"} == {"2024-02-29"}
    assert all(str(each.get("authoredOn", ""))[:10] <= "2024-02-29" for each in orders)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--patients", 0), 2, "makes nobody"),
        (("--seed", -1), 2, "negative"),
        (("--files", 0), 2, "nowhere to write"),
        (("--format", "bundles", "--gzip"), 2, "for NDJSON"),
        (("--as-of", "yesterday"), 2, "not a date"),
        (("--as-of", "0007-01-01"), 2, "too long ago"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, arguments: tuple[object, ...], code: int, said: str) -> None:
    result = make("--out", tmp_path / "made", *arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert not (tmp_path / "made").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = make("--patients", 2, "--out", tmp_path)
    assert result.exit_code == 2
    assert "is not empty" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = make("--patients", 2, "--out", tmp_path / "file" / "below")
    assert result.exit_code == 3
    assert "cannot be used as a folder" in result.stderr
