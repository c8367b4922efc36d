"""What the embedded FHIR server holds from the start: a folder, loaded before the first request is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from cds.bootstrap import House
from cds.server.load import Loaded, files_of, load
from cds.web.fhir import PREFIX
from cds.web.logs import logger

Progress = Callable[[int], AbstractContextManager[Callable[[Loaded], None]]]
"""Opened with the bytes that there are to read, told how far the load is, closed at its end."""

_MOST_TOLD = 20


@contextmanager
def unseen(_: int) -> Iterator[Callable[[Loaded], None]]:
    """Nobody watches."""
    yield lambda _: None


async def seed(house: House, progress: Progress) -> None:
    """The server holds what lies in the folder of the settings; what could not be loaded is in the log."""
    folder = house.settings.fhir_load
    if house.fhir is None or folder is None:
        return
    files = files_of(folder)
    with progress(sum(path.stat().st_size for path in files)) as tell:
        loaded = await load(house.fhir, files, own_address(house), tell)
    log = logger(house.settings.log_level)
    for trouble in loaded.troubles[:_MOST_TOLD]:
        log.warning("not loaded", file=trouble.file, line=trouble.line, why=trouble.why)
    log.info("loaded", folder=folder.name, resources=loaded.resources, not_loaded=len(loaded.troubles))


def own_address(house: House) -> str:
    """The base address of the embedded server, as far as the settings know it."""
    settings = house.settings
    return f"{settings.public_url.rstrip('/') or f'http://{settings.host}:{settings.port}'}{PREFIX}"
