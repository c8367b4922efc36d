"""The risk modifiers of the review, counted: those present, and up to as many more as could not be checked."""

from __future__ import annotations

from typing import Final

from cds.engine.compare import truth_of
from cds.engine.fact import Fact, Known, Range, Seen
from cds.engine.rule import Limit
from cds.engine.truth import Truth, any_of
from cds.facts.catalogue import Type, fact
from cds.facts.view import View

YES: Final = True
Asked = tuple[str, str, Limit]
MODIFIERS: Final[dict[str, tuple[Asked, ...]]] = {
    "older age": (("patient.age", "at_least", "risk.age_from"),),
    "female sex": (("patient.sex", "is", "female"),),
    "two checkpoint inhibitors": (("ici.dual", "is", YES),),
    "a prior fracture": (("fracture.any_ever", "is", YES),),
    "high-dose glucocorticoid": (("glucocorticoid.daily_mg", "at_least", "glucocorticoid.high_mg"),),
    "low bone density": (
        ("bone.t_score.lowest", "at_most", "t_score.low"),
        ("bone.hu.latest", "at_most", "hu.low"),
        ("bone.vbmd.latest", "at_most", "vbmd.low"),
    ),
    "chemotherapy or radiotherapy in the past": (("cancer.prior_chemo_or_radiotherapy", "is", YES),),
    "hormone therapy": (("drug.hormone_therapy", "is", YES),),
}
"""Each modifier in plain words, and what must be true of which fact; the limit of a comparison names its parameter."""

FACTS: Final = tuple(name for asked in MODIFIERS.values() for name, _, _ in asked)
READS: Final = (
    "patient", "conditions", "medicationRequests", "medicationStatements", "medicationAdministrations",
    "medicationDispenses", "procedures", "boneDensity", "diagnosticReports",
)  # fmt: skip


@fact("risk.modifiers", Type.NUMBER, words="number of risk modifiers", unit="1", reads=READS)
def modifiers(view: View) -> Fact:
    """How many are present; a Range up to how many there may be, where some could not be checked."""
    told = list(view.once(present).values())
    sure, unsure = told.count(Truth.TRUE), told.count(Truth.UNKNOWN)
    value = Range(float(sure), float(sure + unsure)) if unsure else float(sure)
    return Known(value, view.once(_seen), view.once(_unchecked))


@fact("risk.named", Type.SET, words="risk modifiers present", reads=READS)
def named(view: View) -> Fact:
    """Those that are present, in plain words."""
    names = frozenset(name for name, told in view.once(present).items() if told is Truth.TRUE)
    return Known(names, view.once(_seen), view.once(_unchecked))


def present(view: View) -> dict[str, Truth]:
    """What is held of each modifier."""
    return {
        name: holds(view, *asked[0]) if len(asked) == 1 else any_of(holds(view, *each) for each in asked)
        for name, asked in MODIFIERS.items()
    }


def holds(view: View, name: str, comparison: str, limit: Limit) -> Truth:
    """The truth of one comparison; its limit is a value for ``is``, else the name of a parameter."""
    bound = limit if comparison == "is" else view.number(str(limit))
    return truth_of(name, comparison, bound, view)


def _unchecked(view: View) -> str:
    names = [name for name, told in view.once(present).items() if told is Truth.UNKNOWN]
    return f"could not be checked: {', '.join(names)}" if names else ""


def _seen(view: View) -> tuple[Seen, ...]:
    """Where the modifiers that are present were seen."""
    told = view.once(present)
    held = [asked for name, asked in MODIFIERS.items() if told[name] is Truth.TRUE]
    seen = [each for asked in held for name, *_ in asked for each in view[name].seen_in]
    return tuple(dict.fromkeys(seen))
