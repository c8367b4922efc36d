"""The table in docs/conformance.md is whole: every row names a test that exists, every test here has its row."""

from pathlib import Path

from tests.traces import ROOT, lost_in, named_in, proofs_in, rows_without_test

PAGE = "docs/conformance.md"
HERE = Path(__file__)


def test_every_named_test_exists() -> None:
    assert len(named_in(PAGE)) > 50
    assert lost_in(PAGE) == []


def test_every_statement_names_a_test() -> None:
    assert rows_without_test(PAGE) == []


def test_every_test_of_this_folder_is_named() -> None:
    here = {file.relative_to(ROOT).as_posix() for file in HERE.parent.glob("test_*.py") if file != HERE}
    named = set(named_in(PAGE))
    assert [
        (file, name) for file in sorted(here) for name in sorted(proofs_in(file)) if (file, name) not in named
    ] == []
