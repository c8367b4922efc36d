"""Whatever arrives, reading it ends in a Source, a Draft or a refusal of our own; a bad resource costs only itself."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cds.fhir.admission import admit_draft, make_chart
from cds.fhir.bodies import first_fault, mend_surrogates
from cds.fhir.chart import Draft, Failed, Found, Source
from cds.fhir.decode import decode_draft, decode_source
from cds.fhir.quantity import spoken
from cds.fhir.reading import read_resource
from cds.fhir.when import span_of

CODE = {"coding": [{"system": "http://loinc.org", "code": "17861-6", "display": "Calcium"}], "text": "Ca"}
QUANTITY = {"value": 9.1, "unit": "mg/dL", "comparator": "<"}
RESOURCES: list[dict[str, Any]] = [
    {"resourceType": "Patient", "id": "p", "birthDate": "1950-01-01", "gender": "female"},
    {"resourceType": "Condition", "id": "c", "code": CODE, "clinicalStatus": CODE, "onsetPeriod": {"start": "2020"}},
    {"resourceType": "Observation", "id": "o", "status": "final", "code": CODE, "valueQuantity": QUANTITY,
     "referenceRange": [{"low": QUANTITY}], "component": [{"code": CODE, "valueString": "< 4"}]},
    {"resourceType": "MedicationRequest", "id": "m", "status": "draft", "medicationCodeableConcept": CODE,
     "subject": {"reference": "Patient/p"}, "contained": [{"resourceType": "Medication", "id": "d", "code": CODE}],
     "dosageInstruction": [{"timing": {"repeat": {"frequency": 1}}, "doseAndRate": [{"doseQuantity": QUANTITY}]}]},
    {"resourceType": "DiagnosticReport", "id": "r", "contained": [{"resourceType": "Observation", "code": CODE}]},
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "details": {"text": "no"}}]},
]  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "coding", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in the value with each of its keys."""
    keys: list[Any] = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@st.composite
def wounded(draw: st.DrawFn) -> dict[str, Any]:
    """A resource with one to three members replaced by anything, or lost."""
    resource: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(RESOURCES))))
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(places(resource) or [(resource, "id")]))
        container[key] = draw(JUNK)
    return resource


def is_sound(source: Source) -> bool:
    """True if the source says of itself what it should."""
    if isinstance(source, Found):
        return source.complete is (source.why_incomplete == "") and not (source.unreadable and source.complete)
    return bool(source.why) if isinstance(source, Failed) else True


@given(resource=wounded())
def test_wounded_resource_is_read_or_reported(resource: dict[str, Any]) -> None:
    body = json.dumps(resource).encode()
    read_resource(body)
    assert is_sound(decode_source(body))
    assert isinstance(decode_draft(body), Draft)


@given(resource=wounded(), wrapping=st.sampled_from(["entry", "list", "bare entry"]))
def test_wounded_neighbour_costs_only_itself(resource: dict[str, Any], wrapping: str) -> None:
    sound = RESOURCES[1] | {"id": "sound"}
    entries: list[Any] = (
        [resource, sound] if wrapping == "bare entry" else [{"resource": resource}, {"resource": sound}]
    )
    answer = entries if wrapping == "list" else {"resourceType": "Bundle", "entry": entries}
    source = decode_source(json.dumps(answer).encode())
    assert is_sound(source)
    assert isinstance(source, Found)
    assert "sound" in {each.id for each in source.resources}
    chart = make_chart("p", {"conditions": source})
    assert chart.patient_id == "p"


@given(resource=wounded())
def test_wounded_order_is_kept_named_or_somebody_elses(resource: dict[str, Any]) -> None:
    order = RESOURCES[3] | {key: value for key, value in resource.items() if key not in ("resourceType", "contained")}
    draft = decode_draft(json.dumps({"resourceType": "Bundle", "entry": [{"resource": order}]}).encode())
    assert len(draft.orders) + len(draft.unreadable) == 1
    admitted = admit_draft("p", draft)
    assert len(admitted.orders) + len(admitted.unreadable) == 1 or len(admitted.notes) > 0


@given(value=JUNK)
def test_any_json_is_a_source(value: Any) -> None:
    assert is_sound(decode_source(json.dumps(value).encode()))
    assert isinstance(decode_draft(json.dumps(value).encode()), Draft)


@given(frame=st.dictionaries(st.sampled_from(["resourceType", "entry", "link", "total", "type"]), JUNK))
def test_any_frame_is_a_source(frame: dict[str, Any]) -> None:
    assert is_sound(decode_source(json.dumps({"resourceType": "Bundle", **frame}).encode()))


@given(body=st.binary(max_size=60))
def test_any_bytes_are_a_source(body: bytes) -> None:
    assert is_sound(decode_source(body))
    first_fault(mend_surrogates(body))


@given(cut=st.integers(0, 400))
def test_body_cut_short_is_a_source(cut: int) -> None:
    body = json.dumps({"resourceType": "Bundle", "entry": [{"resource": each} for each in RESOURCES]}).encode()
    assert is_sound(decode_source(body[:cut]))
    assert first_fault(body[:cut]) is not None


@given(text=st.text(max_size=40))
def test_any_text_is_a_date_or_number_or_not(text: str) -> None:
    span = span_of(text)
    assert span is None or span.earliest <= span.latest
    quantity = spoken(text)
    assert quantity is None or isinstance(quantity.value, float)
