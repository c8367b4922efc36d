"""The decision behind a card, in the form that programs and auditors read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cds.cards.escape import plain
from cds.cards.options import reason_words
from cds.decide import Decision, acting
from cds.engine.verdict import Verdict
from cds.orders.weigh import Standing, Weighed
from cds.ruleset.model import Evidence, WrittenStratum

Plain = dict[str, Any]
SHUT = (Standing.WITHHELD, Standing.DEFERRED, Standing.FIRST_KNOW)


def entry(decision: Decision, decision_id: str, verdict: Verdict) -> Plain:
    """One rule's decision; members that hold nothing are left out."""
    rule = decision.ruleset.rule(verdict.rule)
    stratum = acting(rule, verdict)
    full: Plain = {
        "decisionId": decision_id,
        "topic": rule.written.topic,
        "rule": verdict.rule,
        "version": verdict.version,
        "ruleset": decision.ruleset.fingerprint,
        "stratum": verdict.stratum,
        "settled": verdict.settled,
        "possible": list(verdict.possible),
        "missing": [{"fact": each.fact, "why": plain(each.why)} for each in verdict.missing],
        "withheld": _withheld(decision, decision.weighed.get(verdict.rule, ())),
        "evidence": _evidence(stratum),
    }
    return {name: value for name, value in full.items() if value or value is False}


def entries(decision: Decision, decision_id: str) -> list[Plain]:
    """Every rule that was evaluated, silent ones included, each with its outcome."""
    return [
        {**entry(decision, decision_id, verdict), "outcome": verdict.outcome.value} for verdict in decision.verdicts
    ]


def _withheld(decision: Decision, weighed: Iterable[Weighed]) -> list[Plain]:
    return [
        {"option": each.id, "why": "; ".join(reason_words(reason, decision) for reason in each.reasons)}
        for each in weighed
        if each.standing in SHUT
    ]


def _evidence(stratum: WrittenStratum | None) -> list[Plain]:
    return [_cited(each) for each in stratum.evidence] if stratum is not None else []


def _cited(evidence: Evidence) -> Plain:
    full = {
        "source": evidence.source,
        "supports": evidence.supports,
        "grade": evidence.grade,
        "locator": evidence.locator,
    }
    return {name: value for name, value in full.items() if value}
