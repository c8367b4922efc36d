"""Spark gives the same bytes as processes on this machine. Run by ``make spark`` in an environment that has pyspark."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from cds.cli.whole import app
from tests.population.made import export, resources

PEOPLE = ("on-treatment-6-months", "ctx-above-range", "high-frax", "new-fracture-on-treatment", "myeloma")


def test_spark_and_local_processes_leave_the_same_bytes(tmp_path: Path) -> None:
    folder = export(tmp_path / "e", *map(resources, PEOPLE))
    with (folder / "Condition.0001.ndjson").open("ab") as file:
        file.write(b'{"resourceType":"Condition","subject":{"reference":"Patient/nobody"},\n')
    written = {}
    for engine in ("local", "spark"):
        command = ["audit", str(folder), "--out", str(tmp_path / engine), "--as-of", "2026-11-24", "--asked", "all"]
        found = CliRunner().invoke(app, [*command, "--subjects", "--engine", engine, "--workers", "2"])
        assert found.exit_code == 1, found.output
        written[engine] = {path.name: path.read_bytes() for path in (tmp_path / engine).iterdir()}
    assert len(written["local"]) == 8
    assert written["spark"] == written["local"]
