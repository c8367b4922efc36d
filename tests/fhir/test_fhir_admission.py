"""A chart is of one patient: others' resources are left out, and what was met on the way is noted."""

import pytest

from cds.fhir.admission import FOREIGN_ONLY, make_chart
from cds.fhir.chart import Empty, Failed, Found, NotAsked, Source
from cds.fhir.elements import CodeableConcept, Reference
from cds.fhir.resources import AllergyIntolerance, Condition, Medication, Patient

URLS = {"urn:uuid:mine": "123", "urn:uuid:theirs": "9"}


def about(reference: str | None) -> Condition:
    """A condition of whom the reference names."""
    return Condition(id="c", subject=Reference(reference=reference))


@pytest.mark.parametrize("patient_id", ["123", "Patient/123", "https://ehr/fhir/Patient/123", "Patient/123/_history/2"])
@pytest.mark.parametrize(
    "reference",
    ["Patient/123", "123", "https://ehr/fhir/Patient/123", "Patient/123/_history/1", "urn:uuid:123", "urn:uuid:mine",
     "#p", "Patient?identifier=1", "urn:uuid:nowhere", None, ""],
)  # fmt: skip
def test_own_resource_is_kept(patient_id: str, reference: str | None) -> None:
    chart = make_chart(patient_id, {"conditions": Found((about(reference),), patient_urls=URLS)})
    assert chart.patient_id == "123"
    assert chart.source("conditions") == Found((about(reference),), patient_urls=URLS)
    assert chart.notes == ()


@pytest.mark.parametrize(
    "reference", ["Patient/1234", "Patient/0123", "https://ehr/fhir/Patient/9", "Group/123", "urn:uuid:theirs", "9"]
)
def test_resource_of_another_is_left_out_and_noted(reference: str) -> None:
    chart = make_chart("123", {"conditions": Found((about(reference), about("Patient/123")), patient_urls=URLS)})
    source = chart.source("conditions")
    assert isinstance(source, Found)
    assert source.resources == (about("Patient/123"),)
    assert chart.notes == ("conditions: left out, about another patient: Condition/c",)


def test_resource_without_subject_is_the_patients() -> None:
    found = Found((Condition(id="c"), Patient(id="123"), Patient()))
    assert make_chart("123", {"x": found}).source("x") is found


def test_allergy_is_checked_by_its_patient() -> None:
    theirs = AllergyIntolerance(id="a", subject=Reference(reference="Patient/9"))
    assert make_chart("123", {"allergies": Found((theirs,))}).source("allergies") == Failed(FOREIGN_ONLY)


def test_another_patient_in_answer_to_the_read_is_a_failure() -> None:
    chart = make_chart("123", {"patient": Found((Patient(id="9"),))})
    assert chart.source("patient") == Failed(FOREIGN_ONLY)
    assert chart.notes == ("patient: left out, about another patient: Patient/9",)


def test_many_strangers_are_counted() -> None:
    chart = make_chart("123", {"conditions": Found(tuple(about("Patient/9") for _ in range(5)))})
    assert chart.notes[0].endswith("Condition/c, Condition/c, Condition/c and 2 more")


def test_other_states_stay_as_they_are_and_notes_come_along() -> None:
    sources: dict[str, Source] = {
        "a": Empty(("said",)),
        "b": Failed("why"),
        "c": NotAsked(),
        "d": Found((), notes=("repaired",)),
    }
    chart = make_chart("1", sources)
    assert chart.sources == sources
    assert chart.notes == ("a: said", "d: repaired")
    assert chart.source("never mentioned") == NotAsked()


def test_drugs_of_all_sources_share_one_index_and_the_first_wins() -> None:
    one, other = Medication(code=CodeableConcept(text="one")), Medication(code=CodeableConcept(text="other"))
    chart = make_chart(
        "1", {"a": Found((), medications={"x": one}), "b": Found((), medications={"x": other, "y": other})}
    )
    assert chart.medications == {"x": one, "y": other}
