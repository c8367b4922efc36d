"""Code systems under their many names, and codes in the one spelling in which they are compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
ICD_10_CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
NDC: Final = "http://hl7.org/fhir/sid/ndc"
ATC: Final = "http://www.whocc.no/atc"
HCPCS: Final = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT: Final = "http://www.ama-assn.org/go/cpt"

PREFIXED: Final = frozenset({ICD_10_CM, ATC})
"""Systems in which a code stands for every code that it begins."""

_SPELLINGS: Final[dict[str, str]] = {
    RXNORM: "rxnorm rxcui 2.16.840.1.113883.6.88 nlm.nih.gov/research/umls/rxnorm rxnav.nlm.nih.gov "
    "purl.bioontology.org/ontology/rxnorm",
    LOINC: "loinc lnc 2.16.840.1.113883.6.1 loinc.org",
    SNOMED: "snomed snomedct snomed-ct sct snomedct_us 2.16.840.1.113883.6.96 snomed.info/sct snomed.info",
    ICD_10_CM: "icd10cm icd-10-cm icd10-cm i10c 2.16.840.1.113883.6.90 hl7.org/fhir/sid/icd-10-cm "
    "cdc.gov/nchs/icd/icd10cm",
    ICD_10: "icd10 icd-10 i10 2.16.840.1.113883.6.3 hl7.org/fhir/sid/icd-10 who.int/classifications/icd10 "
    "hl7.org/fhir/sid/icd-10-de fhir.de/codesystem/bfarm/icd-10-gm fhir.de/codesystem/dimdi/icd-10-gm "
    "hl7.org/fhir/sid/icd-10-gm 1.2.276.0.76.5.409",
    NDC: "ndc 2.16.840.1.113883.6.69 hl7.org/fhir/sid/ndc",
    ATC: "atc whoatc 2.16.840.1.113883.6.73 whocc.no/atc whocc.no/atc_ddd_index fhir.de/codesystem/bfarm/atc "
    "fhir.de/codesystem/dimdi/atc",
    HCPCS: "hcpcs hcpcslevelii hcpcs-level-ii 2.16.840.1.113883.6.285 2.16.840.1.113883.6.14 "
    "cms.gov/medicare/coding/hcpcsreleasecodesets hl7.org/fhir/sid/hcpcs "
    "terminology.hl7.org/codesystem/hcpcs-all-codes",
    CPT: "cpt cpt4 cpt-4 c4 2.16.840.1.113883.6.12 ama-assn.org/go/cpt hl7.org/fhir/sid/cpt",
}
_KNOWN: Final = {spelling: system for system, words in _SPELLINGS.items() for spelling in words.split()}
_SCHEME: Final = re.compile(r"^(?:https?://(?:www\.)?|urn:oid:|oid:)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def same_system(url: str) -> str:
    """The usual URL of the system: ``https://loinc.org/``, ``urn:oid:2.16.840.1.113883.6.1`` and ``LOINC`` are one.

    A system that is not known keeps its name, without version and trailing slash.
    """
    bare = url.strip().partition("|")[0].rstrip("/")
    key = re.sub(r"\s+", "", _SCHEME.sub("", bare)).lower()
    if key.startswith("snomed.info/sct/"):  # an edition or version of SNOMED CT
        return SNOMED
    return _KNOWN.get(key, bare)


@lru_cache(maxsize=8192)
def same_code(system: str, code: str) -> str:
    """The code as it is compared: NDC as 11 digits, ICD-10 without dots, letters large. '' if it cannot be compared.

    ``system`` is a usual URL, as ``same_system`` gives it.
    """
    bare = code.strip()
    return _SPELT.get(system, str)(bare)


def _ndc(code: str) -> str:
    """Eleven digits of a package code as 4-4-2, 5-3-2, 5-4-1, 5-4-2 or 11 digits; else '', as of 10 bare digits."""
    parts = code.split("-")
    if not all(part.isascii() and part.isdigit() for part in parts):
        return ""
    if len(parts) == 1:
        return code if len(code) == _NDC_DIGITS else ""
    if tuple(map(len, parts)) not in _NDC_LAYOUTS:
        return ""
    return "".join(part.zfill(width) for part, width in zip(parts, (5, 4, 2), strict=True))


def _icd(code: str) -> str:
    """Capitals without dots and without a wildcard."""
    return code.upper().replace(".", "").rstrip("*-")


def _large(code: str) -> str:
    """Capitals without a wildcard."""
    return code.upper().rstrip("*")


_NDC_DIGITS: Final = 11
_NDC_LAYOUTS: Final = frozenset({(4, 4, 2), (5, 3, 2), (5, 4, 1), (5, 4, 2)})
_SPELT: Final[dict[str, Callable[[str], str]]] = {
    NDC: _ndc, ICD_10_CM: _icd, ICD_10: _icd, ATC: _large, HCPCS: _large, CPT: _large, LOINC: _large,
}  # fmt: skip
