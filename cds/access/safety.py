"""What production refuses to start with. Every reason is told at once, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

from cds.access.clients import Client, is_private
from cds.settings import Settings

SHORTEST_SECRET: Final = 16
SHORTEST: Final = {"journal_key": 32}
"""Secrets that must be longer than others."""

FEWEST_CHARACTERS: Final = 8
"""So many different ones a secret of 32 or more has; a shorter one has a quarter of its length."""

EVERYBODY_KNOWS: Final = frozenset(
    {"admin", "bone-cds", "bone_cds", "bonecds", "cds", "change-me", "change_me", "changeme", "default", "example"}
    | {"pass", "password", "postgres", "root", "secret", "test"}
)
FOR_SHOW: Final = ("sandbox", "fhir_server")
"""Settings that open doors for demonstrations."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason against starting: what is so, why that is dangerous, and what to do."""

    what: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what}\n    why: {self.why}\n    fix: {self.fix}"


class UnsafeSettings(Exception):
    """Production was asked for with settings that are not safe; ``objections`` are all the reasons."""

    def __init__(self, objections: Sequence[Objection]) -> None:
        self.objections = tuple(objections)
        count = len(objections)
        total = f"{count} {'reason' if count == 1 else 'reasons'} not to start with BONE_CDS_ENV=production"
        super().__init__("\n".join([*map(str, objections), total]))


def insist_on_safety(settings: Settings, clients: Sequence[Client]) -> None:
    """Raises UnsafeSettings if production is asked for and anything stands against it."""
    found = tuple(objections(settings, clients)) if settings.is_production else ()
    if found:
        raise UnsafeSettings(found)


def objections(settings: Settings, clients: Sequence[Client]) -> Iterator[Objection]:
    """Everything that would stand against production."""
    yield from _callers(settings, clients)
    yield from _address(settings)
    yield from _day(settings)
    for name in FOR_SHOW:
        if name in settings.model_fields_set and getattr(settings, name, False):
            why = "it shows invented patients, or serves them as if they were real, to whoever finds it"
            yield Objection(f"{variable(name)} is on", why, f"take {variable(name)} out of the environment")
    yield from _servers(settings, clients)
    yield from _journal(settings)
    yield from _auditors(settings)
    yield from _secrets(settings)


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return f"BONE_CDS_{field.upper()}"


def _callers(settings: Settings, clients: Sequence[Client]) -> Iterator[Objection]:
    if not clients:
        why = "then either nobody can call, or anybody on the network can"
        fix = "list the EHRs in a file (docs/clients.md) and name it in BONE_CDS_CLIENTS"
        yield Objection("no clients are configured", why, fix)
    if not settings.needs_token:
        why = "whoever reaches the port could send requests, and have FHIR servers called"
        yield Objection("BONE_CDS_REQUIRE_JWT is off", why, "take BONE_CDS_REQUIRE_JWT out of the environment")


def _address(settings: Settings) -> Iterator[Objection]:
    if not settings.public_url:
        why = "tokens are made out to the address that clients call, and it must be known to check them"
        yield Objection("BONE_CDS_PUBLIC_URL is not set", why, "set it to the address that EHRs call: https://…")
    elif urlsplit(settings.public_url).scheme != "https":
        why = "patient data and tokens would travel in the open"
        fix = "serve https (a reverse proxy ends TLS; docs/deploy.md) and set BONE_CDS_PUBLIC_URL to https://…"
        yield Objection("BONE_CDS_PUBLIC_URL is not https", why, fix)


def _day(settings: Settings) -> Iterator[Objection]:
    if settings.as_of is not None:
        why = "every patient would be judged as on that day: what is recent, overdue or past would be wrong"
        yield Objection("BONE_CDS_AS_OF is set", why, "take BONE_CDS_AS_OF out of the environment")


def _servers(settings: Settings, clients: Iterable[Client]) -> Iterator[Objection]:
    for address in dict.fromkeys([*settings.fhir_allow, *(each for one in clients for each in one.fhir_servers)]):
        if not is_private(address):
            why = "patient data and access tokens would travel in the open"
            yield Objection(f"the FHIR server {address} is not https", why, "write its https address")


def _journal(settings: Settings) -> Iterator[Objection]:
    if not settings.journal_database:
        why = "what was decided, and how it was answered, would be gone with the process"
        fix = "set it to the address of the journal's database (docs/journal.md)"
        yield Objection("BONE_CDS_JOURNAL_DATABASE is not set", why, fix)
    if not settings.journal_key.get_secret_value():
        why = "patients stand in the journal under keyed hashes, and its chain is made with the key"
        fix = "put a long random one into it and keep a copy: openssl rand -base64 32"
        yield Objection("BONE_CDS_JOURNAL_KEY is not set", why, fix)
    if settings.journal_keep_input and not settings.journal_input_keys:
        why = "inputs are kept sealed or not at all"
        fix = "give a key (docs/journal.md), or take BONE_CDS_JOURNAL_KEEP_INPUT out of the environment"
        yield Objection("BONE_CDS_JOURNAL_INPUT_KEYS is empty", why, fix)


def _auditors(settings: Settings) -> Iterator[Objection]:
    """What stands against the provider at which auditors sign in, if there is one."""
    if not settings.audit_oidc_issuer:
        return
    if urlsplit(settings.audit_oidc_issuer).scheme != "https":
        why = "whoever sits between could sign in as anybody, and would see the client secret"
        yield Objection("BONE_CDS_AUDIT_OIDC_ISSUER is not https", why, "write the provider's https address")
    told = {
        "audit_oidc_client_id": settings.audit_oidc_client_id,
        "audit_oidc_client_secret": settings.audit_oidc_client_secret.get_secret_value(),
    }
    for name in (name for name, value in told.items() if not value):
        why = "the provider would not know who asks, and nobody could sign in"
        fix = "register the service at the provider (docs/audit.md) and set what it gives, or take the issuer out"
        yield Objection(f"{variable(name)} is not set", why, fix)


def _secrets(settings: Settings) -> Iterator[Objection]:
    """Secrets that everybody knows, or could guess: wherever one stands in the settings."""
    for field in type(settings).model_fields:
        shortest = SHORTEST.get(field, SHORTEST_SECRET)
        if _gives_away(getattr(settings, field), shortest):
            why = f"it stands in examples, or is short (under {shortest} characters) or plain enough to be guessed"
            fix = f"put a long random one into {variable(field)}: openssl rand -base64 32"
            yield Objection(f"the secret in {variable(field)} is no secret", why, fix)


def _gives_away(value: Any, shortest: int) -> bool:
    """Whether a secret in the value is none: the value itself, or the password of an address."""
    if isinstance(value, dict):
        return any(_gives_away(each, shortest) for each in value.values())
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value if isinstance(value, str) else ""
    if "://" in plain:
        return _is_open(plain)
    return isinstance(value, SecretStr) and bool(plain) and _is_guessed(plain, shortest)


def _is_guessed(secret: str, shortest: int) -> bool:
    """Whether the secret is known to everybody, short, or of few characters again and again."""
    fewest = min(FEWEST_CHARACTERS, len(secret) // 4)
    return secret.lower() in EVERYBODY_KNOWS or len(secret) < shortest or len(set(secret)) < fewest


def _is_open(address: str) -> bool:
    """Whether a password in the address, before its host or among its parameters, is known to everybody or its user."""
    parts = urlsplit(address)
    asked = parse_qs(parts.query)
    passwords = [unquote(parts.password or ""), *asked.get("password", ())]
    users = [unquote(parts.username or ""), *asked.get("user", ())]
    known = EVERYBODY_KNOWS.union(each.lower() for each in users)
    return any(each.lower() in known for each in passwords if each)
