"""Disk full, database down, or just too slow: advice is given all the same, feedback is not lost, readiness tells."""

import asyncio
import errno
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from cds.bootstrap import build
from cds.hooks.feedback import Feedback
from cds.journal.slips import Case
from cds.journal.steady import Steady
from cds.journal.store import Journal
from cds.repeats import Remembered
from cds.settings import Settings
from cds.web import create_app
from tests.web.desk import DAY, SIGN, assert_outcome, caller, hook

Fault = Callable[[], BaseException | None]


def disk_full() -> OSError:
    """No space is left."""
    return OSError(errno.ENOSPC, "No space left on device", "patient-p1.sqlite")


def database_down() -> OperationalError:
    """The database took the statement, its values and the connection with it."""
    return OperationalError("INSERT INTO shown VALUES (?)", ("Jane Doe",), ConnectionRefusedError("10.0.0.5"))


class Wounded:
    """A journal whose reading, writing, or both fail as long as they are told to; without a fault they take forever."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.read: Fault | None = None
        self.write: Fault | None = None

    async def recall(self, who: str) -> Sequence[Remembered]:
        """Reads, or fails."""
        await fail(self.read)
        return await self.journal.recall(who)

    keeps_input = is_losing = False

    async def note(self, case: Case) -> None:
        """Writes, or fails."""
        await fail(self.write)
        await self.journal.note(case)

    async def take(self, service: str, feedback: Sequence[Feedback], caller: str = "", /) -> Sequence[bool]:
        """Writes, or fails."""
        await fail(self.write)
        return await self.journal.take(service, feedback, caller)


async def fail(fault: Fault | None) -> None:
    """Raises the fault, or hangs, or lets it pass."""
    if fault is None:
        return
    found = fault()
    if found is None:
        await asyncio.sleep(60)
    else:
        raise found


def wounded() -> tuple[FastAPI, Wounded]:
    """An app over a journal that can be made to fail."""
    house = build(Settings(as_of=DAY, log_level="error"))
    journal = Wounded(house.journal.journal)
    steady = Steady(journal, seconds=0.05)
    home = replace(house, journal=steady, service=replace(house.service, journal=steady))
    return create_app(home.settings, home), journal


FAULTS: list[Fault] = [disk_full, database_down, TimeoutError, lambda: None]
NAMES = ["disk full", "database down", "timeout", "hangs"]


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
@pytest.mark.parametrize("sides", [("read",), ("write",), ("read", "write")], ids="+".join)
async def test_the_answer_is_given_and_readiness_tells(
    fault: Fault, sides: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    app, journal = wounded()
    async with caller(app) as client:
        before = (await client.post(SIGN, json=hook())).json()
        assert (await client.get("/readyz")).status_code == 200
        for side in sides:
            setattr(journal, side, fault)
        for _ in range(3):
            during = await client.post(SIGN, json=hook())
            assert summaries(during.json()) == summaries(before)
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["journal"]) == (503, "failing")
        optional = await client.get("/readyz?journal=optional")
        assert (optional.status_code, optional.json()["status"]) == (200, "degraded")
        assert (await client.get("/healthz")).status_code == 200
        assert "bone_cds_journal_failures 0.0" not in (await client.get("/metrics")).text
        journal.read = journal.write = None
        await asyncio.sleep(1.1)  # after a failure the journal rests for a second
        assert (await client.post(SIGN, json=hook())).json()["cards"]
        assert (await client.get("/readyz")).json()["status"] == "ready"
    assert not any(word in caplog.text for word in ("Jane", "p1", "10.0.0.5"))
    assert "the journal cannot" in caplog.text


async def test_feedback_that_cannot_be_kept_is_to_be_sent_again() -> None:
    app, journal = wounded()
    async with caller(app) as client:
        card = (await client.post(SIGN, json=hook())).json()["cards"][0]["uuid"]
        told = {"feedback": [{"card": card, "outcome": "accepted"}]}
        journal.write = database_down
        refused = await client.post(SIGN + "/feedback", json=told)
        assert_outcome(refused, 503, "send it again")
        assert refused.headers["retry-after"] == "1"
        journal.write = None
        assert (await client.post(SIGN + "/feedback", json=told)).status_code == 200


async def test_what_is_no_fault_of_the_journal_is_a_crash_and_not_hidden() -> None:
    app, journal = wounded()
    journal.read = lambda: TypeError("a slip of ours")
    async with caller(app) as client:
        assert_outcome(await client.post(SIGN, json=hook()), 500)


def summaries(answer: dict[str, Any]) -> list[str]:
    """What the cards say."""
    return [each["summary"] for each in answer["cards"]]
