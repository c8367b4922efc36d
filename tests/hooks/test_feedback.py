"""Feedback of every CDS Hooks version is understood; unsound feedback is refused with its place."""

from typing import Any

import msgspec
import pytest

from cds.hooks.feedback import MOST_REPORTS, Feedback, read_feedback
from cds.hooks.refusal import Refusal
from cds.posted import open_feedback

UNREADABLE = [b'{"feedback":[{"card":"\xff"}]}', b'{"feedback":[{"\xff":1}]}', b'{"feedback":[' + b'{"a":' * 5000]


@pytest.mark.parametrize("body", UNREADABLE, ids=["text", "key", "depth"])
def test_what_is_not_sound_json_deep_down_is_refused_too(body: bytes) -> None:
    with pytest.raises(Refusal):
        read_feedback(body)


REASON = {"code": "patient-refused", "system": "http://r", "display": "Refused"}
TOLD = Feedback(
    card="c1", outcome="overridden", reason_code="patient-refused", reason_system="http://r", reason_display="Refused",
    comment="later", at="2026-11-24T10:00:00.123456Z",
)  # fmt: skip


def overridden(reason: Any) -> dict[str, Any]:
    """One report of an override with that reason."""
    return {"card": "c1", "outcome": "overridden", "overrideReason": reason, "outcomeTimestamp": TOLD.at}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"feedback": [overridden({"reason": REASON, "userComment": "later"})]}, (TOLD,)),
        ({"feedback": [overridden({**REASON, "userComment": "later"})]}, (TOLD,)),
        (overridden({"reason": REASON, "userComment": "later"}), (TOLD,)),
        ({"feedback": [{"card": "c1", "outcome": "overridden"}]}, (Feedback(card="c1", outcome="overridden"),)),
        (
            {"feedback": [{"card": "c1", "outcome": "accepted", "acceptedSuggestions": [{"id": "s1"}, {"id": "s2"}]}]},
            (Feedback(card="c1", outcome="accepted", accepted=("s1", "s2")),),
        ),
        (
            {"feedback": [{"card": "c1", "outcome": "accepted"}, {"card": "c1", "outcome": "overridden", "more": {}}]},
            (Feedback(card="c1", outcome="accepted"), Feedback(card="c1", outcome="overridden")),
        ),
        (
            {"feedback": [overridden({"reason": {"code": "x", "system": None}})]},
            (Feedback(card="c1", outcome="overridden", reason_code="x", at=TOLD.at),),
        ),
        ({"feedback": []}, ()),
    ],
)
def test_feedback_is_read(body: dict[str, Any], expected: tuple[Feedback, ...]) -> None:
    assert read_feedback(msgspec.json.encode(body)) == expected


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "feedback"),
        ({"feedback": {}}, "feedback"),
        ({"feedback": [1]}, "feedback[0]"),
        ({"feedback": [{"card": "c", "outcome": "accepted"}, {"outcome": "accepted"}]}, "feedback[1].card"),
        ({"feedback": [{"card": "c"}]}, "feedback[0].outcome"),
        ({"feedback": [{"card": "c", "outcome": "ignored"}]}, "feedback[0].outcome"),
        ({"feedback": [{"card": "c", "outcome": "accepted", "acceptedSuggestions": [{}]}]},
         "feedback[0].acceptedSuggestions[0].id"),
        ({"feedback": [{"card": "c", "outcome": "accepted", "acceptedSuggestions": ["s"]}]},
         "feedback[0].acceptedSuggestions[0]"),
        ({"feedback": [{"card": "c", "outcome": "overridden", "overrideReason": "no"}]}, "feedback[0].overrideReason"),
    ],
)  # fmt: skip
def test_unsound_feedback_is_refused_and_says_where(body: dict[str, Any], where: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_feedback(msgspec.json.encode(body))
    assert (refused.value.status, refused.value.where) == (400, where)


REPORT = b'{"card":"a","outcome":"overridden","overrideReason":{"userComment":"%s"}}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"feedback":[{"card":"a","card":"b","outcome":"accepted"}]}',
        b'{"feedback":[{"card":"a","outcome":"accepted","outcome":"overridden"}]}',
        b'{"feedback":[],"feedback":[{"card":"a","outcome":"accepted"}]}',
        b'{"feedback":[{"card":"a","outcome":"accepted","x":{"y":1,"y":2}}]}',
        b'{"card":"a","outcome":"accepted","outcome":"overridden"}',
        b'{"feedback":[{"card":"a","outcome":"accepted","x":NaN}]}',
        b'{"feedback":[{"card":"a","outcome":"accepted"}]}{}',
    ],
)
def test_a_duplicated_key_or_unsound_json_is_refused_as_in_a_hook_request(body: bytes) -> None:
    with pytest.raises(Refusal, match="not sound JSON") as refused:
        open_feedback(body)
    assert refused.value.status == 400


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    ("sent", "comment"), [(rb"a \ud83d", "a \ufffd"), (rb"\ud83d\ude00", "\U0001f600"), (b"no", "no")]
)
def test_a_mark_or_a_lone_surrogate_is_read_around_as_in_a_hook_request(
    before: bytes, sent: bytes, comment: str
) -> None:
    batch = before + b'{"feedback":[' + REPORT % sent + b"," + REPORT % b"fine" + b"]}"
    assert [each.comment for each in open_feedback(batch)] == [comment, "fine"]


def test_a_batch_is_limited() -> None:
    report = {"card": "c", "outcome": "accepted"}
    assert len(open_feedback(msgspec.json.encode({"feedback": [report] * MOST_REPORTS}))) == MOST_REPORTS
    with pytest.raises(Refusal, match="more than 1000 reports") as refused:
        open_feedback(msgspec.json.encode({"feedback": [report] * (MOST_REPORTS + 1)}))
    assert (refused.value.status, refused.value.where) == (413, "feedback")
