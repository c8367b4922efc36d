"""Which cancer, in three styles of chart, and what keeps the question open."""

from __future__ import annotations

from typing import Any

import pytest

from cds.engine.fact import Cause, Unknown
from cds.fhir.chart import Failed, NotAsked
from tests.facts.builders import ICD, SCT, concept, condition, known, view, why

EPIC_BONE: dict[str, Any] = {
    "resourceType": "Condition", "id": "ePb",
    "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                   "code": "active", "display": "Active"}], "text": "Active"},
    "verificationStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                                       "code": "confirmed"}], "text": "Confirmed"},
    "category": [{"coding": [{"code": "problem-list-item"}], "text": "Problem List Item"}],
    "code": {"coding": [
        {"system": "urn:oid:2.16.840.1.113883.6.90", "code": "C79.51", "display": "Bone metastases"},
        {"system": "http://snomed.info/sct", "code": "94222008", "display": "Secondary malignant neoplasm of bone"},
    ], "text": "Malignant neoplasm metastatic to bone (HCC)"},
    "subject": {"reference": "Patient/p1", "display": "Mychart, Linda"}, "recordedDate": "2026-02-11",
}  # fmt: skip
SYNTHEA_LUNG: dict[str, Any] = {
    "resourceType": "Condition", "id": "0af",
    "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                   "code": "active"}]},
    "verificationStatus": {"coding": [{"code": "confirmed"}]},
    "category": [{"coding": [{"code": "encounter-diagnosis", "display": "Encounter Diagnosis"}]}],
    "code": {"coding": [{"system": SCT, "code": "254637007", "display": "Non-small cell lung cancer (disorder)"}],
             "text": "Non-small cell lung cancer (disorder)"},
    "subject": {"reference": "Patient/p1"}, "onsetDateTime": "2025-06-01T08:00:00-04:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "conditions"),
    [
        ("cancer.bone_metastasis", [SYNTHEA_LUNG, EPIC_BONE]),
        ("cancer.bone_metastasis", [condition((ICD, "C7B.03"))]),
        ("cancer.bone_involvement", [EPIC_BONE]),
        ("cancer.metastatic", [EPIC_BONE]),
        ("cancer.myeloma", [condition((ICD, "C90.01"), status="remission")]),
        ("cancer.bone_involvement", [condition((SCT, "109989006"))]),
        ("cancer.primary_bone_tumour", [condition((ICD, "C40.21"), text="Osteosarcoma of right femur")]),
        ("cancer.melanoma", [condition((ICD, "C43.59"))]),
        ("cancer.melanoma", [condition((SCT, "372244006"), status="resolved")]),
        ("cancer.prostate", [condition((ICD, "C61"))]),
        ("cancer.prior_chemo_or_radiotherapy", [condition((ICD, "Z92.21"), status="")]),
        ("cancer.prior_chemo_or_radiotherapy", [condition((ICD, "Z92.3"))]),
    ],
)
def test_a_coded_cancer_is_found_whatever_its_clinical_status(fact: str, conditions: list[dict[str, Any]]) -> None:
    assert known(view(conditions=conditions)[fact]) is True


@pytest.mark.parametrize(
    "verification", ["refuted", "entered-in-error", "REFUTED"]
)  # fmt: skip
def test_what_was_refuted_or_entered_in_error_is_not_there(verification: str) -> None:
    it = view(
        conditions=[condition((ICD, "C79.51"), verificationStatus=concept(("", verification), text=verification))]
    )
    assert known(it["cancer.bone_metastasis"]) is False


@pytest.mark.parametrize("verification", ["provisional", "differential", "unconfirmed"])
def test_a_suspected_metastasis_leaves_the_question_open(verification: str) -> None:
    fact = view(conditions=[{**EPIC_BONE, "verificationStatus": {"coding": [{"code": verification}]}}])[
        "cancer.bone_involvement"
    ]
    assert isinstance(fact, Unknown)
    assert fact.why == "only recorded as suspected, not confirmed"
    assert fact.seen_in[0].ref == "Condition/ePb"


def test_a_cancer_known_by_its_text_alone_leaves_the_question_open() -> None:
    fact = view(conditions=[condition(text="Prostate cancer")])["cancer.prostate"]
    assert isinstance(fact, Unknown)
    assert fact.cause is Cause.AMBIGUOUS
    assert fact.why == "only recorded as text: “Prostate cancer”"


@pytest.mark.parametrize("text", ["Family history of prostate cancer", "Screening for prostate cancer"])
def test_a_text_that_says_it_is_none_is_none(text: str) -> None:
    assert known(view(conditions=[condition(text=text)])["cancer.prostate"]) is False


def test_an_icd_code_speaks_for_itself_whatever_its_display_says() -> None:
    assert (
        known(view(conditions=[condition((ICD, "Z80.42"), text="Prostate cancer in father")])["cancer.prostate"])
        is False
    )


@pytest.mark.parametrize(
    ("conditions", "reason", "cause"),
    [
        (Failed("403 from server"), "conditions could not be read: 403 from server", Cause.NOT_READABLE),
        (NotAsked(), "conditions were not asked for", Cause.NOT_ASKED),
        ([{"resourceType": "Condition", "id": "c1"}],
         "conditions hold entries that do not say what they are: Condition/c1", Cause.NOT_READABLE),
    ],
)  # fmt: skip
def test_no_finding_in_a_list_that_was_not_read_is_unknown(conditions: Any, reason: str, cause: Cause) -> None:
    fact = view(conditions=conditions)["cancer.bone_involvement"]
    assert isinstance(fact, Unknown)
    assert (fact.why, fact.cause) == (reason, cause)


def test_a_finding_in_a_list_that_was_read_in_part_is_a_finding() -> None:
    fact = view(conditions=[{"resourceType": "Condition", "id": "c1"}, EPIC_BONE])
    assert known(fact["cancer.bone_metastasis"]) is True
    assert "do not say what they are" in why(fact["cancer.myeloma"])


def test_chemotherapy_as_a_procedure_needs_the_procedures_to_be_read() -> None:
    it = view(procedures=Failed("501 not supported"))
    assert why(it["cancer.prior_chemo_or_radiotherapy"]) == "procedures could not be read: 501 not supported"
    told = view(procedures=Failed("501"), conditions=[condition((ICD, "Z92.21"))])
    assert known(told["cancer.prior_chemo_or_radiotherapy"]) is True
