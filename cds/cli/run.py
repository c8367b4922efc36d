"""``serve`` and ``demo``: the service on this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from cds.access.safety import UnsafeSettings
from cds.cli.app import FOUND_SOMETHING, app, err, loaded, out
from cds.cli.audit_users import DEMO, demo_accounts
from cds.cli.fhir import bar
from cds.journal.database import StaleTables
from cds.journal.install import prepare_journal, with_journal
from cds.releases.fault import ReleaseFault
from cds.releases.shelf import with_releases
from cds.resources import fixtures_directory
from cds.ruleset.fault import RuleFaults
from cds.settings import Settings
from cds.web import serve as run
from cds.web.sandbox.stories import fixed_day
from cds.web.seed import Progress, unseen
from cds.web.tracing import NoTracing

if TYPE_CHECKING:
    from cds.synth import Orders

Port = Annotated[int | None, typer.Option("--port", help="The port to listen on; 8000, or what BONE_CDS_PORT says.")]

Patients = Annotated[
    Path | None, typer.Option("--patients", metavar="DIR", help="The patients of the FHIR server; ours if not given.")
]

History = Annotated[
    bool,
    typer.Option("--with-history", help="Fill the journal with simulated orders and their answers, for /audit; once."),
]
Many = Annotated[int, typer.Option("--history-patients", metavar="N", help="Synthetic patients of the history.")]
Signed = Annotated[int, typer.Option("--history-orders", metavar="N", help="Orders of its ninety days.")]
Seed = Annotated[int, typer.Option("--history-seed", metavar="S", help="Another seed makes another history.")]


@app.command()
def serve(port: Port = None) -> None:
    """Run the service alone, from settings. Refuses to start on a rule book with a fault in it."""
    settings = _settings(port)
    loaded()
    alone = {"sandbox": False, "fhir_server": False}
    _run(settings if settings.is_production else settings.model_copy(update=alone))


@app.command()
def demo(
    port: Port = None, patients: Patients = None, with_history: History = False, history_patients: Many = 5000,
    history_orders: Signed = 2000, history_seed: Seed = 1,
) -> None:  # fmt: skip
    """Run the service with a page that shows the synthetic patients and their cards, and a FHIR server that holds them.

    Prints the addresses. Other patients: give a folder of Bundles or NDJSON.
    """
    from cds.cli.history import orders_of

    past = orders_of(history_patients, history_orders, history_seed) if with_history else None
    settings = _settings(port)
    fixtures = fixtures_directory()
    ours: dict[str, Any] = {
        "site": settings.site or fixtures / "site.yaml",
        "fhir_load": patients or settings.fhir_load,
    }
    if ours["fhir_load"] is None:  # our patients live on a day of their own
        ours |= {"fhir_load": fixtures / "patients", "as_of": settings.as_of or fixed_day(fixtures)}
    loaded()
    _run(settings.model_copy(update={"sandbox": True, "fhir_server": True, **ours}), bar, accounts=True, past=past)


def _run(
    settings: Settings, progress: Progress = unseen, *, accounts: bool = False, past: Orders | None = None
) -> None:
    """The service runs until it is stopped; leaves with 1 at once if it must not be started like this."""
    try:
        chosen = with_releases(with_journal(settings))
        asyncio.run(prepare_journal(chosen))
        if past is not None:
            from cds.cli.history import with_past

            chosen = with_past(chosen, past)
        if accounts and not settings.is_production:
            names = ", ".join(f"{name} ({role})" for name, role in DEMO.items())
            out.print(escape(f"audit pages: {chosen.base_url}/audit – {names}; password {demo_accounts()}"))
        run(chosen, progress)
    except (UnsafeSettings, RuleFaults, ReleaseFault, StaleTables, NoTracing) as refused:
        err.print(escape(str(refused)))
        err.print("`bone-cds doctor` explains the whole configuration")
        raise typer.Exit(FOUND_SOMETHING) from None


def _settings(port: int | None) -> Settings:
    return Settings() if port is None else Settings(port=port)
