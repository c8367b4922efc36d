"""The whole service over real sockets on a free port, in a thread of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import uvicorn

from cds.settings import Settings
from cds.web import create_app
from tests.web.desk import DAY

PATIENCE = 60


@contextmanager
def service(**settings: Any) -> Iterator[str]:
    """The address of the running service; its embedded FHIR server lies below it at /fhir."""
    app = create_app(Settings(**{"as_of": DAY, "log_level": "error", **settings}))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    patience = monotonic() + PATIENCE
    while not server.started and monotonic() < patience:
        sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(PATIENCE)
