"""The hook routes: cards for sound requests, an OperationOutcome for every wound, and never silence for a crash."""

import gzip
import tracemalloc
from typing import Any

import httpx
import msgspec
import pytest

from cds.fhir.chart import Chart, Draft
from cds.gateway.budget import Budget
from cds.hooks.request import HookRequest
from tests.hooks.hollow import hollow
from tests.patience import in_time
from tests.web.desk import NIVOLUMAB, PATIENT, SELECT, SIGN, VIEW, assert_outcome, bundle, caller, desk, desk_with, hook


async def test_an_order_gets_cards(client: httpx.AsyncClient) -> None:
    response = await client.post(SIGN, json=hook())
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body["cards"]
    assert not hollow(body)
    for card in body["cards"]:
        assert {"summary", "indicator", "source", "uuid"} <= set(card)
        assert len(card["summary"]) < 140
        assert card["extension"]["bone-cds.decision"]["rule"]
    assert {each["rule"] for each in body["extension"]["bone-cds.decisions"]} >= {"scope", "data-gaps"}


async def test_order_select_gets_cards_for_what_is_selected(client: httpx.AsyncClient) -> None:
    request = hook("order-select")
    request["context"]["selections"] = ["MedicationRequest/draft-1"]
    assert (await client.post(SELECT, json=request)).json()["cards"]


async def test_another_drug_gets_no_card_and_patient_view_answers(client: httpx.AsyncClient) -> None:
    request = hook()
    request["context"]["draftOrders"] = bundle({**NIVOLUMAB, "medicationCodeableConcept": {"text": "paracetamol"}})
    assert (await client.post(SIGN, json=request)).json()["cards"] == []
    request["context"]["draftOrders"] = {"resourceType": "Bundle"}
    assert (await client.post(SIGN, json=request)).json()["cards"] == []
    response = await client.post(VIEW, json=hook("patient-view"))
    assert response.status_code == 200
    assert "cards" in response.json()


@pytest.mark.parametrize(
    "changed",
    [
        {"extension": {"x": []}, "unheard": None},
        {"hookInstance": "anything at all"},
        {"fhirServer": "https://ehr.example.org/fhir"},
        {"context": {"patientId": "Patient/p1", "draftOrders": bundle(NIVOLUMAB), "encounterId": None}},
    ],
)
async def test_what_real_clients_send_gets_cards(client: httpx.AsyncClient, changed: dict[str, Any]) -> None:
    assert (await client.post(SIGN, json=hook(**changed))).json()["cards"]


async def test_the_content_type_of_a_json_body_does_not_matter(client: httpx.AsyncClient) -> None:
    for kind in ("text/plain", "application/fhir+json; charset=utf-8", "nonsense"):
        response = await client.post(SIGN, content=msgspec.json.encode(hook()), headers={"content-type": kind})
        assert response.status_code == 200
    with_bom = b"\xef\xbb\xbf" + msgspec.json.encode(hook())
    assert (await client.post(SIGN, content=with_bom)).status_code == 200


def raw(**members: str) -> bytes:
    """The sound request with members replaced by the given JSON text."""
    whole = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in hook().items()}
    return msgspec.json.encode(whole | {name: msgspec.Raw(text.encode()) for name, text in members.items()})


MANY = '{"resourceType":"Bundle","entry":[' + ",".join(["{}"] * 50_000) + "]}"
DUPLICATED = b'{"hook":"order-sign",' + msgspec.json.encode(hook())[1:]
DEEP = "[" * 10_000 + "]" * 10_000
TWICE = '{"patient":{"resourceType":"Patient","id":"p1","id":"p2"}}'

WOUNDS = [
    ("empty", b"", 400, "not sound JSON"),
    ("not JSON", b"hook=order-sign", 400, "not sound JSON"),
    ("cut off", msgspec.json.encode(hook())[:-9], 400, "not sound JSON"),
    ("trailing", msgspec.json.encode(hook()) + b"{}", 400, "not sound JSON"),
    ("a list", b"[]", 400, "must be a JSON object"),
    ("null", b"null", 400, "must be a JSON object"),
    ("NaN", raw(extension="NaN"), 400, "not sound JSON"),
    ("Infinity", raw(extension="[Infinity]"), 400, "not sound JSON"),
    ("duplicated key", DUPLICATED, 400, "duplicate key"),
    ("duplicated key in a resource", raw(prefetch=TWICE), 400, "duplicate key"),
    ("10,000 levels", DEEP.encode(), 400, "not sound JSON"),
    ("10,000 levels in a member", raw(extension=DEEP), 400, "not sound JSON"),
    ("10,000 levels in prefetch", raw(prefetch='{"labs":' + DEEP + "}"), 400, "not sound JSON"),
    ("not UTF-8", raw(extension='"x"').replace(b'"x"', b'"\xff"'), 400, "not sound JSON"),
    ("UTF-16", msgspec.json.encode(hook()).decode().encode("utf-16"), 400, "not sound JSON"),
    ("50,000 prefetched entries", raw(prefetch='{"labs":' + MANY + "}"), 413, "50000 entries"),
    ("50,000 draft orders", raw(context='{"patientId":"p1","draftOrders":' + MANY + "}"), 413, "50000 entries"),
    ("no hook", raw(hook="null"), 400, "hook is missing"),
    ("another hook", raw(hook='"patient-view"'), 400, "order-sign"),
    ("context is text", raw(context='"p1"'), 400, "context must be an object"),
    ("no patient", raw(context="{}"), 400, "context.patientId is missing"),
    ("no drafts", raw(context='{"patientId":"p1"}'), 400, "context.draftOrders is missing"),
    ("prefetch is a list", raw(prefetch="[]"), 400, "prefetch must be an object"),
    ("nobody to treat", raw(prefetch="{}"), 412, "Patient is needed"),
    ("the Patient is an error", raw(prefetch='{"patient":{"resourceType":"OperationOutcome"}}'), 412, "Patient"),
]


@pytest.mark.parametrize(("body", "status", "words"), [each[1:] for each in WOUNDS], ids=[each[0] for each in WOUNDS])
async def test_every_wound_is_told_and_the_next_request_is_served(
    client: httpx.AsyncClient, body: bytes, status: int, words: str
) -> None:
    assert_outcome(await client.post(SIGN, content=body), status, words)
    assert (await client.post(SIGN, json=hook())).json()["cards"]


BENT = [
    '{"patient":7}', '{"patient":{"resourceType":"Patient","id":"p1"},"labs":7}', '{"patient":"x"}',
    '{"patient":{"resourceType":"Patient","id":"p1"},"conditions":{"resourceType":"Bundle","entry":{"resource":[]}}}',
    '{"patient":{"resourceType":"Patient","id":"p1","birthDate":1e999,"gender":[]},"labs":[[[]]]}',
    '{"patient":{"resourceType":"Patient","id":"p1"},"labs":{"resourceType":"Observation","valueQuantity":{"value":1e999}}}',
]  # fmt: skip


@pytest.mark.parametrize("prefetch", BENT)
async def test_bent_fhir_is_never_a_server_error(client: httpx.AsyncClient, prefetch: str) -> None:
    response = await client.post(SIGN, content=raw(prefetch=prefetch))
    assert response.status_code in (200, 400, 412)


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("POST", "/cds-services/nothing", 404, None),
        ("POST", "/cds-services/nothing/feedback", 404, None),
        ("POST", "/cds-services/ici-bone-health-order-sign/", 404, None),
        ("GET", "/nothing", 404, None),
        ("GET", SIGN, 405, "POST"),
        ("PUT", SIGN, 405, "POST"),
        ("POST", "/cds-services", 405, "GET"),
        ("DELETE", "/healthz", 405, "GET"),
    ],
)
async def test_what_is_not_there_is_told(
    client: httpx.AsyncClient, method: str, path: str, status: int, allow: str | None
) -> None:
    response = await client.request(method, path, json=hook())
    assert_outcome(response, status)
    assert allow is None or allow in response.headers["allow"]


async def test_a_body_over_the_limit_is_refused() -> None:
    async with caller(desk(max_body_bytes=2048)) as client:
        assert (await client.post(SIGN, json=hook())).status_code == 200
        assert_outcome(await client.post(SIGN, json=hook(extension="x" * 2048)), 413, "longer than 2048 bytes")
        assert_outcome(await client.post(SIGN + "/feedback", content=b" " * 2049), 413, "longer than 2048 bytes")


PACKED = {"content-encoding": "gzip"}


async def test_a_gzip_body_is_unpacked_and_no_other(client: httpx.AsyncClient) -> None:
    packed = gzip.compress(msgspec.json.encode(hook()))
    assert (await client.post(SIGN, content=packed, headers=PACKED)).json()["cards"]
    for wrong in (b"x", packed[:-4], msgspec.json.encode(hook())):
        assert_outcome(await client.post(SIGN, content=wrong, headers=PACKED), 400, "not sound gzip")
    for packing in ("br", "deflate", "gzip, gzip", "zstd"):
        assert_outcome(await client.post(SIGN, content=packed, headers={"content-encoding": packing}), 415, "gzip")


async def test_a_decompression_bomb_is_refused_and_not_unpacked(client: httpx.AsyncClient) -> None:
    bomb = gzip.compress(b" " * 200_000_000)
    tracemalloc.start()
    assert_outcome(await client.post(SIGN, content=bomb, headers=PACKED), 413, "longer than 5242880 bytes")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30_000_000


async def test_a_body_of_many_empty_members_is_refused_at_once(client: httpx.AsyncClient) -> None:
    empty = gzip.compress(b"")
    many = empty * (5_200_000 // len(empty))
    async with in_time(2):
        assert_outcome(await client.post(SIGN, content=many, headers=PACKED), 400, "not sound gzip")


async def test_feedback_is_as_strict_and_as_tolerant_as_a_request(client: httpx.AsyncClient) -> None:
    report = b'{"card":"a","outcome":"overridden","overrideReason":{"userComment":"%s"}}'
    twice = b'{"feedback":[{"card":"a","card":"b","outcome":"accepted"}]}'
    assert_outcome(await client.post(SIGN + "/feedback", content=twice), 400, "not sound JSON")
    marked = b"\xef\xbb\xbf" + b'{"feedback":[%s]}' % (report % rb"\ud83d")
    assert (await client.post(SIGN + "/feedback", content=marked)).status_code == 200
    batch = b'{"feedback":[%s]}' % b",".join([report % b""] * 1001)
    assert_outcome(await client.post(SIGN + "/feedback", content=batch), 413, "more than 1000 reports")


async def test_an_id_is_of_bounded_length(client: httpx.AsyncClient) -> None:
    long = hook()
    long["context"]["patientId"] = "p" * 20_000
    assert_outcome(await client.post(SIGN, json=long), 400, "context.patientId must be a string of at most")


class Broken:
    """A reader that falls over a patient's name."""

    async def read(
        self, request: HookRequest, queries: Any, draft: Draft, budget: Budget, policy: Any = None, heard: Any = None
    ) -> Chart:
        """Crashes."""
        raise RuntimeError("Jane Doe, born 1950-01-01")


async def test_a_crash_is_a_500_that_tells_nothing_and_never_looks_like_silence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with caller(desk_with(Broken())) as client:
        response = await client.post(SIGN, json=hook(), headers={"x-request-id": "r-77"})
    assert_outcome(response, 500, "r-77")
    assert "cards" not in response.json()
    for text in (response.text, capsys.readouterr().err):
        assert "Jane" not in text
        assert "1950" not in text


async def test_what_was_not_asked_is_on_a_card(client: httpx.AsyncClient) -> None:
    cards = (await client.post(SIGN, json=hook())).json()["cards"]
    assert "data-gaps" in [card["source"]["topic"]["code"] for card in cards]


async def test_a_fully_prefetched_patient_has_no_such_card(client: httpx.AsyncClient) -> None:
    discovery = (await client.get("/cds-services")).json()
    keys = next(each["prefetch"] for each in discovery["services"] if each["hook"] == "order-sign")
    whole = dict.fromkeys(keys) | {"patient": PATIENT}
    cards = (await client.post(SIGN, json=hook(prefetch=whole))).json()["cards"]
    assert not any("could not be read" in card["summary"] for card in cards)
