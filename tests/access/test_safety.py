"""Production starts with safe settings alone, and says everything that is not safe at once."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from cds.access.safety import UnsafeSettings, insist_on_safety, objections
from cds.bootstrap import build
from cds.settings import Settings
from tests.access.signing import production

SAFE: dict[str, Any] = {
    "env": "production",
    "public_url": "https://cds.example.org",
    "journal_database": "sqlite:///journal.sqlite",
    "journal_key": "q8Zr3nT0vKx5Lw2Hd7YpQ8Zr3nT0vKx5",
}
OIDC = {
    "audit_oidc_issuer": "https://login.example.org",
    "audit_oidc_client_id": "bone-cds",
    "audit_oidc_client_secret": "q8Zr3nT0vKx5Lw2Hd7Yp",
}


def chosen(folder: Path, more: str = "", **settings: Any) -> Settings:
    """Production with one client, as safe as the rest makes it."""
    return Settings(**{**production(folder, more), **settings})


def whats(fault: pytest.ExceptionInfo[UnsafeSettings]) -> list[str]:
    """What is said to be unsafe."""
    return [each.what for each in fault.value.objections]


async def test_safe_settings_start(tmp_path: Path) -> None:
    house = build(chosen(tmp_path, **OIDC))
    assert house.gate.needs_token
    await house.close()


def test_every_reason_is_told_at_once() -> None:
    with pytest.raises(UnsafeSettings) as fault:
        build(Settings(env="production", public_url="http://cds.example.org", sandbox=True, require_jwt=False))
    assert whats(fault) == [
        "no clients are configured",
        "BONE_CDS_REQUIRE_JWT is off",
        "BONE_CDS_PUBLIC_URL is not https",
        "BONE_CDS_SANDBOX is on",
        "BONE_CDS_JOURNAL_DATABASE is not set",
        "BONE_CDS_JOURNAL_KEY is not set",
    ]
    assert "6 reasons not to start" in str(fault.value)
    assert all(each.why and each.fix for each in fault.value.objections)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"public_url": ""}, "BONE_CDS_PUBLIC_URL is not set"),
        ({"public_url": "http://localhost"}, "BONE_CDS_PUBLIC_URL is not https"),
        ({"require_jwt": False}, "BONE_CDS_REQUIRE_JWT is off"),
        ({"sandbox": True}, "BONE_CDS_SANDBOX is on"),
        ({"fhir_allow": ["http://ehr.example.org/fhir"]}, "the FHIR server http://ehr.example.org/fhir is not https"),
        ({"clients": None}, "no clients are configured"),
        ({"journal_database": ""}, "BONE_CDS_JOURNAL_DATABASE is not set"),
        ({"journal_key": ""}, "BONE_CDS_JOURNAL_KEY is not set"),
        ({"journal_key": "short"}, "the secret in BONE_CDS_JOURNAL_KEY is no secret"),
        ({"journal_key": "q8Zr3nT0vKx5Lw2Hd7YpBn6Mf4Ts1Rc"}, "the secret in BONE_CDS_JOURNAL_KEY is no secret"),
        ({"journal_key": "a" * 64}, "the secret in BONE_CDS_JOURNAL_KEY is no secret"),
        ({"journal_key": "changeme" * 8}, "the secret in BONE_CDS_JOURNAL_KEY is no secret"),
        ({"as_of": "2026-11-24"}, "BONE_CDS_AS_OF is set"),
        ({**OIDC, "audit_oidc_issuer": "http://login.example.org"}, "BONE_CDS_AUDIT_OIDC_ISSUER is not https"),
        ({**OIDC, "audit_oidc_issuer": "http://localhost"}, "BONE_CDS_AUDIT_OIDC_ISSUER is not https"),
        ({**OIDC, "audit_oidc_client_id": ""}, "BONE_CDS_AUDIT_OIDC_CLIENT_ID is not set"),
        ({**OIDC, "audit_oidc_client_secret": ""}, "BONE_CDS_AUDIT_OIDC_CLIENT_SECRET is not set"),
        ({**OIDC, "audit_oidc_client_secret": "short"}, "the secret in BONE_CDS_AUDIT_OIDC_CLIENT_SECRET is no secret"),
        ({"journal_keep_input": True}, "BONE_CDS_JOURNAL_INPUT_KEYS is empty"),
    ],
)
def test_each_reason_alone_is_enough(tmp_path: Path, settings: dict[str, Any], what: str) -> None:
    with pytest.raises(UnsafeSettings) as fault:
        build(chosen(tmp_path, **settings))
    assert whats(fault) == [what]


def test_a_clients_fhir_server_must_be_https(tmp_path: Path) -> None:
    with pytest.raises(UnsafeSettings) as fault:
        build(chosen(tmp_path, "    fhir_servers: ['http://ehr.example.org/fhir']\n"))
    assert whats(fault) == ["the FHIR server http://ehr.example.org/fhir is not https"]


class Secretive(Settings):
    """Settings as they are once there are secrets among them."""

    model_config = SettingsConfigDict(env_prefix="BONE_CDS_", extra="forbid", frozen=True)

    key: SecretStr = SecretStr("")
    database: str = ""
    keys: dict[str, SecretStr] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"key": SecretStr("change-me")}, "the secret in BONE_CDS_KEY is no secret"),
        ({"key": SecretStr("short")}, "the secret in BONE_CDS_KEY is no secret"),
        ({"database": "postgresql://cds:change-me@db/cds"}, "the secret in BONE_CDS_DATABASE is no secret"),
        ({"database": "postgresql://cds:change%2dme@db/cds"}, "the secret in BONE_CDS_DATABASE is no secret"),
        ({"database": "postgresql://Dora:dora@db/cds"}, "the secret in BONE_CDS_DATABASE is no secret"),
        ({"database": "postgresql://db/cds?user=dora&password=dora"}, "the secret in BONE_CDS_DATABASE is no secret"),
        ({"database": "postgresql://dora@db/cds?password=dora"}, "the secret in BONE_CDS_DATABASE is no secret"),
        ({"database": "postgresql://db/cds?password=Postgres"}, "the secret in BONE_CDS_DATABASE is no secret"),
        ({"keys": {"one": SecretStr("a" * 44)}}, "the secret in BONE_CDS_KEYS is no secret"),
        ({"database": "postgresql://dora@db/cds"}, ""),
        ({"database": "postgresql://db/cds?user=dora&password=q8Zr3nT0vKx5Lw2H"}, ""),
        ({"fhir_server": True}, "BONE_CDS_FHIR_SERVER is on"),
        ({"key": SecretStr("q8Zr3nT0vKx5Lw2Hd7Yp")}, ""),
        ({"database": "postgresql://cds:q8Zr3nT0vKx5Lw2H@db/cds"}, ""),
        ({"database": "sqlite:///journal.db"}, ""),
    ],
)
def test_secrets_that_everybody_knows_are_found_wherever_they_stand(settings: dict[str, Any], what: str) -> None:
    found = list(objections(Secretive(**SAFE, **settings), ()))
    assert [each.what for each in found] == ["no clients are configured", *filter(None, [what])]
    assert "change-me" not in "".join(map(str, found))


def test_development_is_asked_for_nothing() -> None:
    insist_on_safety(Settings(), ())
