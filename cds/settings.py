"""What a site sets for the running service: ``BONE_CDS_*`` in the environment."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)


def plausible_day(day: date) -> date:
    """The day, if decisions can be made as on it, which look years back and ahead; ValueError if not."""
    if FIRST_DAY <= day <= LAST_DAY:
        return day
    what = "too long ago" if day < FIRST_DAY else "too far ahead"
    raise ValueError(f"{day} is {what}: it must be a day from {FIRST_DAY} to {LAST_DAY}")


class Settings(BaseSettings):
    """Every setting with its default; ``BONE_CDS_<NAME>`` in the environment sets one."""

    model_config = SettingsConfigDict(env_prefix="BONE_CDS_", extra="forbid", frozen=True)

    env: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    """Processes that serve; an answer to one is known to the others within a second or two, through the journal."""

    public_url: str = ""
    clients: Path | None = None
    """The file that lists who may call; not set: nobody is known."""

    require_jwt: bool | None = None
    """Whether every hook call must be signed by a client; not set: in production alone."""

    hooks_version: Literal["1.0", "1.1", "2.0", "3.0"] = "2.0"
    """What unsigned callers understand; a client's own entry says it for signed ones."""

    remembered_tokens: int = Field(default=200_000, ge=1)
    """Tokens that are known to have been used, in this process; none is forgotten before it has ended."""

    canonical: str = "https://bone-cds.example.org/fhir"
    rules_dir: Path | None = None
    site: Path | None = None
    as_of: Annotated[date, AfterValidator(plausible_day)] | None = None
    """A fixed clock, for demonstrations and reproducible answers; not set: today."""

    budget_seconds: float = Field(default=3.0, gt=0, le=60)
    max_body_bytes: int = Field(default=5 * 1024 * 1024, ge=1024)
    body_seconds: float = Field(default=5.0, gt=0, le=60)
    """For a request's body to come in."""

    max_concurrent: int = Field(default=128, ge=1)
    """Hook requests that one process answers at the same time."""

    scan_bytes: int = Field(default=65536, ge=0)
    """Bodies up to this size are searched for duplicated keys whole, larger ones everywhere but inside ``prefetch``."""

    max_answer_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    max_read_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    """Of all FHIR answers to one request together."""

    max_entries: int = Field(default=20_000, ge=1)
    max_pages: int = Field(default=10, ge=1)
    max_drug_reads: int = Field(default=20, ge=0)
    remembered_cards: int = Field(default=20_000, ge=1)
    """Shown cards that are remembered in this process, for feedback; the journal knows the older ones."""

    remembered_patients: int = Field(default=20_000, ge=1)
    """Patients whose answered cards are remembered in this process."""

    data_dir: Path = Path("~/.local/share/bone-cds")
    """Where the embedded journal, its key and the spool lie, unless they are set on their own."""

    journal_database: str = ""
    """``sqlite:///path`` or ``postgresql://…``; not set: ``serve`` and ``demo`` keep one in ``data_dir``."""

    journal_spool: Path | None = None
    """A folder on a local disk; not set: ``spool`` in ``data_dir``."""

    journal_spool_bytes: int = Field(default=1024**3, ge=1024**2)
    journal_key: SecretStr = SecretStr("")
    """The secret behind pseudonyms and the chain; not set: one is made and kept in ``data_dir`` (development alone)."""

    journal_keep_input: bool = False
    journal_input_keys: dict[str, SecretStr] = Field(default_factory=dict)
    """Keys in base64 by id: the first seals kept inputs, all of them open."""

    journal_input_days: int = Field(default=30, ge=1)

    audit_idle_minutes: int = Field(default=15, ge=1, le=480)
    """Of a sign-in to the audit that nobody uses."""

    audit_oidc_issuer: str = ""
    """The OpenID Connect provider at which auditors sign in; not set: local accounts alone."""

    audit_oidc_client_id: str = ""
    audit_oidc_client_secret: SecretStr = SecretStr("")
    audit_oidc_roles_claim: str = "roles"
    """The claim of the ID token that lists an auditor's roles: viewer, pharmacist, approver."""

    releases: Path | None = None
    """The folder of rule-book releases; not set: ``serve``, ``demo`` and ``release`` keep them in ``data_dir``."""

    export: Path | None = None
    """The folder of a Bulk Data export, over whose patients the audit pages count what a release would change."""

    release_keys: dict[str, SecretStr] = Field(default_factory=dict)
    """Ed25519 seeds in base64 by id: the first signs releases, all of them are believed."""

    fhir_allow: tuple[str, ...] = ()
    """Base addresses of the FHIR servers that may be read; in development any server on this machine may be too."""

    allow_private_fhir: bool | None = None
    """Whether a FHIR server of the list may have a private address, or be on this machine; not set: in development."""

    breaker_failures: int = Field(default=20, ge=1)
    """Failed reads in a row after which a FHIR server is left alone; a hook asks a dozen questions at once."""

    breaker_seconds: float = Field(default=10.0, gt=0, le=600)
    """For which it is left alone before one question tries it."""

    cors_origins: tuple[str, ...] = ("*",)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    traces: bool = False
    """Whether OpenTelemetry traces are sent; ``OTEL_*`` says where."""

    sandbox: bool = True
    fhir_server: bool = True
    """The embedded FHIR server at ``/fhir``; never there in production."""

    fhir_database: str = ""
    """Where it keeps its resources: a file, or a PostgreSQL address; in memory if not set."""

    fhir_load: Path | None = None
    """A folder of Bundles or NDJSON that it holds from the start."""

    fhir_token: SecretStr = SecretStr("")
    """The bearer token that it wants; none if not set."""

    fhir_max_body_bytes: int = Field(default=32 * 1024 * 1024, ge=1024)

    @property
    def needs_token(self) -> bool:
        """Whether whoever calls must prove who it is."""
        return self.is_production if self.require_jwt is None else self.require_jwt

    @property
    def base_url(self) -> str:
        """The address that callers use, without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def data_folder(self) -> Path:
        """The folder for what this installation keeps."""
        return self.data_dir.expanduser().absolute()

    @property
    def is_production(self) -> bool:
        """Whether real patients are meant."""
        return self.env == "production"

    @property
    def reads_private_fhir(self) -> bool:
        """Whether FHIR servers at private addresses may be read: as set, else in development alone."""
        return not self.is_production if self.allow_private_fhir is None else self.allow_private_fhir
