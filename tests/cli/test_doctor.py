"""``doctor``: what docs/clients.md shows is what it says, and no slip of a configuration goes unnoticed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cds.cli import main
from cds.cli.whole import app
from tests.access.signing import clients_file

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```text\n\$ (.*?)\n(.*?)```", PAGE, re.DOTALL)
(LISTED,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def doctor(*words: str, **variables: str) -> Result:
    """What the doctor says to these variables."""
    return CliRunner().invoke(app, ["doctor", *words], env=variables)


def timeless(text: str) -> list[str]:
    """The lines, without the rule book's version."""
    return re.sub(r"rules: .*?, without", "rules: …, without", text).strip().splitlines()


@pytest.mark.parametrize(("command", "said"), SHOWN, ids=["good", "bad"])
def test_it_says_what_the_page_shows(tmp_path: Path, command: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clients_file(tmp_path, LISTED)
    monkeypatch.chdir(tmp_path)
    *pairs, _, name = shlex.split(command)
    assert name == "doctor"
    result = doctor(**dict(pair.split("=", 1) for pair in pairs))
    assert timeless(result.stdout) == timeless(said)
    assert result.exit_code == (0 if "nothing is wrong" in said else 1)


def test_development_is_fine_and_says_what_production_would_want() -> None:
    result = doctor()
    assert result.exit_code == 0
    assert "before production: no clients are configured" in result.stdout
    assert doctor("--production").exit_code == 1


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"BONE_CDS_PORT": "x"}, "BONE_CDS_PORT: Input should be a valid integer"),
        ({"BONE_CDS_ENV": "staging"}, "BONE_CDS_ENV: Input should be 'development' or 'production'"),
        ({"BONE_CDS_CLIENTS": "/no/such/file.yaml"}, "BONE_CDS_CLIENTS names it"),
        ({"BONE_CDS_RULES_DIR": "/no/such/folder"}, "rules: "),
        ({"BONE_CDS_EXPORT": "/no/such/folder"}, "/no/such/folder is not a folder"),
    ],
)
def test_what_cannot_be_used_is_a_fault(variables: dict[str, str], words: str) -> None:
    result = doctor(**variables)
    assert result.exit_code == 1
    assert words in result.stdout
    assert "FAULT" in result.stdout


def test_online_it_fetches_the_key_sets(tmp_path: Path) -> None:
    listed = "clients:\n  - issuer: https://ehr.example.org\n    jwks_url: http://127.0.0.1:9/jwks.json\n"
    result = doctor("--online", BONE_CDS_CLIENTS=str(clients_file(tmp_path, listed)))
    assert result.exit_code == 1
    assert "key set: nothing could be fetched at http://127.0.0.1:9/jwks.json" in result.stdout


def test_serve_refuses_with_every_reason_and_demo_is_no_production() -> None:
    for command in ("serve", "demo"):
        result = CliRunner().invoke(app, [command], env={"BONE_CDS_ENV": "production"})
        assert result.exit_code == 1
        assert "no clients are configured" in result.stderr
        assert ("BONE_CDS_SANDBOX is on" in result.stderr) is (command == "demo")
        assert "bone-cds doctor" in result.stderr


def test_a_setting_that_cannot_be_used_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BONE_CDS_PORT", "x")
    monkeypatch.setattr("sys.argv", ["bone-cds", "serve"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert "BONE_CDS_PORT: Input should be a valid integer" in capsys.readouterr().err
