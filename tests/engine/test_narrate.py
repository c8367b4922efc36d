"""A trace reads like a colleague's reasoning."""

from datetime import date

from cds.engine.fact import Cause, Fact, Known, Range, Seen, Unknown, Value
from cds.engine.judge import compile_rule
from cds.engine.narrate import answer, narrate, narrate_rule
from cds.engine.phrase import sentences
from cds.engine.rule import All, Any, Condition, Not, Part, Rule, Stratum
from cds.engine.rule import Test as OneTest
from cds.engine.spell import value_words
from cds.engine.trace import trace, trace_rule
from tests.engine.reference import Chart

AS_OF = date(2026, 6, 1)
NAMES = {
    "patient.adult": "adult",
    "bone.t": "lowest T-score",
    "frax.mof": "FRAX",
    "fracture.last": "last fracture",
    "patient.sex": "sex",
    "ici.dual": "two checkpoint inhibitors",
}
FACTS: dict[str, Fact] = {
    "patient.adult": Known(True, (Seen("Patient/1"),)),
    "bone.t": Known(-3.1, (Seen("Observation/7", "2026-01-03"),)),
    "frax.mof": Unknown("never measured", Cause.NEVER_MEASURED),
    "fracture.last": Known(None, note="4 conditions read"),
    "patient.sex": Known("male", (Seen("Patient/1"),)),
    "ici.dual": Known(False, tuple(Seen(f"MedicationRequest/{n}") for n in range(5))),
}
ADULT, DUAL = OneTest("patient.adult", "is", True), OneTest("ici.dual", "is", True)
LOW, FRAX = OneTest("bone.t", "below", -3.0, "t.very_low"), OneTest("frax.mof", "above", 30, "frax.high")
RECENT, FEMALE = OneTest("fracture.last", "within_days", 365, "days"), OneTest("patient.sex", "is", "female")


class Words:
    """Words for the facts above."""

    def fact(self, name: str, /) -> str:
        return NAMES[name]

    def value(self, name: str, value: Value, /) -> str:
        return value_words(value)

    def limit(self, test: OneTest, /) -> str:
        return {"t.very_low": "-3 [AACE]", "frax.high": "30 % [AACE]", "days": "365 days [AACE]"}[test.parameter]


def told(condition: Condition, **more: Fact) -> list[str]:
    """The condition as narrated."""
    facts = {**FACTS, **{name.replace("__", "."): fact for name, fact in more.items()}}
    return narrate(trace(condition, Chart(AS_OF, facts)), Words())


def test_one_test_tells_value_place_and_limit() -> None:
    assert told(LOW) == ["✓ lowest T-score is -3.1 (Observation/7 of 2026-01-03), which is below -3 [AACE]."]
    assert told(LOW, bone__t=Known(-2.0)) == ["✗ lowest T-score is -2, which is not below -3 [AACE]."]
    assert told(ADULT) == ["✓ adult: yes (Patient/1)."]
    assert told(FEMALE) == ["✗ sex is male (Patient/1), which is not female."]


def test_what_is_not_known_says_why_and_what_is_wanted() -> None:
    assert told(FRAX) == ["? FRAX is not known (never measured); wanted: above 30 % [AACE]."]
    assert told(ADULT, patient__adult=Unknown("no birth date", Cause.NOT_STATED)) == [
        "? adult is not known (no birth date); wanted: yes."
    ]


def test_a_range_across_the_limit_cannot_be_told() -> None:
    assert told(LOW, bone__t=Known(Range(-4, -2))) == [
        "? lowest T-score is -4 to -2, and whether that is below -3 [AACE] cannot be told."
    ]


def test_what_does_not_apply_is_told_with_its_note() -> None:
    assert told(RECENT) == [
        "✗ last fracture does not apply (4 conditions read), so it is not within the last 365 days [AACE]."
    ]


def test_many_resources_are_counted() -> None:
    assert told(DUAL) == [
        "✗ two checkpoint inhibitors: no (MedicationRequest/0, MedicationRequest/1, MedicationRequest/2, 2 more)."
    ]


def test_a_negated_test_shows_what_the_rule_wants() -> None:
    assert told(Not(LOW)) == ["✗ lowest T-score is -3.1 (Observation/7 of 2026-01-03), which is below -3 [AACE]."]
    assert told(Not(FRAX)) == ["? FRAX is not known (never measured); wanted: not above 30 % [AACE]."]
    assert told(Not(ADULT)) == ["✗ adult: yes (Patient/1) – wanted: no."]
    assert told(OneTest("patient.adult", "is", False)) == ["✗ adult: yes (Patient/1) – wanted: no."]
    assert told(OneTest("patient.adult", "is", False), patient__adult=Known(None)) == ["✗ adult does not apply."]


def test_only_the_members_that_mattered_are_told() -> None:
    assert told(Any((FRAX, LOW, RECENT))) == [
        "✓ one is enough, and this holds:",
        "  ✓ lowest T-score is -3.1 (Observation/7 of 2026-01-03), which is below -3 [AACE].",
    ]
    assert told(All((ADULT, FRAX))) == [
        "? all would have to hold, and this cannot be told:",
        "  ? FRAX is not known (never measured); wanted: above 30 % [AACE].",
    ]
    assert told(All((ADULT, FRAX, FEMALE)))[0] == "✗ all would have to hold, and this does not:"
    assert told(Any((FEMALE, RECENT)))[0] == "✗ one would be enough, and none holds:"


def test_groups_within_groups_are_indented() -> None:
    assert told(Any((All((ADULT, LOW)), FEMALE))) == [
        "✓ one is enough, and this holds:",
        "  ✓ all of these hold:",
        "    ✓ adult: yes (Patient/1).",
        "    ✓ lowest T-score is -3.1 (Observation/7 of 2026-01-03), which is below -3 [AACE].",
    ]
    assert told(Not(Any((FEMALE, RECENT))))[0] == "✓ the following must not hold; it does not hold:"


def test_a_whole_rule_is_told_as_far_as_it_was_read() -> None:
    strata = (Stratum("very-high", Any((FRAX, RECENT))), Stratum("high", LOW), Stratum("low", FEMALE))
    rule = Rule("bone-drug", 3, ADULT, strata, (Part("dxa", ADULT),))
    chart = Chart(AS_OF, FACTS)
    verdict = compile_rule(rule)(chart)
    lines = narrate_rule(trace_rule(rule, chart), verdict, Words())
    assert lines == [
        "bone-drug (version 3) fires with high; still possible: very-high, high.",
        "  whether it applies – yes:",
        "    ✓ adult: yes (Patient/1).",
        "  stratum very-high – cannot be told:",
        "    ? one would be enough; none holds for certain, and this cannot be told:",
        "      ? FRAX is not known (never measured); wanted: above 30 % [AACE].",
        "  stratum high – holds:",
        "    ✓ lowest T-score is -3.1 (Observation/7 of 2026-01-03), which is below -3 [AACE].",
        "  part dxa – asked for:",
        "    ✓ adult: yes (Patient/1).",
        "  what would settle it:",
        "    ? FRAX: never measured",
    ]


def test_a_rule_that_does_not_apply_stops_there() -> None:
    rule = Rule("bone-drug", 3, FEMALE, (Stratum("high", LOW),))
    chart = Chart(AS_OF, FACTS)
    verdict = compile_rule(rule)(chart)
    assert answer(verdict) == "bone-drug (version 3) does not apply to this patient."
    assert len(narrate_rule(trace_rule(rule, chart), verdict, Words())) == 3


def test_conditions_as_sentences() -> None:
    condition = All((ADULT, Not(FEMALE), Any((LOW, Not(DUAL))), Not(All((FRAX, RECENT)))))
    assert sentences(condition, Words()) == [
        "all of these:",
        "  adult: yes",
        "  sex is not female",
        "  any of these:",
        "    lowest T-score is below -3 [AACE]",
        "    two checkpoint inhibitors: no",
        "  not so that:",
        "    all of these:",
        "      FRAX is above 30 % [AACE]",
        "      last fracture is within the last 365 days [AACE]",
    ]
