"""The rule book as a whole (``ruleset.yaml``), and what a hospital decides for itself (``site.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from cds.engine.spell import measure
from cds.ruleset.fault import Level, RuleFault
from cds.ruleset.model import Evidence, Hook, Id, Parameter, ParameterName, Sentence, Written, WrittenCondition
from cds.ruleset.orderable import Code

SITE = "site settings"
"""What the site's decisions are called when no file holds them."""


class GapLines(Written):
    """The sentences of the data-gaps card. Each names its placeholders in braces."""

    not_read: Sentence
    not_recognised: Sentence
    open_question: Sentence
    left_out: Sentence


class Inconsistency(Written):
    """Where sources contradict each other, or one contradicts itself: what each says, and what the rules do about it.

    ``touches`` are the topics whose rules rest on one of these sources.
    """

    about: Sentence
    says: tuple[Evidence, ...]
    here: Sentence
    touches: tuple[Id, ...]


class RuleBook(Written):
    """``ruleset.yaml``: the order of rules and topics, and the scope that every rule of a hook shares."""

    title: Sentence
    version: str
    rules: tuple[Id, ...]
    topics: dict[str, Sentence]
    scope: dict[Hook, WrittenCondition]
    everywhere: WrittenCondition
    in_doubt: tuple[Hook, ...]
    evidence_note: Sentence
    evidence_note_on: tuple[Id, ...]
    background: tuple[Evidence, ...] = ()
    inconsistencies: tuple[Inconsistency, ...] = ()
    source_label: Sentence
    source_url: str = ""
    override_reasons: tuple[Code, ...]
    ask_line: Sentence
    gap_lines: GapLines


class Override(Written):
    """Another value for one parameter: nobody's number without a reason, a name and a day."""

    value: Annotated[float, Field(strict=True, allow_inf_nan=False)]
    reason: Sentence
    by: Sentence
    on: date


class NotKept(Written):
    """A source that a hospital does not have: nobody's word for it without a reason, a name and a day."""

    reason: Sentence
    by: Sentence
    on: date

    def told(self, words: str) -> str:
        """What a reader of a card, a trace or the rule book is told; ``words`` are the source's."""
        signed = f"{self.reason} ({self.by}, {self.on.isoformat()})"
        return f"{words[:1].upper()}{words[1:]} are not kept here: {signed}"


@dataclass(frozen=True, slots=True)
class Overridden:
    """A parameter that a site set to another value: as the rule book has it, and as the site does."""

    name: str
    parameter: Parameter
    override: Override

    @property
    def was(self) -> str:
        """The rule book's own value with its unit."""
        return measure(self.parameter.value, self.parameter.unit)

    @property
    def limit(self) -> str:
        """The value that decides, and that it is the site's: as a trace or a page of the rule book says it."""
        return f"{measure(self.override.value, self.parameter.unit)} [site value, not {self.was}]"

    @property
    def words(self) -> str:
        """What a reader of a card or of the rule book is told."""
        it = self.override
        now = measure(it.value, self.parameter.unit)
        return f"site value {now} instead of {self.was}: {it.reason} ({it.by}, {it.on.isoformat()})"


class Site(Written):
    """What a hospital decides for itself, with defaults that are safe without a decision.

    ``order_codes`` are its own codes for what is ordered, by option; ``local_codes`` its codes for what is read, by
    concept; ``parameters`` its own values for the rule book's numbers; ``not_kept`` the sources that it does not have.
    """

    preferred_options: tuple[Id, ...] = ()
    max_cards: Annotated[int, Field(ge=1)] = 3
    cards_per_topic: Annotated[int, Field(ge=1)] = 1
    snooze_days: Annotated[int, Field(ge=0)] | None = None
    """How long an overridden card stays silent; the rule book's own number without one, 0: not at all."""

    intent: Literal["order", "proposal"] = "order"
    cpt: bool = False
    decisions_in_response: bool = True
    order_codes: dict[Id, tuple[Code, ...]] = Field(default_factory=dict)
    local_codes: dict[Id, tuple[Code, ...]] = Field(default_factory=dict)
    parameters: dict[ParameterName, Override] = Field(default_factory=dict)
    not_kept: dict[str, NotKept] = Field(default_factory=dict)

    _file: str = PrivateAttr(SITE)
    _lines: Mapping[tuple[str | int, ...], int] = PrivateAttr(default_factory=dict)

    def from_file(self, file: str, lines: Mapping[tuple[str | int, ...], int]) -> Site:
        """The same decisions; faults that are found later name this file and its lines."""
        self._file, self._lines = file, lines
        return self

    def fault(
        self, place: tuple[str | int, ...], what: str, why: str, fix: str, level: Level = Level.ERROR
    ) -> RuleFault:
        """A finding about what stands at that place."""
        while place and place not in self._lines:
            place = place[:-1]
        return RuleFault(self._file, self._lines.get(place, 0), what, why, fix, level)
