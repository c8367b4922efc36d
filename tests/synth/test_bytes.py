"""Same seed, same bytes: in every process, for every size, whatever the hash seed of Python."""

import hashlib
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import msgspec

from cds.synth import Population
from cds.synth.layout import Layout, write_ndjson

SHOWN = """
import hashlib, msgspec
from cds.synth import Population

print(hashlib.sha256(b"".join(msgspec.json.encode(person.resources) for person in Population(200, 7))).hexdigest())
"""
ROOT = Path(__file__).resolve().parents[2]


def digest(population: Population) -> str:
    """The fingerprint of everything that was written."""
    return hashlib.sha256(b"".join(msgspec.json.encode(person.resources) for person in population)).hexdigest()


def test_another_process_and_hash_seed_write_the_same_bytes() -> None:
    ours = digest(Population(200, 7))
    for hash_seed in ("0", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        told = subprocess.run(
            [sys.executable, "-c", SHOWN], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert told.stdout.strip() == ours


def test_these_are_the_bytes() -> None:
    """Whoever changes what is written changes this line, and says so in the changelog."""
    assert digest(Population(300, 1)) == "c20b2a80993fc3d405068809586c1459bfd455c542d7ead7a9f688c61692b1c8"


def test_a_larger_population_begins_with_the_smaller() -> None:
    small, large = Population(150, 3), Population(400, 3)
    assert [each.resources for each in small] == [large.person(number).resources for number in range(150)]


def test_another_seed_makes_other_people() -> None:
    one, other = Population(300, 1).person(299), Population(300, 2).person(299)
    assert one.resources != other.resources
    assert one.id != other.id


def test_ids_are_given_once() -> None:
    ids = [
        (each["resourceType"], each["id"])
        for person in Population(400, 1)
        for each in person.resources
        if each["resourceType"] != "Medication"
    ]
    assert len(ids) == len(set(ids))


def test_memory_does_not_grow_with_the_population(tmp_path: Path) -> None:
    few, many = (peak(size, tmp_path) for size in (200, 800))
    assert many < few * 1.5


def peak(size: int, folder: Path) -> int:
    """The most bytes that were held while so many people were written."""
    target = folder / str(size)
    target.mkdir()
    tracemalloc.start()
    write_ndjson(Population(size, 1), target, Layout(), lambda _: None)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most
