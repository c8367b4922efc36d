"""Releases that are made once and copied: rules take a second to read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cds.releases.desk import Desk
from tests.releases.office import approved, desk_at, draft


@pytest.fixture(scope="session")
def _drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drafted")
    draft(desk_at(folder / "releases"), folder)
    return folder / "releases"


@pytest.fixture(scope="session")
def _approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("approved")
    approved(desk_at(folder / "releases"), folder)
    return folder / "releases"


@pytest.fixture
def drafted(_drafted: Path, tmp_path: Path) -> Desk:
    """A desk with the draft r0001."""
    return desk_at(Path(shutil.copytree(_drafted, tmp_path / "releases")))


@pytest.fixture
def signed_off(_approved: Path, tmp_path: Path) -> Desk:
    """A desk with the approved release r0001."""
    return desk_at(Path(shutil.copytree(_approved, tmp_path / "releases")))
