"""The decision behind a card, in the form that programs and auditors read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from cds.cards.escape import plain
from cds.cards.options import reason_words
from cds.decide import Decision, acting
from cds.engine.verdict import Verdict
from cds.orders.weigh import Standing, Weighed
from cds.ruleset.model import Evidence
from cds.ruleset.ruleset import LoadedRule

Plain = dict[str, Any]
SHUT = (Standing.WITHHELD, Standing.DEFERRED, Standing.FIRST_KNOW)


def entry(decision: Decision, decision_id: str, verdict: Verdict) -> Plain:
    """One rule's decision; members that hold nothing are left out."""
    rule = decision.ruleset.rule(verdict.rule)
    stratum = acting(rule, verdict)
    told: Plain = {
        "decisionId": decision_id,
        "topic": rule.written.topic,
        "rule": verdict.rule,
        "version": verdict.version,
        "ruleset": decision.ruleset.fingerprint,
    }
    if verdict.stratum:
        told["stratum"] = verdict.stratum
    told["settled"] = verdict.settled
    if verdict.possible:
        told["possible"] = list(verdict.possible)
    if verdict.missing:
        told["missing"] = [{"fact": each.fact, "why": plain(each.why)} for each in verdict.missing]
    if withheld := _withheld(decision, decision.weighed.get(verdict.rule, ())):
        told["withheld"] = withheld
    if stratum is not None and (evidence := _evidence(rule, stratum.id)):
        told["evidence"] = evidence
    return told


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


@lru_cache(maxsize=256)
def _evidence(rule: LoadedRule, stratum: str) -> list[Plain]:
    """What the stratum rests on; never changed."""
    return [_cited(each) for written in rule.written.strata if written.id == stratum for each in written.evidence]


def _cited(evidence: Evidence) -> Plain:
    full = {
        "source": evidence.source,
        "supports": evidence.supports,
        "grade": evidence.grade,
        "locator": evidence.locator,
    }
    return {name: value for name, value in full.items() if value}
