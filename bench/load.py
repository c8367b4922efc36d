"""``make load``: mixed traffic for ten minutes, then more than can be answered, then the end while requests run.

Requests leave at a fixed rate whether or not earlier ones were answered, and their time counts from when they should
have left: a service that stalls is not spared the requests that it kept waiting.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import aiohttp
import psutil

from bench.ehr import Ehr, recorded, unfetched
from cds.settings import Settings

PATH = "/cds-services/ici-bone-health-order-sign"
PREFETCHED, READ = "prefetched", "read by FHIR"
HEADERS = {"content-type": "application/json"}
SAMPLE_SECONDS = 2.0
WARM_SHARE = 0.2
BURST = 900
BURST_AT_ONCE = 32
IN_FLIGHT = 24
FILLERS = 8
SPARE = 1.25
"""Workers do not get the same share: so many times what they remember is shown before it counts as full."""


@dataclass
class Tally:
    """What became of the requests of one kind."""

    latencies: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    def percentile(self, of: int) -> float:
        """Milliseconds."""
        return statistics.quantiles(self.latencies, n=100)[of - 1] * 1000


@dataclass
class Load:
    """One scenario against one running service."""

    address: str
    bodies: dict[str, list[bytes]]
    session: aiohttp.ClientSession
    tallies: dict[str, Tally] = field(default_factory=lambda: {PREFETCHED: Tally(), READ: Tally()})

    async def one(self, body: bytes, due: float, tally: Tally) -> None:
        """One request is answered, or it is counted what happened instead."""
        try:
            async with self.session.post(self.address + PATH, data=body, headers=HEADERS) as response:
                text = await response.read()
                outcome = str(response.status)
                if response.status == 503 and "retry-after" not in response.headers:
                    outcome = "503 without Retry-After"
                if response.status == 200 and b'"cards"' not in text:
                    outcome = "200 without cards"
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            outcome = type(fault).__name__
        tally.outcomes[outcome] += 1
        tally.latencies.append(perf_counter() - due)

    async def fill(self, cards: int) -> None:
        """So many cards were shown: each worker remembers as many as it will ever, and what grows now is a leak."""
        left = cards
        bodies = itertools.cycle(self.bodies[PREFETCHED])

        async def one_after_another() -> None:
            nonlocal left
            while left > 0:
                shown = await self._cards(next(bodies))
                left -= shown

        await asyncio.gather(*(one_after_another() for _ in range(FILLERS)))

    async def _cards(self, body: bytes) -> int:
        async with self.session.post(self.address + PATH, data=body, headers=HEADERS) as response:
            return (await response.read()).count(b'"indicator"')

    async def steady(self, seconds: float, rate: float, share: float) -> None:
        """Traffic at that rate for that time, that share of it to be read from the FHIR server."""
        dice = random.Random(7)
        begin = perf_counter()
        async with asyncio.TaskGroup() as running:
            for number in range(int(seconds * rate)):
                due = begin + number / rate
                await asyncio.sleep(max(0.0, due - perf_counter()))
                kind = READ if dice.random() < share else PREFETCHED
                running.create_task(self.one(dice.choice(self.bodies[kind]), due, self.tallies[kind]))

    async def burst(self, times: int, kind: str) -> Tally:
        """So many requests in one moment."""
        tally = Tally()
        bodies = self.bodies[kind]
        now = perf_counter()
        await asyncio.gather(*(self.one(bodies[n % len(bodies)], now, tally) for n in range(times)))
        return tally


@contextmanager
def service(workers: int, **settings: object) -> Iterator[tuple[psutil.Process, str]]:
    """The service as it is deployed, and its address; ended afterwards, by its own process id, if it still runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    more = {f"BONE_CDS_{name.upper()}": str(value) for name, value in settings.items()}
    env = {**os.environ, "BONE_CDS_WORKERS": str(workers), "BONE_CDS_LOG_LEVEL": "warning", **more}
    command = [sys.executable, "-c", "from cds.cli import main; main()", "serve", "--port", str(port)]
    child = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield psutil.Process(child.pid), f"http://127.0.0.1:{port}"
    finally:
        if child.poll() is None:
            child.terminate()
        child.wait(30)


async def ready(session: aiohttp.ClientSession, address: str) -> dict[str, str]:
    """The prefetch templates, once the service answers."""
    patience = perf_counter() + 180
    while perf_counter() < patience:
        try:
            async with session.get(f"{address}/cds-services") as response:
                services = (await response.json())["services"]
                return dict(next(each["prefetch"] for each in services if each["hook"] == "order-sign"))
        except (aiohttp.ClientError, OSError):
            await asyncio.sleep(0.1)
    raise RuntimeError("the service did not start within three minutes")


def megabytes(process: psutil.Process) -> float:
    """Memory of the workers alone, without what they share with each other."""
    workers = [each for each in process.children() if "spawn_main" in " ".join(each.cmdline())] or [process]
    return sum(float(each.memory_full_info().uss) for each in workers) / 1e6


async def sampled(process: psutil.Process, samples: list[float]) -> None:
    """A sample of the memory every two seconds, until cancelled."""
    while True:
        samples.append(megabytes(process))
        await asyncio.sleep(SAMPLE_SECONDS)


def drift(samples: Sequence[float]) -> float:
    """How much more memory there is in the last fifth of the run than in the first fifth after warm-up."""
    warm = samples[int(len(samples) * WARM_SHARE) :]
    fifth = max(1, len(warm) // 5)
    return statistics.median(warm[-fifth:]) / statistics.median(warm[:fifth]) - 1


async def ended_in_flight(load: Load, process: psutil.Process, ehr: Ehr) -> Tally:
    """The service is told to end while requests wait for the EHR; what becomes of them."""
    ehr.moment = 0.5
    wanted = ehr.asked + IN_FLIGHT * ehr.questions
    running = asyncio.create_task(load.burst(IN_FLIGHT, READ))
    for _ in range(100):
        await asyncio.sleep(0.01)
        if ehr.asked >= wanted:
            break
    process.send_signal(signal.SIGTERM)
    return await running


async def scenario(options: argparse.Namespace) -> bool:
    """The three parts, and the table; whether every target is met."""
    limits = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=30)
    requests = recorded()
    with service(options.workers, max_concurrent=BURST_AT_ONCE, remembered_cards=options.remembered) as (
        process,
        address,
    ):
        async with aiohttp.ClientSession(connector=limits, timeout=timeout) as session:
            ehr = Ehr(requests, await ready(session, address))
            runner, where = await ehr.listen()
            bodies = {
                PREFETCHED: [json.dumps(each).encode() for each in requests.values()],
                READ: [json.dumps(unfetched(name, each, where)).encode() for name, each in requests.items()],
            }
            load = Load(address, bodies, session)
            await load.fill(int(options.workers * options.remembered * SPARE))
            samples: list[float] = []
            watching = asyncio.create_task(sampled(process, samples))
            await load.steady(options.seconds, options.rate, options.share)
            watching.cancel()
            burst = await load.burst(BURST, PREFETCHED)
            afterwards = await load.burst(1, READ)
            ending = await ended_in_flight(load, process, ehr)
            await runner.cleanup()
    return report(options, load, samples, burst, afterwards, ending)


def report(
    options: argparse.Namespace, load: Load, samples: list[float], burst: Tally, afterwards: Tally, ending: Tally
) -> bool:
    """The table is printed; whether every target is met."""
    print(f"{options.workers} workers, {options.seconds:g} s at {options.rate:g} requests a second\n")
    print("| traffic | requests | errors | p50 | p99 | p99/p50 |\n|---|---|---|---|---|---|")
    checks: dict[str, bool] = {}
    for kind, tally in load.tallies.items():
        p50, p99, errors = tally.percentile(50), tally.percentile(99), tally.outcomes.total() - tally.outcomes["200"]
        print(f"| {kind} | {len(tally.latencies)} | {errors} | {p50:.1f} ms | {p99:.1f} ms | {p99 / p50:.1f} |")
        checks[f"{kind}: no errors"] = errors == 0
        checks[f"{kind}: p99 at most 8 x p50"] = p99 <= 8 * p50
    grown = drift(samples)
    for kind, tally in load.tallies.items():
        print(f"\n- {kind}: {dict(tally.outcomes)}", end="")
    print(f"\n- memory of the workers: {samples[-1]:.0f} MB; {grown:+.1%} since warm-up")
    print(f"- {BURST} at once, {BURST_AT_ONCE} a worker allowed: {dict(burst.outcomes)}")
    print(f"- one after that: {dict(afterwards.outcomes)}")
    print(f"- told to end with {IN_FLIGHT} in flight: {dict(ending.outcomes)}\n")
    checks |= {
        "memory drifts by at most 5 %": grown <= 0.05,
        "overload answers 503 with Retry-After, and nothing else": set(burst.outcomes) == {"200", "503"},
        "after the overload it answers": set(afterwards.outcomes) == {"200"},
        "the end loses no request": set(ending.outcomes) == {"200"},
    }
    for name, met in checks.items():
        print(f"- {'met' if met else 'MISSED'}: {name}")
    return all(checks.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the scenario; 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float, default=30, help="requests a second")
    parser.add_argument("--workers", type=int, default=2)
    remembered = Settings().remembered_cards
    parser.add_argument("--remembered", type=int, default=remembered, help="cards that a worker remembers")
    parser.add_argument("--share", type=float, default=0.5, help="of the requests, those to be read from the EHR")
    return 0 if asyncio.run(scenario(parser.parse_args(arguments))) else 1


if __name__ == "__main__":
    sys.exit(main())
