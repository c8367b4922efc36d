"""The service with its journal kept, as ``bone-cds serve`` runs it: SQLite, in a folder that is thrown away."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.serving import port_given
from cds.journal.install import prepare_journal, with_journal
from cds.settings import Settings
from cds.web import serve

if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        settings = with_journal(
            Settings(port=port_given(), sandbox=False, fhir_server=False, log_level="warning", data_dir=Path(folder))
        )
        asyncio.run(prepare_journal(settings))
        serve(settings)
