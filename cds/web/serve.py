"""The running server: uvicorn around the app, and what is said at its start."""

from __future__ import annotations

import logging

import uvicorn

from cds.settings import Settings
from cds.web.app import create_app
from cds.web.logs import FrameOnly, logger

KEEP_ALIVE_SECONDS = 30
GRACE_SECONDS = 10


def serve(settings: Settings) -> None:
    """Serves until told to stop. Raises RuleFaults if the rule book is not sound: then nothing is served."""
    app = create_app(settings)
    log = logger(settings.log_level)
    log.info("starting", env=settings.env, host=settings.host, port=settings.port, notes=opening_words(settings))
    logging.getLogger("uvicorn.error").addFilter(FrameOnly())
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level=settings.log_level,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def opening_words(settings: Settings) -> list[str]:
    """What whoever starts the service must know, in sentences."""
    if settings.is_production:
        return ["production: only FHIR servers of the allow-list are read"]
    page = [f"sandbox: http://{settings.host}:{settings.port}/sandbox"] if settings.sandbox else []
    return [
        "development: callers need not sign their requests (no JWT is checked)",
        "development: FHIR servers on this machine are read, and those of the allow-list",
        "set BONE_CDS_ENV=production before real patients are meant",
        *page,
    ]
