"""``make bench``: our service and its yardsticks in one run, interleaved, medians over rounds, as a Markdown table."""

from __future__ import annotations

import json
import os
import statistics
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.process import Served, served
from bench.request import request, resources

ROUNDS, EACH, WARM = 12, 100, 60
PATH = "/cds-services/ici-bone-health-order-{hook}"


@dataclass
class Measured:
    """What one server took: CPU seconds a request for each round, and every latency."""

    server: Served
    body: bytes
    cpu: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)

    def round(self, times: int) -> None:
        """Post ``times`` requests on one connection and keep what they took."""
        self.server.reconnect()
        before = self.server.cpu()
        self.latencies += [self.server.post(self.body) for _ in range(times)]
        self.cpu.append((self.server.cpu() - before) / times)


def main() -> None:
    """Measure and print the table; leaves with 1 if a target is missed."""
    sign = request()
    select = json.loads(sign)
    select["hook"] = "order-select"
    select["context"]["selections"] = ["MedicationRequest/draft-1"]
    select["context"]["userId"] = "Practitioner/1"
    chosen = json.dumps(select, separators=(",", ":")).encode()
    with ExitStack() as stack:

        def start(
            name: str, module: str, body: bytes, hook: str, python: str = sys.executable, root: str = ""
        ) -> Measured:
            run = [module] if module.endswith(".py") else ["-m", module]
            server = served(name, python, run, root + PATH.format(hook=hook))
            return Measured(stack.enter_context(server), body)

        peer = os.environ["HEALTHCHAIN_PYTHON"]
        every = [
            start("bone-cds", "bench.ours", sign, "sign"),
            start("(a) bare ASGI, same decode", "bench.bare", sign, "sign"),
            start("(b) Starlette + orjson echo", "bench.echo", sign, "sign"),
            start("(c) HealthChain order-select", "bench/peer_healthchain.py", chosen, "select", peer, "/cds"),
            start("bone-cds, journal kept", "bench.journalled", sign, "sign"),
        ]
        _run(every)
        _report(every, sign)


def _run(every: list[Measured]) -> None:
    for each in every:
        each.round(WARM if "HealthChain" not in each.server.name else WARM // 4)
        each.cpu.clear()
        each.latencies.clear()
    for _ in range(ROUNDS):
        for each in every:
            each.round(EACH if "HealthChain" not in each.server.name else EACH // 5)


def _report(every: list[Measured], body: bytes) -> None:
    cpu = {each.server.name: statistics.median(each.cpu) for each in every}
    ours, bare, _, peer, _ = every
    print(f"Request: {len(body):,} bytes, {resources()} resources. {ROUNDS} interleaved rounds, medians.\n")
    print("| server | CPU a request | × bone-cds | p50 | p99 | p99/p50 | memory |\n|---|---|---|---|---|---|---|")
    for each in every:
        p50, p99 = _percentile(each.latencies, 50), _percentile(each.latencies, 99)
        share = cpu[each.server.name] / cpu[ours.server.name]
        times = f"{cpu[each.server.name] * 1e3:.2f} ms | {share:.2f} | {p50 * 1e3:.2f} ms | {p99 * 1e3:.2f} ms"
        print(f"| {each.server.name} | {times} | {p99 / p50:.1f} | {each.server.memory():.0f} MB |")
    checks = {
        "CPU at most 2 x (a)": cpu[ours.server.name] / cpu[bare.server.name] <= 2,
        "CPU at least 5 x less than (c)": cpu[peer.server.name] / cpu[ours.server.name] >= 5,
        "p99/p50 at most 8": _percentile(ours.latencies, 99) / _percentile(ours.latencies, 50) <= 8,
        "memory at most 120 MB": ours.server.memory() <= 120,
    }
    print()
    for name, met in checks.items():
        print(f"- {'met' if met else 'MISSED'}: {name}")
    if not all(checks.values()):
        raise SystemExit(1)


def _percentile(values: list[float], of: int) -> float:
    return statistics.quantiles(values, n=100)[of - 1]


if __name__ == "__main__":
    main()
