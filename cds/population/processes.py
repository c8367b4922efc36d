"""Processes to work in, none of which has a thread of the program that asks.

While the program has one thread it is copied, with all that it has imported and read: that is most of a start. Where it
has more, or cannot be copied safely, another process imports the room and is copied instead; it does no work itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver, get_all_start_methods, get_context
from pathlib import Path
from threading import RLock
from typing import Final

_IMPORTED: Final = ["cds.population.local"]
_THREADS: Final = Path("/proc/self/task")
"""Every thread of this process, those of libraries too; on Linux."""
_ONE_AT_A_TIME: Final = RLock()


@contextmanager
def processes(number: int, begin: Callable[[], None]) -> Iterator[Executor]:
    """A pool of that many, each of which has begun so."""
    with without_program(), ProcessPoolExecutor(number, get_context(how()), begin) as pool:
        yield pool


def how() -> str:
    """How they are started. What a thread holds while its process is copied, the copy would wait for without end."""
    if sys.platform == "linux" and len(list(_THREADS.iterdir())) == 1:
        return "fork"
    if "forkserver" not in get_all_start_methods():
        return "spawn"
    forkserver.set_forkserver_preload(_IMPORTED)
    return "forkserver"


@contextmanager
def without_program() -> Iterator[None]:
    """A process that starts meanwhile imports what it is asked for, and not the program that asks."""
    main = sys.modules["__main__"]
    with _ONE_AT_A_TIME:
        kept = {name: getattr(main, name, None) for name in ("__file__", "__spec__")}
        for name in kept:
            setattr(main, name, None)
        try:
            yield
        finally:
            for name, value in kept.items():
                setattr(main, name, value)
