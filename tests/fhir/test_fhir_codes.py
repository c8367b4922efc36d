"""One code system has many names, one code many spellings, and a code stands for all that its concept is a kind of."""

import pytest

from cds.fhir.codes import CodeBook, CodeRow, Concept
from cds.fhir.elements import CodeableConcept, Coding
from cds.fhir.systems import ATC, CPT, HCPCS, ICD_10, ICD_10_CM, LOINC, NDC, RXNORM, SNOMED, same_code, same_system

BOOK = CodeBook(
    rows=[
        CodeRow("nivolumab", RXNORM, "1597881", "Opdivo"),
        CodeRow("nivolumab", RXNORM, "1597876", "nivolumab"),
        CodeRow("nivolumab", NDC, "00003377211"),
        CodeRow("nivolumab", HCPCS, "J9299"),
        CodeRow("pd-1-inhibitor", ATC, "L01FF"),
        CodeRow("nivolumab", ATC, "L01FF01"),
        CodeRow("atypical-femoral-fracture", ICD_10_CM, "M84.75*"),
        CodeRow("bone-metastasis", ICD_10_CM, "C79.51"),
        CodeRow("bone-metastasis", ICD_10_CM, "C79.52"),
        CodeRow("melanoma", ICD_10_CM, "C43"),
        CodeRow("prior-chemotherapy", ICD_10_CM, "Z92.21"),
        CodeRow("bone-metastasis", SNOMED, "94222008"),
        CodeRow("t-score-hip", LOINC, "80947-5"),
        CodeRow("l1-hu", "https://hospital.example/codes/", "HU-1"),
    ],
    names=[
        ("nivolumab", "nivolumab"),
        ("nivolumab", "Opdivo"),
        ("nivolumab", "纳武利尤单抗"),
        ("zoledronic-acid", "zoledronic acid"),
        ("prednisone", "prednisone"),
        ("empty", "--"),
    ],
    concepts={
        "nivolumab": Concept("Nivolumab", ("pd-1-inhibitor",)),
        "pd-1-inhibitor": Concept("PD-1 inhibitor", ("checkpoint-inhibitor",)),
        "checkpoint-inhibitor": Concept("Checkpoint inhibitor", ("pd-1-inhibitor",)),  # a circle does no harm
    },
)
NIVOLUMAB = frozenset({"nivolumab", "pd-1-inhibitor", "checkpoint-inhibitor"})


@pytest.mark.parametrize(
    ("spellings", "system"),
    [
        (
            ["https://www.nlm.nih.gov/research/umls/rxnorm/", "urn:oid:2.16.840.1.113883.6.88", "RxNorm", "RXNORM"],
            RXNORM,
        ),
        (["https://loinc.org/", "http://loinc.org|2.77", "urn:oid:2.16.840.1.113883.6.1", "LOINC", " LN C"], LOINC),
        (
            ["http://snomed.info/sct/731000124108/version/20230901", "SNOMED CT", "urn:oid:2.16.840.1.113883.6.96"],
            SNOMED,
        ),
        (["urn:oid:2.16.840.1.113883.6.90", "ICD-10-CM", "icd10cm", "https://hl7.org/fhir/sid/icd-10-cm"], ICD_10_CM),
        (["urn:oid:2.16.840.1.113883.6.3", "ICD-10", "http://fhir.de/CodeSystem/bfarm/icd-10-gm"], ICD_10),
        (["urn:oid:2.16.840.1.113883.6.69", "NDC", "https://hl7.org/fhir/sid/ndc/"], NDC),
        (["urn:oid:2.16.840.1.113883.6.73", "http://whocc.no/atc", "ATC"], ATC),
        (["urn:oid:2.16.840.1.113883.6.285", "urn:oid:2.16.840.1.113883.6.14", "HCPCS"], HCPCS),
        (["urn:oid:2.16.840.1.113883.6.12", "https://www.ama-assn.org/go/cpt", "CPT"], CPT),
        (["https://hospital.example/codes/", "https://hospital.example/codes|1"], "https://hospital.example/codes"),
    ],
)
def test_one_system_has_many_names(spellings: list[str], system: str) -> None:
    assert {same_system(spelling) for spelling in spellings} == {system}


@pytest.mark.parametrize(
    ("code", "digits"),
    [
        ("0003-3772-11", "00003377211"),
        ("00003-772-11", "00003077211"),
        ("00003-3772-1", "00003377201"),
        ("00003-3772-11", "00003377211"),
        ("00003377211", "00003377211"),
        ("0003377211", ""),
        ("0003-3772", ""),
        ("0003-3772-111", ""),
        ("abc", ""),
        ("٠٠٠٠٣٣٧٧٢١١", ""),
    ],
)
def test_ndc_has_eleven_digits_or_is_none(code: str, digits: str) -> None:
    assert same_code(NDC, code) == digits


@pytest.mark.parametrize(
    ("system", "code", "concepts"),
    [
        (RXNORM, "1597876", NIVOLUMAB),
        (RXNORM, " 1597876 ", NIVOLUMAB),
        ("urn:oid:2.16.840.1.113883.6.88", "1597876", NIVOLUMAB),
        (RXNORM, "159787", frozenset()),
        (RXNORM, "15978760", frozenset()),
        (SNOMED, "1597876", frozenset()),
        (None, "1597876", frozenset()),
        (RXNORM, None, frozenset()),
        ("", "", frozenset()),
        (NDC, "0003-3772-11", NIVOLUMAB),
        (NDC, "0003377211", frozenset()),
        (HCPCS, "j9299", NIVOLUMAB),
        (ATC, "L01FF01", NIVOLUMAB),
        (ATC, "l01ff99", frozenset({"pd-1-inhibitor", "checkpoint-inhibitor"})),
        (ATC, "L01F", frozenset()),
        (ICD_10_CM, "M84.751A", frozenset({"atypical-femoral-fracture"})),
        (ICD_10_CM, "m84751a", frozenset({"atypical-femoral-fracture"})),
        (ICD_10_CM, "M84.7", frozenset()),
        (ICD_10_CM, "C79.5", frozenset({"bone-metastasis"})),
        (ICD_10_CM, "C79", frozenset()),
        (ICD_10, "C79.5", frozenset({"bone-metastasis"})),
        (ICD_10, "C79", frozenset()),
        (ICD_10, "C43.9", frozenset({"melanoma"})),
        (ICD_10, "Z92.21", frozenset()),
        (ICD_10, "M84.75", frozenset()),
        (SNOMED, "94222008", frozenset({"bone-metastasis"})),
        ("https://hospital.example/codes", "HU-1", frozenset({"l1-hu"})),
        ("https://hospital.example/codes", "hu-1", frozenset()),
        ("x" * 10_000, "1", frozenset()),
        (RXNORM, "1" * 10_000, frozenset()),
    ],
)
def test_code_stands_for_its_concept_and_all_above(
    system: str | None, code: str | None, concepts: frozenset[str]
) -> None:
    coding = Coding(system=system, code=code)
    assert BOOK.concepts_of_coding(coding) == concepts
    assert BOOK.concepts_of(CodeableConcept(coding=(coding,))) == concepts


def test_concept_stands_for_what_any_of_its_codings_does() -> None:
    codings = (
        Coding(system=LOINC, code="80947-5"),
        Coding(system="local", code="x"),
        Coding(system=HCPCS, code="J9299"),
    )
    assert BOOK.concepts_of(CodeableConcept(coding=codings)) == NIVOLUMAB | {"t-score-hip"}
    assert BOOK.concepts_of(CodeableConcept(text="nivolumab")) == frozenset()
    assert BOOK.concepts_of(None) == frozenset()


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("nivolumab", NIVOLUMAB),
        ("OPDIVO® 240 mg IV", NIVOLUMAB),
        ("nivolumab-rmbw", NIVOLUMAB),
        ("nivolumab_inj", NIVOLUMAB),
        ("ＮＩＶＯＬＵＭＡＢ", NIVOLUMAB),
        ("注射用纳武利尤单抗10ml", NIVOLUMAB),
        ("zoledronic  acid 5 mg/100 mL", frozenset({"zoledronic-acid"})),
        ("zoledronic, acid", frozenset({"zoledronic-acid"})),
        ("zoledronic", frozenset()),
        ("acid zoledronic", frozenset()),
        ("methylprednisone", frozenset()),
        ("prednisones", frozenset()),
        ("prednisone and nivolumab", NIVOLUMAB | {"prednisone"}),
        ("x " * 500 + "prednisone", frozenset({"prednisone"})),
        ("", frozenset()),
        ("--", frozenset()),
    ],
)
def test_names_are_found_as_whole_words(text: str, concepts: frozenset[str]) -> None:
    assert BOOK.named_in(text) == concepts
    assert BOOK.named_in(text) == concepts  # from memory


def test_rows_tell_why_a_code_stands_for_something() -> None:
    assert [row.code for row in BOOK.rows_for("atc", "L01FF01")] == ["L01FF", "L01FF01"]
    assert BOOK.rows_for("atc", "M05") == ()


def test_rows_of_a_concept_include_those_of_its_kinds() -> None:
    assert {row.system for row in BOOK.rows_of("checkpoint-inhibitor")} == {RXNORM, NDC, HCPCS, ATC}
    assert [row.code for row in BOOK.rows_of("t-score-hip")] == ["80947-5"]
    assert BOOK.rows_of("unheard-of") == ()


def test_lineage_of_a_concept_without_entry_is_itself() -> None:
    assert BOOK.lineage("melanoma") == {"melanoma"}


@pytest.mark.parametrize(
    ("name", "code"), [("Nivolumab ", "1597876"), ("opdivo", "1597881"), ("prednisone", None), ("unheard of", None)]
)
def test_coding_for_a_drug_name(name: str, code: str | None) -> None:
    coding = BOOK.coding_for(name)
    assert (coding.code if coding else None) == code
