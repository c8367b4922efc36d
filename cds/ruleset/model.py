"""The shape of everything in ``rules/``: strict at this door, so that a slip of the pen is an error and not a guess."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
FactId = Annotated[str, StringConstraints(pattern=r"^[a-z_0-9]+\.[a-z_0-9.]+$")]
ParameterName = Annotated[str, StringConstraints(pattern=r"^[a-z_0-9]+\.[a-z_0-9.]+$")]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]
Hook = Literal["order-sign", "order-select", "patient-view"]
Indicator = Literal["info", "warning", "critical"]


class Written(BaseModel):
    """Anything written in ``rules/``: unknown keys are refused, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class WrittenCondition(Written):
    """One condition: exactly one of ``all``, ``any``, ``not``, or ``fact`` with exactly one comparison."""

    all: tuple[WrittenCondition, ...] | None = None
    any: tuple[WrittenCondition, ...] | None = None
    not_: WrittenCondition | None = Field(None, alias="not")
    fact: FactId | None = None
    is_: bool | str | None = Field(None, alias="is")
    in_: tuple[str, ...] | None = Field(None, alias="in")
    at_least: ParameterName | None = None
    at_most: ParameterName | None = None
    above: ParameterName | None = None
    below: ParameterName | None = None
    within_days: ParameterName | None = None


class Label(StrEnum):
    """Whose number it is: a guideline's, a drug label's, the review's, or this site's own policy."""

    GUIDELINE = "guideline"
    DRUG_LABEL = "label"
    REVIEW = "review"
    POLICY = "policy"


class Parameter(Written):
    """One cited number."""

    value: float
    unit: str
    label: Label
    source: Id
    locator: str
    words: Sentence


class Read(StrEnum):
    """How much of a source was read."""

    FULL_TEXT = "full-text"
    ABSTRACT = "abstract"
    DRUG_LABEL = "label"
    SECONDARY = "secondary"
    NOT_READ = "not-read"


class Source(Written):
    """One source: what it is, where it is, how much of it was read and when, and its grade."""

    citation: Sentence
    short: str = ""
    kind: Literal["guideline", "label", "review", "study", "policy", "terminology", "formula"]
    read: Read
    read_on: date
    grade: str = ""
    doi: str = ""
    pmid: str = ""
    url: str = ""
    notes: str = ""


class Evidence(Written):
    """Which source supports the claim beside it, in which words and how strongly."""

    source: Id
    supports: Sentence
    grade: str = ""
    locator: str = ""


class Line(Written):
    """A sentence of a card, said when its condition is true (always, without one)."""

    text: Sentence
    when: WrittenCondition | None = None


class CardText(Written):
    """What a firing stratum says. ``{fact.id}`` and ``{parameter.name}`` in texts are filled in."""

    indicator: Indicator
    summary: Sentence
    detail: Sentence
    lines: tuple[Line, ...] = ()
    offer: tuple[Id, ...] = ()
    orders: tuple[Id, ...] = ()
    orders_label: str = ""


class Guest(Written):
    """A line that a stratum without a card of its own gives to the first of these topics that shows one."""

    on: tuple[Id, ...]
    text: Sentence
    lines: tuple[Line, ...] = ()


class WrittenStratum(Written):
    """One answer of a rule."""

    id: Id
    title: Sentence
    when: WrittenCondition
    evidence: tuple[Evidence, ...] = ()
    card: CardText | None = None
    line: Guest | None = None


class WrittenPart(Written):
    """One thing the rule asks for, on its own condition: the sentence and the orders that go with it.

    A card that asks for ``optional`` parts alone never warns.
    """

    id: Id
    short: str
    when: WrittenCondition
    text: Sentence
    orders: tuple[Id, ...] = ()
    optional: bool = False
    evidence: tuple[Evidence, ...] = ()


class WrittenSuggestion(Written):
    """One way to take up the parts that are asked for: alternatives by construction."""

    label: Sentence
    parts: tuple[Id, ...]
    recommended: bool = False


class Review(Written):
    """Who wrote the rule, who checked it, and when it must be read again. Author and checker are two people."""

    authored_by: Sentence
    checked_by: Sentence
    reviewed_on: date
    next_review: date


class WrittenRule(Written):
    """One ``rule.yaml``."""

    id: Id
    version: Annotated[int, Field(ge=1)]
    status: Literal["draft", "trial", "active", "retired"]
    topic: Literal[
        "scope",
        "baseline-assessment",
        "calcium-vitamin-d",
        "antiresorptive",
        "bone-metastasis",
        "surveillance",
        "skeletal-irae",
        "data-gaps",
    ]
    title: Sentence
    about: Sentence
    hooks: tuple[Hook, ...]
    applies: WrittenCondition
    parts: tuple[WrittenPart, ...] = ()
    suggestions: tuple[WrittenSuggestion, ...] = ()
    strata: tuple[WrittenStratum, ...]
    if_unsettled: Literal["ask", "quiet"]
    ask_on: tuple[Id, ...] = ()
    known_limits: tuple[Sentence, ...]
    review: Review
