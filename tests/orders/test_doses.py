"""A dose that depends on a fact: the first that fits, none while it cannot be told, and never one below the label."""

from __future__ import annotations

from typing import Any

import pytest

from cds.orders.dose import dose_for
from cds.orders.weigh import Standing, Weighed, weigh
from cds.ruleset.ruleset import LoadedOption
from tests.cards.made import SAFE_LABS, answer, card, condition, decision, lab, order, ordered, rule_set

Plain = dict[str, Any]
MAN: Plain = {"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1958-01-11"}
METASTASIS = condition("C79.51", "2026-09-01")
ZOLEDRONIC, DENOSUMAB = "zoledronic-acid-4mg", "denosumab-120mg"


def labs_of(creatinine: float, weight: float = 78, drop: frozenset[str] = frozenset()) -> list[Plain]:
    """Safe labs of a man of 68 with this creatinine: his clearance is weight / creatinine (72 = 140 - 68)."""
    changed = frozenset({"2160-0", "29463-7"})
    kept = [each for each in SAFE_LABS if each["code"]["coding"][0]["code"] not in changed | drop]
    own = [lab("2160-0", creatinine, "mg/dL"), lab("29463-7", weight, "kg")]
    return [*kept, *(each for each in own if each["code"]["coding"][0]["code"] not in drop)]


def option(name: str) -> LoadedOption:
    return rule_set().options[name]


def weighed(name: str, *resources: Plain, drafts: tuple[Plain, ...] = (order("nivolumab"),)) -> Weighed:
    return weigh(option(name), decision(METASTASIS, *resources, patient=MAN, drafts=drafts).view)


@pytest.mark.parametrize(
    ("creatinine", "mg"),
    [
        pytest.param(1.0, 4.0, id="78"),
        pytest.param(1.28, 4.0, id="60.9"),
        pytest.param(1.3, 3.5, id="60 is not above 60"),
        pytest.param(1.56, 3.5, id="50"),
        pytest.param(1.58, 3.3, id="49.4: the gap of the label goes to the lower dose"),
        pytest.param(1.95, 3.3, id="40"),
        pytest.param(1.97, 3.0, id="39.6: the other gap"),
        pytest.param(2.6, 3.0, id="30"),
    ],
)
def test_zoledronic_acid_is_dosed_by_clearance(creatinine: float, mg: float) -> None:
    found = weighed(ZOLEDRONIC, *labs_of(creatinine))
    assert found.standing is Standing.OFFERED
    assert found.dose is not None
    assert found.dose.written.dose.value == mg
    assert found.title == found.dose.written.title
    assert f" {mg:g} mg" in found.title


def test_below_30_zoledronic_acid_is_withheld_and_denosumab_is_not() -> None:
    labs = labs_of(2.62)
    assert weighed(ZOLEDRONIC, *labs).standing is Standing.WITHHELD
    assert weighed(DENOSUMAB, *labs).standing is Standing.OFFERED
    assert weighed(DENOSUMAB, *labs).dose is None


def test_without_a_weight_there_is_no_clearance_and_no_dose() -> None:
    found = weighed(ZOLEDRONIC, *labs_of(1.0, drop=frozenset({"29463-7"})))
    assert found.standing is Standing.FIRST_KNOW
    assert "lab.crcl" in [reason.fact for reason in found.reasons]


def test_a_clearance_on_both_sides_of_a_limit_tells_no_dose() -> None:
    found = weighed(ZOLEDRONIC, *labs_of(1.2), {**lab("2160-0", 1.5, "mg/dL"), "id": "second-of-the-day"})
    assert found.standing is Standing.FIRST_KNOW
    assert [reason.fact for reason in found.reasons] == ["lab.crcl"]


def test_an_option_without_doses_has_none() -> None:
    view = decision(patient=MAN).view
    assert dose_for(option("dxa"), view.once) is None


@pytest.mark.parametrize("name", [ZOLEDRONIC, DENOSUMAB])
@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param(condition("M87.180"), Standing.WITHHELD, id="jaw osteonecrosis"),
        pytest.param(condition("M84.751A"), Standing.WITHHELD, id="atypical femoral fracture"),
        pytest.param(condition("E83.51", "2026-11-10"), Standing.WITHHELD, id="hypocalcaemia"),
        pytest.param(lab("62292-8", 15, "ng/mL", "2026-11-20"), Standing.DEFERRED, id="vitamin D deficiency"),
        pytest.param(
            {**order("alendronate 70 mg", "m1"), "status": "active", "authoredOn": "2026-11-01"},
            Standing.DEFERRED, id="an osteoporosis dose is active",
        ),
    ],
)  # fmt: skip
def test_the_gates_of_every_antiresorptive_hold(name: str, resource: Plain, expected: Standing) -> None:
    assert weighed(name, *labs_of(1.0), resource).standing is expected


@pytest.mark.parametrize("missing", ["17861-6", "62292-8"])
@pytest.mark.parametrize("name", [ZOLEDRONIC, DENOSUMAB])
def test_calcium_and_vitamin_d_are_known_first(name: str, missing: str) -> None:
    assert weighed(name, *labs_of(1.0, drop=frozenset({missing}))).standing is Standing.FIRST_KNOW


def test_acute_kidney_injury_withholds_zoledronic_acid_only() -> None:
    injury = condition("N17.9", "2026-11-20")
    assert weighed(ZOLEDRONIC, *labs_of(1.0), injury).standing is Standing.WITHHELD
    assert weighed(DENOSUMAB, *labs_of(1.0), injury).standing is Standing.OFFERED


def test_the_order_on_the_card_bears_the_dose_that_fits() -> None:
    shown = card(answer(decision(METASTASIS, *labs_of(1.7), patient=MAN)), "bone-metastasis")
    first = shown["suggestions"][0]
    assert ordered(first) == [ZOLEDRONIC]
    assert first["label"] == "Zoledronic acid 3.3 mg IV every 12 weeks"
    (action,) = first["actions"]
    assert action["description"] == "Order: Zoledronic acid 3.3 mg IV every 12 weeks"
    (dosage,) = action["resource"]["dosageInstruction"]
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 3.3
    assert "3.3 mg" in dosage["text"]


def test_every_dose_cites_the_label() -> None:
    for each in option(ZOLEDRONIC).doses:
        assert {cited.source for cited in each.written.evidence} == {"label-zometa"}
