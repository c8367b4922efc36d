"""The arithmetic of cited formulas, and nothing else: numbers in, a number out, no chart, no dates, no unknowns.

The coefficients stand here because they are parts of a published formula and not thresholds that a site may set.
Sources and check values: ``evidence/CLINICAL.md`` section 2.7 and 3; each formula is table-tested against them.
"""

from __future__ import annotations

from typing import Final

FEMALE: Final = "female"
MALE: Final = "male"


def corrected_calcium(total_mg_dl: float, albumin_g_dl: float) -> float:
    """Total calcium as it would be at an albumin of 4.0 g/dL: Ca + 0.8 x (4.0 - albumin), in mg/dL.

    Source: the correction that the zoledronic acid labelling states.
    """
    return total_mg_dl + 0.8 * (4.0 - albumin_g_dl)


def egfr_ckd_epi_2021(creatinine_mg_dl: float, age_years: float, sex: str) -> float:
    """Estimated GFR in mL/min/1.73 m2 by the CKD-EPI creatinine equation of 2021 (without race); sex female or male.

    Source: Inker, N Engl J Med 2021;385:1737; National Kidney Foundation.
    """
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == FEMALE else (0.9, -0.302, 1.0)
    ratio = creatinine_mg_dl / kappa
    filtered: float = 142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.200 * 0.9938**age_years * factor
    return filtered


def creatinine_clearance(creatinine_mg_dl: float, age_years: float, weight_kg: float, sex: str) -> float:
    """Creatinine clearance in mL/min by Cockcroft and Gault with the actual weight; sex female or male.

    Source: Cockcroft and Gault, Nephron 1976;16:31; the formula that the bisphosphonate labels mean.
    """
    clearance = (140 - age_years) * weight_kg / (72 * creatinine_mg_dl)
    return clearance * 0.85 if sex == FEMALE else clearance


def osteoporosis_self_assessment(weight_kg: float, age_years: float) -> float:
    """The OST score, 0.2 x (weight - age), as a decimal: it is not cut to a whole number.

    Source: Osteoporosis Self-assessment Tool; CMS249 compares it with 2.0 in women.
    """
    return (weight_kg - age_years) / 5
