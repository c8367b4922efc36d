"""The Synthea people of fixtures/synthea/index.yaml, each as one trimmed Bundle. Same index, same bytes; no network.

Runs in an environment of its own (``make .venv-synthea/.deps``), because Synthea is needed for nothing else:
``.venv-synthea/bin/python tools/synthea/generate.py`` writes the Bundles; with ``--check`` it writes nothing and ends
with 1 if a Bundle is not as generated.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from synthea.engine.generator import Generator, GeneratorOptions
from synthea.export.fhir import FHIRExporter
from trim import Trim, bundle_text

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "synthea"
Plain = dict[str, Any]


class Population:
    """The people of one seed, each reachable by number without generating the others."""

    def __init__(self, index: Plain, scratch: Path) -> None:
        self._index = index
        self._generator = Generator(_options(index))
        (scratch / "fhir").mkdir()
        self._exporter = FHIRExporter(self._generator.config, scratch, self._generator.locale)

    def texts(self) -> Iterator[tuple[Path, str]]:
        """Each file with what belongs into it."""
        trim = Trim(self._index)
        for name, number in self._index["people"].items():
            yield FIXTURES / f"{name}.json", bundle_text(trim.bundle(self._bundle(number)))

    def _bundle(self, number: int) -> Plain:
        bundle: Plain = self._exporter.create_bundle(self._generator.generate_person(number))
        return bundle


def _options(index: Plain) -> GeneratorOptions:
    options = GeneratorOptions()
    options.seed, options.state = index["seed"], index["state"]
    options.min_age, options.max_age = index["ages"]["from"], index["ages"]["to"]
    last_day = index["as_of"]
    options.reference_date = datetime(last_day.year, last_day.month, last_day.day)  # noqa: DTZ001 - Synthea's clock is naive
    options.reference_date_explicit = True
    return options


def _refuse_another_version(index: Plain) -> None:
    installed = version(index["package"])
    if installed != index["version"]:
        raise SystemExit(f"{index['package']} {installed} is installed; the index says {index['version']}")


def main(arguments: list[str]) -> int:
    """Writes or checks; the exit code."""
    logging.disable(logging.CRITICAL)
    index = yaml.safe_load((FIXTURES / "index.yaml").read_text(encoding="utf-8"))
    _refuse_another_version(index)
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        for path, text in Population(index, Path(scratch)).texts():
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8")
            elif not path.exists() or path.read_text(encoding="utf-8") != text:
                wrong.append(path.name)
    sys.stdout.write("".join(f"not as generated: fixtures/synthea/{name}\n" for name in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
