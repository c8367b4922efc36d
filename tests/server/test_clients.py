"""Clients that others wrote, and that know nothing of us, work with the running server."""

from collections.abc import Iterator

import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.fhirreference import FHIRReference
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound

from tests.server.clinic import Json, entry, observation, patient, transaction
from tests.server.live import service

TOKEN = "known-to-the-clients"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address of a server that wants a token."""
    with service(fhir_token=TOKEN) as address:
        yield f"{address}/fhir"


@pytest.fixture
def py(base: str) -> SyncFHIRClient:
    """fhirpy."""
    return SyncFHIRClient(base, authorization=f"Bearer {TOKEN}")


@pytest.fixture
def smart(base: str) -> FHIRClient:
    """The SMART on FHIR client."""
    made = FHIRClient(settings={"app_id": "tests", "api_base": base})
    made.server.session.headers["authorization"] = f"Bearer {TOKEN}"
    return made


def test_fhirpy_writes_searches_and_deletes(py: SyncFHIRClient) -> None:
    person = py.resource("Patient", name=[{"family": "Fhirpy", "given": ["Pia"]}], birthDate="1949-05-06")
    person.save()
    assert person.id
    for number in range(7):
        lab = observation("x", effectiveDateTime=f"2026-01-0{number + 1}")
        lab = {key: value for key, value in lab.items() if key != "id"}
        py.resource(**(lab | {"resource_type": "Observation", "subject": person.to_reference()})).save()
    person["gender"] = "female"
    person.save()
    found = py.resources("Patient").search(name="fhirpy", birthdate__ge="1949").first()
    assert found is not None
    assert (found["gender"], found["meta"]["versionId"]) == ("female", "2")
    labs = py.resources("Observation").search(patient=person.id).sort("-date").limit(3)
    days = [each["effectiveDateTime"] for each in labs.fetch_all()]
    assert days == sorted(days, reverse=True)
    assert len(days) == 7
    assert labs.count() == 7
    included = py.resources("Observation").search(patient=person.id).include("Observation", "subject").fetch_raw()
    assert {each["resource"]["resourceType"] for each in included["entry"]} == {"Observation", "Patient"}
    py.resources("Observation").search(patient=person.id, date="2026-01-01").get().delete()  # type: ignore[no-untyped-call]
    assert labs.count() == 6
    with pytest.raises(MultipleResourcesFound):
        labs.get()
    person.delete()  # type: ignore[no-untyped-call]
    with pytest.raises(ResourceNotFound):
        py.reference("Patient", person.id).to_resource()


def test_fhirpy_updates_what_matches_and_makes_what_does_not(py: SyncFHIRClient) -> None:
    person = {"identifier": [{"system": "urn:mrn", "value": "fhirpy-2"}]}
    search = py.resources("Patient").search(identifier="urn:mrn|fhirpy-2")
    first, made = search.update(py.resource("Patient", **person))
    second, again = search.update(py.resource("Patient", **person, gender="male"))
    assert (made, again, second["id"], second["gender"]) == (True, False, first["id"], "male")


def test_fhirpy_reads_our_refusals(py: SyncFHIRClient) -> None:
    with pytest.raises(OperationOutcome, match="is not an element of R4"):
        py.resource("Patient", colour="red").save()


async def test_fhirpy_works_asynchronously_and_sends_transactions(base: str) -> None:
    client = AsyncFHIRClient(base, authorization=f"Bearer {TOKEN}")
    bundle = transaction(entry("PUT", "Patient/async", patient("async")), entry("GET", "Patient/async"))
    answer: Json = await client.execute("", method="post", data=bundle)
    assert [each["response"]["status"] for each in answer["entry"]] == ["201", "200"]
    assert await client.resources("Patient").search(_id="async").count() == 1


def test_the_smart_client_reads_the_capabilities_and_works(smart: FHIRClient) -> None:
    assert smart.server.capabilityStatement.fhirVersion == "4.0.1"
    person = Patient({"name": [{"family": "Smart"}], "gender": "male"})
    made = person.create(smart.server)
    person = Patient.read(made["id"], smart.server)
    person.gender = "female"
    person.update(smart.server)
    assert Patient.read(made["id"], smart.server).gender == "female"
    lab = Observation({"status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "1751-7"}]}})
    lab.subject = FHIRReference({"reference": f"Patient/{made['id']}"})
    lab.create(smart.server)
    search = Observation.where({"subject": f"Patient/{made['id']}", "code": "http://loinc.org|1751-7"})
    found = list(search.perform_resources(smart.server))
    assert [each.subject.resolved(Patient).name[0].family for each in found] == ["Smart"]
    everything = Bundle.read_from(f"Patient/{made['id']}/$everything", smart.server)
    assert len(everything.entry) == 2
    person.delete(smart.server)
    assert list(Patient.where({"name": "smart"}).perform_resources(smart.server)) == []


def test_the_smart_client_follows_pages(smart: FHIRClient) -> None:
    for number in range(5):
        Patient({"name": [{"family": f"Paged{number}"}]}).create(smart.server)
    search = Patient.where({"family": "paged", "_count": "2"})
    assert len(list(search.perform_resources_iter(smart.server))) == 5
