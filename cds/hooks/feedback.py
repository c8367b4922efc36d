"""What clinicians did with cards, as their EHR reports it, and the door to whoever keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, Protocol, get_args

import msgspec

from cds.hooks.members import UNSOUND, Members, body_members, items_of, members_of, needed_text, sent, text
from cds.hooks.refusal import TOO_LARGE, Refusal, misshapen, missing

Outcome = Literal["accepted", "overridden"]
_OUTCOMES: Final = frozenset(get_args(Outcome))
MOST_REPORTS: Final = 1000
"""Reports in one batch: a clinician's day has fewer, and each costs a place in the journal."""

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one card. ``at`` is the client's timestamp as sent; '' stands for what was not sent."""

    card: str
    outcome: str
    accepted: tuple[str, ...] = ()
    reason_code: str = ""
    reason_system: str = ""
    reason_display: str = ""
    comment: str = ""
    at: str = ""


class FeedbackSink(Protocol):
    """Whoever keeps feedback."""

    async def take(self, service: str, feedback: Sequence[Feedback], caller: str = "", /) -> Sequence[bool]:
        """The feedback is kept; for each report, whether its card is one that this caller was shown."""


def read_feedback(body: bytes) -> tuple[Feedback, ...]:
    """Each report in the body – a batch, or a single one as early drafts sent it; raises Refusal if one is unsound."""
    members = body_members(body)
    if sent(members, "feedback") is None:
        if "card" not in members:
            raise missing("feedback")
        return (_report(members, ""),)
    reports = items_of(members, "feedback")
    if len(reports) > MOST_REPORTS:
        raise Refusal(TOO_LARGE, "too-costly", f"feedback holds more than {MOST_REPORTS} reports", "feedback")
    return tuple(_item(raw, f"feedback[{place}]") for place, raw in enumerate(reports))


def _item(raw: msgspec.Raw, path: str) -> Feedback:
    """One report of a batch."""
    try:
        members = _OBJECT.decode(raw)
    except UNSOUND:
        raise misshapen(path, "an object") from None
    return _report(members, f"{path}.")


def _report(members: Members, path: str) -> Feedback:
    """One report; the reason stands in ``overrideReason.reason`` or, as before 2020, in ``overrideReason`` itself."""
    outcome = needed_text(members, "outcome", f"{path}outcome")
    if outcome not in _OUTCOMES:
        raise misshapen(f"{path}outcome", "'accepted' or 'overridden'")
    told = members_of(members, "overrideReason", f"{path}overrideReason")
    reason = members_of(told, "reason", f"{path}overrideReason.reason") or told
    return Feedback(
        card=needed_text(members, "card", f"{path}card"),
        outcome=outcome,
        accepted=_accepted(members, path),
        reason_code=text(reason, "code", f"{path}overrideReason.reason.code"),
        reason_system=text(reason, "system", f"{path}overrideReason.reason.system"),
        reason_display=text(reason, "display", f"{path}overrideReason.reason.display"),
        comment=text(told, "userComment", f"{path}overrideReason.userComment"),
        at=text(members, "outcomeTimestamp", f"{path}outcomeTimestamp"),
    )


def _accepted(members: Members, path: str) -> tuple[str, ...]:
    """The ids of the suggestions that were taken up."""
    where = f"{path}acceptedSuggestions"
    found = []
    for place, raw in enumerate(items_of(members, "acceptedSuggestions", where)):
        try:
            found.append(needed_text(_OBJECT.decode(raw), "id", f"{where}[{place}].id"))
        except UNSOUND:
            raise misshapen(f"{where}[{place}]", "an object") from None
    return tuple(found)
