"""Tests that documents name: read from their tables, and looked for where they are said to be."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def named_in(document: str) -> list[tuple[str, str]]:
    """File and function of every test that the document names."""
    return _NAMED.findall((ROOT / document).read_text(encoding="utf-8"))


@cache
def proofs_in(file: str) -> frozenset[str]:
    """The test functions of a file; none if it is not there."""
    path = ROOT / file
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
    functions = (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in functions if name.startswith("test_"))


def lost_in(document: str) -> list[str]:
    """The tests that the document names and that do not exist."""
    return [f"{file}::{name}" for file, name in named_in(document) if name not in proofs_in(file)]


def rows_without_test(document: str) -> list[str]:
    """Rows of the document's tables that should name a test (those of tables with a column ``test``) and do not."""
    found, in_table = [], False
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            in_table = False
        elif line.rstrip(" |").endswith("| test"):
            in_table = True
        elif in_table and not _NAMED.search(line) and not re.fullmatch(r"[|\-\s]+|\| \*\*.*\*\* \|[|\s]*", line):
            found.append(line)
    return found
