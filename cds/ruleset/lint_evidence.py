"""Every number and every claim has a source that somebody can find: whose number it is, and the place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from cds.ruleset.fault import RuleFault
from cds.ruleset.folder import Folder, Placed
from cds.ruleset.model import Label, Parameter, Source, WrittenRule
from cds.ruleset.orderable import Gates, Option
from cds.ruleset.texts import PLACEHOLDER

KINDS: Mapping[Label, frozenset[str]] = {
    Label.GUIDELINE: frozenset({"guideline", "study", "formula"}),
    Label.DRUG_LABEL: frozenset({"label"}),
    Label.REVIEW: frozenset({"review", "study"}),
}
"""What kinds of source a number of each label can come from. A policy may lean on any: it claims nothing for it."""

FORMS = {
    "doi": (re.compile(r"10\.\d{4,9}/[^\s<>\"]+"), "write it bare, as 10.1200/JCO.19.01696"),
    "pmid": (re.compile(r"[1-9]\d{0,8}"), 'write the digits alone, as "29035643"'),
    "url": (re.compile(r"https?://[a-zA-Z0-9.-]+(?:/[^\s<>\"]*)?"), "write a whole web address, as https://loinc.org"),
}
MEASURED = re.compile(r"\d\s?(?:%|mg|g|IU|ng|mL|mmol|nmol|pg|HU|kg|days?|weeks?|months?|years?)(?!\w)")
"""A number with a unit, written out in a text."""

Faults = Iterator[RuleFault]


def evidence(folder: Folder, as_of: date) -> Faults:
    """Numbers without a place in a source of their kind, orders and gates without evidence, links that lead nowhere."""
    for parameter in folder.parameters.values():
        yield from _parameter(parameter, folder)
    for name, source in folder.sources.items():
        yield from _source(name, source, as_of)
    for option in folder.options:
        yield from _claims(option, f"option `{option.it.id}`")
        yield from _doses(option)
    for name, gates in folder.gates.items():
        yield from _claims(gates, f"gates `{name}`")
    for rule in folder.rules:
        yield from _parts(rule)


def _parameter(parameter: Placed[Parameter], folder: Folder) -> Faults:
    it, spot = parameter.it, parameter.spot
    if not it.locator.strip():
        why = "whoever checks the number must find it there"
        yield spot.at("locator").fault("no place in the source", why, "write page, table, section or recommendation")
    source, kinds = folder.sources.get(it.source), KINDS.get(it.label)
    if source is not None and kinds is not None and source.it.kind not in kinds:
        what = f"label {it.label}, but `{it.source}` is a {source.it.kind}"
        fix = f"cite a {' or '.join(sorted(kinds))}, or change the label"
        yield spot.at("label").fault(what, "the label says whose number it is", fix)


def _source(name: str, source: Placed[Source], as_of: date) -> Faults:
    for key, (form, fix) in FORMS.items():
        text = getattr(source.it, key)
        if text and not form.fullmatch(text):
            yield source.spot.at(key).fault(f"`{name}`: {text!r} is no {key}", "the rule book links to it", fix)
    if source.it.read_on > as_of:
        what = f"`{name}` was read on {source.it.read_on.isoformat()}, a day to come"
        yield source.spot.at("read_on").fault(what, "nobody can have read it yet", "write the day it was read")


def _claims(placed: Placed[Option] | Placed[Gates], name: str) -> Faults:
    if not placed.it.evidence:
        yield placed.spot.at("evidence").fault(f"{name} cites nothing", "its numbers need a source", "add evidence:")


def _doses(option: Placed[Option]) -> Faults:
    for number, dose in enumerate(option.it.doses):
        if not dose.evidence:
            spot = option.spot.at("doses", number)
            yield spot.fault("a dose that cites nothing", "a dose is signed as it stands", "add evidence:")


def _parts(rule: Placed[WrittenRule]) -> Faults:
    """Parts may rest on the parameters they name; a number that is written out needs evidence beside it."""
    for number, part in enumerate(rule.it.parts):
        found = MEASURED.search(PLACEHOLDER.sub("", part.text))
        if found and not part.evidence:
            what = f"`{part.id}` says {found.group()!r} and cites nothing"
            fix = "name a parameter in braces, or add evidence:"
            yield rule.spot.at("parts", number, "text").fault(what, "nobody can look the number up", fix)
