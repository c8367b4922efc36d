"""One resource is read, made, changed and deleted as R4 says, and what is unsound is refused with nothing lost."""

from typing import Any

import pytest

from cds.server.server import FhirServer
from tests.server.clinic import BASE, ask, ids, json, keep, observation, patient, refusal, told


async def test_what_was_made_is_read_back_as_it_was_sent(fhir: FhirServer) -> None:
    sent = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    answer = await ask(fhir, "POST", "Observation", sent)
    assert (answer.status, answer.headers["etag"]) == (201, 'W/"1"')
    assert answer.headers["location"] == f"{BASE}/Observation/new-1/_history/1"
    assert answer.headers["last-modified"] == "Tue, 24 Nov 2026 12:00:00 GMT"
    read = await ask(fhir, "GET", "Observation/new-1")
    assert read.body == answer.body
    assert b'"value":1.50' in read.body
    assert json(read)["meta"] == {"versionId": "1", "lastUpdated": "2026-11-24T12:00:00.000Z"}


async def test_the_id_of_a_resource_that_is_posted_is_ignored(fhir: FhirServer) -> None:
    assert (await told(fhir, "POST", "Patient", patient("mine")))["id"] == "new-1"


async def test_versions_stay_readable(fhir: FhirServer) -> None:
    await keep(fhir, patient("p1", gender="male"), patient("p1", gender="female"))
    await ask(fhir, "DELETE", "Patient/p1")
    assert (await told(fhir, "GET", "Patient/p1/_history/1"))["gender"] == "male"
    assert (await told(fhir, "GET", "Patient/p1/_history/2"))["gender"] == "female"
    refusal(await ask(fhir, "GET", "Patient/p1/_history/3"), 410, code="deleted")
    for number in ("4", "0", "x", "99999999999999999999"):
        refusal(await ask(fhir, "GET", f"Patient/p1/_history/{number}"), 404, code="not-found")
    history = await told(fhir, "GET", "Patient/p1/_history")
    assert [each["request"]["method"] for each in history["entry"]] == ["DELETE", "PUT", "POST"]
    await keep(fhir, patient("p1", gender="other"))
    assert (await told(fhir, "GET", "Patient/p1"))["meta"]["versionId"] == "4"


async def test_an_update_that_changes_nothing_makes_no_version(fhir: FhirServer) -> None:
    await keep(fhir, patient(), patient(), patient())
    assert (await told(fhir, "GET", "Patient/p1"))["meta"]["versionId"] == "1"


async def test_a_deleted_resource_is_gone_and_deleting_again_is_no_error(fhir: FhirServer) -> None:
    await keep(fhir, patient())
    assert [(await ask(fhir, "DELETE", "Patient/p1")).status for _ in range(2)] == [204, 204]
    assert (await ask(fhir, "DELETE", "Patient/nobody")).status == 204
    refusal(await ask(fhir, "GET", "Patient/p1"), 410, code="deleted")
    refusal(await ask(fhir, "GET", "Patient/nobody"), 404, code="not-found")


@pytest.mark.parametrize("tag", ['W/"1"', '"1"', "1", "*"])
async def test_a_change_of_the_expected_version_is_made(fhir: FhirServer, tag: str) -> None:
    await keep(fhir, patient())
    assert (await ask(fhir, "PUT", "Patient/p1", patient(gender="male"), if_match=tag)).status == 200


async def test_a_change_of_another_version_is_refused(fhir: FhirServer) -> None:
    await keep(fhir, patient())
    refusal(await ask(fhir, "PUT", "Patient/p1", patient(gender="male"), if_match='W/"2"'), 412, "version 1 stands")
    refusal(await ask(fhir, "DELETE", "Patient/p1", if_match='W/"2"'), 412)
    refusal(await ask(fhir, "PUT", "Patient/p9", patient("p9"), if_match='W/"1"'), 412, "there is none")
    refusal(await ask(fhir, "PUT", "Patient/p1", patient(), if_match="one"), 400, "If-Match")
    assert "gender" not in await told(fhir, "GET", "Patient/p1")


async def test_an_unchanged_resource_need_not_be_sent_again(fhir: FhirServer) -> None:
    await keep(fhir, patient())
    answer = await ask(fhir, "GET", "Patient/p1", if_none_match='W/"1"')
    assert (answer.status, answer.body) == (304, b"")
    assert (await ask(fhir, "GET", "Patient/p1", if_none_match='W/"2"')).status == 200


async def test_the_client_chooses_what_comes_back(fhir: FhirServer) -> None:
    assert (await ask(fhir, "POST", "Patient", patient(), prefer="return=minimal")).body == b""
    outcome = await told(fhir, "POST", "Patient", patient(), prefer="return=OperationOutcome")
    assert outcome["issue"][0]["severity"] == "information"


async def test_a_resource_is_made_only_if_there_is_none_like_it(fhir: FhirServer) -> None:
    mine = patient(identifier=[{"system": "urn:mrn", "value": "1"}])
    answers = [await ask(fhir, "POST", "Patient", mine, if_none_exist="identifier=urn:mrn|1") for _ in range(2)]
    assert [(each.status, json(each)["id"]) for each in answers] == [(201, "new-1"), (200, "new-1")]
    await ask(fhir, "POST", "Patient", mine)
    refusal(
        await ask(fhir, "POST", "Patient", mine, if_none_exist="identifier=urn:mrn|1"), 412, code="multiple-matches"
    )
    refusal(await ask(fhir, "POST", "Patient", mine, if_none_exist="foo=1"), 400, "foo")
    refusal(await ask(fhir, "POST", "Patient", mine, if_none_exist=""), 400, "empty")


@pytest.mark.parametrize("prefers", ["", "return=minimal", "return=OperationOutcome"])
async def test_a_create_that_matched_says_where_the_match_stands(fhir: FhirServer, prefers: str) -> None:
    await keep(fhir, patient("p1", identifier=[{"value": "1"}]))
    await keep(fhir, patient("p1", identifier=[{"value": "1"}], gender="female"))
    answer = await ask(fhir, "POST", "Patient", patient(), if_none_exist="identifier=1", prefer=prefers)
    place = f"{BASE}/Patient/p1/_history/2"
    assert answer.status == 200
    assert (answer.headers["location"], answer.headers["content-location"]) == (place, place)
    assert answer.headers["etag"] == 'W/"2"'
    assert (answer.body == b"") == (prefers == "return=minimal")
    assert "location" not in (await ask(fhir, "PUT", "Patient/p1", patient("p1"))).headers


async def test_what_matches_is_changed_or_deleted(fhir: FhirServer) -> None:
    mine = {"resourceType": "Patient", "identifier": [{"value": "1"}]}
    assert (await ask(fhir, "PUT", "Patient?identifier=1", mine)).status == 201
    changed = await ask(fhir, "PUT", "Patient?identifier=1", mine | {"gender": "male"})
    assert (changed.status, json(changed)["id"], json(changed)["gender"]) == (200, "new-1", "male")
    refusal(await ask(fhir, "PUT", "Patient?identifier=1", mine | {"id": "another"}), 400)
    await keep(fhir, patient("second", identifier=[{"value": "1"}]))
    refusal(await ask(fhir, "PUT", "Patient?identifier=1", mine), 412)
    refusal(await ask(fhir, "DELETE", "Patient?identifier=1"), 412)
    refusal(await ask(fhir, "DELETE", "Patient"), 400, "empty")
    assert (await ask(fhir, "DELETE", "Patient?identifier=1&gender=male")).status == 204
    assert await ids(fhir, "Patient") == ["second"]


BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "not sound JSON"),
    "no JSON": (b"{bad", 400, "not sound JSON"),
    "cut short": (b'{"resourceType":"Patient"', 400, "not sound JSON"),
    "not UTF-8": (b'{"resourceType":"Patient","gender":"\xff"}', 400, "not sound JSON"),
    "lone surrogate": (rb'{"resourceType":"Patient","language":"\ud800"}', 400, "not sound JSON"),
    "NaN": (b'{"resourceType":"Patient","multipleBirthInteger":NaN}', 400, "not sound JSON"),
    "a key twice": (b'{"resourceType":"Patient","gender":"male","gender":"female"}', 400, "not sound JSON"),
    "a list": (b"[]", 400, "one FHIR resource"),
    "deep": (b'{"resourceType":"Patient","extension":' + b"[{" * 5 + b'"extension":[' * 20_000, 400, "not sound JSON"),
    "no type": (b"{}", 400, "the body is none"),
    "another type": (b'{"resourceType":"Observation"}', 400, "the address takes a Patient"),
    "unknown element": (b'{"resourceType":"Patient","colour":"red"}', 422, "Patient.colour is not an element"),
    "not a list": (b'{"resourceType":"Patient","name":{"family":"x"}}', 422, "Patient.name must be an array"),
    "a list for one": (b'{"resourceType":"Patient","gender":["male"]}', 422, "Patient.gender must be"),
    "null": (b'{"resourceType":"Patient","gender":null}', 422, "Patient.gender must be"),
    "empty text": (b'{"resourceType":"Patient","gender":""}', 422, "Patient.gender must be"),
    "empty object": (b'{"resourceType":"Patient","maritalStatus":{}}', 422, "Patient.maritalStatus is empty"),
    "empty list": (b'{"resourceType":"Patient","name":[]}', 422, "Patient.name is empty"),
    "no date": (b'{"resourceType":"Patient","birthDate":"14.3.1950"}', 422, "a date as R4 writes it"),
    "text for a truth": (b'{"resourceType":"Patient","active":"true"}', 422, "true or false"),
    "truth for a number": (b'{"resourceType":"Patient","multipleBirthInteger":true}', 422, "a whole number"),
    "both of a choice": (
        b'{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020"}',
        422,
        "deceased[x] is given more than once",
    ),
    "deep down": (
        b'{"resourceType":"Patient","contact":[{"name":{"given":"x"}}]}',
        422,
        "Patient.contact[0].name.given must be an array",
    ),
    "required below": (b'{"resourceType":"Patient","link":[{"type":"refer"}]}', 422, "link[0].other is missing"),
    "a huge number": (b'{"resourceType":"Patient","multipleBirthInteger":1' + b"0" * 400 + b"}", 422, "a whole number"),
    "a NUL": (rb'{"resourceType":"Patient","name":[{"family":"a\u0000"}]}', 422, "a text"),
    "contained nonsense": (b'{"resourceType":"Patient","contained":[{"resourceType":"Foo"}]}', 422, "no R4 resource"),
}


@pytest.mark.parametrize(("body", "status", "words"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_an_unsound_body_is_refused_and_nothing_is_kept(
    fhir: FhirServer, body: bytes, status: int, words: str
) -> None:
    refusal(await ask(fhir, "POST", "Patient", body), status, words)
    assert await ids(fhir, "Patient") == []


async def test_what_r4_requires_is_named(fhir: FhirServer) -> None:
    issue = refusal(await ask(fhir, "POST", "Observation", {"resourceType": "Observation"}), 422, code="required")
    assert "Observation.status is missing; Observation.code is missing" in issue["diagnostics"]
    assert issue["expression"] == ["Observation.status"]


@pytest.mark.parametrize(
    "body",
    [
        {"valueQuantity": {"_value": {"extension": [{"url": "urn:x", "valueCode": "unknown"}]}}},
        {"_effectiveDateTime": {"extension": [{"url": "urn:x", "valueString": "x"}]}},
        {"component": [{"code": {"text": "x"}, "referenceRange": [{"text": "0–1"}]}]},
        {"contained": [{"resourceType": "Patient", "id": "c"}], "subject": {"reference": "#c"}},
        {"extension": [{"url": "urn:x", "extension": [{"url": "urn:y", "valueAge": {"value": 3}}]}]},
        {"valueSampledData": {"origin": {"value": 0}, "period": 10, "dimensions": 1}},
    ],
)
async def test_unusual_but_sound_resources_are_taken(fhir: FhirServer, body: dict[str, Any]) -> None:
    assert (await ask(fhir, "PUT", "Observation/o", observation("o", **body))).status == 201


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "Nonsense", 404),
        ("GET", "Nonsense/1", 404),
        ("PUT", "Nonsense/1", 404),
        ("GET", "", 405),
        ("GET", "Patient/1/2/3", 404),
        ("GET", "Observation/1/$everything", 404),
        ("GET", "Patient/$nonsense", 404),
        ("PATCH", "Patient/1", 405),
        ("PATCH", "Patient", 405),
        ("PUT", "Patient/a b", 400),
        ("GET", "Patient/a%00b", 400),
        ("PUT", "Patient/" + "a" * 65, 400),
    ],
)
async def test_an_address_where_nothing_is_says_so(fhir: FhirServer, method: str, url: str, status: int) -> None:
    name = url.partition("/")[2] or "1"
    body = {"resourceType": url.partition("/")[0], "id": name} if method == "PUT" else None
    answer = await ask(fhir, method, url, body)
    assert answer.status in {status, 422 if status == 400 else status}
    assert json(answer)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("method", "headers", "url", "status"),
    [
        ("GET", {"accept": "application/fhir+xml"}, "Patient", 406),
        ("GET", {}, "Patient?_format=xml", 406),
        ("GET", {"accept": "application/fhir+xml"}, "Patient?_format=json", 200),
        ("GET", {"accept": "text/html,application/xml;q=0.9,*/*;q=0.8"}, "Patient", 200),
        ("GET", {"accept": "application/fhir+json, application/fhir+xml"}, "Patient", 200),
        ("POST", {"content_type": "application/fhir+xml"}, "Patient", 415),
        ("POST", {"content_type": "application/json"}, "Patient", 201),
    ],
)
async def test_it_speaks_json_alone_and_says_so(
    fhir: FhirServer, method: str, headers: dict[str, str], url: str, status: int
) -> None:
    body = {"resourceType": "Patient"} if method == "POST" else None
    assert (await ask(fhir, method, url, body, **headers)).status == status


async def test_the_id_must_be_that_of_the_address(fhir: FhirServer) -> None:
    refusal(await ask(fhir, "PUT", "Patient/p1", patient("p2")), 400, "not the one in the address")
    refusal(await ask(fhir, "PUT", "Patient/p1", {"resourceType": "Patient"}), 400, "no id")
    assert await ids(fhir, "Patient") == []
