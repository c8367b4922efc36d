"""Pages, orders, includes and what a search leaves out."""

import pytest

from cds.server.server import FhirServer
from tests.server.clinic import (
    BASE,
    Json,
    ask,
    entries,
    ids,
    keep,
    link,
    numbered,
    observation,
    patient,
    refusal,
    told,
)

VISITS = [
    observation("a", effectiveDateTime="2026-03-01", encounter={"reference": "Encounter/e1"}),
    observation("b", effectiveDateTime="2026-01-01", subject={"reference": "Patient/p2"}),
    observation("c"),
    observation("d", effectiveDateTime="2026-02-01"),
]
OTHERS = [
    patient("p1", managingOrganization={"reference": "Organization/org"}),
    patient("p2"),
    {"resourceType": "Organization", "id": "org", "name": "Ward"},
    {"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"}},
]


async def both(fhir: FhirServer, url: str) -> dict[str, list[str]]:
    """The ids that come by match and by include."""
    found: dict[str, list[str]] = {"match": [], "include": []}
    async for each in entries(fhir, url):
        found[each["search"]["mode"]].append(each["resource"]["id"])
    return found


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("date", "b d a c"),
        ("-date", "a d b c"),
        ("_id", "a b c d"),
        ("-_id", "d c b a"),
        ("subject,-date", "a d c b"),
        ("-subject,date", "b d a c"),
        ("_lastUpdated", "a b c d"),
    ],
)
@pytest.mark.parametrize("count", [1, 2, 3, 50])
async def test_every_order_holds_over_pages_of_any_size(
    fhir: FhirServer, order: str, expected: str, count: int
) -> None:
    await keep(fhir, *VISITS)
    assert await ids(fhir, f"Observation?_sort={order}&_count={count}") == expected.split()


async def test_pages_stay_in_step_while_others_write(fhir: FhirServer) -> None:
    await keep(fhir, *numbered(9))
    page = await told(fhir, "GET", "Observation?_count=4&_sort=-date")
    seen = [each["resource"]["id"] for each in page["entry"]]
    await ask(fhir, "DELETE", f"Observation/{seen[0]}")
    await keep(fhir, observation("late", effectiveDateTime="2026-12-01"))
    rest = await ids(fhir, link(page, "next").removeprefix(f"{BASE}/"))
    assert sorted(seen + rest) == [f"o{number:03}" for number in range(9)]


async def test_the_links_keep_what_was_asked(fhir: FhirServer) -> None:
    await keep(fhir, *numbered(3))
    page = await told(fhir, "GET", "Observation?code=http://loinc.org|2160-0,x&_count=2&_format=json")
    assert page["total"] == 3
    assert link(page, "self") == f"{BASE}/Observation?code=http://loinc.org|2160-0,x&_count=2&_format=json"
    assert link(page, "next").startswith(f"{link(page, 'first')}&_page=")
    last = await told(fhir, "GET", link(page, "next").removeprefix(f"{BASE}/"))
    assert (last["total"], len(last["entry"]), link(last, "next")) == (3, 1, "")


async def test_a_page_is_never_larger_than_a_thousand(fhir: FhirServer) -> None:
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": []}
    for each in numbered(1001):
        request = {"method": "PUT", "url": f"Observation/{each['id']}"}
        bundle["entry"].append({"resource": each, "request": request})  # type: ignore[attr-defined]
    await told(fhir, "POST", "", bundle)
    page = await told(fhir, "GET", "Observation?_count=5000")
    assert (page["total"], len(page["entry"])) == (1001, 1000)
    assert len(await ids(fhir, "Observation?_count=5000")) == 1001


@pytest.mark.parametrize("query", ["_summary=count", "_count=0"])
async def test_only_the_number_is_told(fhir: FhirServer, query: str) -> None:
    await keep(fhir, *VISITS)
    page = await told(fhir, "GET", f"Observation?date=ge2026-02&{query}")
    assert page["total"] == 2
    assert "entry" not in page


async def test_the_number_can_be_left_out(fhir: FhirServer) -> None:
    await keep(fhir, *VISITS)
    assert "total" not in await told(fhir, "GET", "Observation?_total=none")


async def test_elements_are_left_out_and_that_is_marked(fhir: FhirServer) -> None:
    await keep(fhir, patient("p1", gender="male", birthDate="1950", text={"status": "empty", "div": "<div/>"}))
    cut = (await told(fhir, "GET", "Patient?_elements=gender"))["entry"][0]["resource"]
    assert cut.keys() == {"resourceType", "id", "meta", "gender"}
    assert cut["meta"]["tag"][0]["code"] == "SUBSETTED"
    data = (await told(fhir, "GET", "Patient?_summary=data"))["entry"][0]["resource"]
    assert data.keys() == {"resourceType", "id", "meta", "gender", "birthDate"}
    whole = (await told(fhir, "GET", "Patient?_summary=false"))["entry"][0]["resource"]
    assert "tag" not in whole["meta"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Observation?_id=a&_include=Observation:patient", "p1"),
        ("Observation?_id=a&_include=Observation:subject:Patient", "p1"),
        ("Observation?_id=a&_include=Observation:subject:Group", ""),
        ("Observation?_id=a&_include=Observation:encounter&_include=Observation:subject", "e1 p1"),
        ("Observation?_id=a&_include=Observation:*", "e1 p1"),
        ("Observation?_id=a&_include=*", "e1 p1"),
        ("Observation?_id=a&_include=Observation:patient&_include:iterate=Patient:organization", "org p1"),
        ("Observation?_id=a&_include=Observation:patient&_include=Patient:organization", "p1"),
        ("Observation?_include=Observation:patient", "p1 p2"),
        ("Patient?_id=p1&_revinclude=Observation:patient", "a c d"),
        ("Patient?_id=p1,p2&_revinclude=Observation:subject", "a b c d"),
        ("Patient?_id=p1&_revinclude=Observation:*", "a c d"),
        ("Organization?_revinclude=Patient:organization&_revinclude:iterate=Observation:patient", "a c d p1"),
        ("Encounter?_revinclude=Observation:subject", ""),
    ],
)
async def test_others_come_along(fhir: FhirServer, query: str, expected: str) -> None:
    await keep(fhir, *OTHERS, *VISITS)
    assert sorted((await both(fhir, query))["include"]) == expected.split()


@pytest.mark.parametrize("query", ["_include=Observation:foo", "_include=Foo:bar", "_revinclude=*", "_include:x=*"])
async def test_an_include_that_leads_nowhere_is_told(fhir: FhirServer, query: str) -> None:
    page = await told(fhir, "GET", f"Observation?{query}")
    assert page["entry"][0]["search"]["mode"] == "outcome"
    refusal(await ask(fhir, "GET", f"Observation?{query}", prefer="handling=strict"), 400)


async def names(fhir: FhirServer, url: str) -> list[str]:
    """Type and id of every entry over all pages."""
    found: list[Json] = [each["resource"] async for each in entries(fhir, url)]
    return sorted(f"{each['resourceType']}/{each['id']}" for each in found)


async def test_everything_about_a_patient_and_nobody_else(fhir: FhirServer) -> None:
    await keep(fhir, *OTHERS, *VISITS, {"resourceType": "Organization", "id": "far", "name": "Elsewhere"})
    mine = ["Encounter/e1", "Observation/a", "Observation/c", "Observation/d", "Organization/org", "Patient/p1"]
    for query in ("", "?_count=2", "?_count=1"):
        assert sorted(set(await names(fhir, f"Patient/p1/$everything{query}"))) == mine
    assert await names(fhir, "Patient/p2/$everything") == ["Observation/b", "Patient/p2"]
    assert await names(fhir, "Patient/p1/$everything?_type=Observation") == mine[1:4]
    assert await names(fhir, "Patient/p1/$everything?_since=2026-11-25") == []


async def test_everything_of_nobody_is_refused(fhir: FhirServer) -> None:
    await keep(fhir, patient("gone"))
    await ask(fhir, "DELETE", "Patient/gone")
    refusal(await ask(fhir, "GET", "Patient/nobody/$everything"), 404)
    refusal(await ask(fhir, "GET", "Patient/gone/$everything"), 410)
    for query in ("_count=x", "_since=soon", "start=2020", "_page=-1", "_page=9999999999999999999"):
        refusal(await ask(fhir, "GET", f"Patient/p1/$everything?{query}"), 400)
