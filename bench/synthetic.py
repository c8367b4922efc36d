"""``make bench-synthetic``: what a synthetic patient costs beside a yardstick in the same run, as a Markdown table.

The yardstick writes the same resources, made before, with the fastest encoder that is installed: what cannot be saved.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from cds.synth import Population
from cds.synth.layout import Layout, write_ndjson

PATIENTS, ROUNDS = 1000, 5
MOST_TIMES = 8.0
LEAST_A_SECOND = 1000.0


def main() -> None:
    """Measure and print the table; leaves with 1 if a target is missed."""
    population = Population(PATIENTS, 1)
    prepared = [person.resources for person in population]
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(_cpu(lambda folder: _dump(prepared, folder)))
        ours.append(_cpu(lambda folder: write_ndjson(population, folder, Layout(), lambda _: None)))
    made, dumped = (PATIENTS / statistics.median(each) for each in (ours, theirs))
    resources = sum(map(len, prepared))
    print(
        f"{PATIENTS:,} patients, {resources:,} resources, {ROUNDS} interleaved rounds on one core, median CPU time.\n"
    )
    print("| what | patients/s | × the time of the yardstick |\n|---|---|---|")
    print(f"| made and written as NDJSON | {made:,.0f} | {dumped / made:.1f} |")
    print(f"| yardstick: prepared dicts written by msgspec | {dumped:,.0f} | 1.0 |\n")
    checks = {
        f"at most {MOST_TIMES:g} times the yardstick": dumped / made <= MOST_TIMES,
        f"at least {LEAST_A_SECOND:,.0f} patients/s": made >= LEAST_A_SECOND,
    }
    for name, met in checks.items():
        print(f"- {'met' if met else 'MISSED'}: {name}")
    if not all(checks.values()):
        raise SystemExit(1)


def _cpu(write: Callable[[Path], object]) -> float:
    """CPU seconds that writing into a fresh folder took."""
    with tempfile.TemporaryDirectory() as folder:
        before = time.process_time()
        write(Path(folder))
        return time.process_time() - before


def _dump(prepared: list[list[dict[str, object]]], folder: Path) -> None:
    encoder = msgspec.json.Encoder()
    with (folder / "all.ndjson").open("wb", buffering=1 << 18) as file:
        for resources in prepared:
            for resource in resources:
                file.write(encoder.encode(resource) + b"\n")


if __name__ == "__main__":
    main()
