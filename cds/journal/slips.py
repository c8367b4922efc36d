"""What is written to the journal, as bytes: decisions as they were made, feedback, and what was done with the journal.

A decision's slip is made before the answer leaves, so it is made of what is at hand: facts that were read, verdicts,
and the answer itself. The trace follows from the facts and the rule set, which the journal keeps, when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec

from cds.decide import Decision
from cds.engine.fact import Fact
from cds.engine.verdict import Verdict
from cds.facts.catalogue import CATALOGUE
from cds.fhir.chart import Empty, Failed, Found, NotAsked, Source
from cds.hooks.feedback import Feedback
from cds.hooks.wire import HookResponse
from cds.journal.keys import JournalKeys
from cds.orders.weigh import is_ordered
from cds.repeats import Remembered

DECISION, FEEDBACK, RULESET, LOSS, PURGE, VIEW, RELEASE, SHADOW, HISTORY = (
    "decision", "feedback", "ruleset", "loss", "purge", "view", "release", "shadow", "history",
)  # fmt: skip
"""The kinds of entries."""

_PERSON: Final = re.compile(rb'Patient/([^\s"\\,;)]+)')
_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode


class Slip(msgspec.Struct, frozen=True, gc=False):
    """One entry on its way: ``at`` in milliseconds since 1970, ``sealed`` the kept input under the key of that id."""

    kind: str
    id: str
    at: int
    body: bytes
    key: str = ""
    sealed: bytes = b""


ENCODE_SLIP: Final = msgspec.msgpack.Encoder().encode
READ_SLIP: Final = msgspec.msgpack.Decoder(Slip).decode


@dataclass(frozen=True, slots=True)
class Case:
    """One answered request. ``who`` and ``user`` name people, ``caller`` a client; none is ever written as it is.

    ``posted`` is the request's body, ``heard`` what the FHIR server answered, by address: bytes, or why there are none.
    """

    id: str
    service: str
    who: str
    user: str
    decision: Decision
    response: HookResponse
    body: bytes
    history: Sequence[Remembered]
    seconds: float
    caller: str = ""
    canonical: str = ""
    posted: bytes = b""
    heard: Mapping[str, bytes | str] | None = None


class SourceTold(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How a source was answered: found, empty, failed, incomplete or not-asked; why, and how many resources came."""

    state: str
    why: str = ""
    count: int = 0


class DecisionTold(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The body of a decision's entry. ``facts``: by id, the unit and what was known; ``response`` as it was sent."""

    id: str
    service: str
    hook: str
    day: date
    patient: str
    user: str
    ruleset: str
    book: str
    scope: str
    ms: float
    kept: bool
    sources: dict[str, SourceTold]
    notes: tuple[str, ...]
    facts: dict[str, Any]
    verdicts: tuple[Verdict, ...]
    history: tuple[Remembered, ...]
    ordered: tuple[str, ...]
    response: msgspec.Raw
    caller: str = ""


READ_DECISION: Final = msgspec.json.Decoder(DecisionTold).decode


class FeedbackTold(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The body of a feedback's entry: what was reported, to which service, on which day, by whom (a pseudonym)."""

    service: str
    day: date
    told: Feedback
    caller: str = ""


READ_FEEDBACK: Final = msgspec.json.Decoder(FeedbackTold).decode


def decision_body(case: Case, keys: JournalKeys, kept: bool) -> bytes:
    """The body of the decision's entry, in which no patient's id stands any more."""
    decision = case.decision
    told = DecisionTold(
        id=case.id,
        service=case.service,
        hook=decision.hook,
        day=decision.as_of,
        patient=keys.pseudonym(case.who).hex(),
        user=keys.pseudonym(case.user).hex(),
        ruleset=decision.ruleset.fingerprint,
        book=decision.ruleset.book.version,
        scope=decision.in_scope.value,
        ms=round(case.seconds * 1000, 3),
        kept=kept,
        sources={name: source_told(source) for name, source in decision.view.chart.sources.items()},
        notes=decision.view.chart.notes,
        facts=_with_units(decision.facts.read_so_far()),
        verdicts=decision.verdicts,
        history=tuple(case.history),
        ordered=_ordered(case),
        response=msgspec.Raw(case.body),
        caller=keys.pseudonym(case.caller).hex(),
    )
    return nameless(_ENCODE(told), case.who, keys)


def nameless(text: bytes, who: str, keys: JournalKeys) -> bytes:
    """The text with a pseudonym in place of every ``Patient/id``; ``who`` is ``server id`` of the patient at hand."""
    server = who.rpartition(" ")[0]
    known: dict[bytes, bytes] = {}

    def hidden(found: re.Match[bytes]) -> bytes:
        name = found.group(1)
        if name not in known:
            known[name] = b"Patient/~" + keys.pseudonym(f"{server} {name.decode(errors='replace')}").hex().encode()
        return known[name]

    return _PERSON.sub(hidden, text)


def _with_units(facts: Mapping[str, Fact]) -> dict[str, Any]:
    return {name: (CATALOGUE[name].unit if name in CATALOGUE else "", fact) for name, fact in facts.items()}


def source_told(source: Source) -> SourceTold:
    """How the source was answered, for journal and metrics alike."""
    match source:
        case Found(complete=False):
            return SourceTold("incomplete", source.why_incomplete, len(source.resources))
        case Found():
            return SourceTold("found", "", len(source.resources))
        case Empty():
            return SourceTold("empty")
        case Failed():
            return SourceTold("failed", source.why)
        case NotAsked():
            return SourceTold("not-asked")


def _ordered(case: Case) -> tuple[str, ...]:
    """The options that were accepted for this patient before and that the chart or the draft holds now."""
    if not case.history:
        return ()
    options = case.decision.ruleset.options
    taken = (name for card in case.history if card.answer == "accepted" for name in card.options if name in options)
    return tuple(name for name in dict.fromkeys(taken) if is_ordered(options[name], case.decision.view))


def feedback_body(service: str, day: date, told: Feedback, caller: bytes) -> bytes:
    """The body of a feedback's entry, from the caller of that pseudonym."""
    return _ENCODE(FeedbackTold(service, day, told, caller.hex()))


def plain_body(**members: Any) -> bytes:
    """The body of any other entry: these members as JSON."""
    return _ENCODE(members)
