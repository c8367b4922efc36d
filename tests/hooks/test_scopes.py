"""Scopes of both SMART versions are understood; what is not understood counts for nothing."""

import pytest

from cds.hooks.scopes import covers


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ("patient/Observation.read", True),
        ("user/Observation.read openid fhirUser", True),
        ("patient/*.read", True),
        ("system/*.*", True),
        ("patient/Observation.*", True),
        ("patient/Observation.rs", True),
        ("patient/Observation.s", True),
        ("user/*.cruds", True),
        ("patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory", True),
        ("patient/Patient.read user/Condition.rs", False),
        ("patient/Observation.write", False),
        ("patient/Observation.cud", False),
        ("patient/Patient.rs patient/Observation.rs", True),
        ("", None),
        ("launch openid offline_access", None),
        ("patient/Observation", None),
        ("patient/Observation.", None),
        ("patient/Observation.sr", None),
        ("patient/Observation.readable", None),
    ],
)
def test_what_a_scope_opens(scopes: str, expected: bool | None) -> None:
    assert covers(scopes, "Observation") is expected
