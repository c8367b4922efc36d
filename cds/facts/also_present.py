"""Other reasons to look at the bones: named on the baseline card, counted nowhere."""

from __future__ import annotations

from typing import Final

from cds.engine.fact import Cause, Fact, Known, Seen, Unknown
from cds.engine.truth import Truth, all_of
from cds.facts.catalogue import Type, fact
from cds.facts.risk import Asked, against, is_
from cds.facts.view import View

REASONS: Final[tuple[tuple[str, tuple[Asked, ...]], ...]] = (
    ("current smoking", (is_("lifestyle.smoking"),)),
    ("alcohol", (is_("lifestyle.alcohol"),)),
    ("low body mass index", (is_("lifestyle.low_bmi"),)),
    ("falls", (is_("lifestyle.falls"),)),
    ("hip fracture of a parent", (is_("lifestyle.parental_hip_fracture"),)),
    ("rheumatoid arthritis", (is_("lifestyle.rheumatoid_arthritis"),)),
    ("a disease that causes secondary osteoporosis", (is_("lifestyle.secondary_cause"),)),
    ("a proton pump inhibitor", (is_("drug.ppi"),)),
    ("an anticonvulsant that lowers bone density", (is_("drug.anticonvulsant"),)),
    ("an aromatase inhibitor", (is_("drug.aromatase_inhibitor"),)),
    ("androgen deprivation", (is_("drug.androgen_deprivation"),)),
    ("a low OST score", (is_("patient.sex", "female"), against("ost.score", "below", "ost.women"))),
    ("a low OST score", (is_("patient.sex", "male"), against("ost.score", "below", "ost.men"))),
)
"""Each reason in plain words, and what must all be true of which facts."""

READS: Final = (
    "patient", "conditions", "medicationRequests", "medicationStatements", "medicationAdministrations",
    "medicationDispenses", "observations",
)  # fmt: skip


@fact("risk.also_present", Type.BOOL, words="another reason to look at the bones", reads=READS)
def also_present(view: View) -> Fact:
    """True if any is known to be present; unknown if none is and some could not be checked."""
    if view.once(_held):
        return Known(True, view.once(_seen))
    doubts = (asked for _, asked in REASONS if _told(view, asked) is Truth.UNKNOWN)
    return next((_doubt(view, asked) for asked in doubts), Known(False))


def _doubt(view: View, asked: tuple[Asked, ...]) -> Unknown:
    """Why that reason could not be checked."""
    facts = (view[each.fact] for each in asked)
    vague = Unknown("known only within a range that spans the limit", Cause.AMBIGUOUS)
    return next((fact for fact in facts if isinstance(fact, Unknown)), vague)


@fact("risk.also_named", Type.SET, words="other reasons to look at the bones", reads=READS)
def also_named(view: View) -> Fact:
    """Those known to be present, in plain words."""
    return Known(frozenset(words for words, _ in view.once(_held)), view.once(_seen))


def _held(view: View) -> tuple[tuple[str, tuple[Asked, ...]], ...]:
    """The reasons that are known to be present."""
    return tuple(each for each in REASONS if _told(view, each[1]) is Truth.TRUE)


def _told(view: View, asked: tuple[Asked, ...]) -> Truth:
    return all_of(each.held(view) for each in asked) if len(asked) > 1 else asked[0].held(view)


def _seen(view: View) -> tuple[Seen, ...]:
    names = dict.fromkeys(each.fact for _, asked in view.once(_held) for each in asked)
    return tuple(dict.fromkeys(seen for name in names for seen in view[name].seen_in))
