"""Age, sex, survival, hospice, menopause: known, or unknown with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from cds.engine.fact import Cause, Known, Range, Unknown
from cds.fhir.chart import Empty, Failed
from tests.facts.builders import ICD, MAN, SCT, WOMAN, code_book, condition, known, view, why

EPIC_PATIENT: dict[str, Any] = {
    "resourceType": "Patient", "id": "p1", "active": True, "gender": "female", "birthDate": "1958-11-24",
    "deceasedBoolean": False, "name": [{"use": "official", "family": "Mychart", "given": ["Linda"]}],
    "identifier": [{"system": "urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14", "value": "E3826"}],
    "extension": [{"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "F"}],
}  # fmt: skip
SYNTHEA_PATIENT: dict[str, Any] = {
    "resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1949-02-28",
    "deceasedDateTime": "2024-05-04T03:11:29-04:00", "multipleBirthBoolean": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1958-11-24", 68),  # birthday today
        ("1958-11-25", 67),  # birthday tomorrow
        ("2026-11-24", 0),
        ("2004-02-29", 22),
        ("1958", Range(67, 68)),
        ("1958-11", Range(67, 68)),
        ("1958-10", 68),
    ],
)
def test_age_is_counted_in_whole_years_on_the_day(born: str, age: float | Range) -> None:
    assert known(view(patient={**WOMAN, "birthDate": born})["patient.age"]) == age


@pytest.mark.parametrize(
    ("patient", "reason", "cause"),
    [
        ({**WOMAN, "birthDate": None}, "the birth date is not recorded", Cause.NOT_STATED),
        ({**WOMAN, "birthDate": "unknown"}, "the birth date is not recorded", Cause.NOT_STATED),
        ({**WOMAN, "birthDate": "2031-01-01"}, "the birth date is not plausible", Cause.IMPLAUSIBLE),
        ({**WOMAN, "birthDate": "1850-01-01"}, "the birth date is not plausible", Cause.IMPLAUSIBLE),
        (Failed("403 from server"), "patient could not be read: 403 from server", Cause.NOT_READABLE),
        (Empty(), "no patient record came", Cause.NOT_READABLE),
    ],
)
def test_age_is_unknown_with_a_reason(patient: Any, reason: str, cause: Cause) -> None:
    fact = view(patient=patient)["patient.age"]
    assert isinstance(fact, Unknown)
    assert (fact.why, fact.cause) == (reason, cause)


@pytest.mark.parametrize(
    ("born", "adult"), [("2008-11-24", True), ("2008-11-25", False), ("2009", False), ("2000", True)]
)
def test_adults_are_those_of_age(born: str, adult: bool) -> None:
    assert known(view(patient={**WOMAN, "birthDate": born})["patient.adult"]) is adult


def test_adult_stays_open_when_the_birth_year_allows_both() -> None:
    fact = view(patient={**WOMAN, "birthDate": "2008"})["patient.adult"]
    assert why(fact) == "the birth date is too vague to tell"


@pytest.mark.parametrize("gender", ["female", "male", "other", "Female "])
def test_sex_is_as_recorded(gender: str) -> None:
    assert known(view(patient={**WOMAN, "gender": gender})["patient.sex"]) == gender.strip().lower()


@pytest.mark.parametrize("gender", ["unknown", None, ""])
def test_sex_that_is_not_told_is_unknown(gender: str | None) -> None:
    assert why(view(patient={**WOMAN, "gender": gender})["patient.sex"]) == "sex is not recorded"


@pytest.mark.parametrize(
    ("patient", "deceased"),
    [
        (EPIC_PATIENT, False),
        (SYNTHEA_PATIENT, True),
        (WOMAN, False),
        ({**WOMAN, "deceasedBoolean": True}, True),
        ({**WOMAN, "deceasedDateTime": "2026"}, True),
    ],
)
def test_deceased_by_flag_or_date(patient: dict[str, Any], deceased: bool) -> None:
    assert known(view(patient=patient)["patient.deceased"]) is deceased


def test_a_death_still_to_come_is_not_believed() -> None:
    fact = view(patient={**WOMAN, "deceasedDateTime": "2027-01-01"})["patient.deceased"]
    assert isinstance(fact, Unknown)
    assert fact.cause is Cause.IMPLAUSIBLE


def test_hospice_is_false_and_says_so_where_no_codes_are_configured() -> None:
    fact = view(conditions=Failed("timeout"))["patient.hospice"]
    assert fact == Known(False, note="no hospice codes are configured")


HOSPICE = code_book(hospice=((SCT, "385763009"),))


@pytest.mark.parametrize(
    ("sources", "enrolled"),
    [
        ({}, False),
        ({"conditions": [condition((SCT, "385763009"), text="Hospice care")]}, True),
        ({"conditions": [condition((SCT, "385763009"), status="resolved")]}, False),
        ({"serviceRequests": [{"resourceType": "ServiceRequest", "status": "active", "intent": "order",
                               "code": {"coding": [{"system": SCT, "code": "385763009"}]}}]}, True),
        ({"serviceRequests": [{"resourceType": "ServiceRequest", "status": "completed", "intent": "order",
                               "code": {"coding": [{"system": SCT, "code": "385763009"}]}}]}, False),
    ],
)  # fmt: skip
def test_hospice_by_the_codes_of_the_site(sources: dict[str, Any], enrolled: bool) -> None:
    assert known(view(codes=HOSPICE, **sources)["patient.hospice"]) is enrolled


def test_hospice_is_unknown_when_a_list_could_not_be_read() -> None:
    fact = view(codes=HOSPICE, procedures=Failed("500 from server"))["patient.hospice"]
    assert why(fact) == "procedures could not be read: 500 from server"


@pytest.mark.parametrize(
    ("patient", "conditions", "documented"),
    [
        (WOMAN, [condition((ICD, "Z78.0"), text="Postmenopausal")], True),
        (WOMAN, [condition((ICD, "Z78.0"), status="resolved")], True),
        (WOMAN, [], False),
        (MAN, [condition((ICD, "Z78.0"))], False),
        (WOMAN, [condition((ICD, "Z78.0"), verificationStatus={"coding": [{"code": "entered-in-error"}]})], False),
    ],
)
def test_menopause_is_what_the_problem_list_says(
    patient: dict[str, Any], conditions: list[dict[str, Any]], documented: bool
) -> None:
    assert known(view(patient=patient, conditions=conditions)["patient.menopause_documented"]) is documented


@pytest.mark.parametrize(
    "told",
    [
        condition((ICD, "N95.0")),
        condition((ICD, "N95.2")),
        condition((SCT, "102447009"), text="Postmenopausal osteoporosis (disorder)"),
        condition((SCT, "735614005")),
    ],
)
def test_some_problems_only_come_after_menopause(told: dict[str, Any]) -> None:
    assert known(view(patient=WOMAN, conditions=[told])["patient.menopause_documented"]) is True


@pytest.mark.parametrize("text", ["Menopause", "Post-menopausal", "Postmenopausal state"])
def test_menopause_as_text_alone_leaves_it_open(text: str) -> None:
    fact = view(patient=WOMAN, conditions=[condition(text=text)])["patient.menopause_documented"]
    assert why(fact) == f"only recorded as text: “{text}”"


@pytest.mark.parametrize("text", ["Perimenopausal symptoms", "Family history of early menopause"])
def test_what_is_not_menopause(text: str) -> None:
    assert known(view(patient=WOMAN, conditions=[condition(text=text)])["patient.menopause_documented"]) is False


@pytest.mark.parametrize(
    ("born", "conditions", "applies"),
    [
        ("1970-01-01", [], True),
        ("1990-01-01", [], False),
        ("1990-01-01", [condition((ICD, "Z78.0"))], True),
        ("1970-01-01", Failed("403"), True),
    ],
)
def test_t_scores_are_for_fifty_and_over_or_past_menopause(born: str, conditions: Any, applies: bool) -> None:
    it = view(patient={**WOMAN, "birthDate": born}, conditions=conditions)
    assert known(it["patient.t_score_applies"]) is applies


def test_t_scores_stay_open_for_a_young_woman_whose_conditions_were_not_read() -> None:
    it = view(patient={**WOMAN, "birthDate": "1990-01-01"}, conditions=Failed("403"))
    assert why(it["patient.t_score_applies"]) == "conditions could not be read: 403"


def test_a_young_man_is_judged_by_z_score_even_when_his_conditions_were_not_read() -> None:
    it = view(patient={**MAN, "birthDate": "1990-01-01"}, conditions=Failed("403"))
    assert known(it["patient.t_score_applies"]) is False
