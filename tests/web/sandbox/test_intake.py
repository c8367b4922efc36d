"""A Bundle as others write it: references by condition, and resources that this FHIR server cannot keep."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.desk import bundle
from tests.web.sandbox.bedside import held, json_bytes, page, ward
from tests.web.sandbox.test_own import bring

NPI = "http://hl7.org/fhir/sid/us-npi"
SURGEON = f"Practitioner?identifier={NPI}|9999999899"
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "x", "gender": "female", "birthDate": "1950-01-01"}
PROBLEM: dict[str, Any] = {
    "resourceType": "Condition",
    "id": "c",
    "subject": {"reference": "Patient/x"},
    "code": {"text": "osteoporosis"},
}


async def brought(client: httpx.AsyncClient, *resources: Any) -> tuple[str, Any]:
    """The patient's name here, and the one Condition that is recorded of it."""
    response = await bring(client, json_bytes(bundle(PATIENT, *resources)))
    assert response.status_code == 303, response.text
    name = response.headers["location"].rpartition("/")[2]
    (condition,) = await held(client, "Condition", name)
    return name, condition


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        ({"reference": SURGEON, "display": "Dr. Hand"},
         {"type": "Practitioner", "identifier": {"system": NPI, "value": "9999999899"}, "display": "Dr. Hand"}),
        ({"reference": "Practitioner?identifier=https%3A%2F%2Fx.org%7C7"},
         {"type": "Practitioner", "identifier": {"system": "https://x.org", "value": "7"}}),
        ({"reference": "Practitioner?identifier=7"}, {"type": "Practitioner", "identifier": {"value": "7"}}),
        ({"reference": "Practitioner?name=Hand", "display": "Dr. Hand"}, {"display": "Dr. Hand"}),
        ({"reference": "Practitioner?name=Hand"}, {"display": "Practitioner?name=Hand"}),
        ({"reference": f"Practitioner?identifier={NPI}|"}, {"display": f"Practitioner?identifier={NPI}|"}),
        ({"reference": "Practitioner?identifier=a|1,a|2"}, {"display": "Practitioner?identifier=a|1,a|2"}),
    ],
)  # fmt: skip
async def test_a_reference_by_condition_that_nothing_answers_is_a_logical_one(
    tmp_path: Path, reference: Any, kept: Any
) -> None:
    async with ward(tmp_path) as client:
        _, condition = await brought(client, {**PROBLEM, "asserter": reference})
    assert condition["asserter"] == kept


async def test_a_reference_by_condition_leads_to_what_answers_it_in_the_bundle(tmp_path: Path) -> None:
    surgeon = {"resourceType": "Practitioner", "id": "d", "identifier": [{"system": NPI, "value": "9999999899"}]}
    async with ward(tmp_path) as client:
        name, condition = await brought(client, {**PROBLEM, "asserter": {"reference": SURGEON}}, surgeon)
        assert condition["asserter"] == {"reference": f"Practitioner/{name}-3"}
        assert (await client.get(f"/fhir/Practitioner/{name}-3")).status_code == 200
        _, condition = await brought(client, {**PROBLEM, "asserter": {"reference": SURGEON}}, surgeon, surgeon)
    assert condition["asserter"]["identifier"]["value"] == "9999999899", "two answer it, so neither does"


async def test_what_cannot_be_kept_is_left_out_and_listed(tmp_path: Path) -> None:
    unknown = {"resourceType": "Teleportation", "id": "t"}
    newer = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}, "fromR6": "<b>1</b>"}
    async with ward(tmp_path) as client:
        name, condition = await brought(client, unknown, PROBLEM, newer, "nothing")
        text = await page(client, name)
        assert (await client.get(f"/fhir/Observation/{name}-4")).status_code == 404
        other, _ = await brought(client, PROBLEM)
        assert "Left out" not in await page(client, other)
    assert condition["code"]["text"] == "osteoporosis"
    assert "Left out: Teleportation (entry 2), because resourceType names no R4 resource type" in text
    assert "Left out: Observation (entry 4), because Observation.fromR6 is not an element of R4" in text
    assert "Left out: entry (entry 5), because the entry holds no resource" in text


async def test_nothing_leads_to_what_was_left_out(tmp_path: Path) -> None:
    faulty = {"resourceType": "Practitioner", "id": "d", "identifier": [{"system": NPI, "value": "9999999899"}], "x": 1}
    asserted = {**PROBLEM, "asserter": {"reference": SURGEON}, "recorder": {"reference": "Practitioner/d"}}
    async with ward(tmp_path) as client:
        await client.put("/fhir/Practitioner/d", json={"resourceType": "Practitioner", "id": "d"})
        _, condition = await brought(client, faulty, asserted)
    assert "reference" not in condition["asserter"]
    assert condition["recorder"]["reference"] != "Practitioner/d", "that is another's"


async def test_a_patient_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    async with ward(tmp_path) as client:
        before = (await client.get("/fhir/Patient")).json()["total"]
        response = await bring(client, json_bytes(bundle({**PATIENT, "shoeSize": 44}, PROBLEM)))
        assert (await client.get("/fhir/Patient")).json()["total"] == before
    assert response.status_code == 422
    assert "Patient.shoeSize is not an element of R4" in response.text
