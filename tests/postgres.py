"""A real PostgreSQL server on this machine, for as long as the tests run: own folder, free port, no root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NOBODY = "nobody"
DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Server:
    """A running server and how to stop and start it."""

    programs: Path
    folder: Path
    port: int

    def address(self, database: str) -> str:
        """The address of that database, as the settings want it."""
        return f"postgresql://{NOBODY}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """The database is there, empty; its address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), database)
        return self.address(database)

    def start(self) -> None:
        """It answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", log, "-w", "-t", "60", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """It is gone, as after a crash unless another mode is asked for."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def begin(self) -> None:
        """A fresh cluster is in the folder."""
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", NOBODY, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")

    def _run(self, program: str, *arguments: str) -> None:
        """The program has done its work, as somebody who may do nothing else."""
        user = pwd.getpwnam(NOBODY) if os.geteuid() == 0 else None
        environment = {**os.environ, "PGUSER": NOBODY, "HOME": str(self.folder)}
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, timeout=120,
            user=user.pw_uid if user else None, group=user.pw_gid if user else None,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout.decode(errors='replace')}")


def programs() -> Path | None:
    """The folder with PostgreSQL's server programs; None if this machine has none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def running(where: Path) -> Iterator[Server]:
    """A server of these programs; gone afterwards with all that it kept."""
    with tempfile.TemporaryDirectory(prefix="cds-pg-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            user = pwd.getpwnam(NOBODY)
            os.chown(folder, user.pw_uid, user.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        server = Server(where, folder, port)
        server.begin()
        server.start()
        try:
            yield server
        finally:
            server.stop()
