"""The risk modifiers of the review, counted: those present, and up to as many more as could not be checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from cds.engine.compare import claim, truth_of
from cds.engine.fact import Fact, Known, Range, Seen
from cds.engine.rule import Test
from cds.engine.truth import Truth, any_of
from cds.facts.catalogue import Type, fact
from cds.facts.view import View


class Asked(NamedTuple):
    """What must be true of one fact."""

    fact: str
    held: Callable[[View], Truth]


def is_(name: str, value: str | bool = True) -> Asked:
    """The fact has that value."""
    return Asked(name, claim(Test(name, "is", value)))


def against(name: str, comparison: str, parameter: str) -> Asked:
    """The fact compares so with the parameter of that name."""
    return Asked(name, lambda view: truth_of(name, comparison, view.number(parameter), view))


MODIFIERS: Final[dict[str, tuple[Asked, ...]]] = {
    "older age": (against("patient.age", "at_least", "risk.age_from"),),
    "female sex": (is_("patient.sex", "female"),),
    "two checkpoint inhibitors": (is_("ici.dual"),),
    "a prior fracture": (is_("fracture.any_ever"),),
    "high-dose glucocorticoid": (against("glucocorticoid.daily_mg", "at_least", "glucocorticoid.high_mg"),),
    "low bone density": (
        against("bone.t_score.lowest", "at_most", "t_score.low"),
        against("bone.hu.latest", "at_most", "hu.low"),
        against("bone.vbmd.latest", "at_most", "vbmd.low"),
    ),
    "chemotherapy or radiotherapy in the past": (is_("cancer.prior_chemo_or_radiotherapy"),),
    "hormone therapy": (is_("drug.hormone_therapy"),),
}
"""Each modifier in plain words, and what must be true of which fact."""

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
        name: asked[0].held(view) if len(asked) == 1 else any_of(each.held(view) for each in asked)
        for name, asked in MODIFIERS.items()
    }


def _unchecked(view: View) -> str:
    names = [name for name, told in view.once(present).items() if told is Truth.UNKNOWN]
    return f"could not be checked: {', '.join(names)}" if names else ""


def _seen(view: View) -> tuple[Seen, ...]:
    """Where the modifiers that are present were seen."""
    told = view.once(present)
    held = [asked for name, asked in MODIFIERS.items() if told[name] is Truth.TRUE]
    seen = [each for asked in held for one in asked for each in view[one.fact].seen_in]
    return tuple(dict.fromkeys(seen))
