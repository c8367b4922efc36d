"""Whom a proposal would touch: patients of an export, and past decisions whose input was kept."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cds.journal.install import Archive
from cds.releases.desk import Desk
from cds.releases.fault import ReleaseFault
from cds.releases.impact import over_journal
from cds.releases.impact_export import over_export, question_of
from cds.releases.intake import files_of_folder
from cds.releases.proposal import propose
from cds.releases.tell import impact_told, incomplete_told
from tests.journal.desk import journal_of, keeping, open_house, settings_for, settled, sign
from tests.population.made import AS_OF, export, resources
from tests.releases.office import ADA, changed, desk_at, noisier
from tests.web.desk import hook
from tests.web.test_overrides import HIGH

ID = "r0001"


@pytest.fixture(scope="module")
def _louder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("louder")
    desk = desk_at(folder / "releases")
    propose(desk, files_of_folder(noisier(changed(folder / "rules"))), ADA, "very high from -2.0 on")
    return folder / "releases"


@pytest.fixture
def louder(_louder: Path, tmp_path: Path) -> Desk:
    """A desk with the draft r0001, in which more patients are at very high risk."""
    return desk_at(Path(shutil.copytree(_louder, tmp_path / "releases")))


def counts(found: Mapping[str, Any], table: str) -> dict[str, int | None]:
    """The numbers of one table that are not 0."""
    cells = next(each["cells"] for each in found["tables"] if each["id"] == table)
    return {each["key"]: each["count"] for each in cells if each["count"] != 0}


async def test_over_journalled_decisions(louder: Desk, tmp_path: Path) -> None:
    settings = keeping(f"sqlite:///{tmp_path}/journal.sqlite", tmp_path)
    house = await open_house(settings)
    touched = await sign(house)
    await sign(house, hook())
    await settled(house)
    kept = journal_of(house)
    archive = Archive(kept.database, kept.keys, kept.ring)
    far: list[tuple[str, int, int]] = []
    release = louder.shelf.release(ID)
    found = await over_journal(louder, release, archive, settings, lambda *told: far.append(told))
    assert far == [("decisions", 0, 2), ("decisions", 1, 2), ("decisions", 2, 2)]
    assert counts(found, "impact") == {"yes": 1, "no": 1}
    assert counts(found, "impact.cards.antiresorptive") == {"changed": 1}
    assert counts(found, "impact.strata") == {"high>very-high": 1, "none>none": 1}
    assert found["decisions"] == [touched["cards"][0]["extension"]["bone-cds.decision"]["decisionId"]]
    assert (found["patients"], found["not_replayed"]) == (1, 0)
    lines = "\n".join(impact_told(found))
    assert "Fracture risk, before and after: 1 high → very-high" in lines
    await house.close()


async def test_a_journal_without_inputs_tells_nothing_and_says_so(louder: Desk, tmp_path: Path) -> None:
    settings = settings_for(f"sqlite:///{tmp_path}/journal.sqlite", tmp_path)
    house = await open_house(settings)
    await sign(house, HIGH)
    await settled(house)
    kept = journal_of(house)
    archive = Archive(kept.database, kept.keys, kept.ring)
    with pytest.raises(ReleaseFault, match="1 decisions are in it, and none has a kept input"):
        await over_journal(louder, louder.shelf.release(ID), archive, settings)
    await house.close()


@pytest.mark.slow
def test_over_an_export(louder: Desk, tmp_path: Path) -> None:
    people = [resources(name) for name in ("continuation-without-dxa", "on-treatment-13-months")]
    folder = export(tmp_path / "export", *people)
    question = question_of(louder, louder.shelf.release(ID), AS_OF, settings_for("", tmp_path))
    found = over_export(question, folder)
    assert (found["over"], found["of"], found["as_of"]) == ("export", "export", AS_OF.isoformat())
    assert sum(count or 0 for count in counts(found, "impact").values()) == len(people)
    assert (found["unreadable"], found["unread"], [*incomplete_told(found)]) == (0, {}, [])
    hidden = over_export(question, folder, below=5)
    assert set(counts(hidden, "impact").values()) == {None}
    assert "hidden" in "\n".join(impact_told(hidden))
