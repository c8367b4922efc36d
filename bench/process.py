"""A server process under measurement: its CPU time, its memory, and one connection to it."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass
class Served:
    """One running server and the connection to it."""

    name: str
    process: psutil.Process
    connection: http.client.HTTPConnection
    path: str

    def reconnect(self) -> None:
        """The connection is fresh: a server closes one that waited for the others' turns."""
        self.connection.close()
        self.connection.connect()

    def post(self, body: bytes) -> float:
        """Send the body and read the answer; seconds from first byte to last. Raises on any status but 200."""
        begin = time.perf_counter()
        self.connection.request("POST", self.path, body, {"content-type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        seconds = time.perf_counter() - begin
        if answer.status != 200:
            raise RuntimeError(f"{self.name} answered {answer.status}: {text[:300]!r}")
        return seconds

    def cpu(self) -> float:
        """CPU seconds that the process has used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> float:
        """Resident memory in MB."""
        return float(self.process.memory_info().rss) / 1_000_000


@contextmanager
def served(name: str, python: str, module: list[str], path: str) -> Iterator[Served]:
    """The server while it runs; it is ended afterwards, by its own process id."""
    port = _free_port()
    child = subprocess.Popen([python, *module, str(port)], stdout=subprocess.DEVNULL)
    try:
        _await(port, child)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        yield Served(name, psutil.Process(child.pid), connection, path)
        connection.close()
    finally:
        child.terminate()
        child.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, child: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if child.poll() is not None:
            raise RuntimeError(f"the server ended with {child.returncode} before it listened")
        time.sleep(0.1)
    raise RuntimeError("the server did not listen within a minute")
