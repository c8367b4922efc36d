"""``make bench-population``: the audit of an export against two yardsticks, interleaved, in the same run.

(a) one process that parses every line with orjson, groups by patient in memory, asks the same question of the same
patients, and writes the same rows. One patient in ``--share`` is on a checkpoint inhibitor, the others are the same
patients without those lines: 100 stands for everybody a hospital treats, 10 for its oncology.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from bench.population_orjson import thin

AS_OF = "2026-11-24"
SUBREAPER = 36  # Linux's prctl: a process that outlives its parent becomes ours, and its CPU time is counted


def main() -> None:
    """Measure and print the table; leaves with 1 if a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, nargs="+", default=[5000, 50000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=int, nargs="+", default=[100, 10], help="one in so many is on an inhibitor")
    asked = parser.parse_args()
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    met = [each for patients in asked.patients for each in _of_size(patients, asked.rounds, asked.share)]
    if not all(met):
        raise SystemExit(1)


def _of_size(patients: int, rounds: int, shares: list[int]) -> list[bool]:
    """One size; for each share, whether its targets are met."""
    with tempfile.TemporaryDirectory(prefix="bench-") as room:
        full = made(Path(room), patients)
        return [_measured(full, patients, rounds, share) for share in shares]


def _measured(full: Path, patients: int, rounds: int, share: int) -> bool:
    """One size and share; whether its targets are met."""
    print(f"\none patient in {share} on an inhibitor\n", flush=True)
    print("| patients | run | wall | CPU | most memory | × wall of bone-cds |\n|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as room:
        folder = exported(full, Path(room), share)
        commands = {
            "bone-cds audit, 2 processes": [
                _tool("bone-cds"), "audit", str(folder), "--out", f"{room}/out", "--as-of", AS_OF,
            ],
            "(a) one orjson process": [
                sys.executable, "-m", "bench.population_orjson", str(folder), AS_OF, f"{room}/rows.csv",
            ],
        }  # fmt: skip
        memory = {name: _memory(command) for name, command in commands.items()}
        runs = [{name: _timed(command) for name, command in commands.items()} for _ in range(rounds)]
    wall = {name: statistics.median(run[name][0] for run in runs) for name in commands}
    ours, plain = wall.values()
    for name in commands:
        cpu, ratio = statistics.median(run[name][1] for run in runs), wall[name] / ours
        told = f"{wall[name]:.1f} s | {cpu:.1f} s | {memory[name]:.0f} MB | {ratio:.2f}"
        print(f"| {patients:,} | {name} | {told} |", flush=True)
    times, most = plain / ours, next(iter(memory.values()))
    print(f"\n- {'met' if times >= 3 else 'MISSED'}: at least 3 x (a) – {times:.2f}")
    print(f"- {'met' if most <= 500 else 'MISSED'}: memory of all processes at most 500 MB – {most:.0f}\n")
    return times >= 3 and most <= 500


def made(room: Path, patients: int) -> Path:
    """An export in which every patient is on a checkpoint inhibitor."""
    full = room / "full"
    make = [_tool("bone-cds"), "fixtures", "make", "--patients", str(patients), "--out", str(full), "--files", "4"]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    return full


def exported(full: Path, room: Path, share: int) -> Path:
    """The same export, with one patient in ``share`` on a checkpoint inhibitor."""
    folder = room / "export"
    folder.mkdir()
    thin(full, folder, share)
    return folder


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _memory(command: list[str]) -> float:
    """The most memory (PSS of every process together, MB) of the command; looking costs time, so this run has none."""
    process = _started(command)
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(_pss, _family(process.pid))))
        time.sleep(0.1)
    _ended(process)
    return most / 1024


def _timed(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of the command."""
    before, started = os.times(), time.perf_counter()
    process = _started(command)
    process.wait()
    wall = time.perf_counter() - started
    _ended(process)
    after = os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Nothing that it left behind runs on; leaves if it failed."""
    _reap()
    if process.returncode:
        raise SystemExit(f"{process.args!r} left with {process.returncode}")


def _reap() -> None:
    """What the command left behind has ended too."""
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(each for child in children for each in _family(int(child)))]


def _pss(pid: int) -> int:
    try:
        rolled = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in rolled.splitlines() if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
