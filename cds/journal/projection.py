"""What the tables for questions hold, made from entries: the same entry always makes the same rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Table

from cds.hooks.wire import Card, HookResponse
from cds.journal.slips import DECISION, FEEDBACK, READ_DECISION, READ_FEEDBACK, DecisionTold
from cds.journal.store import suggestions_of
from cds.journal.tables import CARDS, DECISIONS, GAPS, ORDERS
from cds.journal.tables import FEEDBACK as FEEDBACK_TABLE

Row = dict[str, Any]
_RESPONSE: Final = msgspec.json.Decoder(HookResponse).decode
_JSON: Final = msgspec.json.Encoder(order="deterministic").encode
_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL cannot keep in a text."""


def rows_of(entry: Mapping[str, Any]) -> Iterator[tuple[Table, Row]]:
    """Every row that the entry stands behind; none if its kind has none, or its body was purged."""
    make = _MAKERS.get(entry["kind"])
    if make is not None and entry["body"] is not None:
        for table, row in make(entry):
            yield table, {name: _fit(table, name, value) for name, value in row.items()}


def _decision(entry: Mapping[str, Any]) -> Iterator[tuple[Table, Row]]:
    told = READ_DECISION(entry["body"])
    response = _RESPONSE(told.response)
    yield DECISIONS, _decision_row(entry, told, len(response.cards))
    for card in response.cards:
        yield CARDS, _card_row(entry, told, card)
    for name, source in told.sources.items():
        if source.state not in ("found", "empty"):
            yield GAPS, {**_of(entry), "source": name, "state": source.state, "why": source.why}
    for option in told.ordered:
        yield ORDERS, {**_of(entry), "option": option, "patient": told.patient}


def _of(entry: Mapping[str, Any]) -> Row:
    return {"decision": entry["id"], "seq": entry["seq"]}


def _decision_row(entry: Mapping[str, Any], told: DecisionTold, cards: int) -> Row:
    return {
        "id": told.id,
        "seq": entry["seq"],
        "at": entry["at"],
        "day": told.day.isoformat(),
        "service": told.service,
        "hook": told.hook,
        "patient": told.patient,
        "user": told.user,
        "ruleset": told.ruleset,
        "book": told.book,
        "ms": told.ms,
        "cards": cards,
        "scope": told.scope,
        "kept": told.kept,
    }


def _card_row(entry: Mapping[str, Any], told: DecisionTold, card: Card) -> Row:
    said = (card.extension or {}).get("bone-cds.decision", {})
    return {
        **_of(entry),
        "uuid": card.uuid,
        "at": entry["at"],
        "day": told.day.isoformat(),
        "service": told.service,
        "patient": told.patient,
        "topic": said.get("topic", ""),
        "rule": said.get("rule", ""),
        "version": said.get("version", 0),
        "stratum": said.get("stratum", ""),
        "indicator": card.indicator,
        "suggestions": _JSON(suggestions_of(card)).decode(),
        "caller": told.caller,
    }


def _feedback(entry: Mapping[str, Any]) -> Iterator[tuple[Table, Row]]:
    body = READ_FEEDBACK(entry["body"])
    told = body.told
    yield (
        FEEDBACK_TABLE,
        {
            "id": entry["id"],
            "seq": entry["seq"],
            "at": entry["at"],
            "day": body.day.isoformat(),
            "service": body.service,
            "card": told.card,
            "outcome": told.outcome,
            "accepted": _JSON(told.accepted).decode(),
            "reason_code": told.reason_code,
            "reason_system": told.reason_system,
            "reason": told.reason_display,
            "comment": told.comment,
            "told_at": told.at,
            "caller": body.caller,
        },
    )


def _fit(table: Table, name: str, value: Any) -> Any:
    """The value as every database can keep it: no text has a NUL in it or is longer than its column."""
    if not isinstance(value, str):
        return value
    return _UNFIT.sub("\ufffd", value)[: getattr(table.c[name].type, "length", None)]


_MAKERS: Final[dict[str, Callable[[Mapping[str, Any]], Iterator[tuple[Table, Row]]]]] = {
    DECISION: _decision,
    FEEDBACK: _feedback,
}
