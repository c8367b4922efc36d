"""Signed calls at the real doors: who gets cards, who gets a bare 401, and what is written down of either."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cds.bootstrap import build
from cds.clock import moment
from cds.settings import Settings
from cds.web import create_app
from tests.access.signing import BASE, EHR, Ehr, claims, clients_file, token
from tests.web.desk import DAY, SIGN, caller, hook

OTHER = "https://other.example.org"
KEYS = "http://127.0.0.1:9/jwks.json"
LISTED = f"clients:\n  - issuer: {EHR}\n    jwks_url: {KEYS}\n    fhir_servers: [https://ehr.example.org/fhir]\n"


def signed(path: str = SIGN, **changes: Any) -> dict[str, str]:
    """The headers of a call that the EHR signed a moment ago."""
    now = moment()
    made = token(claims(**{"aud": BASE + path, "iat": now, "exp": now + 300, "jti": f"{path} {now}", **changes}))
    return {"authorization": f"Bearer {made}"}


@asynccontextmanager
async def guarded(
    folder: Path, more: str = "", ehr: Ehr | None = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app that knows the EHR."""
    serving = ehr or Ehr()

    async def keys(request: httpx.Request) -> httpx.Response:
        body = await serving.fetch(str(request.url))
        return httpx.Response(200, stream=httpx.ByteStream(body)) if body else httpx.Response(503)

    chosen = Settings(
        **{
            "as_of": DAY, "log_level": "info", "public_url": BASE, "require_jwt": True,
            "clients": clients_file(folder, LISTED + more), **settings,
        }
    )  # fmt: skip
    house = build(chosen, httpx.MockTransport(keys))
    async with caller(create_app(chosen, house)) as client:
        yield client


async def test_a_signed_order_gets_cards_and_its_feedback_is_heard(tmp_path: Path) -> None:
    async with guarded(tmp_path) as client:
        response = await client.post(SIGN, json=hook(), headers=signed())
        assert response.status_code == 200
        told = {"card": response.json()["cards"][0]["uuid"], "outcome": "overridden"}
        path = SIGN + "/feedback"
        assert (await client.post(path, json={"feedback": [told]}, headers=signed(path))).status_code == 200


@pytest.mark.parametrize("path", [SIGN, SIGN + "/feedback", "/cds-services/no-such-service"])
async def test_whoever_does_not_prove_who_he_is_gets_a_bare_401(tmp_path: Path, path: str) -> None:
    async with guarded(tmp_path) as client:
        for wrong in ({}, {"authorization": "Bearer x"}, signed("/elsewhere"), {"authorization": "Basic eDp5"}):
            response = await client.post(path, json=hook(), headers=wrong)
            assert response.status_code == 401
            assert response.content == b""
            assert response.headers["www-authenticate"] == "Bearer"
            assert "content-type" not in response.headers


async def test_a_body_is_not_read_before_the_caller_is_known(tmp_path: Path) -> None:
    read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield b"{}"

    async with guarded(tmp_path) as client:
        assert (await client.post(SIGN, content=body())).status_code == 401
    assert not read


async def test_two_authorization_headers_are_one_too_many(tmp_path: Path) -> None:
    async with guarded(tmp_path) as client:
        pair = list(signed().items()) * 2
        assert (await client.post(SIGN, json=hook(), headers=pair)).status_code == 401


async def test_discovery_is_open_but_a_bad_token_is_not_overlooked(tmp_path: Path) -> None:
    async with guarded(tmp_path) as client:
        assert (await client.get("/cds-services")).status_code == 200
        assert (await client.get("/cds-services", headers=signed("/cds-services"))).status_code == 200
        assert (await client.get("/cds-services", headers=signed(SIGN))).status_code == 401


async def test_development_lets_the_unsigned_in_and_the_badly_signed_not(tmp_path: Path) -> None:
    async with guarded(tmp_path, require_jwt=False) as client:
        assert (await client.post(SIGN, json=hook())).status_code == 200
        assert (await client.post(SIGN, json=hook(), headers={"authorization": "Bearer x"})).status_code == 401


async def test_only_the_clients_own_fhir_servers_are_read(tmp_path: Path) -> None:
    asked = hook(fhirServer="https://other.example.org/fhir", fhirAuthorization={"access_token": "s3cret"})
    async with guarded(tmp_path, fhir_allow=["https://other.example.org/fhir"]) as client:
        response = await client.post(SIGN, json=asked, headers=signed())
    assert "s allow-list" in response.text


async def test_keys_are_fetched_as_fhir_servers_are_read_and_an_outage_is_survived(tmp_path: Path) -> None:
    ehr = Ehr()
    async with guarded(tmp_path, ehr=ehr) as client:
        for jti in ("a", "b"):
            assert (await client.post(SIGN, json=hook(), headers=signed(jti=jti))).status_code == 200
            ehr.body = None
    assert ehr.asked == [KEYS]


async def test_the_log_says_why_and_never_the_token(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    wrong = signed(aud="https://cds.example.org/elsewhere", jti="n0nce", tenant="t3nant")
    async with guarded(tmp_path) as client:
        await client.post(SIGN, json=hook(), headers=wrong)
        page = (await client.get("/metrics")).text
    logged = capfdbinary.readouterr().err
    lines = [msgspec.json.decode(line) for line in logged.splitlines()]
    assert any((each.get("refused"), each.get("client")) == ("wrong-audience", EHR) for each in lines)
    for secret in (wrong["authorization"][7:], wrong["authorization"].rpartition(".")[2], "n0nce", "t3nant"):
        assert secret.encode() not in logged
        assert secret not in page
    assert 'bone_cds_unauthorised_total{reason="wrong-audience"} 1.0' in page


async def test_organisations_with_the_same_patient_ids_do_not_share_what_was_overridden(tmp_path: Path) -> None:
    async def shown(client: httpx.AsyncClient, tenant: str, jti: str) -> dict[str, str]:
        response = await client.post(SIGN, json=hook(), headers=signed(tenant=tenant, jti=jti))
        return {card["source"]["topic"]["code"]: card["uuid"] for card in response.json()["cards"]}

    path = SIGN + "/feedback"
    async with guarded(tmp_path) as client:
        before = await shown(client, "north", "1")
        told = [{"card": uuid, "outcome": "overridden"} for uuid in before.values()]
        await client.post(path, json={"feedback": told}, headers=signed(path, tenant="north"))
        north, south = await shown(client, "north", "2"), await shown(client, "south", "3")
    assert set(north) < set(before)
    assert set(south) == set(before)


@pytest.mark.parametrize("stranger", [{"tenant": "south"}, {"iss": OTHER, "tenant": "north"}, {}])
async def test_one_caller_does_not_answer_for_another(tmp_path: Path, stranger: dict[str, str]) -> None:
    path, north = SIGN + "/feedback", {"tenant": "north"}
    more = f"  - issuer: {OTHER}\n    jwks_url: {KEYS}\n"
    async with guarded(tmp_path, more) as client:
        shown = (await client.post(SIGN, json=hook(), headers=signed(**north))).json()["cards"]
        told = {"feedback": [{"card": each["uuid"], "outcome": "overridden"} for each in shown]}
        theirs = await client.post(path, json=told, headers=signed(path, **stranger))
        nobodys = {"feedback": [{**each, "card": "unknown"} for each in told["feedback"]]}
        unknown = await client.post(path, json=nobodys, headers=signed(path, **north))
        assert (theirs.status_code, theirs.content) == (unknown.status_code, unknown.content)
        again = (await client.post(SIGN, json=hook(), headers=signed(**north))).json()["cards"]
        assert len(again) == len(shown)
        assert (await client.post(path, json=told, headers=signed(path, **north))).content == theirs.content
        assert len((await client.post(SIGN, json=hook(), headers=signed(**north))).json()["cards"]) < len(shown)
