"""``clients.yaml``: read strictly, refused with file, line, what, why and how to fix; and what it says is in force."""

from pathlib import Path

import pytest

from cds.access.clients import Client, read_clients
from cds.ruleset.fault import RuleFault, RuleFaults
from tests.access.signing import clients_file, jwks, key

ROOT = Path(__file__).parents[2]
GOOD = "clients:\n  - issuer: https://ehr.example.org\n    jwks_url: https://ehr.example.org/jwks.json\n"


def refused(folder: Path, text: str) -> tuple[RuleFault, ...]:
    """Why the text is refused."""
    with pytest.raises(RuleFaults) as faults:
        read_clients(clients_file(folder, text))
    assert "in the clients file" in str(faults.value)
    return faults.value.faults


def test_two_lines_are_enough_and_the_defaults_are_safe(tmp_path: Path) -> None:
    (only,) = read_clients(clients_file(tmp_path, GOOD))
    assert only.algorithms == ("ES384", "RS384")
    assert (only.audiences, only.tenants, only.fhir_servers, only.leave_out) == ((), (), (), None)
    assert (only.hooks_version, only.leeway_seconds, only.longest_seconds) == ("2.0", 60, 3600)


def test_the_example_is_good(tmp_path: Path) -> None:
    example = (ROOT / "deploy" / "clients.example.yaml").read_text(encoding="utf-8")
    (tmp_path / "old-ehr-keys.json").write_bytes(jwks(key("k", "2048")))
    new, old = read_clients(clients_file(tmp_path, example))
    assert new.hooks_version == "3.0"
    assert old.caller("").shape.left_out


@pytest.mark.parametrize(
    ("more", "line", "what"),
    [
        ("    algorithms: [none]\n", 4, "`algorithms` cannot be 'none'"),
        ("    algorithms: [ES384, HS256]\n", 4, "`algorithms` cannot be 'HS256'"),
        ("    algorithms: []\n", 4, "`algorithms`: Tuple should have at least 1 item"),
        ("    algoritms: [ES384]\n", 4, "unknown key `algoritms`"),
        ("    hooks_version: 2.0\n", 4, "`hooks_version` cannot be 2.0"),
        ("    hooks_version: '4.0'\n", 4, "`hooks_version` cannot be '4.0'"),
        ("    leeway_seconds: 301\n", 4, "`leeway_seconds`: Input should be less than or equal to 300"),
        ("    leave_out: [card.summary]\n", 4, "`leave_out` cannot be 'card.summary'"),
        ("    jwks_file: keys.json\n", 2, "`jwks_url` and `jwks_file` are both written"),
        ("    fhir_servers:\n      - https://ehr.example.org/fhir\n      - ehr/fhir\n", 6, "`ehr/fhir` is no address"),
        ("    jku: [http://ehr.example.org/keys]\n", 4, "`http://ehr.example.org/keys` is not encrypted"),
        ("    jku: ['https://user:pw@ehr.example.org/keys']\n", 4, "is no address"),
        ("  - issuer: https://ehr.example.org\n    jwks_url: https://x.example.org\n", 4, "is listed twice"),
        ("    issuer: https://two.example.org\n", 4, "`issuer` is written twice"),
        ("  - issuer: https://two.example.org\n", 4, "no keys are named"),
        ("  - jwks_url: https://two.example.org\n", 4, "`issuer` is missing"),
    ],
)
def test_a_slip_is_named_with_its_line(tmp_path: Path, more: str, line: int, what: str) -> None:
    faults = refused(tmp_path, GOOD + more)
    (fault,) = [each for each in faults if what in each.what]
    assert (fault.file, fault.line) == ("clients.yaml", line)
    assert fault.why
    assert fault.fix


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("clients: []\n", "`clients`"),
        ("clients:\n", "`clients`"),
        ("client: []\n", "unknown key `client`"),
        ("- issuer: x\n", "the file"),
        ("clients: [", "not YAML"),
    ],
)
def test_a_file_that_lists_nobody(tmp_path: Path, text: str, what: str) -> None:
    assert any(what in each.what for each in refused(tmp_path, text))


def test_a_missing_file_says_which_setting_names_it(tmp_path: Path) -> None:
    with pytest.raises(RuleFaults) as faults:
        read_clients(tmp_path / "clients.yaml")
    (fault,) = faults.value.faults
    assert "BONE_CDS_CLIENTS" in fault.why
    assert "docs/clients.md" in fault.fix


@pytest.mark.parametrize(
    ("keys", "what"), [(None, "cannot be read"), (b"{}", "no list of `keys`"), (b"x", "not a JSON")]
)
def test_a_key_file_is_read_at_once_beside_the_clients_file(tmp_path: Path, keys: bytes | None, what: str) -> None:
    if keys is not None:
        (tmp_path / "keys.json").write_bytes(keys)
    (fault,) = refused(tmp_path, "clients:\n  - issuer: https://ehr.example.org\n    jwks_file: keys.json\n")
    assert what in fault.what
    assert fault.line == 3


def test_a_client_on_this_machine_may_serve_its_keys_in_the_open(tmp_path: Path) -> None:
    text = GOOD.replace("https://ehr.example.org/jwks.json", "http://127.0.0.1:9/jwks.json")
    assert read_clients(clients_file(tmp_path, text))[0].jwks_url == "http://127.0.0.1:9/jwks.json"


def test_old_clients_are_spared_what_they_do_not_know_unless_the_site_says_otherwise() -> None:
    told = {"issuer": "x", "jwks_url": "https://x"}
    assert Client.model_validate({**told, "hooks_version": "1.0"}).caller("").shape.left_out
    own = Client.model_validate({**told, "hooks_version": "1.0", "leave_out": ["extension"]})
    assert own.caller("").shape.left_out == {"extension"}
    assert not Client.model_validate({**told, "hooks_version": "1.0", "leave_out": []}).caller("").shape.left_out
