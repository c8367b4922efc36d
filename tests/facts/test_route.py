"""A cream is not a tablet: where a drug goes is read from its route, else from the form in its name."""

import pytest

from cds.facts.route import Reach, reach
from cds.fhir.elements import CodeableConcept, Coding

SNOMED = "http://snomed.info/sct"


def coded(code: str, display: str | None = None) -> CodeableConcept:
    """A route by SNOMED CT code."""
    return CodeableConcept(coding=(Coding(system=SNOMED, code=code, display=display),))


@pytest.mark.parametrize(
    ("routes", "texts", "expected"),
    [
        ([coded("26643006")], [], Reach.SYSTEMIC),
        ([coded("6064005")], ["dexamethasone 4 MG Oral Tablet"], Reach.LOCAL),
        ([coded("12130007", "Intra-articular route")], [], Reach.LOCAL),
        ([CodeableConcept(text="Oral")], [], Reach.SYSTEMIC),
        ([CodeableConcept(coding=(Coding(system="urn:local", code="7", display="Ophthalmic"),))], [], Reach.LOCAL),
        ([CodeableConcept(coding=(Coding(code="IV"),))], [], Reach.SYSTEMIC),
        ([CodeableConcept(text="see note")], ["hydrocortisone 1 % cream"], Reach.LOCAL),
        ([], ["prednisolone acetate 1 % ophthalmic suspension"], Reach.LOCAL),
        ([], ["dexamethasone 4 MG Oral Tablet"], Reach.SYSTEMIC),
        ([], ["dexamethasone phosphate 4 MG/ML Injectable Solution"], Reach.SYSTEMIC),
        ([], ["dexamethasone"], Reach.UNSTATED),
        ([], [], Reach.UNSTATED),
    ],
)
def test_reach(routes: list[CodeableConcept], texts: list[str], expected: Reach) -> None:
    assert reach(routes, texts) is expected


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("Apply to the eye twice daily", Reach.LOCAL),
        ("Take 4 mg by mouth daily", Reach.SYSTEMIC),
        ("Take 40 mg by mouth daily for eye inflammation", Reach.UNSTATED),
        ("as directed", Reach.UNSTATED),
    ],
)
def test_instructions_tell_only_where_the_name_does_not(instruction: str, expected: Reach) -> None:
    assert reach([], ["dexamethasone"], [instruction]) is expected
    assert reach([], ["dexamethasone 4 MG Oral Tablet"], [instruction]) is Reach.SYSTEMIC
