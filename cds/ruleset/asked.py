"""The parameters that code and catalogue ask for by name: a rule book without one of them cannot be served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cds
from cds.facts.sources import SOURCES
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.folder import Folder
from cds.ruleset.vocabulary import Catalogue

READERS = ("facts", "orders", "cards", "decide.py", "repeats.py")
"""The rooms whose code may name a parameter."""
ASKED = re.compile(r"\.number\(\s*\"([a-z_0-9.]+)\"")
"""``view.number("…")`` is how code asks for one."""


def unwritten(folder: Folder, facts: Catalogue, asked: frozenset[str]) -> Iterator[RuleFault]:
    """Parameters that code or the catalogue names and ``parameters.yaml`` does not have."""
    wanted = dict.fromkeys(asked, "the code of a fact")
    wanted |= {each.look_back: f"the fact {name}" for name, each in facts.items() if each.look_back}
    wanted |= {each.look_back: f"the source {each.name}" for each in SOURCES.values() if each.look_back}
    for name, who in sorted(wanted.items()):
        if name not in folder.parameters and name not in folder.spoilt:
            fix = correction(name, folder.parameters, f"add {name} with its source")
            what = f"`{name}` is missing: {who} needs it"
            yield RuleFault("parameters.yaml", 0, what, "every number in code is a named, cited parameter", fix)


@cache
def asked_in_code() -> frozenset[str]:
    """The parameters that the code of this package asks for by their full names."""
    return frozenset(name for text in code_texts() for name in ASKED.findall(text))


def code_texts() -> Iterator[str]:
    """The texts of the modules that may name a parameter."""
    package = Path(cds.__file__).parent
    for name in READERS:
        place = package / name
        for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
            yield file.read_text(encoding="utf-8")
