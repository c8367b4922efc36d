"""Each kind of search parameter, in each of its forms, finds what R4 says it finds."""

from typing import Any

import pytest

from cds.server.server import FhirServer
from tests.server.clinic import BASE, LOINC, SNOMED, Json, ask, ids, json, keep, observation, patient, refusal, told

UCUM = "http://unitsofmeasure.org"
PEOPLE = [
    patient(
        "ann",
        name=[{"family": "Müller-Weiß", "given": ["Ann", "Eva"]}],
        gender="female",
        birthDate="1950-03-14",
        identifier=[{"system": "urn:mrn", "value": "A|1"}, {"value": "loose"}],
        active=True,
        address=[{"city": "Oslo", "postalCode": "0150"}],
    ),
    patient("bob", name=[{"family": "Muller", "given": ["Bob"]}], gender="male", birthDate="1950-04", active=False),
    patient("cem", name=[{"text": "Cem Annan"}], birthDate="1951", deceasedDateTime="2025-01-01"),
    patient("dot", meta={"tag": [{"system": "urn:t", "code": "test"}], "profile": ["http://example.org/p|1"]}),
]


def quantity(value: float, code: str = "mg/dL", **more: Any) -> Json:
    """A quantity in a unit of UCUM."""
    return {"value": value, "unit": code, "system": UCUM, "code": code, **more}


LABS = [
    observation("day", effectiveDateTime="2026-03-10", valueQuantity=quantity(5.4)),
    observation("noon", effectiveDateTime="2026-03-10T12:00:00Z", valueQuantity=quantity(5.0)),
    observation("east", effectiveDateTime="2026-03-10T01:00:00+02:00", valueQuantity=quantity(5.44)),
    observation("month", effectiveDateTime="2026-03", valueQuantity=quantity(-1)),
    observation(
        "span", effectivePeriod={"start": "2026-03-05", "end": "2026-03-20"}, valueQuantity=quantity(54, "g/L")
    ),
    observation("open", effectivePeriod={"start": "2026-03-15"}, valueCodeableConcept={"text": "high"}),
    observation("never", code="1234", system=SNOMED, dataAbsentReason={"text": "lost"}),
    observation("bare", code="2160-0", system="", subject={"identifier": {"system": "urn:mrn", "value": "A|1"}}),
    observation("other", subject={"reference": "https://elsewhere.example.org/fhir/Patient/p1"}),
    observation(
        "self", subject={"reference": f"{BASE}/Patient/p2"}, valueRange={"low": quantity(1), "high": quantity(9)}
    ),
    observation("group", subject={"reference": "Group/p1"}),
]

PATIENT_SEARCHES = {
    "": "ann bob cem dot",
    "_id=ann": "ann",
    "_id=ann,dot,nobody": "ann dot",
    "_id:not=ann": "bob cem dot",
    "name=mull": "ann bob",
    "name=MÜLL": "ann bob",
    "name=eva": "ann",
    "name=ann": "ann",
    "name:contains=ann": "ann cem",
    "name=muller-weiss": "ann",
    "name:exact=Muller": "bob",
    "name:exact=muller": "",
    "family=Muller&given=bob": "bob",
    "name=bob,cem": "bob cem",
    "address-city=oslo": "ann",
    "address=0150": "ann",
    "gender=male": "bob",
    "gender=male,female": "ann bob",
    "gender:not=male": "ann cem dot",
    "gender:missing=true": "cem dot",
    "gender:missing=false": "ann bob",
    "gender=http://hl7.org/fhir/administrative-gender|male": "bob",
    r"identifier=urn:mrn|A\|1": "ann",
    "identifier=urn:mrn|": "ann",
    "identifier=|loose": "ann",
    "identifier=loose": "ann",
    "identifier=urn:other|loose": "",
    "active=true": "ann",
    "active=false": "bob",
    "deceased=true": "cem",
    "deceased=false": "ann bob dot",
    "birthdate=1950": "ann bob",
    "birthdate=1950-03": "ann",
    "birthdate=1950-03-14": "ann",
    "birthdate=eq1950-04": "bob",
    "birthdate=ne1950-03-14": "bob cem",
    "birthdate=gt1950-03-14": "bob cem",
    "birthdate=ge1950-03-14": "ann bob cem",
    "birthdate=lt1950-04": "ann",
    "birthdate=le1950-04": "ann bob",
    "birthdate=sa1950-04": "cem",
    "birthdate=eb1950-04": "ann",
    "birthdate=ge1950-04&birthdate=lt1951": "bob",
    "birthdate=1950-03-14,1951": "ann cem",
    "_tag=urn:t|test": "dot",
    "_profile=http://example.org/p|1": "dot",
    "_lastUpdated=2026-11-24": "ann bob cem dot",
    "_lastUpdated=lt2026-11-24": "",
    "_lastUpdated=ge2026-11-24T12:00:00Z": "ann bob cem dot",
    "name=": "ann bob cem dot",
}

LAB_SEARCHES = {
    "code=2160-0": "day noon east month span open bare other self group",
    f"code={LOINC}|2160-0": "day noon east month span open other self group",
    "code=|2160-0": "bare",
    f"code={LOINC}|": "day noon east month span open other self group",
    f"code={SNOMED}|1234,|2160-0": "never bare",
    f"code:not={LOINC}|2160-0": "never bare",
    "date=2026-03-10": "day noon",
    "date=2026-03-10T12:00": "noon",
    "date=2026-03-10T12:00:00Z": "noon",
    "date=2026-03": "day noon east month span",
    "date=gt2026-03-10": "month span open",
    "date=ge2026-03-10": "day noon month span open",
    "date=lt2026-03-10": "east month span",
    "date=le2026-03-10": "day noon east month span",
    "date=sa2026-03-10": "open",
    "date=eb2026-03-10": "east",
    "date=ap2026-03-10": "day noon east month span open",
    "date:missing=true": "never bare other self group",
    "subject=p1": "day noon east month span open never group",
    "subject=Patient/p1": "day noon east month span open never",
    "subject:Patient=p1": "day noon east month span open never",
    f"subject={BASE}/Patient/p1": "day noon east month span open never",
    "subject=Patient/p1/_history/3": "day noon east month span open never",
    "subject=https://elsewhere.example.org/fhir/Patient/p1": "other",
    "subject=Patient/p2,Group/p1": "self group",
    "patient=p1": "day noon east month span open never",
    "patient=Patient/p2": "self",
    r"subject:identifier=urn:mrn|A\|1": "bare",
    "value-quantity=5.4": "day east",
    "value-quantity=5.40": "day",
    "value-quantity=5": "day noon east",
    "value-quantity=gt5": "day east span",
    "value-quantity=ge5.4": "day east span",
    "value-quantity=lt0": "month",
    "value-quantity=-1": "month",
    f"value-quantity=5.4|{UCUM}|mg/dL": "day east",
    "value-quantity=5.4||mg/dL": "day east",
    "value-quantity=54||mg/dL": "",
    "value-quantity=5.4e1": "span",
    "value-quantity=ap5": "day noon east",
    f"value-quantity=gt1|{UCUM}|g/L": "span",
    "value-quantity:missing=true": "open never bare other self group",
    "value-concept:missing=false": "open",
    "patient=p1&code=2160-0&date=ge2026-03-10": "day noon month span open",
}


async def found(fhir: FhirServer, kind: str, query: str) -> list[str]:
    """The ids of the resources that the query finds."""
    return sorted(await ids(fhir, f"{kind}?{query}"))


@pytest.mark.parametrize(("query", "expected"), PATIENT_SEARCHES.items())
async def test_people_are_found(fhir: FhirServer, query: str, expected: str) -> None:
    await keep(fhir, *PEOPLE)
    assert await found(fhir, "Patient", query) == sorted(expected.split())


@pytest.mark.parametrize(("query", "expected"), LAB_SEARCHES.items())
async def test_observations_are_found(fhir: FhirServer, query: str, expected: str) -> None:
    await keep(fhir, *LABS)
    assert await found(fhir, "Observation", query) == sorted(expected.split())


async def test_a_search_is_posted_as_a_form(fhir: FhirServer) -> None:
    await keep(fhir, *PEOPLE)
    answer = await told(fhir, "POST", "Patient/_search?gender=male", b"name=Muller&_count=10")
    assert [each["resource"]["id"] for each in answer["entry"]] == ["bob"]


async def test_chains_lead_through_references_both_ways(fhir: FhirServer) -> None:
    await keep(fhir, patient("p1", name=[{"family": "Ek"}]), patient("p2"), *LABS[:2], LABS[9])
    assert await found(fhir, "Observation", "patient.name=ek") == ["day", "noon"]
    assert await found(fhir, "Observation", "subject:Patient.name=ek&date=2026-03-10T12:00:00Z") == ["noon"]
    assert await found(fhir, "Observation", "subject:Device.device-name=ek") == []
    assert await found(fhir, "Patient", "_has:Observation:patient:value-quantity=5.4") == ["p1"]
    assert await found(fhir, "Patient", "_has:Observation:subject:code=2160-0") == ["p1", "p2"]


async def test_what_was_deleted_or_changed_is_found_as_it_is_now(fhir: FhirServer) -> None:
    await keep(fhir, *PEOPLE)
    await ask(fhir, "DELETE", "Patient/ann")
    await keep(fhir, patient("bob", name=[{"family": "Berg"}]))
    assert await found(fhir, "Patient", "name=mul") == []
    assert await found(fhir, "Patient", "name=berg") == ["bob"]
    assert await found(fhir, "Patient", "") == ["bob", "cem", "dot"]


@pytest.mark.parametrize(
    "query",
    [
        "birthdate=14.3.1950",
        "birthdate=1950-02-30",
        "_lastUpdated=soon",
        "gender:missing=perhaps",
        "identifier=|",
        "_count=many",
        "_count=-1",
        "_page=nonsense",
        "_page=WzEsMiwzXQ",
        "_page=W3siYSI6MX1d",
        "_sort=birthdate&_page=WyJhIiwxXQ",
        "_sort=birthdate&_page=WzFlMzAsMV0",
        "name=a%00b",
    ],
)
async def test_a_value_that_says_nothing_is_refused(fhir: FhirServer, query: str) -> None:
    refusal(await ask(fhir, "GET", f"Patient?{query}"), 400, code="value")


@pytest.mark.parametrize("query", ["value-quantity=five", "value-quantity=1|2", "value-quantity=1e999", "subject=a b"])
async def test_an_unsound_number_or_reference_is_refused_or_finds_nothing(fhir: FhirServer, query: str) -> None:
    answer = await ask(fhir, "GET", f"Observation?{query}")
    assert answer.status == 400 or json(answer)["total"] == 0


async def test_thousands_of_codes_are_too_costly(fhir: FhirServer) -> None:
    many = ",".join(str(number) for number in range(5001))
    refusal(await ask(fhir, "GET", f"Observation?code={many}"), 400, "5000", "too-costly")
    assert await found(fhir, "Observation", f"code={many.rpartition(',')[0]}") == []


@pytest.mark.parametrize(
    "query", ["foo=1", "gender:in=x", "name:missing.x=1", "subject.foo=1", "_sort=foo", "_summary=text"]
)
async def test_an_unknown_parameter_is_told_or_refused_as_the_client_prefers(fhir: FhirServer, query: str) -> None:
    await keep(fhir, PEOPLE[0])
    page = await told(fhir, "GET", f"Patient?{query}&gender=female")
    assert [each["search"]["mode"] for each in page["entry"]] == ["match", "outcome"]
    assert page["entry"][1]["resource"]["issue"][0]["severity"] == "warning"
    assert page["link"][0]["url"] == f"{BASE}/Patient?gender=female"
    refusal(await ask(fhir, "GET", f"Patient?{query}", prefer="handling=strict"), 400, query.split("=", maxsplit=1)[0])
