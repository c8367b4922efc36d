"""One patient audited: the same ``decide`` as everywhere, and what is counted of its answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cds.cards.compose import Draughtsman, laid_out
from cds.decide import Decision, decide, decided
from cds.engine.fact import Fact, Known, Range, Span
from cds.engine.truth import Truth
from cds.engine.verdict import Outcome, Verdict
from cds.facts.demographics import the_patient
from cds.facts.drug_use import span_told
from cds.facts.fracture_reading import fractures
from cds.facts.view import View
from cds.fhir.chart import Chart, Failed, Found
from cds.fhir.resources import Patient
from cds.fhir.when import span_of
from cds.population.faults import Wanting
from cds.population.records import DRUG, Record, Records, chart_of, medications_of, read_records, unreadable
from cds.population.rewind import rewound
from cds.population.row import NO, NOT_ASKED, UNKNOWN, YES, CardTold, Decided, Row
from cds.population.treatment import DRUG_KINDS, Status, Treatment, ici_uses, plain_uses, treatment
from cds.ruleset.audit import AuditPlan, Gap
from cds.ruleset.ruleset import RuleSet

_DAYS_A_YEAR: Final = 365.25
_NOT_READ: Final = "whether the patient is on a checkpoint inhibitor cannot be told: "
_OF_DRUGS: Final = frozenset({*DRUG_KINDS, DRUG})
_ANSWERS: Final = {Truth.TRUE: YES, Truth.FALSE: NO, Truth.UNKNOWN: UNKNOWN}


@dataclass(frozen=True, slots=True)
class Auditor:
    """What every patient is held against: a rule set, what is counted, the day, and what the export lacks.

    ``other`` is a second rule set with its own plan, for comparison. ``as_then``: what is dated later is left out.
    """

    ruleset: RuleSet
    plan: AuditPlan
    as_of: date
    canonical: str
    wanting: Wanting = field(default_factory=Wanting)
    other: tuple[RuleSet, AuditPlan] | None = None
    as_then: bool = False

    def audited(self, patient: str, lines: Iterable[Record]) -> Row | None:
        """The patient's row; None if there is no sign of a PD-1 or PD-L1 inhibitor that still counts."""
        of_drugs, others = _parted(lines)
        drugs = self.read(patient, of_drugs)
        uses = [use for kind in DRUG_KINDS for use in plain_uses(drugs.of(kind))]
        found, nameless = ici_uses(uses, self.ruleset.codes, medications_of(drugs))
        if not found:
            return self._unread(drugs, nameless)
        records = drugs.joined(self.read(patient, others))
        stands = treatment(chart_of(records, self.wanting), found, self.ruleset, self.as_of)
        return None if stands is None else self.row(records, stands)

    def read(self, patient: str, lines: Iterable[Record]) -> Records:
        """What the lines hold, as it was known on the day if that is past."""
        records = read_records(patient, lines)
        return rewound(records, self.as_of) if self.as_then else records

    def _unread(self, drugs: Records, nameless: tuple[str, ...]) -> Row | None:
        """A row for whom a checkpoint inhibitor may have been missed; None if all of their drugs were read."""
        broken = [why for kind in DRUG_KINDS for why in self.wanting.reasons(drugs.patient, kind)]
        broken += [f"{each.ref}: {each.why}" for kind in DRUG_KINDS for each in unreadable(drugs.of(kind))]
        broken += [f"{ref} does not say which drug it is" for ref in nameless]
        if not broken:
            return None
        told = tuple(dict.fromkeys(broken))
        return Row(
            patient=drugs.patient, status=Status.NOT_KNOWN, why=_NOT_READ + "; ".join(told), hook="", age=None, sex="",
            agents=(), course_start="", decided=None, baseline={}, years=None, fractures=None, incomplete=told,
            repeated=drugs.repeated,
        )  # fmt: skip

    def row(self, records: Records, stands: Treatment) -> Row:
        """The row of a patient who stands so."""
        facts = stands.view
        decision = decided(facts, self.ruleset, stands.hook)
        start = _start(stands)
        years = None if start is None else _years(facts, start, self.as_of)
        return Row(
            patient=records.patient,
            status=stands.status,
            why=stands.why,
            hook=stands.hook,
            age=_number(facts["patient.age"]),
            sex=_text(facts["patient.sex"]),
            agents=_names(facts["ici.agents"]),
            course_start=start.isoformat() if start else "",
            decided=_told(decision, self.plan, self.canonical),
            baseline=self._baseline(stands, start),
            years=years,
            fractures=None if start is None or years is None else _fractures(facts, start, self.as_of),
            incomplete=_incomplete(facts.chart),
            repeated=records.repeated,
            after=self._after(stands),
        )

    def _after(self, stands: Treatment) -> Decided | None:
        if self.other is None:
            return None
        (ruleset, plan), view = self.other, stands.view
        return _told(decide(view.chart, view.draft, ruleset, stands.hook, self.as_of), plan, self.canonical)

    def _baseline(self, stands: Treatment, start: date | None) -> dict[str, str]:
        """The answers as on the first day of treatment; unknown where that day is not known."""
        if stands.status is not Status.STARTING and start is None:
            return {each.id: UNKNOWN for each in self.plan.baseline}
        view = stands.view.on(start or self.as_of)
        return {each.id: _ANSWERS[each.when.held(view)] for each in self.plan.baseline}


def _parted(lines: Iterable[Record]) -> tuple[list[Record], list[Record]]:
    """What tells whether the patient is on a checkpoint inhibitor, and everything else."""
    parts: tuple[list[Record], list[Record]] = [], []
    for line in lines:
        parts[line.kind not in _OF_DRUGS].append(line)
    return parts


def _told(decision: Decision, plan: AuditPlan, canonical: str) -> Decided:
    subject = f"Patient/{decision.view.chart.patient_id}"
    verdicts = {each.rule: each for each in decision.verdicts}
    risk = verdicts.get(plan.stratum_of)
    return Decided(
        in_scope=_ANSWERS[decision.in_scope],
        stratum=(risk.stratum or "") if risk else "",
        settled=risk is not None and risk.settled,
        possible=risk.possible if risk else (),
        gaps={gap.id: _gap(gap, decision, verdicts) for gap in plan.gaps},
        cards=tuple(map(_card, laid_out(decision, subject, canonical, _same_uuid))),
    )  # fmt: skip


def _same_uuid() -> str:
    """Every card bears the same: nobody answers the cards of an audit."""
    return "00000000-0000-0000-0000-000000000000"


def _card(card: Draughtsman) -> CardTold:
    firing = card.firing
    return CardTold(firing.topic, firing.rule.id, firing.stratum.id, card.plan.indicator, card.summary)


def _gap(gap: Gap, decision: Decision, verdicts: dict[str, Verdict]) -> str:
    """Whether there is that gap in the patient's care."""
    if decision.in_scope is Truth.FALSE:
        return NOT_ASKED
    asked = gap.of.held(decision.facts)
    if asked is Truth.FALSE or (gap.when is None and gap.rule not in verdicts):
        return NOT_ASKED
    there = _strata_tell(gap, verdicts[gap.rule]) if gap.when is None else gap.when.held(decision.facts)
    if there is Truth.FALSE:
        return NO if asked is Truth.TRUE else UNKNOWN
    return YES if asked is Truth.TRUE and there is Truth.TRUE else UNKNOWN


def _strata_tell(gap: Gap, verdict: Verdict) -> Truth:
    """Whether one of the strata acts; unknown where one of them is still possible."""
    if verdict.stratum in gap.strata and verdict.outcome is not Outcome.NOT_APPLICABLE:
        return Truth.TRUE
    return Truth.UNKNOWN if gap.strata & set(verdict.possible) else Truth.FALSE


def _start(stands: Treatment) -> date | None:
    """The first day of the course that is followed: the latest that it may be; None for who has not begun."""
    if stands.status is Status.STARTING:
        return None
    found = stands.view["ici.followed_course_start"]
    if not isinstance(found, Known) or found.value is None:
        return None
    return span_told(found).latest


def _years(view: View, start: date, as_of: date) -> float | None:
    """Years from the start to the day of the audit or of death; None if the day of death is not known."""
    patient = view.once(the_patient)
    end = as_of
    if isinstance(patient, Patient) and (patient.deceased_boolean or patient.deceased_date_time):
        died = span_of(patient.deceased_date_time)
        if died is None:
            return None
        end = min(as_of, died.latest)
    return round(max((end - start).days, 0) / _DAYS_A_YEAR, 4)


def _fractures(view: View, start: date, as_of: date) -> int:
    """New fragility fractures on or after the first day."""
    found = view.once(fractures)
    return sum(
        it.counts and not it.history and it.when is not None and start <= it.when.earliest <= as_of for it in found
    )


def _incomplete(chart: Chart) -> tuple[str, ...]:
    """In words, which sources may lack something."""
    told: list[str] = []
    for name, source in chart.sources.items():
        if isinstance(source, Failed):
            told.append(f"{name}: {source.why}")
        elif isinstance(source, Found) and not source.complete:
            told.append(f"{name}: {source.why_incomplete}")
    return tuple(told)


def _number(fact: Fact) -> float | None:
    """The number; None where it is not known exactly."""
    value = fact.value if isinstance(fact, Known) else None
    return None if value is None or isinstance(value, Range | Span | str | date | frozenset) else float(value)


def _text(fact: Fact) -> str:
    return fact.value if isinstance(fact, Known) and isinstance(fact.value, str) else ""


def _names(fact: Fact) -> tuple[str, ...]:
    return tuple(sorted(fact.value)) if isinstance(fact, Known) and isinstance(fact.value, frozenset) else ()
