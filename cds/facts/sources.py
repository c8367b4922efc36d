"""The questions put to an EHR: one a source, with its words, its FHIR search and the concepts it is asked for.

Discovery and the gateway build their queries from this table. A source is only where a resource came from; a fact asks
"was it read?" of a source, and "is it there?" of the whole chart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class SourceDef:
    """One question.

    ``search`` is the query with ``{patient}``, and ``{codes}`` where ``concepts`` are asked for by code. ``look_back``
    names the parameter that bounds the search in days ('' = ever); ``sort`` is how to have the newest first.
    """

    name: str
    words: str
    resource_type: str
    search: str
    concepts: tuple[str, ...] = ()
    sort: str = ""
    look_back: str = ""
    required: bool = False


_LABS: Final = (
    "vitamin-d-25oh", "vitamin-d-1-25oh2", "calcium-total", "calcium-ionised", "calcium-corrected", "albumin",
    "creatinine", "egfr", "egfr-ckd-epi-2021", "ctx", "p1np", "pth", "phosphate", "pregnancy-test",
)  # fmt: skip
_BONE_DENSITY: Final = (
    "t-score", "t-score-spine", "t-score-hip", "t-score-femur", "t-score-forearm",
    "z-score", "z-score-spine", "z-score-hip", "z-score-femur", "z-score-forearm",
    "bmd", "bmd-spine", "bmd-hip", "bmd-femur", "bmd-forearm", "dxa-calcaneus", "dxa-central-study",
    "dxa-peripheral-study", "qct-study", "l1-hu", "qct-vbmd", "frax-mof", "frax-hip",
)  # fmt: skip
_OBSERVATIONS: Final = (
    "weight", "height", "bmi", "smoking-status", "alcohol-per-day", "pregnancy-status", "falls-history",
    "mel-ici-score", "cannot-sit-upright", "hospice",
)  # fmt: skip


def _drug_source(name: str, words: str, resource_type: str) -> SourceDef:
    search = f"{resource_type}?patient={{patient}}"
    return SourceDef(name, words, resource_type, search)


_BY_CODE: Final = "Observation?patient={patient}&code={codes}"
_TABLE: Final = (
    SourceDef("patient", "patient", "Patient", "Patient/{patient}", required=True),
    SourceDef("conditions", "conditions", "Condition", "Condition?patient={patient}"),
    _drug_source("medicationRequests", "medication orders", "MedicationRequest"),
    _drug_source("medicationStatements", "medication statements", "MedicationStatement"),
    _drug_source("medicationAdministrations", "medication administrations", "MedicationAdministration"),
    _drug_source("medicationDispenses", "medication dispenses", "MedicationDispense"),
    SourceDef("allergies", "allergies", "AllergyIntolerance", "AllergyIntolerance?patient={patient}"),
    SourceDef("procedures", "procedures", "Procedure", "Procedure?patient={patient}"),
    SourceDef("serviceRequests", "service orders", "ServiceRequest", "ServiceRequest?patient={patient}"),
    SourceDef("diagnosticReports", "reports", "DiagnosticReport", "DiagnosticReport?patient={patient}"),
    SourceDef("labs", "laboratory results", "Observation", _BY_CODE, _LABS, "-date"),
    SourceDef("boneDensity", "bone density results", "Observation", _BY_CODE, _BONE_DENSITY, "-date"),
    SourceDef("observations", "observations", "Observation", _BY_CODE, _OBSERVATIONS, "-date"),
)

SOURCES: Final[dict[str, SourceDef]] = {source.name: source for source in _TABLE}
"""Every source by name, in the order in which they are asked."""

SOURCE_OF: Final[dict[str, str]] = {concept: source.name for source in _TABLE for concept in source.concepts}
"""Which source answers for an observation concept; any other concept is ``observations``' business."""

DRUG_SOURCES: Final = tuple(name for name in SOURCES if name.startswith("medication"))
"""The sources that must have been read before "no such drug" can be said."""


@lru_cache(maxsize=512)
def sources_of(concepts: tuple[str, ...]) -> tuple[str, ...]:
    """The sources that answer for these observation concepts, each once."""
    return tuple(dict.fromkeys(SOURCE_OF.get(concept, "observations") for concept in concepts))
