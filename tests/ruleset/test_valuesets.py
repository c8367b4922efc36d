"""Slips of the pen in value sets: each is named with its place, and check digits catch the wrong digit."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds.fhir.codes import CodeRow
from cds.fhir.systems import CPT, ICD_10_CM, LOINC, NDC, SNOMED
from cds.ruleset.book import Site
from cds.ruleset.check_digits import is_loinc, is_snomed
from cds.ruleset.codebook import read_codes
from cds.ruleset.fault import RuleFault
from cds.ruleset.valuesets import LinedName, LinedRow, circles, name_faults, row_faults

GOOD = CodeRow("ctx", LOINC, "41171-0", "CTX", "loinc.org", "2026-11-20")


@pytest.mark.parametrize("code", ["38267-1", "52552-7", "41171-0", "1975-2", "2160-0", "90265-0", "98979-8"])
def test_loinc_codes_with_the_right_check_digit(code: str) -> None:
    assert is_loinc(code)


@pytest.mark.parametrize("code", ["52552-5", "38267-2", "411710", "41171-", "-1", "", "٤1171-0"])
def test_loinc_codes_with_a_slip(code: str) -> None:
    assert not is_loinc(code)


@pytest.mark.parametrize("code", ["64859006", "22298006", "445501000124107", "11311601000119109", "94222008"])
def test_snomed_codes_with_the_right_check_digit(code: str) -> None:
    assert is_snomed(code)


@pytest.mark.parametrize("code", ["64859007", "68459006", "12345", "064859006", "6485900600000000000", "64859006x", ""])
def test_snomed_codes_with_a_slip(code: str) -> None:
    assert not is_snomed(code)


def test_every_single_wrong_digit_is_caught() -> None:
    for place in range(8):
        for digit in "0123456789":
            code = "64859006"
            wrong = code[:place] + digit + code[place + 1 :]
            assert is_snomed(wrong) == (wrong == code)


@pytest.mark.parametrize(
    ("change", "said", "fix"),
    [
        ({"system": "loinc.org"}, "no code system", "write http://loinc.org"),
        ({"system": "http://loinc.com"}, "no code system", "did you mean `http://loinc.org`?"),
        ({"system": "urn:local"}, "no code system", "use one of"),
        ({"code": "41171-1"}, "fails its check digit", "look the code up"),
        ({"system": SNOMED, "code": "64859007"}, "fails its check digit", "look the code up"),
        ({"system": CPT, "code": "77080"}, "has a descriptor", "leave the display empty"),
        ({"system": NDC, "code": "0003-3772-11"}, "is not a code of its system", "11 digits"),
        ({"system": ICD_10_CM, "code": "M80.05*"}, "is not a code of its system", "beginning of codes"),
        ({"source": " "}, "has no source", "name the source"),
        ({"checked_on": ""}, "when it was checked", "YYYY-MM-DD"),
        ({"checked_on": "20.11.2026"}, "when it was checked", "YYYY-MM-DD"),
    ],
)
def test_slips_in_a_row_are_named_with_their_line(change: dict[str, str], said: str, fix: str) -> None:
    fault = next(iter(row_faults([LinedRow("codes/labs.csv", 7, GOOD._replace(**change))])))
    assert (fault.file, fault.line) == ("codes/labs.csv", 7)
    assert said in fault.what
    assert fix in fault.fix
    assert fault.why


def test_a_good_row_has_no_fault_and_the_same_row_again_has_one() -> None:
    other = GOOD._replace(display="again")
    rows = [LinedRow("codes/a.csv", 2, GOOD), LinedRow("codes/b.csv", 3, other)]
    assert list(row_faults(rows[:1])) == []
    (fault,) = row_faults(rows)
    assert (fault.file, fault.line) == ("codes/b.csv", 3)
    assert "codes/a.csv:2" in fault.why


def test_a_name_twice_is_named() -> None:
    (fault,) = name_faults(
        [LinedName("codes/names.csv", 2, "ctx", "CTX"), LinedName("codes/names.csv", 9, "ctx", "ctx")]
    )
    assert fault.line == 9


def test_circles_are_found_once_each() -> None:
    kinds = {"a": ("b",), "b": ("c",), "c": ("a", "d"), "d": (), "e": ("e",), "f": ("a",)}
    assert circles(kinds) == (("a", "b", "c"), ("e",))


def test_a_wrong_value_set_is_refused_with_the_nearest_spelling(tmp_path: Path) -> None:
    codes = tmp_path / "codes"
    codes.mkdir()
    (codes / "concepts.yaml").write_text(
        "ctx: {title: CTX, kind_of: [marker]}\nmarker: {title: marker, kind_of: [ctx]}\n"
    )
    head = "concept,system,code,display,source,checked_on,note\n"
    (codes / "labs.csv").write_text(f"{head}ctxx,http://loinc.org,41171-0,CTX,loinc.org,2026-11-20,\n")
    faults: list[RuleFault] = []
    read_codes(tmp_path, Site(), faults)
    assert [(fault.file, fault.line) for fault in sorted(faults)] == [("codes/concepts.yaml", 1), ("codes/labs.csv", 2)]
    assert "ctx > marker > ctx" in sorted(faults)[0].what
    assert sorted(faults)[1].fix == "did you mean `ctx`?"
