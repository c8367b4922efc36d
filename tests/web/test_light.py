"""What a process that serves prescribers does not carry: what only audits, commands, or pages that are closed need."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("duckdb", "vl_convert", "xlsxwriter", "alembic", "weasyprint", "pyspark", "typer")


def loaded(**settings: object) -> frozenset[str]:
    """Every module of a process of its own that has built the app with these settings."""
    told = f"import sys, cds.web; from cds.settings import Settings; cds.web.create_app(Settings(**{settings!r}))"
    ran = subprocess.run(
        [sys.executable, "-c", f"{told}; print(*sys.modules)"], capture_output=True, text=True, check=True, timeout=120
    )
    return frozenset(ran.stdout.split())


@pytest.fixture(scope="module")
def with_every_page(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The modules of a process with the simulator and the audit."""
    folder: Path = tmp_path_factory.mktemp("journal")
    return loaded(data_dir=str(folder), journal_database=f"sqlite:///{folder}/journal.sqlite", sandbox=True)


@pytest.mark.parametrize("heavy", HEAVY)
def test_not_even_with_every_page_is_it_loaded_before_it_is_used(heavy: str, with_every_page: frozenset[str]) -> None:
    assert {"cds.web.audit.releases", "cds.web.sandbox.room"} <= with_every_page
    assert heavy not in with_every_page


def test_pages_that_are_closed_are_not_loaded() -> None:
    modules = loaded(sandbox=False, fhir_server=False)
    assert "cds.web.doors" in modules
    assert not {each for each in modules if each.startswith(("cds.web.audit", "cds.web.sandbox"))}
