"""Topics together in one response, through the real rule book: who replaces, silences, defers or raises whom.

Cards come few and in one order, nothing is asked twice, and what is ordered already is not asked for at all.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds.cards.choose import URGENCY
from cds.decide import Decision, decide
from cds.engine.verdict import Outcome
from cds.orders.draft import draft_order
from cds.orders.weigh import Standing, weigh
from cds.repeats import Answered, Remembered
from cds.ruleset.book import Site
from cds.ruleset.orderable import Code
from tests.cards.made import (
    AS_OF,
    CANONICAL,
    SAFE_LABS,
    answer,
    card,
    condition,
    decision,
    lab,
    order,
    ordered,
    rule_set,
    rules_of,
    topics,
)

Plain = dict[str, Any]
OPTIONS = sorted(rule_set().options)
SUPPLEMENTS = {"calcium", "cholecalciferol", "cholecalciferol-repletion"}
T_SCORE = lab("38267-1", -2.7, "{T-score}", "2026-05-12")
METASTASIS = condition("C79.51", "2026-02-01")
STEROID_ORDER = order("prednisone 10 mg", "rx-steroid", status="active", authoredOn="2026-09-01")
OVERDUE = {
    **order("Prolia", "given-1", status="completed", authoredOn="2026-03-01"),
    "resourceType": "MedicationAdministration",
    "effectiveDateTime": "2026-03-01",
}
ON_TREATMENT = tuple(
    {
        **order("nivolumab", f"given-{day}", status="completed"),
        "resourceType": "MedicationAdministration",
        "effectiveDateTime": day,
    }
    for day in ("2025-09-01", "2025-12-01", "2026-03-01", "2026-06-01", "2026-09-01", "2026-11-01")
)
HIGH_CALCIUM = {
    "corrected above the limit": (lab("17861-6", 11.4, "mg/dL"), lab("1751-7", 4.0, "g/dL")),
    "high only after correction": (lab("17861-6", 10.1, "mg/dL"), lab("1751-7", 2.8, "g/dL")),
    "ionised above its range": (
        lab("1994-3", 1.45, "mmol/L", referenceRange=[{"high": {"value": 1.32, "unit": "mmol/L"}}]),
    ),
    "total above its laboratory's range": (
        lab("17861-6", 10.4, "mg/dL", referenceRange=[{"high": {"value": 10.2, "unit": "mg/dL"}}]),
        lab("1751-7", 4.0, "g/dL"),
    ),
}  # fmt: skip


def without(*codes: str) -> tuple[Plain, ...]:
    """The safe labs, but for these codes."""
    return tuple(each for each in SAFE_LABS if each["code"]["coding"][0]["code"] not in codes)


def outcomes(found: Decision) -> dict[str, str]:
    """Each rule's outcome with its stratum."""
    return {each.rule: f"{each.outcome.value} {each.stratum or ''}".strip() for each in found.verdicts}


def suggested(response: Plain) -> set[str]:
    """Every option that any suggestion of the response orders."""
    return {
        name for each in response["cards"] for suggestion in each.get("suggestions", ()) for name in ordered(suggestion)
    }


# bone metastasis


@pytest.mark.parametrize("disease", ["C79.51", "C90.00"])
def test_bone_metastasis_and_myeloma_replace_drug_strata_and_baseline(disease: str) -> None:
    plain = decision(T_SCORE, *without("41171-0"))
    assert outcomes(plain)["antiresorptive"] == "fires high"
    assert outcomes(plain)["bone-metastasis"] == "not-applicable"
    found = decision(T_SCORE, *without("41171-0"), condition(disease, "2026-02-01"))
    said = outcomes(found)
    assert (said["antiresorptive"], said["baseline-assessment"]) == ("not-applicable", "not-applicable")
    assert said["bone-metastasis"] == "fires not-on-agent"
    response = answer(found)
    assert "bone-metastasis" in topics(response)
    assert not {"antiresorptive", "baseline-assessment", "surveillance"} & set(topics(response))
    assert not {"zoledronic-acid-5mg", "alendronate-70mg", "denosumab-60mg", "dxa"} & suggested(response)


def test_safety_checks_run_with_bone_metastasis_too() -> None:
    response = answer(decision(METASTASIS, OVERDUE, *SAFE_LABS))
    said = card(response, "antiresorptive")["extension"]["bone-cds.decision"]
    assert said["stratum"] == "denosumab-overdue"
    assert "bone-metastasis" in topics(response)


# calcium and vitamin D


@pytest.mark.parametrize("high", HIGH_CALCIUM.values(), ids=HIGH_CALCIUM)
@pytest.mark.parametrize("more", [(), (METASTASIS,), (T_SCORE,), (*ON_TREATMENT,)], ids=["", "met", "dxa", "treated"])
@pytest.mark.parametrize("vitamin_d", [12, 25, 40])
def test_high_calcium_silences_every_calcium_and_vitamin_d_order(
    high: tuple[Plain, ...], more: tuple[Plain, ...], vitamin_d: float
) -> None:
    labs = (*without("17861-6", "1751-7", "62292-8"), lab("62292-8", vitamin_d, "ng/mL"))
    found = decision(*labs, *high, *more)
    response = answer(found)
    assert outcomes(found)["calcium-vitamin-d"] == "fires hypercalcaemia"
    assert card(response, "calcium-vitamin-d")["indicator"] == "warning"
    assert not SUPPLEMENTS & suggested(response)
    assert "suggestions" not in card(response, "calcium-vitamin-d")


def test_low_calcium_withholds_the_drugs_and_is_said_on_its_own_card() -> None:
    response = answer(decision(T_SCORE, *without("17861-6"), lab("17861-6", 7.9, "mg/dL")))
    assert card(response, "calcium-vitamin-d")["extension"]["bone-cds.decision"]["stratum"] == "hypocalcaemia"
    withheld = card(response, "antiresorptive")["extension"]["bone-cds.decision"]["withheld"]
    assert {each["option"] for each in withheld} == {"zoledronic-acid-5mg", "alendronate-70mg", "denosumab-60mg"}


@pytest.mark.parametrize(("disease", "topic"), [((T_SCORE,), "antiresorptive"), ((METASTASIS,), "bone-metastasis")])
def test_vitamin_d_deficiency_puts_every_drug_off_and_is_repleted(disease: tuple[Plain, ...], topic: str) -> None:
    found = decision(*disease, *without("62292-8"), lab("62292-8", 14, "ng/mL"))
    response = answer(found)
    assert {each.standing for each in found.weighed[topic]} == {Standing.DEFERRED}
    assert "suggestions" not in card(response, topic)
    assert "not yet" in card(response, topic)["detail"]
    (repletion,) = card(response, "calcium-vitamin-d")["suggestions"]
    assert ordered(repletion) == ["cholecalciferol-repletion"]


# possible skeletal event


def test_a_new_fragility_fracture_on_treatment_makes_the_risk_very_high() -> None:
    fracture = condition("M80.08XA", "2026-10-20")
    before = decision(*ON_TREATMENT, *SAFE_LABS)
    assert "very-high" not in outcomes(before)["antiresorptive"]
    found = decision(*ON_TREATMENT, fracture, *SAFE_LABS)
    said = outcomes(found)
    assert (said["skeletal-irae"], said["antiresorptive"]) == ("fires fracture", "fires very-high")
    assert topics(answer(found))[:2] == ["skeletal-irae", "antiresorptive"]


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("S52.501A", "2025-09-15", "very-high"),
        ("M80.08XA", "2025-09-15", "very-high"),
        ("M80.08XA", "2025-08-15", "high"),
    ],
)
def test_it_stays_very_high_as_long_as_the_course_goes_on(code: str, day: str, expected: str) -> None:
    found = decision(*ON_TREATMENT, condition(code, day), *SAFE_LABS)
    assert outcomes(found)["antiresorptive"] == f"fires {expected}"
    assert outcomes(found)["skeletal-irae"] == ("fires fracture" if expected == "very-high" else "silent")


def test_a_pathological_fracture_on_treatment_leads_to_imaging_and_to_no_osteoporosis_drug() -> None:
    found = decision(*ON_TREATMENT, condition("M84.58XA", "2026-10-20"), *SAFE_LABS)
    said = outcomes(found)
    assert said["skeletal-irae"] == "fires pathological"
    assert said["antiresorptive"] != "fires very-high"
    assert not {"zoledronic-acid-5mg", "alendronate-70mg", "denosumab-60mg"} & suggested(answer(found))


# what every response keeps to

PIECES: tuple[tuple[Plain, ...], ...] = (
    (T_SCORE,), (METASTASIS,), (STEROID_ORDER,), (OVERDUE,), ON_TREATMENT, SAFE_LABS, without("17861-6", "2160-0"),
    (condition("M80.08XA", "2026-10-20"),), (condition("S72.001A", "2020-03-01"),), (condition("M87.180"),),
    (condition("C40.20"),), (condition("C61"),), (condition("N18.5"),), (condition("K22.2"),), (condition("Z99.2"),),
    (lab("62292-8", 14, "ng/mL", "2026-11-20"),), (lab("17861-6", 11.4, "mg/dL", "2026-11-20"),),
    (lab("17861-6", 7.9, "mg/dL", "2026-11-20"),), (lab("90265-0", 24, "%", "2026-06-01"),),
    (order("Prolia", "rx-prolia", status="active", authoredOn="2026-11-01"),),
    (order("vitamin d3", "rx-d3", status="active", authoredOn="2026-11-01"),),
)  # fmt: skip
DRAFTS: tuple[Plain, ...] = (
    order("ipilimumab", "draft-2"), order("Reclast", "draft-3"), order("Xgeva", "draft-4"), order("Tums", "draft-5"),
    {**order("", "draft-6"), "medicationCodeableConcept": {}},
)  # fmt: skip
PEOPLE: tuple[Plain, ...] = tuple(
    {"resourceType": "Patient", "id": "p1", "gender": gender, "birthDate": born}
    for gender in ("female", "male")
    for born in ("1950-05-01", "1972-05-01", "1996-05-01", "2012-05-01")
)


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    """A decision about somebody with some of these troubles, labs and drugs."""
    pieces = draw(st.lists(st.sampled_from(PIECES), unique_by=id, max_size=7))
    resources = {each["id"]: each for piece in pieces for each in piece}
    drafts = draw(st.lists(st.sampled_from(DRAFTS), unique_by=id, max_size=2))
    hook = draw(st.sampled_from(("order-sign", "order-sign", "patient-view")))
    patient = draw(st.sampled_from(PEOPLE))
    return decision(*resources.values(), drafts=(order("nivolumab"), *drafts), patient=patient, hook=hook)


@settings(max_examples=150)
@given(decisions())
def test_every_response_is_short_in_order_and_asks_nothing_twice(found: Decision) -> None:
    response = answer(found)
    shown, book = topics(response), list(found.ruleset.book.topics)
    indicators = [each["indicator"] for each in response["cards"]]
    assert max(Counter(shown).values(), default=0) <= 1
    ranks = [(URGENCY[each], book.index(topic)) for each, topic in zip(indicators, shown, strict=True)]
    assert [urgency for urgency, _ in ranks] == sorted(urgency for urgency, _ in ranks)
    assert ranks == sorted(ranks)
    assert len([each for each in indicators if each == "info"]) <= max(0, found.ruleset.site.max_cards)
    assert len(shown) <= max(found.ruleset.site.max_cards, sum(each != "info" for each in indicators))
    asked = Counter(
        name for each in response["cards"] for name in {n for s in each.get("suggestions", ()) for n in ordered(s)}
    )
    assert [name for name, times in asked.items() if times > 1] == []


@settings(max_examples=150)
@given(decisions())
def test_what_warns_is_never_dropped_and_nothing_offered_is_shut(found: Decision) -> None:
    response = answer(found)
    warning = set()
    for verdict in found.verdicts:
        rule = found.ruleset.rule(verdict.rule)
        stratum = next((each for each in rule.written.strata if each.id == verdict.stratum), None)
        if verdict.outcome is Outcome.FIRES and stratum and stratum.card and not rule.written.parts:
            warning |= {rule.written.topic} if stratum.card.indicator != "info" else set()
    assert warning <= set(topics(response))
    if len(response["cards"]) < found.ruleset.site.max_cards:
        assert _speaking(found) <= set(topics(response))
    for name in suggested(response):
        option = found.ruleset.options[name]
        fitting = {Standing.OFFERED} if option.written.kind == "drug" else {Standing.OFFERED, Standing.FIRST_KNOW}
        assert weigh(option, found.view).standing in fitting, "a test may be asked for before all is known, a drug not"


def _speaking(found: Decision) -> set[str]:
    """The topics that have something to say; a card made of parts may find them all on another card."""
    rules = ((each, found.ruleset.rule(each.rule)) for each in found.verdicts)
    return {rule.written.topic for each, rule in rules if each.outcome is Outcome.FIRES and not rule.written.parts}


@settings(max_examples=150)
@given(decisions(), st.integers(0, 3), st.sampled_from(("overridden", "accepted")))
def test_an_answered_card_goes_and_nothing_else_changes(found: Decision, which: int, how: Answered) -> None:
    before = answer(found)
    if not before["cards"]:
        return
    gone = before["cards"][which % len(before["cards"])]
    said = gone["extension"]["bone-cds.decision"]
    history = [
        Remembered(said["topic"], said["rule"], said["version"], said["stratum"], gone["indicator"], AS_OF, how, AS_OF)
    ]
    again = decide(found.view.chart, found.view.draft, found.ruleset, found.hook, found.as_of, history)
    note = f"\n\n_{found.ruleset.book.evidence_note}_"
    told = [_gist(each, note) for each in before["cards"] if each is not gone or each["indicator"] == "critical"]
    after = [_gist(each, note) for each in answer(again)["cards"]]
    if len(before["cards"]) < found.ruleset.site.max_cards:
        assert after == told
    topics_told = {topic for topic, _, _, _ in told}
    kept = [each for each in after if each[0] in topics_told]
    fresh = [each for each in after if each[0] not in topics_told]  # there is room for it now
    for then, now in zip(told, kept, strict=True):
        assert (then[0], then[1], then[3]) == (now[0], now[1], now[3])
        was, stays = _lines([then]), _lines([now])
        assert stays <= was
        assert was - stays <= _lines(fresh), "a line may move to what there is room for, and never goes"
    assert gone["indicator"] == "critical" or said["topic"] not in {one[0] for one in after}


def _lines(gists: list[tuple[str, str, str, list[list[str]]]]) -> set[str]:
    """Every line of these cards."""
    return {line for _, _, words, _ in gists for line in words.splitlines()}


def _gist(shown: Plain, note: str) -> tuple[str, str, str, list[list[str]]]:
    """Topic, words and orders; the note on the evidence stands once a response, on whichever card comes first."""
    topic, words = shown["source"]["topic"]["code"], shown["detail"].removesuffix(note)
    return topic, shown["summary"], words, [ordered(each) for each in shown.get("suggestions", ())]


def test_cards_of_equal_urgency_come_in_the_order_of_the_specification() -> None:
    assert list(rule_set().book.topics) == [
        "skeletal-irae", "bone-metastasis", "antiresorptive", "calcium-vitamin-d", "surveillance",
        "baseline-assessment", "scope", "data-gaps",
    ]  # fmt: skip


def test_warnings_go_beyond_the_budget_and_info_cards_do_not() -> None:
    found = decision(
        *ON_TREATMENT,
        condition("M80.08XA", "2026-10-20"),
        *without("62292-8", "41171-0"),
        lab("62292-8", 14, "ng/mL"),
        drafts=(order("nivolumab"), DRAFTS[-1]),
    )
    response = answer(found)
    assert topics(response)[:3] == ["skeletal-irae", "antiresorptive", "calcium-vitamin-d"]
    assert "data-gaps" in topics(response)
    assert {each["indicator"] for each in response["cards"]} == {"warning"}
    one = answer(decision(T_SCORE, *SAFE_LABS[:4], rules=rules_of(Site(max_cards=1))))
    assert all(each["indicator"] == "warning" for each in one["cards"][1:])


# what is there already


def as_order(name: str, site: Site, **more: Any) -> Plain:
    """The order that the option becomes, as the EHR sends it back."""
    return {**draft_order(rule_set().options[name].written, "Patient/p1", site, CANONICAL), "id": "own", **more}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_in_the_same_draft_is_not_suggested(name: str) -> None:
    found = decision(*SAFE_LABS, drafts=(order("nivolumab"), as_order(name, Site())))
    assert weigh(rule_set().options[name], found.view).standing is Standing.ALREADY
    assert name not in suggested(answer(found))


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_is_an_active_order_is_not_suggested(name: str) -> None:
    active = as_order(name, Site(), status="active", authoredOn="2026-11-20")
    assert weigh(rule_set().options[name], decision(*SAFE_LABS, active).view).standing is Standing.ALREADY
    done = {**active, "status": "revoked" if active["resourceType"] == "ServiceRequest" else "cancelled"}
    assert weigh(rule_set().options[name], decision(*SAFE_LABS, done).view).standing is Standing.OFFERED
    refused = {**active, "doNotPerform": True}
    assert weigh(rule_set().options[name], decision(*SAFE_LABS, refused).view).standing is Standing.OFFERED


@pytest.mark.parametrize("name", ["referral-bone-oncology", "imaging-spine", "lab-calcium", "dxa"])
def test_an_order_that_was_never_closed_is_asked_for_again(name: str) -> None:
    """An open order counts for 180 days."""
    old = as_order(name, Site(), status="active", authoredOn="2026-05-28")
    assert weigh(rule_set().options[name], decision(*SAFE_LABS, old).view).standing is Standing.ALREADY
    older = {**old, "authoredOn": "2026-05-27"}
    assert weigh(rule_set().options[name], decision(*SAFE_LABS, older).view).standing is Standing.OFFERED


@pytest.mark.parametrize("name", ["referral-dental", "dxa", "cholecalciferol-repletion", "lab-ctx"])
def test_a_hospital_s_own_code_is_recognised_when_it_comes_back(name: str) -> None:
    own = Code(system="https://hospital.example/orders", code="OWN-1", display="Own")
    rules = rules_of(Site(order_codes={name: (own,)}))
    concept = {"coding": [{"system": own.system, "code": own.code}], "text": "as our catalogue calls it"}
    kind = "medicationCodeableConcept" if rules.options[name].written.kind == "drug" else "code"
    sent = as_order(name, Site(), status="active", authoredOn="2026-11-20") | {kind: concept}
    assert weigh(rules.options[name], decision(*SAFE_LABS, sent, rules=rules).view).standing is Standing.ALREADY
    assert weigh(rule_set().options[name], decision(*SAFE_LABS, sent).view).standing is Standing.OFFERED


def test_repletion_that_is_under_way_is_not_ordered_again() -> None:
    low = (*without("62292-8"), lab("62292-8", 14, "ng/mL"))
    assert "cholecalciferol-repletion" in suggested(answer(decision(*low)))
    running = as_order("cholecalciferol-repletion", Site(), status="active", authoredOn="2026-11-20")
    assert "cholecalciferol-repletion" not in suggested(answer(decision(*low, running)))
