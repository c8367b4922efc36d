"""Who is let in, and everything that an attacker, a careless EHR or a slow clock could try instead."""

import hmac
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from cds.access.clients import Client
from cds.access.install import make_gate
from cds.access.refusal import Reason, Unauthorised
from cds.access.replay import SeenHere
from cds.access.token import opened
from cds.settings import Settings
from tests.access.signing import (
    BASE,
    EHR,
    KEYS_AT,
    NOW,
    PATH,
    Ehr,
    claims,
    client,
    gate,
    headers,
    jwks,
    key,
    spelt,
    token,
)

ELSEWHERE = "https://evil.example.org/jwks.json"
HEADER = {"alg": "ES384", "typ": "JWT", "kid": "k1"}


async def refused(*tokens: str, to: Client | None = None, path: str = PATH, ehr: Ehr | None = None) -> Reason:
    """Why a request with these tokens is turned away."""
    with pytest.raises(Unauthorised) as fault:
        await gate(to or client(), fetch=(ehr or Ehr()).fetch).admit(headers(*tokens), path)
    return fault.value.reason


async def test_a_good_token_opens_the_door_and_says_who_it_is() -> None:
    caller = await gate(client(fhir_servers=["https://ehr.example.org/fhir"])).admit(headers(token()), PATH)
    assert (caller.issuer, caller.tenant) == (EHR, "")
    assert caller.fhir_servers == ("https://ehr.example.org/fhir",)


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("ES384", "P-384"), ("RS384", "2048"), ("ES256", "P-256"), ("RS256", "2048")]
)
async def test_every_algorithm_that_a_client_may_use(algorithm: str, kind: str) -> None:
    signer = key("k1", kind)
    door = gate(client(algorithms=[algorithm]), fetch=Ehr(signer).fetch)
    assert (await door.admit(headers(token(signer=signer, alg=algorithm)), PATH)).issuer == EHR


@pytest.mark.parametrize(("algorithm", "kind"), [("ES256", "P-256"), ("RS256", "2048")])
async def test_the_weaker_algorithms_only_where_a_client_was_allowed_them(algorithm: str, kind: str) -> None:
    signer = key("k1", kind)
    assert await refused(token(signer=signer, alg=algorithm), ehr=Ehr(signer)) is Reason.ALGORITHM


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "PS384", "dir"])
async def test_unsigned_and_shared_secrets_never(algorithm: str) -> None:
    bare = spelt({**HEADER, "alg": algorithm}, claims(), "c2ln")
    for forged in (bare, bare.rpartition(".")[0] + "."):
        assert await refused(forged) is Reason.ALGORITHM


@pytest.mark.parametrize("secret", ["pem", "der", "jwk"])
async def test_a_public_key_is_no_hmac_secret(secret: str) -> None:
    public = key("k1", "2048")
    assert isinstance(public, RSAKey)
    known = {"pem": public.as_pem(private=False), "der": public.as_der(private=False), "jwk": jwks(public)}[secret]
    body = spelt({**HEADER, "alg": "HS256"}, claims()).removesuffix(".")
    mac = urlsafe_b64encode(hmac.digest(known, body.encode(), "sha256")).rstrip(b"=").decode()
    assert await refused(f"{body}.{mac}", ehr=Ehr(public)) is Reason.ALGORITHM


async def test_an_algorithm_of_another_kind_of_key_is_not_tried() -> None:
    rsa, curve = key("k1", "2048"), key("k1", "P-384")
    assert await refused(token(signer=curve), ehr=Ehr(rsa)) is Reason.UNFIT_KEY
    assert await refused(token(signer=rsa, alg="RS384"), ehr=Ehr(curve)) is Reason.UNFIT_KEY
    both = client(algorithms=["ES384", "ES256"])
    assert await refused(token(signer=key("k1", "P-256"), alg="ES256"), to=both, ehr=Ehr(curve)) is Reason.UNFIT_KEY


async def test_a_key_for_another_algorithm_is_left_alone() -> None:
    ehr = Ehr()
    ehr.body = jwks(key(), alg="ES512")
    assert await refused(token(), ehr=ehr) is Reason.UNFIT_KEY


@pytest.mark.parametrize("header", ["jwk", "x5c", "x5u"])
async def test_a_key_that_comes_along_is_not_used(header: str) -> None:
    own = key("evil")
    brought: Any = {"jwk": own.as_dict(private=False), "x5c": ["MIIB"], "x5u": ELSEWHERE}[header]
    assert await refused(token(signer=own, **{header: brought})) is Reason.SIGNATURE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": NOW - 61}, Reason.EXPIRED),
        ({"exp": NOW - 60}, Reason.EXPIRED),
        ({"iat": NOW + 61, "exp": NOW + 400}, Reason.NOT_YET),
        ({"nbf": NOW + 61}, Reason.NOT_YET),
        ({"nbf": "soon"}, Reason.CLAIMS),
        ({"exp": NOW + 3601, "iat": NOW}, Reason.TOO_LASTING),
        ({"exp": 1e300}, Reason.CLAIMS),
        ({"exp": 10**400}, Reason.CLAIMS),
        ({"exp": NOW * 1000}, Reason.CLAIMS),
        ({"exp": True}, Reason.CLAIMS),
        ({"exp": str(NOW + 300)}, Reason.CLAIMS),
        ({"exp": None}, Reason.CLAIMS),
        ({"iat": None}, Reason.CLAIMS),
        ({"jti": None}, Reason.CLAIMS),
        ({"jti": " "}, Reason.CLAIMS),
        ({"jti": 7}, Reason.CLAIMS),
        ({"tenant": 7}, Reason.CLAIMS),
        ({"aud": None}, Reason.WRONG_AUDIENCE),
        ({"aud": BASE}, Reason.WRONG_AUDIENCE),
        ({"aud": BASE + PATH + "/feedback"}, Reason.WRONG_AUDIENCE),
        ({"aud": BASE + PATH + "/"}, Reason.WRONG_AUDIENCE),
        ({"aud": BASE + "/cds-services/ici-bone-health-order-select"}, Reason.WRONG_AUDIENCE),
        ({"aud": [BASE, "https://other.example.org" + PATH]}, Reason.WRONG_AUDIENCE),
        ({"aud": {"0": BASE + PATH}}, Reason.WRONG_AUDIENCE),
        ({"iss": "https://other.example.org"}, Reason.UNKNOWN_ISSUER),
        ({"iss": EHR + "/"}, Reason.UNKNOWN_ISSUER),
        ({"iss": None}, Reason.UNKNOWN_ISSUER),
        ({"iss": [EHR]}, Reason.UNKNOWN_ISSUER),
    ],
)
async def test_claims_that_do_not_hold(changes: dict[str, Any], reason: Reason) -> None:
    assert await refused(token(claims(**changes))) is reason


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW - 59},
        {"iat": NOW + 59, "exp": NOW + 300},
        {"nbf": NOW + 59},
        {"aud": [BASE + PATH]},
        {"aud": ["https://other.example.org", BASE + PATH, 7]},
        {"tenant": "north", "sub": "client-1", "another": {"claim": 1}},
    ],
)
async def test_claims_that_hold(changes: dict[str, Any]) -> None:
    assert (await gate().admit(headers(token(claims(**changes))), PATH)).issuer == EHR


async def test_feedback_and_discovery_have_audiences_of_their_own() -> None:
    for path in (PATH + "/feedback", "/cds-services"):
        assert await gate().admit(headers(token(claims(aud=BASE + path))), path)
        assert await refused(token(claims(aud=BASE + PATH)), path=path) is Reason.WRONG_AUDIENCE


async def test_a_client_may_have_further_audiences() -> None:
    told = client(audiences=["urn:hospital:cds"])
    assert await gate(told).admit(headers(token(claims(aud="urn:hospital:cds"))), PATH)
    assert await refused(token(claims(aud="urn:hospital:other")), to=told) is Reason.WRONG_AUDIENCE


async def test_a_token_opens_once() -> None:
    door = gate()
    once = headers(token())
    assert await door.admit(once, PATH)
    for again in (once, headers(token(claims(iat=NOW - 2)))):
        with pytest.raises(Unauthorised, match=Reason.REPLAYED):
            await door.admit(again, PATH)
    assert await door.admit(headers(token(claims(jti="j2"))), PATH)


async def test_a_refused_token_uses_nothing_up() -> None:
    door = gate()
    with pytest.raises(Unauthorised, match=Reason.WRONG_AUDIENCE):
        await door.admit(headers(token(claims(aud=BASE))), PATH)
    assert await door.admit(headers(token()), PATH)


async def test_one_issuers_ids_are_not_anothers() -> None:
    other = client(issuer="https://two.example.org")
    door = gate(client(), other)
    assert await door.admit(headers(token()), PATH)
    assert (await door.admit(headers(token(claims(iss=other.issuer))), PATH)).issuer == other.issuer


async def test_only_the_organisations_of_a_client() -> None:
    told = client(tenants=["north", "south"])
    assert (await gate(told).admit(headers(token(claims(tenant="south"))), PATH)).tenant == "south"
    for tenant in ("east", "", None):
        assert await refused(token(claims(tenant=tenant)), to=told) is Reason.WRONG_TENANT


async def test_one_clients_key_does_not_speak_for_another() -> None:
    mine, other = Ehr(key("k1")), Ehr(key("k2"))

    async def fetch(address: str) -> bytes | None:
        return await (mine if address == KEYS_AT else other).fetch(address)

    two = client(issuer="https://two.example.org", jwks_url="https://two.example.org/jwks.json")
    door = gate(client(), two, fetch=fetch)
    forged = token(claims(iss=two.issuer), signer=key("k1"), kid="k2")
    with pytest.raises(Unauthorised, match=Reason.SIGNATURE):
        await door.admit(headers(forged), PATH)


async def test_a_jku_must_be_on_the_list_and_is_never_called_otherwise() -> None:
    evil = key("evil")
    ehr = Ehr(evil)
    assert await refused(token(signer=evil, kid="evil", jku=ELSEWHERE), ehr=ehr) is Reason.FOREIGN_JKU
    for jku in ("", KEYS_AT + "?", KEYS_AT + "#", "file:///etc/passwd", 7, None):
        assert await refused(spelt({**HEADER, "jku": jku}, claims(), "c2ln"), ehr=ehr) is Reason.FOREIGN_JKU
    assert ehr.asked == []


async def test_a_jku_of_the_list_leads_to_its_own_keys() -> None:
    assert await gate().admit(headers(token(jku=KEYS_AT)), PATH)
    second = "https://ehr.example.org/second.json"
    listed = Ehr()
    assert await gate(client(jku=[second]), fetch=listed.fetch).admit(headers(token(jku=second)), PATH)
    assert listed.asked == [second]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"crit": ["exp"]}, Reason.CRITICAL),
        ({"crit": []}, Reason.CRITICAL),
        ({"crit": ["b64"], "b64": False}, Reason.CRITICAL),
        ({"typ": "JWS"}, Reason.WRONG_TYPE),
        ({"typ": 7}, Reason.WRONG_TYPE),
        ({"typ": ""}, Reason.WRONG_TYPE),
        ({"kid": ""}, Reason.NO_KID),
        ({"kid": ["k1"]}, Reason.NO_KID),
        ({"kid": "k2"}, Reason.UNKNOWN_KEY),
        ({"kid": "../../etc/passwd"}, Reason.UNKNOWN_KEY),
        ({"alg": ["ES384"]}, Reason.ALGORITHM),
    ],
)
async def test_headers_that_will_not_do(header: dict[str, Any], reason: Reason) -> None:
    assert await refused(spelt({**HEADER, **header}, claims(), "c2ln")) is reason


@pytest.mark.parametrize(
    "garbage",
    [
        "", " ", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d.e", "bnVsbA.bnVsbA.x", "W10.W10.x", "\x00.\x01.\x02",
        "eyJhbGciOiJFUzM4NCJ9\n.e30.x", "ä.ö.ü", spelt(HEADER, claims())[:-20], "e30=.e30=.x", '{"alg":"ES384"}.{}.x',
    ],
)  # fmt: skip
async def test_garbage_is_turned_away(garbage: str) -> None:
    assert await refused(garbage) is Reason.MALFORMED


@pytest.mark.parametrize("signature", ["", "AAAA", "A" * 128, "A" * 5000, "ö", "====", "!", "AAAA\n"])
async def test_a_signature_that_is_none(signature: str) -> None:
    """With r = s = 0 among them (128 letters A), which some libraries once took for the signature of anything."""
    assert await refused(spelt(HEADER, claims(), signature)) is Reason.SIGNATURE


async def test_claims_that_were_changed_after_signing() -> None:
    head, _, signature = token().split(".")
    body = spelt(HEADER, claims(tenant="north")).split(".")[1]
    assert await refused(f"{head}.{body}.{signature}") is Reason.SIGNATURE


async def test_a_huge_token_is_not_even_taken_apart() -> None:
    assert await refused("A" * 8193) is Reason.TOO_LONG
    assert await refused("A" * 10_000_000) is Reason.TOO_LONG
    assert await refused(token(claims(padding="x" * 9000))) is Reason.TOO_LONG
    assert await refused(spelt({**HEADER, "deep": "[" * 3000}, claims(), "c2ln")) is Reason.SIGNATURE


async def test_one_authorization_header_and_it_is_a_bearer_token() -> None:
    good = token()
    assert await refused(good, good) is Reason.SEVERAL_HEADERS
    for told in headers(good, scheme="Basic") + headers(good, scheme="") + [(b"authorization", good.encode())]:
        with pytest.raises(Unauthorised, match=Reason.NOT_BEARER):
            await gate().admit([told], PATH)
    for scheme in ("bearer", "BEARER"):
        assert await gate().admit(headers(good, scheme=scheme), PATH)


async def test_without_a_token_only_where_none_is_needed() -> None:
    with pytest.raises(Unauthorised, match=Reason.NO_TOKEN):
        await gate().admit([], PATH)
    assert (await gate(require_jwt=False).admit([], PATH)).issuer == ""
    with pytest.raises(Unauthorised, match=Reason.MALFORMED):
        await gate(require_jwt=False).admit(headers("bad"), PATH)


async def test_where_nobody_is_known_a_token_cannot_be_checked_and_is_not_looked_at() -> None:
    door = make_gate(Settings(), (), Ehr().fetch, SeenHere(1), lambda: NOW)
    assert (await door.admit(headers("anything"), PATH)).issuer == ""


async def test_where_nobody_is_known_but_a_token_is_needed_nobody_gets_in() -> None:
    door = make_gate(Settings(require_jwt=True), (), Ehr().fetch, SeenHere(1), lambda: NOW)
    for told, reason in ((headers(token()), Reason.UNKNOWN_ISSUER), ([], Reason.NO_TOKEN)):
        with pytest.raises(Unauthorised, match=reason):
            await door.admit(told, PATH)


def test_a_reason_never_holds_the_token() -> None:
    assert str(Unauthorised(Reason.SIGNATURE, EHR)) == "bad-signature"
    good = token()
    assert good not in repr(opened(good))
    assert "j1" not in repr(opened(good))
