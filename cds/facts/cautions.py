"""What speaks against a bone drug. A caution that is only suspected, or known by its text alone, still closes a gate.

Jaw necrosis and atypical femoral fracture count for ever, the others only while they last.
"""

from __future__ import annotations

from cds.engine.fact import Cause, Fact, Known, Unknown
from cds.facts.catalogue import Type, fact
from cds.facts.problems import any_of, possibly, possibly_ever
from cds.facts.recognise import has_codes
from cds.facts.search import Search, presence
from cds.facts.view import View
from cds.fhir.resources import AllergyIntolerance

_CONDITIONS = ("conditions",)


@fact("caution.hypocalcaemia", Type.BOOL, words="hypocalcaemia on the problem list", reads=_CONDITIONS)
def hypocalcaemia(view: View) -> Fact:
    """Low calcium as a diagnosis; the laboratory's word is told by the calcium facts."""
    return possibly(view, "hypocalcaemia", days=view.number("caution.visit_diagnosis_days"))


@fact("caution.hypercalcaemia", Type.BOOL, words="hypercalcaemia on the problem list", reads=_CONDITIONS)
def hypercalcaemia(view: View) -> Fact:
    """High calcium as a diagnosis; the laboratory's word is told by the calcium facts."""
    return possibly(view, "hypercalcaemia", days=view.number("caution.visit_diagnosis_days"))


@fact("caution.dialysis", Type.BOOL, words="dialysis", reads=("conditions", "procedures"))
def dialysis(view: View) -> Fact:
    """Dependence on dialysis, or a dialysis as recent as a usable creatinine; unknown with end-stage disease alone."""
    search = view.procedures("dialysis")
    since = view.days_before(view.number("fresh.kidney_days"))
    recent = tuple(hit for hit in search.hits if hit.when is None or hit.when.latest >= since)
    return any_of(possibly(view, "dialysis"), presence(Search(recent, search.gap)), _end_stage(view))


def _end_stage(view: View) -> Fact:
    """Whoever is there is on dialysis, has a new kidney, or has neither: the diagnosis does not say."""
    found = possibly(view, "end-stage-renal-disease")
    if not isinstance(found, Known) or found.value is False:
        return found
    return Unknown("end-stage kidney disease is recorded, and not whether on dialysis", Cause.NOT_STATED, found.seen_in)


@fact("caution.acute_kidney_injury", Type.BOOL, words="acute kidney injury", reads=_CONDITIONS)
def acute_kidney_injury(view: View) -> Fact:
    """Acute kidney injury that goes on."""
    return possibly(view, "acute-kidney-injury", days=view.number("caution.visit_diagnosis_days"))


@fact("caution.ckd_advanced", Type.BOOL, words="chronic kidney disease stage 4 or 5", reads=_CONDITIONS)
def ckd_advanced(view: View) -> Fact:
    """Chronic kidney disease of stage 4 or 5, dialysis included."""
    return possibly(view, "ckd-stage-4", "ckd-stage-5", "dialysis")


@fact("caution.hypoparathyroidism", Type.BOOL, words="hypoparathyroidism", reads=_CONDITIONS)
def hypoparathyroidism(view: View) -> Fact:
    """Too little parathyroid hormone."""
    return possibly(view, "hypoparathyroidism")


@fact("caution.hyperparathyroidism", Type.BOOL, words="hyperparathyroidism", reads=_CONDITIONS)
def hyperparathyroidism(view: View) -> Fact:
    """Too much parathyroid hormone."""
    return possibly(view, "hyperparathyroidism")


@fact("caution.oesophageal", Type.BOOL, words="oesophageal disorder that delays emptying", reads=_CONDITIONS)
def oesophageal(view: View) -> Fact:
    """Stricture, obstruction, achalasia or web of the oesophagus; reflux alone is none."""
    return possibly(view, "oesophageal-delay")


@fact(
    "caution.cannot_sit_upright", Type.BOOL, words="cannot stay upright for 30 minutes",
    reads=("conditions", "observations"),
)  # fmt: skip
def cannot_sit_upright(view: View) -> Fact:
    """Whether that is recorded, by the codes that the site configured."""
    if not has_codes(view.codes, "cannot-sit-upright"):
        return Known(False, note="no codes for this are configured")
    return any_of(possibly(view, "cannot-sit-upright"), presence(view.observations("cannot-sit-upright")))


@fact("caution.onj", Type.BOOL, words="osteonecrosis of the jaw, now or ever", reads=_CONDITIONS)
def onj(view: View) -> Fact:
    """Osteonecrosis of the jaw."""
    return possibly_ever(view, "osteonecrosis-of-jaw")


@fact("caution.atypical_femoral_fracture", Type.BOOL, words="atypical femoral fracture, now or ever", reads=_CONDITIONS)
def atypical_femoral_fracture(view: View) -> Fact:
    """Atypical femoral fracture."""
    return possibly_ever(view, "atypical-femoral-fracture")


@fact("allergy.bisphosphonate", Type.BOOL, words="allergy to a bisphosphonate", reads=("allergies",))
def allergic_to_bisphosphonate(view: View) -> Fact:
    """An allergy or intolerance to any bisphosphonate, unless inactive or resolved."""
    return _allergy(view, "bisphosphonate")


@fact("allergy.denosumab", Type.BOOL, words="allergy to denosumab", reads=("allergies",))
def allergic_to_denosumab(view: View) -> Fact:
    """An allergy or intolerance to denosumab, unless inactive or resolved."""
    return _allergy(view, "denosumab")


def _allergy(view: View, drug: str) -> Fact:
    search = view.allergies(drug)
    found = tuple(hit for hit in search.hits if hit.is_open)
    kinds = {hit.resource.type for hit in found if isinstance(hit.resource, AllergyIntolerance)}
    gap: Unknown | None = search.gap
    return presence(Search(found, gap), "recorded as an intolerance" if kinds == {"intolerance"} else "")
