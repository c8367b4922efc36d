"""The service as the clients of the integration guide use it, each in its own way."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cds.hooks.discovery import OFFERS
from tests.integration.ehrs import CARELESS_IDS, GUIDE, HERE, Client, client, listed, page
from tests.server.live import service
from tests.web.desk import DAY, NIVOLUMAB, SELECT, SIGN, VIEW, bundle, hook

BROWSER = {"origin": "https://sandbox.cds-hooks.org"}
PAGES = ["cds-hooks-sandbox", "request-generators", "epic", "oracle-health", "smart"]
INVALID_DRAFTS: dict[str, dict[str, Any]] = {
    "no intent, no subject": {k: v for k, v in NIVOLUMAB.items() if k not in ("intent", "subject")},
    "no id": {k: v for k, v in NIVOLUMAB.items() if k != "id"},
    "STU3 element": NIVOLUMAB | {"requester": {"agent": {"reference": "Practitioner/1"}}},
    "text for a list": NIVOLUMAB | {"dosageInstruction": "240 mg every 2 weeks"},
    "number for a text": NIVOLUMAB | {"id": 17},
    "null members": NIVOLUMAB | {"encounter": None, "note": [None]},
    "unknown members": NIVOLUMAB | {"colour": "red", "resourceVersion": 3},
}


def test_the_guide_has_a_page_for_each_kind_and_an_entry_that_can_be_read() -> None:
    assert {path.stem for path in GUIDE.glob("*.md")} == {*PAGES, "README"}
    for name in PAGES:
        assert listed(name)["issuer"].startswith("http")
        assert f"{name}.md" in page("README")


@pytest.mark.parametrize(
    "path", ["/cds-services", *(f"/cds-services/{each.id}" for each in OFFERS), SIGN + "/feedback"]
)
async def test_a_browser_is_told_before_it_calls_that_it_may(path: str, tmp_path: Path) -> None:
    origins = [BROWSER["origin"]]
    async with client("cds-hooks-sandbox", tmp_path, "P-384", {}, cors_origins=origins) as sandbox:
        asked = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization, content-type",
        }
        flight = await sandbox.http.options(path, headers=BROWSER | asked)
        assert flight.status_code in (200, 204)
        assert flight.headers["access-control-allow-origin"] == BROWSER["origin"]
        allowed = {each.strip() for each in flight.headers["access-control-allow-headers"].split(",")}
        assert {"authorization", "content-type"} <= allowed


@pytest.mark.parametrize(("algorithm", "kind"), [("ES384", "P-384"), ("ES256", "P-256")])
async def test_the_sandbox_story(tmp_path: Path, algorithm: str, kind: str) -> None:
    async with client("cds-hooks-sandbox", tmp_path, kind, {"alg": algorithm}) as sandbox:
        services = (await sandbox.http.get("/cds-services", headers=BROWSER)).json()["services"]
        hooks = [each["hook"] for each in services]
        assert sorted(hooks) == sorted(set(hooks))
        answer = await sandbox.post(SIGN, hook(), **BROWSER)
        assert answer.headers["access-control-allow-origin"] in ("*", BROWSER["origin"])
        cards = answer.json()["cards"]
        assert len({each["uuid"] for each in cards}) == len(cards) > 0
        dismissed = {"card": cards[0]["uuid"], "outcome": "overridden", "outcomeTimestamp": f"{DAY}T10:00:00Z"}
        heard = await sandbox.post(SIGN + "/feedback", {"feedback": [dismissed]}, **BROWSER)
        assert heard.status_code == 200
        again = (await sandbox.post(SIGN, hook(), **BROWSER)).json()["cards"]
        assert len(again) < len(cards)


async def test_a_token_is_good_for_the_address_that_it_was_signed_for_and_once(tmp_path: Path) -> None:
    async with client("cds-hooks-sandbox", tmp_path, "P-384", {}) as sandbox:
        for other in ("/cds-services", SELECT, SIGN + "/feedback", SIGN + "/"):
            headers = sandbox.signed(SIGN, aud=HERE + other)
            assert (await sandbox.http.post(SIGN, json=hook(), headers=headers)).status_code == 401
        once = sandbox.signed(SIGN)
        answers = [(await sandbox.http.post(SIGN, json=hook(), headers=once)).status_code for _ in range(2)]
        assert answers == [200, 401]


@pytest.mark.parametrize("draft", INVALID_DRAFTS.values(), ids=INVALID_DRAFTS)
@pytest.mark.parametrize("path", [SIGN, SELECT])
async def test_drafts_that_are_no_valid_r4_are_read_as_far_as_they_go(
    tmp_path: Path, draft: dict[str, Any], path: str
) -> None:
    request = hook("order-sign" if path == SIGN else "order-select")
    request["context"]["draftOrders"] = bundle(draft)
    if path == SELECT:
        request["context"]["selections"] = [f"MedicationRequest/{draft.get('id', '')}"]
    async with client("cds-hooks-sandbox", tmp_path, "P-384", {}) as sandbox:
        answer = await sandbox.post(path, request)
    assert answer.status_code == 200
    if path == SIGN:
        assert answer.json()["cards"], "nivolumab was not recognised"


async def test_a_request_generator_is_served_although_it_is_careless_with_ids(tmp_path: Path) -> None:
    key_set = listed("request-generators")["jwks_url"]
    async with client("request-generators", tmp_path, "2048", {"alg": "RS256", "jku": key_set}) as generator:
        request = hook(hookInstance=CARELESS_IDS, extension={"com.example.configuration": {"alternative": True}})
        request["prefetch"] |= {"coverageBundle": None, "somethingElse": {"resourceType": "Coverage"}}
        answers = [await generator.post(SIGN, request) for _ in range(3)]
        assert [each.status_code for each in answers] == [200] * 3
        uuids = [card["uuid"] for each in answers for card in each.json()["cards"]]
        assert len(set(uuids)) == len(uuids) >= 3
        feedback = {"feedback": [{"card": each, "outcome": "overridden"} for each in uuids]}
        assert (await generator.post(SIGN + "/feedback", feedback)).status_code == 200
        unknown = await generator.post("/cds-services/order-sign-crd", request)
        assert unknown.status_code == 404


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "RS256", "jku": "http://localhost:3001/other_keys"},
        {"alg": "RS256", "jku": "https://evil.example.org/keys"},
        {"alg": "RS384"},
    ],
)
async def test_what_the_generators_entry_does_not_list_is_refused(tmp_path: Path, header: dict[str, Any]) -> None:
    async with client("request-generators", tmp_path, "2048", header) as generator:
        answer = await generator.post(SIGN, hook())
    assert (answer.status_code, answer.content) == (401, b"")


async def test_an_epic_like_client_signs_with_rs384_for_the_organisation(tmp_path: Path) -> None:
    key_set = listed("epic")["jwks_url"]
    extra = {"sub": "registered-client-id", "nbf": 0}
    async with client("epic", tmp_path, "2048", {"alg": "RS384", "jku": key_set}, extra) as epic:
        cards = (await epic.post(SIGN, hook())).json()["cards"]
        assert cards
        assert all("uuid" in each for each in cards)


async def test_an_oracle_like_client_of_1_0_gets_what_it_knows_and_ids_for_feedback(tmp_path: Path) -> None:
    async with client("oracle-health", tmp_path, "P-384", {}, {"tenant": "tenant-1"}) as oracle:
        cards = (await oracle.post(SIGN, hook())).json()["cards"]
        assert cards
        assert all("uuid" in each for each in cards)
        assert (await oracle.post(VIEW, hook("patient-view"))).status_code == 200
        headers = oracle.signed(SIGN, tenant="tenant-2")
        assert (await oracle.http.post(SIGN, json=hook(), headers=headers)).status_code == 401


async def _asks_elsewhere(ehr: Client) -> httpx.Response:
    """The answer to a request that names a FHIR server which is not the client's."""
    return await ehr.post(SIGN, hook(fhirServer="https://elsewhere.example.org/fhir", prefetch={}))


@pytest.mark.parametrize("name", ["epic", "oracle-health", "smart"])
async def test_no_other_fhir_server_is_read_for_a_client(tmp_path: Path, name: str) -> None:
    async with client(name, tmp_path, "P-384", {}, {"tenant": "tenant-1"}) as ehr:
        assert (await _asks_elsewhere(ehr)).status_code == 412


def test_the_smallest_request_of_the_guide_is_answered_from_a_guarded_fhir_server() -> None:
    text = page("smart").partition("```json\n")[2].partition("```")[0]
    request = msgspec.json.decode(text)
    fixtures = Path(__file__).resolve().parents[2] / "fixtures"
    with service(fhir_load=fixtures / "patients", site=fixtures / "site.yaml", fhir_token="secret") as address:
        request["fhirServer"] = f"{address}/fhir"
        refused = httpx.post(address + SIGN, json=request, timeout=60)
        assert refused.status_code == 412
        request["fhirAuthorization"] = {
            "access_token": "secret", "token_type": "Bearer", "expires_in": 300,
            "scope": "patient/*.read", "subject": "x",
        }  # fmt: skip
        answer = httpx.post(address + SIGN, json=request, timeout=60)
    assert [each["indicator"] for each in answer.json()["cards"]][:1] == ["warning"]
