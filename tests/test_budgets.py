"""The house stays small and clean: sizes, docstrings, names, and nothing of one machine in any file."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "cds").rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef

FILE_LINES = 250
FUNCTION_LINES = 40
MEDIAN_FUNCTION_LINES = 8
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "processor"}


def name_of(path: Path) -> str:
    """The path as seen from the top of the checkout."""
    return path.relative_to(ROOT).as_posix()


def body_lines(function: Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None and first.end_lineno is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def public(tree: ast.Module) -> Iterator[Function | ast.ClassDef]:
    """The functions and classes that a module offers."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def committed_texts() -> Iterator[tuple[str, str]]:
    """Name and text of every file that is, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listing.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield name, path.read_text(encoding="utf-8", errors="replace")


def hits(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> list[str]:
    """Where the pattern occurs in committed files, as file:line: match."""
    found = []
    for name, text in committed_texts():
        for match in re.finditer(pattern, text, flags):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{name}:{line}: {match.group()}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_small_documented_and_well_named(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= FILE_LINES
    assert path.stem not in VAGUE_NAMES
    assert path.parent.name not in VAGUE_NAMES
    assert ast.get_docstring(tree), "a module says what it is for and what it must never do"
    long = [f"{f.name} ({body_lines(f)} lines)" for f in functions(tree) if body_lines(f) > FUNCTION_LINES]
    assert not long, f"functions over {FUNCTION_LINES} lines"
    silent = [node.name for node in public(tree) if not (ast.get_docstring(node) or "").strip()]
    assert not silent, "public names without a docstring"


def test_most_functions_are_a_few_lines() -> None:
    lengths = [body_lines(f) for path in MODULES for f in functions(ast.parse(path.read_text(encoding="utf-8")))]
    assert lengths
    assert statistics.median(lengths) <= MEDIAN_FUNCTION_LINES


def test_nothing_is_left_to_do() -> None:
    assert hits(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b") == []


def test_no_file_names_a_package_index() -> None:
    # Put together from halves, so that this file does not match itself.
    halves = [
        ("py", "pi.org"),
        ("python", "hosted.org"),
        ("registry.", "npmjs.org"),
        ("yarn", "pkg.com"),
        ("repo1.", "maven.org"),
        ("repo.", "maven.apache.org"),
        ("proxy.", "golang.org"),
        ("static.", "crates.io"),
        ("index.", "crates.io"),
        ("deb.", "debian.org"),
    ]
    hosts = "|".join(re.escape(first + second) for first, second in halves)
    assert hits(hosts, re.IGNORECASE) == []


def test_no_file_names_a_place_on_one_machine() -> None:
    places = "|".join(["work", "root", "opt/wheels", r"home/\w+", r"Users/\w+", "tmp/bash_" + "jobs"])
    assert hits(rf"(?<![\w.)}}\]<>/-])/(?:{places})/[\w.]") == []
