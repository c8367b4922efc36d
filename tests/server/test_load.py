"""Folders of Bundles and NDJSON come in whole; what cannot be read is listed, and the rest is loaded."""

import asyncio
import gzip
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from cds.cli.whole import app
from cds.server.load import Loaded, files_of, load
from cds.server.server import FhirServer
from tests.server.clinic import BASE, Json, ids, observation, patient, server, told

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


def ndjson(*lines: Json | bytes) -> bytes:
    """One resource a line."""
    return b"\n".join(each if isinstance(each, bytes) else msgspec.json.encode(each) for each in lines)


async def loaded(fhir: FhirServer, folder: Path) -> Loaded:
    """How the load of the folder ended."""
    return await load(fhir, files_of(folder), BASE, lambda _: None)


async def test_every_kind_of_file_comes_in(fhir: FhirServer, tmp_path: Path) -> None:
    collection = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient("in-bundle")}]}
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "bundle.json").write_bytes(msgspec.json.encode(collection))
    (tmp_path / "one.json").write_bytes(msgspec.json.encode(patient("alone")))
    (tmp_path / "Patient.000.ndjson").write_bytes(ndjson(patient("l1"), b"", patient("l2"), b"\r"))
    (tmp_path / "Patient.001.ndjson.gz").write_bytes(gzip.compress(ndjson(patient("z1"), patient("z2"))))
    (tmp_path / "notes.txt").write_text("not FHIR")
    state = await loaded(fhir, tmp_path)
    assert (state.resources, state.troubles) == (6, [])
    assert sorted(await ids(fhir, "Patient")) == ["alone", "in-bundle", "l1", "l2", "z1", "z2"]


async def test_what_cannot_be_read_is_listed_with_its_line(fhir: FhirServer, tmp_path: Path) -> None:
    bad: list[Json | bytes] = [
        patient("good"),
        b"{cut",
        b"[]",
        {"resourceType": "Nonsense", "id": "x"},
        {"resourceType": "Patient"},
        {"resourceType": "Observation", "id": "o"},
        patient("later"),
    ]
    (tmp_path / "a.ndjson").write_bytes(ndjson(*bad))
    (tmp_path / "b.json").write_bytes(b"\xff\xfe")
    (tmp_path / "c.ndjson.gz").write_bytes(gzip.compress(ndjson(patient("cut")) * 1000)[:60])
    (tmp_path / "d.ndjson.gz").write_bytes(b"no gzip")
    state = await loaded(fhir, tmp_path)
    places = [(each.file, each.line) for each in state.troubles]
    assert [line for file, line in sorted(places) if file == "a.ndjson"] == [2, 3, 4, 5, 6]
    assert {file for file, line in places if line == 0} == {"b.json", "c.ndjson.gz", "d.ndjson.gz"}
    assert all(each.why for each in state.troubles)
    assert {"good", "later"} <= set(await ids(fhir, "Patient"))


async def test_the_same_folder_twice_changes_nothing(fhir: FhirServer, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(ndjson(patient("p1"), observation("o1"), observation("o1", code="1-1")))
    for _ in range(2):
        await loaded(fhir, tmp_path)
    for name in ("Patient/p1", "Observation/o1"):
        assert (await told(fhir, "GET", name))["meta"]["versionId"] == "1"
    assert await ids(fhir, "Observation?code=1-1&patient=p1") == ["o1"]


async def test_names_by_uuid_become_ids(fhir: FhirServer, tmp_path: Path) -> None:
    one, two = "8b9d2a1e-0f0e-4a1b-9d2a-1f6f4c1f0a11", "http://far.example.org/fhir/Patient/7"
    entries = [
        {"fullUrl": f"urn:uuid:{one}", "resource": {"resourceType": "Patient"}},
        {"fullUrl": two, "resource": patient("7")},
        {"resource": observation("o1", subject={"reference": f"urn:uuid:{one}"})},
        {"resource": observation("o2", subject={"reference": two})},
    ]
    (tmp_path / "b.json").write_bytes(msgspec.json.encode({"resourceType": "Bundle", "type": "x", "entry": entries}))
    state = await loaded(fhir, tmp_path)
    assert (state.resources, state.troubles) == (4, [])
    assert await ids(fhir, f"Observation?patient={one}") == ["o1"]
    assert await ids(fhir, "Observation?patient=7") == ["o2"]


async def test_progress_is_told_as_it_is_made(fhir: FhirServer, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(ndjson(*(patient(f"p{number}") for number in range(1200))))
    seen: list[int] = []
    await load(fhir, files_of(tmp_path), BASE, lambda state: seen.append(state.resources))
    assert seen == sorted(seen)
    assert seen[0] < seen[-1] == 1200


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code and everything that the command says."""
    ended = CliRunner().invoke(app, ["fhir", "load", *arguments], env=environment)
    return ended.exit_code, ended.output


@pytest.mark.parametrize("address", ["{}", "sqlite:///{}"])
async def test_the_command_fills_a_database_that_a_server_then_serves(tmp_path: Path, address: str) -> None:
    database = address.format(tmp_path / "fhir.db")
    code, said = await asyncio.to_thread(run, str(FIXTURES / "patients"), BONE_CDS_FHIR_DATABASE=database)
    assert code == 0
    assert "resources from" in said
    fhir = server(f"sqlite+aiosqlite:///{tmp_path / 'fhir.db'}")
    assert (await told(fhir, "GET", "Patient?_summary=count"))["total"] == len(files_of(FIXTURES / "patients"))
    await fhir.close()


def test_the_command_lists_what_it_could_not_load(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(ndjson(patient("p1"), b"{cut"))
    code, said = run(str(tmp_path), BONE_CDS_FHIR_DATABASE=str(tmp_path / "fhir.db"))
    assert code == 1
    assert "a.ndjson:2 the body is not sound JSON" in said
    assert "1 could not be loaded" in said


def test_the_command_needs_a_database_and_a_folder(tmp_path: Path) -> None:
    assert run(str(tmp_path))[0] == 2
    assert "BONE_CDS_FHIR_DATABASE" in run(str(tmp_path))[1]
    assert run(str(tmp_path), BONE_CDS_FHIR_DATABASE=str(tmp_path / "x.db"))[0] == 3
    assert run(str(tmp_path / "nowhere"), BONE_CDS_FHIR_DATABASE=str(tmp_path / "x.db"))[0] == 3
    code, said = run(str(FIXTURES / "patients"), BONE_CDS_FHIR_DATABASE="mysql://x/y")
    assert (code, "postgresql" in said) == (2, True)
