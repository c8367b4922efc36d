"""SECURITY.md: every threat names a test, every named test exists, and all six kinds of threat are there."""

from tests.traces import ROOT, lost_in, named_in, rows_without_test

PAGE = "SECURITY.md"


def test_every_threat_names_tests_that_exist() -> None:
    assert len(named_in(PAGE)) > 40
    assert lost_in(PAGE) == []
    assert rows_without_test(PAGE) == []


def test_all_of_stride_is_there() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    for kind in (
        "Spoofing", "Tampering", "Repudiation", "Information disclosure", "Denial of service", "Elevation of privilege",
    ):  # fmt: skip
        assert f"| **{kind}** | | |" in text
