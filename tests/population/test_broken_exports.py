"""What is wrong with an export is named with file and line, is never fatal, and never looks like "no finding"."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from cds.population.faults import ANY_KIND
from cds.population.files import UnusableExport, find_export
from cds.population.lines import LONGEST
from tests.population.made import ALL, audited, export, line, resources
from tests.population.test_same_decide import order, patient_id, rows

TREATED = "on-treatment-6-months"


def one(tmp_path: Path, *names: str) -> Path:
    """An export of a treated patient and others."""
    return export(tmp_path / "e", resources(TREATED), *map(resources, names))


def test_an_unreadable_line_concerns_its_patient_alone(tmp_path: Path) -> None:
    folder = one(tmp_path, "ctx-above-range")
    other, mine = patient_id(resources("ctx-above-range")), patient_id(resources(TREATED))
    broken = f'{{"resourceType":"Condition","subject":{{"reference":"Patient/{mine}"}},"code":{{"text":'
    with (folder / "Condition.0001.ndjson").open("ab") as file:
        file.write(b"\n" + broken.encode() + b"\n")
    result = audited(folder, tmp_path / "o")
    (fault,) = result.faults
    assert (fault.file, fault.kind, fault.patient) == ("Condition.0001.ndjson", "Condition", mine)
    assert fault.line == (folder / "Condition.0001.ndjson").read_bytes().count(b"\n")
    found = rows(tmp_path / "o")
    assert found[other].incomplete == ()
    assert "Condition.0001.ndjson" in found[mine].incomplete[0]
    decided = found[mine].decided
    assert decided is not None
    assert decided.gaps["untreated-high-risk"] == "unknown"


def test_a_line_that_may_be_anybodys_leaves_everybody_in_doubt(tmp_path: Path) -> None:
    folder = one(tmp_path, "ctx-above-range", "high-frax")
    (folder / "Condition.0002.ndjson").write_bytes(b"\xff\xfe no json at all\n")
    result = audited(folder, tmp_path / "o")
    assert [fault.place for fault in result.faults] == ["Condition.0002.ndjson:1"]
    assert all("Condition.0002.ndjson:1" in row.incomplete[0] for row in rows(tmp_path / "o").values())
    assert len(rows(tmp_path / "o")) == 2, "conditions tell nothing of a checkpoint inhibitor"


def test_a_broken_drug_file_makes_the_untreated_unknown(tmp_path: Path) -> None:
    folder = one(tmp_path, "high-frax")
    untreated = patient_id(resources("high-frax"))
    (folder / "MedicationAdministration.0002.ndjson.gz").write_bytes(b"\x1f\x8b\x08 not a gzip file")
    result = audited(folder, tmp_path / "o")
    assert [fault.place for fault in result.faults] == ["MedicationAdministration.0002.ndjson.gz"]
    assert result.tally.statuses["untreated"] == 0
    assert result.tally.statuses["not-known"] == 1
    row = rows(tmp_path / "o")[untreated]
    assert row.decided is None
    assert "cannot be told" in row.why


def test_one_corrupt_file_in_a_hundred(tmp_path: Path) -> None:
    folder = one(tmp_path)
    lines = (folder / "Observation.0001.ndjson").read_bytes().splitlines(keepends=True)
    (folder / "Observation.0001.ndjson").unlink()
    for number in range(100):
        content = gzip.compress(b"".join(lines[number::100]) or b"\n")
        (folder / f"Observation.{number:04}.ndjson.gz").write_bytes(content)
    several = gzip.compress(b"".join(lines * 200))
    (folder / "Observation.0042.ndjson.gz").write_bytes(several[: len(several) // 2])
    result = audited(folder, tmp_path / "o")
    (fault,) = result.faults
    assert fault.file == "Observation.0042.ndjson.gz"
    assert "breaks off after line" in fault.what
    assert fault.kind == "Observation"
    (row,) = rows(tmp_path / "o").values()
    assert result.incomplete
    assert any("Observation.0042" in why for why in row.incomplete)
    assert row.decided is not None


def test_a_line_of_200_megabytes_is_passed_over(tmp_path: Path) -> None:
    folder = one(tmp_path)
    with (folder / "Observation.0001.ndjson").open("ab") as file:
        file.write(b'{"resourceType":"Observation","valueString":"')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n')
    result = audited(folder, tmp_path / "o")
    (fault,) = result.faults
    assert "bytes long" in fault.what
    assert f"{LONGEST:,}" in fault.why
    assert len(rows(tmp_path / "o")) == 1


def test_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    plain = one(tmp_path)
    audited(plain, tmp_path / "o")
    odd = tmp_path / "odd"
    odd.mkdir()
    for file in plain.glob("*.ndjson"):
        text = b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n"
        (odd / f"{file.name}.gz").write_bytes(gzip.compress(text))
    result = audited(odd, tmp_path / "p")
    assert result.faults == ()
    assert rows(tmp_path / "p") == rows(tmp_path / "o")
    assert (tmp_path / "p" / "patients.csv").read_bytes() == (tmp_path / "o" / "patients.csv").read_bytes()


def test_absolute_references_versions_and_order_of_files_change_nothing(tmp_path: Path) -> None:
    plain = one(tmp_path)
    audited(plain, tmp_path / "o")
    odd = tmp_path / "odd"
    odd.mkdir()
    for file in plain.glob("*.ndjson"):
        mine = patient_id(resources(TREATED)).encode()
        text = file.read_bytes().replace(b'"Patient/' + mine, b'"https://ehr.example.org/fhir/Patient/' + mine)
        (odd / f"z-{file.name}").write_bytes(b"".join(reversed(text.splitlines(keepends=True))))
    result = audited(odd, tmp_path / "p")
    assert result.faults == ()
    assert rows(tmp_path / "p") == rows(tmp_path / "o")


def test_of_two_versions_the_newest_counts_and_a_copy_counts_once(tmp_path: Path) -> None:
    found = resources(TREATED)
    fracture = {
        "resourceType": "Condition", "id": "hip", "subject": {"reference": f"Patient/{patient_id(found)}"},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M80.051A"}]},
        "onsetDateTime": "2026-10-01",
    }  # fmt: skip
    refuted = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
    old = {**fracture, "meta": {"versionId": "9", "lastUpdated": "2026-10-02T00:00:00Z"}}
    changed = {"versionId": "10", "lastUpdated": "2026-10-02T00:00:00Z"}
    new = {**fracture, "meta": changed, **refuted}
    audited(export(tmp_path / "e", [*found, new, old]), tmp_path / "o")
    audited(export(tmp_path / "f", [*found, *found, old, old]), tmp_path / "p")
    (voided,), (there,) = rows(tmp_path / "o").values(), rows(tmp_path / "p").values()
    assert (voided.fractures, voided.repeated) == (0, 1)
    assert there.fractures == 1
    assert there.repeated == len(found) + 1


def test_a_drug_that_is_only_referred_to_is_found(tmp_path: Path) -> None:
    found = resources("high-frax")
    patient = patient_id(found)
    drug = {"resourceType": "Medication", "id": "m1", "code": {"text": "nivolumab 10 MG/ML Injection"}}
    outside = {
        **order(patient, name="a"),
        "medicationReference": {"reference": "https://ehr.example.org/Medication/m1"},
    }
    inside = {**order(patient, "2026-11-01", name="b"), "medicationReference": {"reference": "#x"}}
    inside["contained"] = [{**drug, "id": "x"}]
    for each in (outside, inside):
        del each["medicationCodeableConcept"]
        folder = export(tmp_path / each["id"], [*found, each, drug])
        audited(folder, tmp_path / f"{each['id']}-out")
        (row,) = rows(tmp_path / f"{each['id']}-out").values()
        assert row.agents == ("nivolumab",)


def test_a_drug_that_did_not_come_along_leaves_the_patient_unknown(tmp_path: Path) -> None:
    found = resources("high-frax")
    nameless = {**order(patient_id(found)), "medicationReference": {"reference": "Medication/gone"}}
    del nameless["medicationCodeableConcept"]
    result = audited(export(tmp_path / "e", [*found, nameless]), tmp_path / "o")
    assert result.tally.statuses["not-known"] == 1


def test_a_resource_of_nobody_is_named(tmp_path: Path) -> None:
    folder = one(tmp_path)
    lost = {"resourceType": "Observation", "id": "lost", "status": "final", "code": {"text": "x"}}
    elsewhere = {**lost, "id": "room", "subject": {"reference": "Location/4"}}
    (folder / "Observation.0002.ndjson").write_bytes(line(elsewhere) + line(lost) + line({"not": "fhir"}))
    result = audited(folder, tmp_path / "o")
    assert [(fault.place, fault.what) for fault in result.faults] == [
        ("Observation.0002.ndjson:2", "it does not say whose it is"),
        ("Observation.0002.ndjson:3", "not a FHIR resource"),
    ]


def test_what_was_not_exported_is_not_taken_for_empty(tmp_path: Path) -> None:
    folder = one(tmp_path)
    for kind in ("Condition", "AllergyIntolerance"):
        (folder / f"{kind}.0001.ndjson").unlink(missing_ok=True)
    result = audited(folder, tmp_path / "o", asked=())
    assert "Condition" in result.absent
    (row,) = rows(tmp_path / "o").values()
    assert row.decided is not None
    assert row.decided.gaps["untreated-high-risk"] == "unknown"
    assert not result.incomplete


def test_the_manifest_says_what_was_asked_for(tmp_path: Path) -> None:
    folder = one(tmp_path)
    manifest = {"request": "https://ehr.example.org/fhir/$export?_type=Patient,MedicationStatement%2CProcedure"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert find_export(folder).asked == frozenset({"Patient", "MedicationStatement", "Procedure"})
    (folder / "manifest.json").write_text('{"request": "https://ehr.example.org/fhir/$export"}')
    assert "DiagnosticReport" in (find_export(folder).asked or ())


def test_files_of_types_that_no_rule_needs_are_not_read(tmp_path: Path) -> None:
    folder = one(tmp_path)
    (folder / "Claim.ndjson").write_bytes(line({"resourceType": "Claim", "id": "c"}) + b"broken\n")
    result = audited(folder, tmp_path / "o")
    assert [each.name for each in result.export.passed_over] == ["Claim.ndjson"]
    assert result.faults == ()


def test_a_patient_without_a_patient_resource_is_not_assumed_to_be_an_adult(tmp_path: Path) -> None:
    found = [each for each in resources(TREATED) if each["resourceType"] != "Patient"]
    folder = export(tmp_path / "e", found, resources("high-frax"))
    audited(folder, tmp_path / "o")
    (row,) = rows(tmp_path / "o").values()
    assert row.age is None
    assert "holds no Patient" in row.incomplete[0]


@pytest.mark.parametrize("content", [{}, {"notes.txt": b"x"}], ids=["empty", "nothing of an export"])
def test_a_folder_without_an_export_is_refused(tmp_path: Path, content: dict[str, bytes]) -> None:
    for name, text in content.items():
        (tmp_path / name).write_bytes(text)
    with pytest.raises(UnusableExport) as refused:
        find_export(tmp_path, ALL)
    assert refused.value.fix


def test_an_export_without_patients_is_refused(tmp_path: Path) -> None:
    found = [each for each in resources(TREATED) if each["resourceType"] != "Patient"]
    with pytest.raises(UnusableExport, match="no patients"):
        audited(export(tmp_path / "e", found), tmp_path / "o")


def test_a_fault_of_an_unknown_type_may_concern_everything(tmp_path: Path) -> None:
    folder = one(tmp_path)
    (folder / "all.ndjson").write_bytes(b"{]\n")
    result = audited(folder, tmp_path / "o")
    assert result.faults[0].kind == ANY_KIND


def test_a_drug_in_a_file_that_promises_something_else_is_found(tmp_path: Path) -> None:
    folder = one(tmp_path, "high-frax")
    patient = patient_id(resources("high-frax"))
    with (folder / "Observation.0001.ndjson").open("ab") as file:
        file.write(line(order(patient)))
    audited(folder, tmp_path / "o")
    assert patient in rows(tmp_path / "o")


def test_all_types_in_one_file_are_read_as_if_they_were_apart(tmp_path: Path) -> None:
    folder = one(tmp_path, "high-frax")
    audited(folder, tmp_path / "o")
    (tmp_path / "whole").mkdir()
    whole = b"".join(file.read_bytes() for file in sorted(folder.glob("*.ndjson")))
    (tmp_path / "whole" / "everything.ndjson").write_bytes(whole)
    result = audited(tmp_path / "whole", tmp_path / "p")
    assert rows(tmp_path / "p") == rows(tmp_path / "o")
    assert result.tally.statuses["untreated"] == 1


def test_a_drug_whose_status_cannot_be_read_leaves_the_patient_unknown(tmp_path: Path) -> None:
    found = resources("high-frax")
    strange = {**order(patient_id(found)), "status": {"broken": 1}}
    result = audited(export(tmp_path / "e", [*found, strange]), tmp_path / "o")
    assert result.tally.statuses["not-known"] == 1


def test_an_export_without_any_drug_has_nobody_on_treatment(tmp_path: Path) -> None:
    found = [each for each in resources("high-frax") if not each["resourceType"].startswith("Medication")]
    result = audited(export(tmp_path / "e", found), tmp_path / "o")
    assert dict(result.tally.statuses) == {"untreated": 1}
