"""Long steps in the background: one of a kind at a time, told how far they are, and nothing of them half on record."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from cds.clock import now_ms
from cds.journal.install import archive_of
from cds.releases import errand_run
from cds.releases.desk import Desk
from cds.releases.errand import FOLDER, LOST, SCRATCH, SILENT_MS, Errand, Errands, Long
from cds.releases.errand_run import Pulse, carry_out
from cds.releases.event import Step
from cds.releases.fault import ReleaseFault
from cds.releases.signoff import record
from cds.settings import Settings
from tests.journal.desk import settings_for
from tests.population.made import export, resources
from tests.releases.office import SOUND, passed

ID = "r0001"
KEY = {"one": SecretStr("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")}
DAY = date(2026, 11, 24)
EARLY = 1_794_000_000_000
"""Before anything that the desk's clock tells."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = EARLY

    def __call__(self) -> int:
        """Now."""
        return self.at


@pytest.fixture
def clock() -> Clock:
    """The clock of the errands."""
    return Clock()


@pytest.fixture
def errands(drafted: Desk, clock: Clock) -> Errands:
    """The errands of the shelf with the draft."""
    return Errands(drafted.shelf.root, clock)


def words(errands: Errands, desk: Desk) -> list[tuple[str, bool]]:
    """What is told of the draft's errands, and whether each is under way."""
    told = errands.told(errands.kept(ID), desk.shelf.release(ID))
    return [(each.words.partition("Z: ")[2], each.runs) for each in told]


def test_how_far_it_is_is_told(errands: Errands, drafted: Desk) -> None:
    assert words(errands, drafted) == []
    errand = errands.begin(ID, "check", "Ada")
    assert words(errands, drafted) == [("rules and data are being read", True)]
    pulse = Pulse(errands, errand, Path("scratch"))
    pulse.watch("cases", 1200, 3400)
    assert errands.heard(pulse.errand)
    assert words(errands, drafted) == [("1,200 of 3,400 cases are done", True)]
    (told,) = errands.told(errands.kept(ID), drafted.shelf.release(ID))
    assert told.words.startswith("Check, started by Ada on 2026-")
    assert (told.step, told.done, told.total) == ("check", 1200, 3400)
    errands.done(errand)
    assert words(errands, drafted) == []


def test_one_of_a_kind_at_a_time_and_few_together(errands: Errands) -> None:
    errands.begin(ID, "check", "Ada")
    with pytest.raises(ReleaseFault, match="the check of r0001 is under way already; Ada started it on 2026-"):
        errands.begin(ID, "check", "Carl")
    errands.begin(ID, "impact", "Carl")
    with pytest.raises(ReleaseFault, match=r"too much is under way already; the check of r0001 \(Ada\) and"):
        errands.begin("r0002", "check", "Ann")


def test_what_is_not_heard_of_is_told_as_stopped_and_can_be_started_again(
    errands: Errands, drafted: Desk, clock: Clock
) -> None:
    dead = errands.begin(ID, "impact", "Ada")
    clock.at += SILENT_MS
    assert words(errands, drafted) == [("rules and data are being read", True)]
    clock.at += 1
    assert words(errands, drafted) == [(LOST, False)]
    errands.stop(ID, "impact", "Carl")
    assert words(errands, drafted) == [(LOST, False)]
    fresh = errands.begin(ID, "impact", "Carl")
    assert [errands.heard(dead), errands.heard(fresh)] == [False, True]
    errands.end(dead, "too late")
    errands.done(dead)
    assert words(errands, drafted) == [("rules and data are being read", True)]


def test_stopped_by_somebody(errands: Errands, drafted: Desk) -> None:
    errands.stop(ID, "check", "Carl")
    errand = errands.begin(ID, "check", "Ada")
    errands.stop(ID, "check", "Carl")
    assert words(errands, drafted) == [("stopped by Carl; nothing was put on record", False)]
    assert not errands.heard(errand)
    errands.done(errand)
    assert words(errands, drafted) == [("stopped by Carl; nothing was put on record", False)]
    assert errands.begin(ID, "check", "Ada").token != errand.token


def test_a_result_that_is_on_record_since_is_told_and_not_the_errand(errands: Errands, drafted: Desk) -> None:
    errand = errands.begin(ID, "check", "Ada")
    passed(drafted, drafted.shelf.release(ID))
    assert words(errands, drafted) == [("rules and data are being read", True)]
    errands.end(errand, LOST)
    assert words(errands, drafted) == []


def test_an_impact_over_something_else_tells_nothing_of_it(errands: Errands, drafted: Desk) -> None:
    for errand in (errands.begin(ID, "impact", "Ada"), errands.begin(ID, "impact-export", "Ada")):
        errands.end(errand, LOST)
    record(drafted, ID, "Ada", Step.IMPACT, {"over": "export"})
    told = errands.told(errands.kept(ID), drafted.shelf.release(ID))
    assert [each.step for each in told] == ["impact"]


def test_what_another_version_wrote_is_as_good_as_none(errands: Errands, drafted: Desk) -> None:
    errand = errands.begin(ID, "check", "Ada")
    (drafted.shelf.root / FOLDER / "r0001.check.json").write_text('{"of": "tomorrow"}')
    assert words(errands, drafted) == []
    assert not errands.heard(errand)
    assert errands.begin(ID, "check", "Carl").by == "Carl"


def settings(desk: Desk, folder: Path, address: str = "", **more: Any) -> Settings:
    """Settings of a service with that shelf."""
    journal = address or f"sqlite:///{folder}/journal.sqlite"
    return settings_for(journal, folder, releases=desk.shelf.root, release_keys=KEY, **more)


def begun(desk: Desk, step: Long = "check") -> Errand:
    """An errand for the draft, begun before anything that comes now."""
    return Errands(desk.shelf.root, now_ms).begin(ID, step, "Ada")


def told(desk: Desk) -> str:
    """What is told of the errands for the release."""
    errands = Errands(desk.shelf.root, now_ms)
    return "\n".join(each.words for each in errands.told(errands.kept(ID), desk.shelf.release(ID)))


def tables(chosen: Settings) -> None:
    """The journal has its tables."""

    async def made() -> None:
        archive = archive_of(chosen)
        await archive.database.migrate()
        await archive.database.close()

    asyncio.run(made())


def steps(desk: Desk) -> list[Step]:
    """The steps that are on record."""
    return [each.step for each in desk.shelf.release(ID).events]


def found(*_: Any, **__: Any) -> dict[str, Any]:
    """A check that found nothing."""
    return dict(SOUND)


def test_what_was_found_is_on_record(drafted: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errand_run, "findings", found)
    tables(settings(drafted, tmp_path))
    carry_out(settings(drafted, tmp_path), begun(drafted), DAY)
    recorded = drafted.shelf.release(ID).last(Step.CHECKED)
    assert recorded is not None
    assert (recorded.by, recorded.via, recorded.details) == ("Ada", "audit pages", SOUND)
    assert told(drafted) == ""


def test_what_was_stopped_meanwhile_is_not_put_on_record(
    drafted: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errand = begun(drafted)

    def stopping(*_: Any, **__: Any) -> dict[str, Any]:
        Errands(drafted.shelf.root, now_ms).stop(ID, "check", "Carl")
        return dict(SOUND)

    monkeypatch.setattr(errand_run, "findings", stopping)
    tables(settings(drafted, tmp_path))
    carry_out(settings(drafted, tmp_path), errand, DAY)
    assert steps(drafted) == [Step.PROPOSED]
    assert "stopped by Carl; nothing was put on record" in told(drafted)


def test_an_approved_release_is_not_checked_any_more(signed_off: Desk, tmp_path: Path) -> None:
    before = steps(signed_off)
    carry_out(settings(signed_off, tmp_path), begun(signed_off), DAY)
    assert steps(signed_off) == before
    assert "failed, and nothing was put on record: r0001 is approved already" in told(signed_off)


@pytest.mark.parametrize("step", ["check", "impact"])
def test_without_a_journal_nothing_is_put_on_record(
    drafted: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: Long
) -> None:
    monkeypatch.setattr(errand_run, "findings", found)
    away = settings(drafted, tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    carry_out(away, begun(drafted, step), DAY)
    assert steps(drafted) == [Step.PROPOSED]
    assert "nothing was put on record: the journal is away" in told(drafted)


def test_an_impact_over_the_export_of_the_site(drafted: Desk, tmp_path: Path) -> None:
    people = [resources(name) for name in ("continuation-without-dxa", "on-treatment-13-months")]
    chosen = settings(drafted, tmp_path, export=export(tmp_path / "nightly", *people))
    tables(chosen)
    left = chosen.data_folder / SCRATCH / "of-one-whose-machine-died"
    left.mkdir(parents=True)
    far: list[tuple[str, int, int]] = []
    carry_out(chosen, begun(drafted, "impact-export"), DAY, lambda *told: far.append(told))
    assert told(drafted) == ""
    recorded = drafted.shelf.release(ID).last(Step.IMPACT)
    assert recorded is not None
    assert (recorded.by, recorded.details["over"], recorded.details["of"]) == ("Ada", "export", "nightly")
    assert recorded.details["as_of"] == DAY.isoformat()
    counted = {each["label"]: each["count"] for each in recorded.details["tables"][0]["cells"]}
    assert sum(counted.values()) == len(people)
    assert [*left.parent.iterdir()] == []
    assert far[-1] == ("parts of the export", far[-1][2], far[-1][2])


def test_without_an_export_nothing_is_counted(drafted: Desk, tmp_path: Path) -> None:
    carry_out(settings(drafted, tmp_path), begun(drafted, "impact-export"), DAY)
    assert "there is no export to count over; BONE_CDS_EXPORT is not set" in told(drafted)
    (tmp_path / "empty").mkdir()
    carry_out(settings(drafted, tmp_path, export=tmp_path / "empty"), begun(drafted, "impact-export"), DAY)
    assert "empty holds no export: no file in it is called *.ndjson" in told(drafted)
    assert steps(drafted) == [Step.PROPOSED]


def test_whatever_went_wrong_is_told(drafted: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errand_run, "findings", lambda *_, **__: 1 / 0)
    carry_out(settings(drafted, tmp_path), begun(drafted), DAY)
    assert "an unexpected ZeroDivisionError; start it again" in told(drafted)
    assert "whoever runs the service learns more by bone-cds release check r0001" in told(drafted)
