"""The formulas give the published check values."""

import pytest

from cds.facts.formulas import corrected_calcium, creatinine_clearance, egfr_ckd_epi_2021, osteoporosis_self_assessment


@pytest.mark.parametrize(
    ("total", "albumin", "corrected"), [(8.0, 4.0, 8.0), (8.0, 3.0, 8.8), (10.0, 4.5, 9.6), (7.6, 2.0, 9.2)]
)
def test_calcium_is_corrected_to_an_albumin_of_four(total: float, albumin: float, corrected: float) -> None:
    assert corrected_calcium(total, albumin) == pytest.approx(corrected)


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "egfr"),
    [
        (0.9, 55, "female", 75.5),  # the check value of the National Kidney Foundation's page
        (0.9, 55, "male", 100.9),
        (0.5, 30, "female", 129.3),
        (2.0, 70, "male", 35.2),
        (4.0, 80, "female", 10.8),
    ],
)
def test_egfr_by_ckd_epi_2021(creatinine: float, age: float, sex: str, egfr: float) -> None:
    assert egfr_ckd_epi_2021(creatinine, age, sex) == pytest.approx(egfr, abs=0.05)


@pytest.mark.parametrize(
    ("creatinine", "age", "weight", "sex", "clearance"),
    [(1.0, 70, 60, "female", 49.58), (1.0, 70, 60, "male", 58.33), (2.0, 85, 50, "female", 16.23)],
)
def test_clearance_by_cockcroft_and_gault(
    creatinine: float, age: float, weight: float, sex: str, clearance: float
) -> None:
    assert creatinine_clearance(creatinine, age, weight, sex) == pytest.approx(clearance, abs=0.005)


@pytest.mark.parametrize(("weight", "age", "score"), [(60, 70, -2.0), (80, 60, 4.0), (61, 60, 0.2)])
def test_ost_is_not_cut_to_a_whole_number(weight: float, age: float, score: float) -> None:
    assert osteoporosis_self_assessment(weight, age) == pytest.approx(score)
