"""A body is scanned for faults before it is read, and lone surrogates are made harmless."""

import json

import msgspec
import pytest

from cds.fhir.bodies import around, first_fault, mend_surrogates


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"a": {"b": 1}, "c": {"b": 1}}', b'[{"a": 1}, {"a": 2}]', b'"\\u00e9"']
)
def test_sound_body_has_no_fault(body: bytes) -> None:
    assert first_fault(body) is None


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "EOF"),
        (b"{", "EOF"),
        (b"{} x", "trailing"),
        (b'{"a": NaN}', "expected value"),
        (b'{"a": -Infinity}', "invalid number"),
        (b'{"a": 1, "a": 2}', "uplicate key"),
        (b'{"a": {"b": 1, "b": 1}}', "uplicate key"),
        (b"[" * 10_000 + b"]" * 10_000, "recursion limit"),
        (b'"\xff"', "unicode"),
        (b"<html>", "expected value"),
    ],
)
def test_fault_is_told(body: bytes, fault: str) -> None:
    assert fault in (first_fault(body) or "")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb'"\ud83d"', "\ufffd"),
        (rb'"\uDE00 x"', "\ufffd x"),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (rb'"\\ud83d"', "\\ud83d"),
        (rb'"\\\ud83d"', "\\\ufffd"),
        (rb'"\n\u00e9"', "\né"),
    ],
)
def test_lone_surrogates_are_replaced_and_nothing_else(body: bytes, text: str) -> None:
    assert json.loads(mend_surrogates(body)) == text
    assert first_fault(mend_surrogates(body)) is None


class Request(msgspec.Struct):
    """A body with a part that is left as bytes."""

    prefetch: msgspec.Raw


@pytest.mark.parametrize(
    "body", [b'{"hook": "x", "prefetch" : {"a": 1}, "b": 2}', b'{"c": {"prefetch": 7}, "prefetch":{"a": 1}}']
)
def test_body_around_a_member(body: bytes) -> None:
    rest = around(body, "prefetch", msgspec.json.decode(body, type=Request).prefetch)
    assert json.loads(rest) == {**json.loads(body), "prefetch": None}


def test_duplicated_prefetch_is_still_seen_around_it() -> None:
    body = b'{"prefetch": {}, "prefetch": {"a": 1}}'
    assert "uplicate key" in (first_fault(around(body, "prefetch", b'{"a": 1}')) or "")


def test_body_without_the_member_stays_whole() -> None:
    assert around(b'{"a": 1}', "prefetch", b"{}") == b'{"a": 1}'
