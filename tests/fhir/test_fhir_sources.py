"""An answer becomes a source: found, empty, failed or not asked, and nothing that came is lost without a word."""

import json
from typing import Any

import msgspec
import pytest

from cds.fhir.chart import Empty, Failed, Found, NotAsked, Source, Unreadable
from cds.fhir.decode import decode_source
from cds.fhir.elements import CodeableConcept
from cds.fhir.errors import Refused, TooManyEntries
from cds.fhir.resources import Condition, Medication, Patient

CONDITION = {"resourceType": "Condition", "id": "c1", "code": {"text": "osteoporosis"}}
BROKEN = {"resourceType": "Condition", "id": "c2", "clinicalStatus": 7}
NEXT = [{"relation": "self", "url": "https://ehr/1"}, {"relation": "next", "url": "https://ehr/2"}]


def bundle(*resources: Any, **members: Any) -> dict[str, Any]:
    """A bundle of the resources."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": each} for each in resources],
        **members,
    }


def source(answer: Any, **how: Any) -> Source:
    """The source that the answer makes."""
    return decode_source(json.dumps(answer).encode(), **how)


def found(answer: Any, **how: Any) -> Found:
    """The source, which holds something."""
    result = source(answer, **how)
    assert isinstance(result, Found)
    return result


def outcome(severity: str | None, diagnostics: str = "words", code: str = "processing") -> dict[str, Any]:
    """What a server has to say."""
    issue = {"severity": severity, "code": code, "diagnostics": diagnostics}
    return {"resourceType": "OperationOutcome", "issue": [{k: v for k, v in issue.items() if v}]}


def test_absent_key_is_not_asked() -> None:
    assert decode_source(None) == NotAsked()


@pytest.mark.parametrize(
    "answer",
    [None, {}, [], {"resourceType": "Bundle"}, bundle(), {"resourceType": "Bundle", "entry": None}, {"entry": []}],
)
def test_nothing_is_empty(answer: Any) -> None:
    assert source(answer) == Empty()


@pytest.mark.parametrize(
    "answer",
    [
        bundle(CONDITION),
        bundle(CONDITION, type="collection"),
        bundle(CONDITION, type=17),
        bundle(CONDITION, link={"relation": "self", "url": "x"}),
        bundle(CONDITION, total="1"),
        {"resourceType": "Bundle", "entry": {"resource": CONDITION}},
        {"entry": [{"resource": CONDITION, "search": {"mode": "match"}}, None]},
        {"resourceType": "Bundle", "entry": [CONDITION]},
        CONDITION,
        [CONDITION],
        [{"resource": CONDITION, "fullUrl": 7}],
    ],
)
def test_one_condition_is_found_in_every_wrapping(answer: Any) -> None:
    result = found(answer)
    assert result.resources == (Condition(id="c1", code=CodeableConcept(text="osteoporosis")),)
    assert result.complete
    assert not result.why_incomplete


def test_raw_value_is_read_like_bytes() -> None:
    assert isinstance(decode_source(msgspec.Raw(json.dumps(bundle(CONDITION)).encode())), Found)


def test_byte_order_mark_is_passed_over() -> None:
    assert isinstance(decode_source(b"\xef\xbb\xbf" + json.dumps(CONDITION).encode()), Found)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b'"no access"', "not a FHIR resource"),
        (b"17", "not a FHIR resource"),
        (b"true", "not a FHIR resource"),
        (b'{"error": "forbidden"}', "not a FHIR resource"),
        (b"<html>", "not JSON"),
        (b"[NaN]", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "not JSON"),
        (b'{"resourceType": "Questionnaire"}', "1 Questionnaire came instead"),
        (b'{"resourceType": "Encounter"}', "1 Encounter came instead"),
    ],
)
def test_what_is_no_answer_failed(answer: bytes, why: str) -> None:
    result = decode_source(answer)
    assert isinstance(result, Failed)
    assert result.why.startswith(why)


def test_one_bad_resource_does_not_spoil_the_rest_and_is_named() -> None:
    result = found(bundle(CONDITION, BROKEN, CONDITION))
    assert [each.ref for each in result.resources] == ["Condition/c1", "Condition/c1"]
    assert not result.complete
    assert result.why_incomplete == "Condition/c2 could not be read (cannot read clinicalStatus)"
    assert result.unreadable == (Unreadable("cannot read clinicalStatus", "Condition", "c2"),)


def test_many_bad_resources_are_counted() -> None:
    assert found(bundle(*[BROKEN] * 5)).why_incomplete.endswith("2 more could not be read")


def test_mended_resource_is_found_and_noted() -> None:
    result = found(bundle(CONDITION | {"category": {"text": "problem"}}))
    assert result.complete
    assert result.notes == ("Condition/c1: category repaired",)


def test_nulls_and_strange_contained_resources_are_no_repair() -> None:
    assert found(bundle(CONDITION | {"category": None, "onsetDateTime": None})).notes == ()
    contained = [{"resourceType": "Questionnaire"}]
    assert found(bundle({"resourceType": "MedicationRequest", "contained": contained})).notes == ()


def test_hollow_entry_makes_the_source_incomplete() -> None:
    result = found(
        {"resourceType": "Bundle", "entry": [{"fullUrl": "https://ehr/Condition/9"}, {"resource": CONDITION}]}
    )
    assert len(result.resources) == 1
    assert result.why_incomplete == "a resource could not be read (an entry without its resource)"


def test_bundle_within_a_bundle_is_not_overlooked() -> None:
    assert found(bundle(bundle(CONDITION))).why_incomplete.startswith("Bundle could not be read")


def test_other_types_are_passed_over_and_noted() -> None:
    result = found(bundle(CONDITION, {"resourceType": "Encounter"}, *[{"resourceType": "Task", "id": 3}] * 2))
    assert [each.kind for each in result.resources] == ["Condition"]
    assert result.complete
    assert "passed over: 1 Encounter, 2 Task" in result.notes


def test_only_other_types_leave_an_empty_source_with_a_note() -> None:
    assert source(bundle({"resourceType": "Encounter"})) == Empty(("passed over: 1 Encounter",))


@pytest.mark.parametrize("severity", ["error", "fatal", "ERROR", "strange", None])
def test_outcome_of_a_failure_alone_is_a_failed_source(severity: str | None) -> None:
    expected = Failed("the server said: words")
    assert source(outcome(severity)) == expected
    assert source(bundle(outcome(severity))) == expected


def test_outcome_without_issue_is_a_failure() -> None:
    assert source({"resourceType": "OperationOutcome"}) == Failed("the server said: no reason given")


def test_warning_instead_of_data_is_a_failure_but_a_note_is_not() -> None:
    assert source(outcome("warning")) == Failed("the server said: words")
    assert source(outcome("information")) == Empty(("the server said: words",))


def test_warning_beside_data_is_noted() -> None:
    result = found(bundle(CONDITION, outcome("warning", "slow today")))
    assert result.complete
    assert result.notes == ("the server said: slow today",)


@pytest.mark.parametrize(
    "said", [outcome("error"), outcome("warning", code="suppressed"), outcome("information", code="incomplete")]
)
def test_error_or_withheld_data_beside_data_makes_it_incomplete(said: dict[str, Any]) -> None:
    result = found(bundle(CONDITION, said))
    assert len(result.resources) == 1
    assert result.why_incomplete == "the server said: words"


def test_long_words_of_a_server_are_cut() -> None:
    result = source(outcome("error", "word " * 500))
    assert isinstance(result, Failed)
    assert len(result.why) < 250


def test_next_link_leaves_the_source_incomplete_and_tells_where() -> None:
    result = found(bundle(CONDITION, link=NEXT))
    assert (result.complete, result.why_incomplete, result.next_page) == (False, "more pages", "https://ehr/2")
    bent = found(bundle(CONDITION, BROKEN, link=[*NEXT, 7]))
    assert bent.next_page == "https://ehr/2"
    assert found(bundle(link=NEXT)).resources == ()


def test_total_above_what_was_sent_leaves_the_source_incomplete() -> None:
    assert found(bundle(CONDITION, total=40)).why_incomplete == "1 of 40 sent"
    assert found(bundle(CONDITION, total=1)).complete
    assert found(bundle(CONDITION, total=40), first=False).complete


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (["2025-03-02", "2025-03-01T10:00:00Z", "2025-03-01"], True),
        (["2025-03-01", "2025-03-02"], False),
        (["2025-03-02", None], False),
        (["2025-03", "2025-02"], False),
    ],
)
def test_newest_first_is_told_of_a_source_cut_short(dates: list[str | None], expected: bool) -> None:
    results = [{"resourceType": "Observation", "effectiveDateTime": day} for day in dates]
    assert found(bundle(*results, link=NEXT)).newest_first is expected
    assert found(bundle(*results)).newest_first is False


def test_newest_first_is_not_told_where_something_could_not_be_read() -> None:
    assert found(bundle(CONDITION | {"recordedDate": "2025-01-01"}, BROKEN, link=NEXT)).newest_first is False


def test_medications_are_found_by_every_reference() -> None:
    drug = {"resourceType": "Medication", "id": "m1", "code": {"text": "nivolumab"}}
    result = found({"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:abc", "resource": drug}]})
    expected = Medication(id="m1", code=CodeableConcept(text="nivolumab"))
    assert result.medications == {"urn:uuid:abc": expected, "Medication/m1": expected}
    assert result.resources == ()


def test_patient_is_known_by_its_full_url() -> None:
    result = found(
        {
            "resourceType": "Bundle",
            "entry": [{"fullUrl": "urn:uuid:x", "resource": {"resourceType": "Patient", "id": "p"}}],
        }
    )
    assert result.resources == (Patient(id="p"),)
    assert result.patient_urls == {"urn:uuid:x": "p"}


@pytest.mark.parametrize("answer", [bundle(*[CONDITION] * 11), bundle(*[BROKEN] * 11), [CONDITION] * 11])
def test_too_many_entries_are_refused(answer: Any) -> None:
    with pytest.raises(TooManyEntries, match="holds 11 entries; at most 10") as refusal:
        source(answer, max_entries=10)
    assert isinstance(refusal.value, Refused)


def test_next_link_without_its_url_still_tells_of_more() -> None:
    result = found(bundle(CONDITION, link=[{"relation": "next"}]))
    assert (result.why_incomplete, result.next_page) == ("more pages", "")
