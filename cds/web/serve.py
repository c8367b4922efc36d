"""The running server: uvicorn around the app in one process or several, and what is said at its start."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import partial
from multiprocessing import parent_process
from threading import Thread
from typing import Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from cds.settings import Settings
from cds.web.app import create_app
from cds.web.logs import log_config, logger
from cds.web.metrics import counted_together
from cds.web.seed import Progress, unseen
from cds.web.wire import HEAD_BYTES, Wire

KEEP_ALIVE_SECONDS: Final = 30
GRACE_SECONDS: Final = 10
BACKLOG: Final = 512
WORKER_SECONDS: Final = 60
"""A worker that does not answer for so long is replaced; on a busy machine, starting takes a while."""


class Workers(Multiprocess):
    """uvicorn's workers on one socket; when they are told to end, nobody can connect any more."""

    def terminate_all(self) -> None:
        """Every worker finishes what it has; who comes now is refused at once, and not left waiting for nobody."""
        super().terminate_all()
        for line in self.sockets:
            line.close()

    def handle_hup(self) -> None:
        """Every worker has been told to read rules and clients anew; none stops for it."""
        for process in self.processes:
            if process.pid is not None and process.exitcode is None:
                os.kill(process.pid, signal.SIGHUP)


def serve(settings: Settings, progress: Progress = unseen) -> None:
    """Serves until told to stop. Raises RuleFaults if the rule book is not sound: then nothing is served."""
    app = create_app(settings, progress=progress)
    log = logger(settings.log_level)
    log.info("starting", env=settings.env, host=settings.host, port=settings.port, notes=opening_words(settings))
    if settings.workers > 1:
        several = config(settings, partial(worker, settings))
        with counted_together():
            Workers(several, sockets=[several.bind_socket()]).run()
        return
    server = uvicorn.Server(config(settings, lambda: app))
    with suppress(KeyboardInterrupt):  # told to stop from the keyboard, it has stopped
        server.run()
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)


def worker(settings: Settings) -> object:
    """The app of one of several processes; the process ends when the one that started it is gone."""
    Thread(target=_end_with_parent, daemon=True).start()
    return create_app(settings)


def _end_with_parent() -> None:
    """The parent is gone, and this process has been told to end."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def config(settings: Settings, app: object) -> uvicorn.Config:
    """How uvicorn runs what ``app()`` makes; each worker makes its own."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # a factory, called in the process that serves
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http=Wire,
        ws="none",
        loop="asyncio",
        h11_max_incomplete_event_size=HEAD_BYTES,
        backlog=BACKLOG,
        access_log=False,
        log_config=log_config(settings.log_level),
        log_level=settings.log_level,
        server_header=False,
        date_header=True,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=WORKER_SECONDS,
    )


def opening_words(settings: Settings) -> list[str]:
    """What whoever starts the service must know, in sentences."""
    if settings.is_production:
        return ["production: only FHIR servers of the allow-list are read"]
    here = f"http://{settings.host}:{settings.port}"
    page = [f"sandbox: {here}/sandbox"] if settings.sandbox else []
    page += [f"embedded FHIR server: {here}/fhir"] if settings.fhir_server else []
    if settings.fhir_server and settings.workers > 1 and not settings.fhir_database:
        page.append("each worker has FHIR data of its own in memory: set BONE_CDS_FHIR_DATABASE to share them")
    page += [f"the clock stands at {settings.as_of.isoformat()}"] if settings.as_of else []
    return [
        "development: callers need not sign their requests (no JWT is checked)",
        "development: FHIR servers on this machine are read, and those of the allow-list",
        "set BONE_CDS_ENV=production before real patients are meant",
        *page,
    ]
