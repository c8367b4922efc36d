"""Who may import whom, and what is banned: the contracts hold, and the tools that enforce them do bite."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def run(tool: str, *arguments: str, text: str = "", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """The tool of this environment, run to its end."""
    command = [str(TOOLS / tool), *arguments]
    return subprocess.run(command, cwd=cwd, input=text, capture_output=True, text=True, check=False)


def flagged(snippet: str, filename: str) -> bool:
    """Whether ruff finds a banned name in the snippet, were it in that file."""
    result = run("ruff", "check", "--quiet", "--select", "TID251", "--stdin-filename", filename, "-", text=snippet)
    return "TID251" in result.stdout


def small_house(folder: Path, modules: dict[str, str]) -> Path:
    """A package with the given modules under the same contracts as ours."""
    pure = [name.removeprefix("cds.") for contract in CONTRACTS for name in contract.get("source_modules", [])]
    (folder / "cds").mkdir()
    for name in ["__init__", *pure, *modules]:
        (folder / "cds" / f"{name}.py").write_text(modules.get(name, ""), encoding="utf-8")
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter's answer about the package in that folder."""
    code = (
        "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command; lint_imports_command()"
    )
    command = [sys.executable, "-c", code, "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_contracts_hold() -> None:
    result = run("lint-imports", "--no-cache")
    assert result.returncode == 0, result.stdout


def test_a_clean_house_passes(tmp_path: Path) -> None:
    result = lint_imports(small_house(tmp_path, {"decide": "import cds.ruleset\n", "ruleset": "import pathlib\n"}))
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("modules", "complaint"),
    [
        ({"engine": "import cds.web\n", "web": ""}, "cds.engine is not allowed to import cds.web"),
        ({"gateway": "import cds.explain\n", "explain": ""}, "cds.gateway is not allowed to import cds.explain"),
        ({"attic": ""}, "cds.attic"),
        ({"facts": "import os\n"}, "cds.facts is not allowed to import os"),
        (
            {"facts": "import cds.resources\n", "resources": "import pathlib\n"},
            "cds.facts is not allowed to import path",
        ),
        ({"decide": "import httpx\n"}, "cds.decide is not allowed to import httpx"),
    ],
    ids=["upwards", "sideways", "no floor", "pure room", "pure room through a neighbour", "pure decide"],
)
def test_a_breach_is_named(tmp_path: Path, modules: dict[str, str], complaint: str) -> None:
    result = lint_imports(small_house(tmp_path, modules))
    assert result.returncode == 1
    assert complaint in result.stdout


@pytest.mark.parametrize(
    "snippet",
    [
        "from datetime import datetime\nx = datetime.now()\n",
        "import datetime\nx = datetime.datetime.now(datetime.UTC)\n",
        "import datetime as dt\nx = dt.datetime.utcnow()\n",
        "from datetime import date\nx = date.today()\n",
        "import datetime\nx = datetime.date.today()\n",
        "import time\nx = time.time()\n",
        "from time import time\n",
    ],
)
def test_the_clock_is_read_in_one_place(snippet: str) -> None:
    assert flagged(snippet, "cds/facts/age.py")
    assert flagged(snippet, "tests/test_age.py")
    assert not flagged(snippet, "cds/clock.py")


def takes_the_time(source: str) -> bool:
    """Whether the module measures how long something took: reads a stopwatch, or subtracts one reading from another."""
    return any(
        (isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).endswith("perf_counter"))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and "monotonic()" in ast.unparse(node))
        for node in ast.walk(ast.parse(source))
    )


def test_no_test_fails_for_a_slow_machine() -> None:
    """What takes how long is told by bench/; a bound in time that a test needs is tests/patience.py's."""
    assert takes_the_time("import time\nbegan = time.perf_counter()")
    assert takes_the_time("from time import monotonic\nassert monotonic() - began < 1")
    assert not takes_the_time("from time import monotonic\nwhile monotonic() < end:\n    pass")
    timed = [path for path in ROOT.glob("tests/**/*.py") if takes_the_time(path.read_text(encoding="utf-8"))]
    assert timed == [ROOT / "tests/patience.py"]
