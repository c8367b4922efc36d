"""The embedded server over real HTTP: its door, its broken views, and the service reading from it as from any EHR."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cds.releases.in_force import rules_for
from cds.ruleset.needs import queries
from cds.settings import Settings
from tests.server.clinic import Json, observation, patient
from tests.server.live import service
from tests.web.desk import DAY, SIGN, bundle, caller, desk, hook

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
PEOPLE = sorted((FIXTURES / "patients").glob("*.json"))
SECRET = "a-token-for-this-test"


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """The address of a service whose FHIR server holds the fixtures."""
    with service(fhir_load=FIXTURES / "patients", site=FIXTURES / "site.yaml") as address:
        yield address


@pytest.fixture(scope="module")
def client(home: str) -> Iterator[httpx.Client]:
    """A client of its FHIR server."""
    with httpx.Client(base_url=f"{home}/fhir", timeout=30) as made:
        yield made


def people() -> dict[str, list[Json]]:
    """The resources of each fixture patient by id, references by UUID as the server stores them: by type and id."""
    found = {}
    for path in PEOPLE:
        bundle_ = msgspec.json.decode(path.read_bytes())
        text = path.read_text(encoding="utf-8")
        for row in bundle_["entry"]:
            here = f"{row['resource']['resourceType']}/{row['resource']['id']}"
            text = text.replace(f'"reference": "{row["fullUrl"]}"', f'"reference": "{here}"')
        resources = [each["resource"] for each in msgspec.json.decode(text)["entry"]]
        name = next(each["id"] for each in resources if each["resourceType"] == "Patient")
        found[name] = resources
    return found


def test_every_fixture_is_there_as_it_is_in_its_file(client: httpx.Client) -> None:
    for name, resources in people().items():
        page = client.get(f"/Patient/{name}/$everything").raise_for_status().json()
        there = {(each["resource"]["resourceType"], each["resource"]["id"]): each["resource"] for each in page["entry"]}
        for resource in resources:
            stored = there[resource["resourceType"], resource["id"]]
            assert stored.pop("meta")["versionId"] == "1"
            assert stored == {key: value for key, value in resource.items() if key != "meta"}


def asked_codes(template: str) -> set[tuple[str, str]] | None:
    """The codes that the template asks for; None if it asks for all."""
    values = httpx.URL("http://x/" + template.replace("{{context.patientId}}", "x")).params.get("code")
    if values is None:
        return None
    return {(system, code) for system, _, code in (each.partition("|") for each in values.split(","))}


def test_what_our_own_templates_ask_is_answered_exactly(client: httpx.Client) -> None:
    ruleset = rules_for(Settings(site=FIXTURES / "site.yaml"))
    charts = people()
    for query in queries(ruleset, "order-sign", DAY):
        codes = asked_codes(query.template)
        for name, resources in list(charts.items())[::7]:
            answer = client.get("/" + query.template.replace("{{context.patientId}}", name)).raise_for_status().json()
            if "?" not in query.template:
                assert answer["id"] == name
                continue
            found = [each["resource"]["id"] for each in answer.get("entry", ())]
            assert sorted(found) == sorted(wanted(resources, query.resource_type, codes)), (query.key, name)
            assert answer["total"] == len(found)


def wanted(resources: list[Json], kind: str, codes: set[tuple[str, str]] | None) -> Iterator[str]:
    """The ids of the patient's resources of that type with one of the codes."""
    for each in resources:
        codings = {
            (coding.get("system", ""), coding.get("code", "")) for coding in each.get("code", {}).get("coding", ())
        }
        if each["resourceType"] == kind and (codes is None or codings & codes):
            yield each["id"]


def cards(home: str, view: str = "", name: str = "very-high-t-score") -> list[Json]:
    """The cards for that patient, about to get nivolumab, whose chart is read from that view of the FHIR server."""
    draft = {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": "nivolumab"},
        "subject": {"reference": f"Patient/{name}"},
    }
    context = {"userId": "Practitioner/1", "patientId": name, "draftOrders": bundle(draft)}
    request = {"hook": "order-sign", "hookInstance": "i-1", "context": context, "fhirServer": f"{home}/fhir{view}"}
    found: list[Json] = httpx.post(home + SIGN, json=request, timeout=60).raise_for_status().json()["cards"]
    return found


def test_a_hook_request_is_answered_over_real_reads(home: str) -> None:
    recorded = msgspec.json.decode((FIXTURES / "responses" / "very-high-t-score.json").read_bytes())
    assert [each["summary"] for each in cards(home)] == [each["summary"] for each in recorded["cards"]]


@pytest.mark.parametrize(
    ("view", "unread"),
    [
        ("Observation=500", "laboratory results"),
        ("Condition=401", "conditions"),
        ("Condition=garbage", "conditions"),
        ("Condition=lie", "conditions"),
        ("Observation:83012-5=503", "bone density"),
    ],
)
def test_a_broken_view_is_told_on_a_card_and_never_reassures(home: str, view: str, unread: str) -> None:
    found = cards(home, f"/_broken/{view}")
    assert any(unread in f"{each['summary']} {each['detail']}" for each in found)


def test_a_view_without_the_patient_cannot_be_answered_from(home: str) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="412"):
        cards(home, "/_broken/*=404")


def test_a_view_in_which_a_source_is_silent_costs_no_more_than_the_budget(home: str) -> None:
    assert any("conditions" in each["summary"] for each in cards(home, "/_broken/Condition=timeout"))


def test_a_view_breaks_what_it_names_and_nothing_else(client: httpx.Client) -> None:
    view = "/_broken/Observation:2160-0=500,Condition=empty,Encounter=429"
    assert client.get(f"{view}/Observation?code=2160-0").status_code == 500
    page = client.get(f"{view}/Patient?_count=1").raise_for_status().json()
    assert page["link"][-1]["url"].startswith(f"{client.base_url}".rstrip("/") + view)
    assert client.get(page["link"][-1]["url"]).status_code == 200
    assert client.get(f"{view}/Condition").json()["total"] == 0
    assert client.get(f"{view}/Condition/x").status_code == 404
    assert client.get(f"{view}/Encounter").headers["content-type"] == "application/fhir+json"
    assert client.get(f"{view}/Observation?code=1-1").status_code == 200
    for unsound in ("Observation", "Observation=200", "Observation=slow", "=500"):
        answer = client.get(f"/_broken/{unsound}/Observation")
        assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")


def test_the_door_speaks_fhir_json(client: httpx.Client) -> None:
    made = client.post("/Patient", json={"resourceType": "Patient"})
    assert made.headers["content-type"] == "application/fhir+json"
    place = made.headers["location"]
    assert client.get(place).json() == made.json()
    assert client.head(place).headers["etag"] == 'W/"1"'
    assert client.head(place).content == b""
    assert client.delete(place.partition("/_history")[0]).content == b""
    posted = httpx.post(f"{client.base_url}".rstrip("/"), json={"resourceType": "Bundle", "type": "batch"})
    assert posted.json()["type"] == "batch-response"
    unknown = client.get("/Nonsense%2F1/x%00y")
    assert (unknown.status_code, unknown.json()["resourceType"]) == (404, "OperationOutcome")
    form = client.post("/Patient/_search", data={"_id": "very-high-t-score"})
    assert form.json()["total"] == 1


def test_a_large_body_is_refused_in_plain_words() -> None:
    with service(fhir_max_body_bytes=2000) as address:
        answer = httpx.post(f"{address}/fhir/Patient", content=b" " * 2001)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (413, "too-long")


def test_pages_of_other_origins_may_call_it(client: httpx.Client) -> None:
    wanted_headers = "authorization,content-type,prefer,if-match"
    asked = {"origin": "https://app.example.org", "access-control-request-method": "PUT"}
    flight = client.options("/Patient/1", headers=asked | {"access-control-request-headers": wanted_headers})
    allowed = {each.strip() for each in flight.headers["access-control-allow-headers"].split(",")}
    assert (flight.status_code, flight.headers["access-control-allow-origin"]) == (204, "*")
    assert set(wanted_headers.split(",")) <= allowed
    assert "DELETE" in flight.headers["access-control-allow-methods"]
    exposed = client.get("/Patient?_count=0", headers=asked).headers["access-control-expose-headers"]
    assert "etag" in exposed


def test_a_token_can_be_demanded() -> None:
    with service(fhir_token=SECRET) as address, ExitStack() as stack:
        one = stack.enter_context(httpx.Client(base_url=f"{address}/fhir"))
        assert one.get("/metadata").status_code == 200
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {SECRET}"}):
            refused = one.get("/Patient", headers=headers)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert refused.json()["issue"][0]["code"] == "login"
            assert SECRET not in refused.text
        assert one.get("/Patient", headers={"authorization": f"Bearer {SECRET}"}).status_code == 200


@pytest.mark.parametrize("settings", [{"fhir_server": False}])
async def test_it_is_not_there_when_switched_off(settings: dict[str, Any]) -> None:
    async with caller(desk(**settings)) as one:
        assert (await one.get("/fhir/metadata")).status_code == 404


async def test_an_app_in_memory_needs_no_start_and_no_network() -> None:
    app = desk()
    async with caller(app) as one:
        await one.put("/fhir/Patient/p1", json=patient())
        await one.put("/fhir/Observation/o1", json=observation("o1"))
        page = (await one.get("/fhir/Observation?patient=p1")).json()
        assert page["total"] == 1
        assert page["entry"][0]["fullUrl"] == "http://cds.example.org/fhir/Observation/o1"
        assert (await one.post(SIGN, json=hook())).status_code == 200
