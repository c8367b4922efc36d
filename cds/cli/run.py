"""``serve`` and ``demo``: the service on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from cds.cli.app import app, loaded
from cds.resources import fixtures_directory
from cds.settings import Settings
from cds.web import serve as run

Port = Annotated[int | None, typer.Option("--port", help="The port to listen on; 8000, or what BONE_CDS_PORT says.")]


@app.command()
def serve(port: Port = None) -> None:
    """Run the service alone, from settings. Refuses to start on a rule book with a fault in it."""
    loaded()
    run(_settings(port).model_copy(update={"sandbox": False}))


@app.command()
def demo(port: Port = None) -> None:
    """Run the service with a page that shows the synthetic patients and their cards; prints the addresses."""
    settings = _settings(port)
    if settings.site is None:
        settings = settings.model_copy(update={"site": fixtures_directory() / "site.yaml"})
    loaded()
    run(settings)


def _settings(port: int | None) -> Settings:
    return Settings() if port is None else Settings(port=port)
