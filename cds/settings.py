"""What a site sets for the running service: ``BONE_CDS_*`` in the environment."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting with its default; ``BONE_CDS_<NAME>`` in the environment sets one."""

    model_config = SettingsConfigDict(env_prefix="BONE_CDS_", extra="forbid", frozen=True)

    env: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = ""
    canonical: str = "https://bone-cds.example.org/fhir"
    rules_dir: Path | None = None
    site: Path | None = None
    as_of: date | None = None
    """A fixed clock, for demonstrations and reproducible answers; not set: today."""

    budget_seconds: float = Field(default=3.0, gt=0, le=60)
    max_body_bytes: int = Field(default=5 * 1024 * 1024, ge=1024)
    scan_bytes: int = Field(default=65536, ge=0)
    """Bodies up to this size are searched for duplicated keys whole, larger ones everywhere but inside ``prefetch``."""

    max_answer_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    max_entries: int = Field(default=20_000, ge=1)
    max_pages: int = Field(default=10, ge=1)
    max_drug_reads: int = Field(default=20, ge=0)
    remembered_cards: int = Field(default=20_000, ge=1)
    """Shown cards to which feedback can be joined; older ones are forgotten."""

    remembered_patients: int = Field(default=20_000, ge=1)
    """Patients whose answered cards are remembered."""

    fhir_allow: tuple[str, ...] = ()
    """Base addresses of the FHIR servers that may be read; in development any server on this machine may be too."""

    cors_origins: tuple[str, ...] = ("*",)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    sandbox: bool = True

    @property
    def is_production(self) -> bool:
        """Whether real patients are meant."""
        return self.env == "production"
