"""Asks public databases whether what we ship has a known vulnerability; never takes silence for a clean bill.

``python tools/supply/audit.py [--strict] FILE``: FILE holds pinned, hashed packages. Leaves with 1 if one has a known
vulnerability; with 0 if every package was answered for; where nobody answered it says so in capital letters and leaves
with 0, or with 1 if ``--strict`` is given. pip-audit itself leaves with 0 then.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SERVICES = ("pypi", "osv")
PATIENCE = 300
TOOL = Path(sys.executable).parent / "pip-audit"


@dataclass
class Answers:
    """What the databases said: of which packages at all, and what is wrong with them."""

    about: set[str] = field(default_factory=set)
    known: dict[str, set[str]] = field(default_factory=dict)

    def take(self, report: dict[str, Any]) -> None:
        """What one report says is taken in; a package that was skipped was not answered for."""
        for each in report["dependencies"]:
            if "skip_reason" in each:
                continue
            self.about.add(each["name"])
            for vulnerability in each["vulns"]:
                fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
                words = f"{each['name']} {each['version']}: {vulnerability['id']}, fixed in {fixed}"
                self.known.setdefault(each["name"], set()).add(words)


def pinned(text: str) -> set[str]:
    """The names of the packages that the file pins."""
    return {line.partition("==")[0].lower() for line in text.splitlines() if "==" in line and line[0].isalnum()}


def verdict(wanted: Iterable[str], answers: Answers, *, strict: bool) -> tuple[int, list[str]]:
    """The exit code, and what is said."""
    names = set(wanted)
    silent = sorted(names - {each.lower() for each in answers.about})
    lines = sorted(words for found in answers.known.values() for words in found)
    if lines:
        return 1, ["audit: known vulnerabilities in what we ship", *lines]
    if not silent:
        return 0, [f"audit: {len(names)} packages, no known vulnerability"]
    told = f"audit: NOT DONE for {len(silent)} of {len(names)} packages: no database answered for them"
    return (1 if strict else 0), [told, "       " + ", ".join(silent[:8]) + (" …" if len(silent) > 8 else "")]


def report(service: str, file: str) -> dict[str, Any]:
    """What one database says; nothing about anything if it could not be asked."""
    options = ["--format", "json", "--progress-spinner", "off", "--require-hashes", "--disable-pip", "--timeout", "15"]
    command = [str(TOOL), *options, "--vulnerability-service", service, "--requirement", file]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False).stdout
        found: dict[str, Any] = json.loads(said)
    except (subprocess.TimeoutExpired, ValueError):
        return {"dependencies": []}
    return found


def main(arguments: list[str]) -> int:
    """The audit of one file, told."""
    (file,) = [each for each in arguments if each != "--strict"]
    wanted, answers = pinned(Path(file).read_text(encoding="utf-8")), Answers()
    for service in SERVICES:
        if wanted - {each.lower() for each in answers.about}:
            answers.take(report(service, file))
    code, lines = verdict(wanted, answers, strict="--strict" in arguments)
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
