"""A large body is scanned everywhere but inside ``prefetch``, and nothing unsound in it passes for a reading."""

import json
from dataclasses import replace

import pytest

from cds.clock import counted_uuids
from cds.fhir.chart import Chart, Failed
from cds.gateway.recorded import recorded
from cds.hooks.discovery import OFFERS
from cds.hooks.refusal import BAD_REQUEST, Refusal
from cds.posted import open_request
from tests.fixtures.answering import REQUESTS, house, request_names

PARTS, WHOLE = 0, 1_000_000
PATIENT = b'{"resourceType":"Patient","id":"1","gender":"female"}'
LAB = b'{"resourceType":"Observation","id":"7","status":"final","code":{"text":"%s"}}'
BUNDLE = b'{"resourceType":"Bundle","type":"searchset","entry":[{"resource":%s}]}'
ENVELOPE = (
    b'{"hook":"order-sign","hookInstance":"i",%s"context":{"patientId":"1","draftOrders":{"resourceType":"Bundle"}},'
    b'"prefetch":{"patient":%s,"labs":%s}}'
)


def body(labs: bytes, beside: bytes = b"") -> bytes:
    """A request with those laboratory results."""
    return ENVELOPE % (beside, PATIENT, labs)


def chart_of(sent: bytes) -> Chart:
    """The chart that a large body makes."""
    return recorded(open_request(sent, PARTS))[0]


@pytest.mark.parametrize("name", request_names())
async def test_answer_is_the_same_however_the_body_was_scanned(name: str) -> None:
    sent = (REQUESTS / f"{name}.json").read_bytes()
    offer = next(offer for offer in OFFERS if offer.hook == json.loads(sent)["hook"])
    answers = []
    for scan_bytes in (PARTS, WHOLE):
        service = replace(house().service, mint=counted_uuids(), scan_bytes=scan_bytes)
        answers.append((await service.answer(offer, sent, service.budget())).body)
    assert answers[0] == answers[1]


@pytest.mark.parametrize("scan_bytes", [PARTS, WHOLE])
@pytest.mark.parametrize(
    "labs",
    [b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1', b'{"a":}', b'{"a" 1}', b"[1,]", b'{"a":"x}', b"[" * 9999],
)
def test_malformed_prefetch_is_refused_in_a_body_of_any_size(labs: bytes, scan_bytes: int) -> None:
    with pytest.raises(Refusal) as refused:
        open_request(body(labs), scan_bytes)
    assert refused.value.status == BAD_REQUEST


@pytest.mark.parametrize("scan_bytes", [PARTS, WHOLE])
@pytest.mark.parametrize("beside", [b'"hook":"order-sign",', b'"x":{"a":1,"a":2},', b'"x":NaN,', b'"prefetch":{},'])
def test_fault_beside_prefetch_is_found_in_a_body_of_any_size(beside: bytes, scan_bytes: int) -> None:
    with pytest.raises(Refusal) as refused:
        open_request(body(b"null", beside), scan_bytes)
    assert refused.value.status == BAD_REQUEST


def test_prefetch_that_is_not_utf8_fails_its_source_alone() -> None:
    chart = chart_of(body(BUNDLE % (LAB % b"\xff")))
    assert isinstance(chart.source("labs"), Failed)
    assert not isinstance(chart.source("patient"), Failed)


def test_lone_surrogate_in_prefetch_is_read_around() -> None:
    sent = body(BUNDLE % (LAB % rb"Calcium \ud83d"))
    whole, parts = (recorded(open_request(sent, scan_bytes))[0] for scan_bytes in (WHOLE, PARTS))
    assert parts.source("labs") == whole.source("labs")
