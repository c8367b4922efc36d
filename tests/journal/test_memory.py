"""The memory of shown cards: joined to their feedback, bounded, and without any patient's id in it."""

from __future__ import annotations

import asyncio
import gc
import pickle
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from cds.hooks.feedback import Feedback
from cds.hooks.wire import Action, Card, Source, Suggestion
from cds.journal.keys import JournalKeys
from cds.journal.memory import Memory
from cds.repeats import Remembered

DAY = date(2026, 11, 24)
KEY = b"k" * 32


def memory(cards: int = 100, patients: int = 100, day: date = DAY, key: bytes = KEY) -> Memory:
    """An empty memory on that day."""
    return Memory(JournalKeys(key).pseudonym, lambda: day, cards, patients)


def suggestion(uuid: str, *options: str) -> Suggestion:
    """A suggestion that orders these options."""
    made = ({"extension": [{"url": "option", "valueCode": name}]} for name in options)
    return Suggestion(label=uuid, uuid=uuid, actions=tuple(Action("create", "Order", resource=each) for each in made))


def card(uuid: str, topic: str = "antiresorptive", stratum: str = "high", *suggestions: Suggestion) -> Card:
    """A card of that topic and stratum."""
    said = {"topic": topic, "rule": topic, "version": 3, "stratum": stratum}
    return Card(
        "…", "warning", Source("book"), uuid=uuid, suggestions=suggestions, extension={"bone-cds.decision": said}
    )


def told(uuid: str, outcome: str = "overridden", *accepted: str) -> list[Feedback]:
    """Feedback on one card."""
    return [Feedback(card=uuid, outcome=outcome, accepted=accepted)]


async def test_a_card_that_nobody_answered_is_not_recalled() -> None:
    kept = memory()
    kept.show("p1", DAY, [card("a")])
    assert await kept.recall("p1") == ()


async def test_an_override_is_joined_to_its_card_and_patient() -> None:
    kept = memory(day=DAY + timedelta(days=2))
    kept.show("p1", DAY, [card("a", "antiresorptive", "high", suggestion("s1", "alendronate-70mg"))])
    kept.show("p2", DAY, [card("b")])
    assert await kept.take("sign", told("a")) == [True]
    assert await kept.recall("p1") == (
        Remembered(
            "antiresorptive", "antiresorptive", 3, "high", "warning", DAY, "overridden", DAY + timedelta(days=2)
        ),
    )
    assert await kept.recall("p2") == ()


@pytest.mark.parametrize(
    ("accepted", "options"),
    [
        (("s1",), ("dxa", "lab-calcium")),
        (("s2", "nobody's"), ("dxa",)),
        ((), ("dxa", "lab-calcium")),
        (("nobody's",), ("dxa", "lab-calcium")),
    ],
)
async def test_what_was_taken_up_is_known(accepted: tuple[str, ...], options: tuple[str, ...]) -> None:
    kept = memory()
    suggestions = (suggestion("s1", "dxa", "lab-calcium"), suggestion("s2", "dxa"))
    kept.show("p1", DAY, [card("a", "baseline-assessment", "routine", *suggestions)])
    await kept.take("sign", told("a", "accepted", *accepted))
    assert [(each.answer, each.options) for each in await kept.recall("p1")] == [("accepted", options)]


async def test_feedback_for_a_card_that_nobody_knows_changes_nothing() -> None:
    kept = memory()
    kept.show("p1", DAY, [card("a")])
    assert await kept.take("sign", [*told("unknown"), *told("a")]) == [False, True]
    assert len(await kept.recall("p1")) == 1


async def test_an_answer_waits_for_its_card_beside_those_of_strangers() -> None:
    kept, hashed = memory(), JournalKeys(KEY).pseudonym
    for name, uuid in (("stranger", "a"), ("me", "a"), ("stranger", "a"), ("stranger", "b")):
        assert not kept.answer(told(uuid)[0], DAY, hashed(name), wait=True)
    kept.show("p1", DAY, [card("a")], "me")
    kept.show("p2", DAY, [card("b")], "me")
    assert len(await kept.recall("p1")) == 1
    assert not await kept.recall("p2")


async def test_the_latest_answer_counts() -> None:
    kept = memory()
    kept.show("p1", DAY, [card("a")])
    await kept.take("sign", [*told("a"), *told("a", "accepted")])
    assert [each.answer for each in await kept.recall("p1")] == ["accepted"]


async def test_what_is_shown_after_an_answer_comes_after_it() -> None:
    kept = memory()
    kept.show("p1", DAY, [card("a", stratum="very-high")])
    await kept.take("sign", told("a"))
    kept.show("p1", DAY, [card("b", stratum="high")])
    kept.show("p1", DAY, [card("c", stratum="very-high")])
    kept.show("p1", DAY, [card("d", stratum="high")])
    assert [(each.stratum, each.answer) for each in await kept.recall("p1")] == [
        ("very-high", "overridden"),
        ("high", ""),
    ]
    await kept.take("sign", told("c"))
    assert [each.stratum for each in await kept.recall("p1")] == ["high", "very-high"]


async def test_a_patient_s_id_is_nowhere_and_the_key_matters() -> None:
    one, other = memory(), memory(key=b"x" * 32)
    for kept in (one, other):
        kept.show("Patient/known-to-nobody", DAY, [card("a")])
        await kept.take("sign", told("a"))
    inside: Any = [(vars(kept)["_cards"], vars(kept)["_patients"]) for kept in (one, other)]
    assert b"known-to-nobody" not in pickle.dumps([(dict(patients), list(cards)) for cards, patients in inside])
    assert set(inside[0][1]) != set(inside[1][1])


async def test_the_oldest_cards_and_patients_are_forgotten() -> None:
    kept = memory(cards=3, patients=2)
    for name in "abcd":
        kept.show(name, DAY, [card(name)])
    assert await kept.take("sign", [each for name in "abcd" for each in told(name)]) == [False, True, True, True]
    assert [bool(await kept.recall(name)) for name in "abcd"] == [False, False, True, True]


async def test_one_patient_never_fills_the_memory() -> None:
    kept = memory(cards=50)
    kept.show("p1", DAY, [card("first")])
    await kept.take("sign", told("first"))
    for number in range(500):
        kept.show("p1", DAY, [card(f"c{number}", stratum=("high", "very-high")[number % 2])])
    assert len(await kept.recall("p1")) == 2


async def _fill(kept: Memory, numbers: range) -> None:
    for number in numbers:
        shown = [card(f"{number}-{topic}", topic, "high", suggestion(f"s{number}", "dxa")) for topic in "xyz"]
        kept.show(f"patient-{number}", DAY, shown)
        await kept.take("sign", told(f"{number}-x"))


async def test_memory_does_not_grow_beyond_the_bound() -> None:
    kept = memory(cards=600, patients=200)
    await _fill(kept, range(400))
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        await _fill(kept, range(400, 800))
        gc.collect()
        first = tracemalloc.get_traced_memory()[0] - before
        await _fill(kept, range(800, 2400))
        gc.collect()
        last = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert (len(vars(kept)["_cards"]), len(vars(kept)["_patients"])) == (600, 200)
    assert last <= first * 1.1 + 20_000


def test_threads_do_not_hurt_it() -> None:
    kept = memory(cards=300, patients=100)
    pace = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            done = [pool.submit(asyncio.run, _fill(kept, range(start, start + 300))) for start in (0, 300, 600, 900)]
            assert [each.result() for each in done] == [None] * 4
    finally:
        sys.setswitchinterval(pace)
    assert (len(vars(kept)["_cards"]), len(vars(kept)["_patients"])) == (300, 100)
