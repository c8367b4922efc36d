"""Other reasons to look at the bones: named on the baseline card, counted nowhere."""

from __future__ import annotations

from typing import Final

from cds.engine.compare import truth_of
from cds.engine.fact import Fact, Known, Seen
from cds.engine.rule import Limit
from cds.engine.truth import Truth
from cds.facts.catalogue import Type, fact
from cds.facts.view import View

YES: Final = True
Asked = tuple[str, str, Limit]
REASONS: Final[tuple[tuple[str, tuple[Asked, ...]], ...]] = (
    ("current smoking", (("lifestyle.smoking", "is", YES),)),
    ("alcohol", (("lifestyle.alcohol", "is", YES),)),
    ("low body mass index", (("lifestyle.low_bmi", "is", YES),)),
    ("falls", (("lifestyle.falls", "is", YES),)),
    ("hip fracture of a parent", (("lifestyle.parental_hip_fracture", "is", YES),)),
    ("rheumatoid arthritis", (("lifestyle.rheumatoid_arthritis", "is", YES),)),
    ("a disease that causes secondary osteoporosis", (("lifestyle.secondary_cause", "is", YES),)),
    ("a proton pump inhibitor", (("drug.ppi", "is", YES),)),
    ("an anticonvulsant that lowers bone density", (("drug.anticonvulsant", "is", YES),)),
    ("an aromatase inhibitor", (("drug.aromatase_inhibitor", "is", YES),)),
    ("androgen deprivation", (("drug.androgen_deprivation", "is", YES),)),
    ("a low OST score", (("patient.sex", "is", "female"), ("ost.score", "below", "ost.women"))),
    ("a low OST score", (("patient.sex", "is", "male"), ("ost.score", "below", "ost.men"))),
)
"""Each reason in plain words, and what must all be true of which facts; a comparison's limit names its parameter."""

READS: Final = (
    "patient", "conditions", "medicationRequests", "medicationStatements", "medicationAdministrations",
    "medicationDispenses", "observations",
)  # fmt: skip


@fact("risk.also_present", Type.BOOL, words="another reason to look at the bones", reads=READS)
def also_present(view: View) -> Fact:
    """Whether any is known to be present; what could not be checked is not named."""
    return Known(bool(view.once(_held)), view.once(_seen))


@fact("risk.also_named", Type.SET, words="other reasons to look at the bones", reads=READS)
def also_named(view: View) -> Fact:
    """Those known to be present, in plain words."""
    return Known(frozenset(words for words, _ in view.once(_held)), view.once(_seen))


def _held(view: View) -> tuple[tuple[str, tuple[Asked, ...]], ...]:
    """The reasons that are known to be present."""
    return tuple(each for each in REASONS if _true(view, each[1]))


def _true(view: View, asked: tuple[Asked, ...]) -> bool:
    return all(_holds(view, *each) is Truth.TRUE for each in asked)


def _holds(view: View, name: str, comparison: str, limit: Limit) -> Truth:
    bound = view.number(limit) if isinstance(limit, str) and comparison != "is" else limit
    return truth_of(name, comparison, bound, view)


def _seen(view: View) -> tuple[Seen, ...]:
    names = dict.fromkeys(name for _, asked in view.once(_held) for name, _, _ in asked)
    return tuple(dict.fromkeys(seen for name in names for seen in view[name].seen_in))
