"""What can be ordered, as written in ``rules/options/``: codes, dose, gates and what must be known first."""

from __future__ import annotations

from typing import Literal

from cds.ruleset.model import Evidence, FactId, Id, ParameterName, Sentence, Written, WrittenCondition


class Code(Written):
    """One coding of an order. ``switch`` names the site switch that must be on for it (``cpt``)."""

    system: str
    code: str
    display: str = ""
    source: str = ""
    switch: str = ""


class Timing(Written):
    """How often: ``frequency`` times in ``period`` ``period_unit`` (UCUM time unit), for ``count`` doses if given."""

    frequency: int
    period: int
    period_unit: Literal["h", "d", "wk", "mo", "a"]
    count: int | None = None


class Dose(Written):
    """How much of what, by which way, how often, in UCUM, and in the words a prescriber signs."""

    value: float
    unit: str
    code: str
    route: Code
    timing: Timing
    text: Sentence


class DoseFor(Written):
    """One of several doses: for whom it is, what the order is then called, and the label that says so."""

    when: WrittenCondition
    title: Sentence
    dose: Dose
    evidence: tuple[Evidence, ...]


class Gate(Written):
    """A reason to withhold (``withheld_if``) or put off (``deferred_if``) an option; ``instead`` is what to order."""

    when: WrittenCondition
    why: Sentence
    instead: tuple[Id, ...] = ()


class Prerequisite(Written):
    """A fact that must be known before the option may be an action, and the options that would make it known.

    ``covers`` are other facts that are unknown for the same reason, so that it is said once.
    """

    fact: FactId
    why: Sentence
    ask: tuple[Id, ...] = ()
    covers: tuple[FactId, ...] = ()


class Gates(Written):
    """Gates that several options share, by name (``options/gates.yaml`` maps names to these)."""

    title: Sentence
    withheld_if: tuple[Gate, ...] = ()
    deferred_if: tuple[Gate, ...] = ()
    know_first: tuple[Prerequisite, ...] = ()
    evidence: tuple[Evidence, ...]


class Option(Written):
    """Something that can be ordered: a drug with its gates, a test, a scan or a referral.

    ``gates`` names shared gates that come before the option's own. ``already`` are the concepts whose open order makes
    this one superfluous, for ``open_days`` after it was written (any age, without). A dose that depends on a fact is
    written as ``doses``, read downwards: the first whose condition is true.
    """

    id: Id
    kind: Literal["drug", "lab", "imaging", "referral"]
    title: Sentence
    codes: tuple[Code, ...]
    category: Code | None = None
    dose: Dose | None = None
    doses: tuple[DoseFor, ...] = ()
    already: tuple[Id, ...] = ()
    open_days: ParameterName | None = None
    gates: tuple[Id, ...] = ()
    withheld_if: tuple[Gate, ...] = ()
    deferred_if: tuple[Gate, ...] = ()
    know_first: tuple[Prerequisite, ...] = ()
    say: tuple[Sentence, ...] = ()
    recommended: bool = True
    evidence: tuple[Evidence, ...]
