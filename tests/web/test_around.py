"""What stands around the hooks: discovery, feedback, health, metrics, CORS, request numbers and the log."""

import re

import httpx
import msgspec
import pytest

from cds.bootstrap import build
from cds.settings import Settings
from cds.web import create_app
from tests.web.desk import DAY, SIGN, assert_outcome, caller, desk, hook

ORIGIN = {"origin": "https://ehr.example.org"}
TOKENS = re.compile(r"{{.*?}}")


async def test_discovery_offers_what_the_contract_names(client: httpx.AsyncClient) -> None:
    response = await client.get("/cds-services")
    services = {each["id"]: each for each in response.json()["services"]}
    assert set(services) == {
        "ici-bone-health-order-sign", "ici-bone-health-order-select", "ici-bone-health-patient-view",
    }  # fmt: skip
    for service in services.values():
        assert service["prefetch"]["patient"] == "Patient/{{context.patientId}}"
        for template in service["prefetch"].values():
            assert set(TOKENS.findall(template)) == {"{{context.patientId}}"}
            assert " " not in template


async def test_feedback_reaches_its_keeper() -> None:
    house = build(Settings(as_of=DAY))
    async with caller(create_app(Settings(as_of=DAY, log_level="error"), house)) as client:
        card = (await client.post(SIGN, json=hook())).json()["cards"][0]
        told = {"card": card["uuid"], "outcome": "overridden", "overrideReason": {"reason": card["overrideReasons"][0]}}
        response = await client.post(SIGN + "/feedback", json={"feedback": [told, told]})
        assert_outcome(await client.post(SIGN + "/feedback", json={"feedback": [{}]}), 400, "feedback[0].outcome")
    assert response.status_code == 200
    (kept,) = await house.journal.recall(" p1")
    assert (kept.topic, kept.answer) == (card["source"]["topic"]["code"], "overridden")


async def test_it_is_alive_and_ready_with_its_rules(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    ready = (await client.get("/readyz")).json()
    assert ready["status"] == "ready"
    assert len(ready["ruleset"]) == 12


async def test_metrics_count_requests_cards_and_gaps_and_tell_of_no_patient() -> None:
    async with caller(desk()) as client:
        await client.post(SIGN, json=hook())
        await client.post("/cds-services/secret-id-of-p1", json=hook())
        await client.get("/secret-id-of-p1")
        page = (await client.get("/metrics")).text
    route = "/cds-services/{service_id}"
    assert f'bone_cds_requests_total{{route="{route}",status="200"}} 1.0' in page
    assert f'bone_cds_requests_total{{route="{route}",status="404"}} 1.0' in page
    assert 'bone_cds_requests_total{route="none",status="404"} 1.0' in page
    assert 'bone_cds_data_gaps_total{source="labs",state="not-asked"} 1.0' in page
    assert 'bone_cds_cards_total{rule="data-gaps"' in page
    assert "p1" not in page.replace("p1np", "")


@pytest.mark.parametrize("path", ["/cds-services", SIGN, SIGN + "/feedback"])
async def test_a_browser_may_ask_first(client: httpx.AsyncClient, path: str) -> None:
    asking = {**ORIGIN, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    response = await client.options(path, headers=asking)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "authorization" in response.headers["access-control-allow-headers"]


async def test_a_browser_may_read_answers_and_problems(client: httpx.AsyncClient) -> None:
    for response in (
        await client.get("/cds-services", headers=ORIGIN),
        await client.post(SIGN, json=hook(), headers=ORIGIN),
        await client.post(SIGN, content=b"", headers=ORIGIN),
    ):
        assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in (await client.get("/cds-services")).headers
    assert "access-control-allow-origin" not in (await client.get("/healthz", headers=ORIGIN)).headers


async def test_only_allowed_origins_may_read() -> None:
    async with caller(desk(cors_origins=["https://ehr.example.org"])) as client:
        assert (await client.get("/cds-services", headers=ORIGIN)).headers["access-control-allow-origin"] == ORIGIN[
            "origin"
        ]
        other = await client.get("/cds-services", headers={"origin": "https://evil.example.org"})
        assert "access-control-allow-origin" not in other.headers


async def test_every_answer_bears_a_number(client: httpx.AsyncClient) -> None:
    own = await client.get("/healthz", headers={"x-request-id": "abc-1"})
    assert own.headers["x-request-id"] == "abc-1"
    forged = await client.get("/healthz", headers={"x-request-id": 'x" patient="Jane'})
    assert re.fullmatch(r"[0-9a-f]{16}", forged.headers["x-request-id"])
    assert (await client.post(SIGN, content=b"")).headers["x-request-id"]


async def test_the_log_says_what_happened_and_nothing_of_the_patient(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    async with caller(create_app(Settings(as_of=DAY))) as client:
        secret = hook(fhirServer="https://ehr.example.org/fhir", fhirAuthorization={"access_token": "s3cret"})
        secret["context"]["userId"] = "Practitioner/jane"
        await client.post(SIGN, json=secret, headers={"x-request-id": "r-1"})
        await client.post(SIGN, content=b'{"patientId":"p1"', headers={"x-request-id": "r-2"})
    lines = [msgspec.json.decode(line) for line in capfdbinary.readouterr().err.splitlines()]
    first, second = lines
    assert (first["request"], first["status"], first["service"]) == ("r-1", 200, "ici-bone-health-order-sign")
    assert first["cards"] >= 1
    assert first["ms"] > 0
    assert (second["request"], second["status"]) == ("r-2", 400)
    text = str(lines)
    assert not any(word in text for word in ("p1", "s3cret", "jane", "1950", "nivolumab"))
