"""``site.yaml`` read, and a hospital's own values for the rule book's numbers: always told, never silent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from cds.facts.sources import SOURCES
from cds.ruleset.book import Overridden, Override, Site
from cds.ruleset.fault import Level, RuleFault, RuleFaults, correction
from cds.ruleset.folder import Folder
from cds.ruleset.model import Label, Parameter, WrittenCondition
from cds.ruleset.orderable import Gates, Option
from cds.ruleset.page import Page, read_page
from cds.ruleset.written import written

MAY_LACK = ("medicationStatements", "medicationAdministrations", "medicationDispenses", "diagnosticReports")
"""Sources that tell again, or more closely, what another tells: without them the others still speak."""
SIGNED = ("value", "reason", "by", "on")
WHY_SIGNED = "what differs from the rule book needs a reason, a name and a day: they stand on the cards that it touches"
RISING = frozenset({"above", "at_least"})
"""Comparisons that are true less often the higher their limit is; the others, the lower it is."""
COMPARED = (*sorted(RISING), "below", "at_most", "within_days")


def read_site(file: Path | None) -> Site:
    """What the file decides; no file, or comments alone, decide nothing. RuleFaults if it is not as it must be."""
    if file is None:
        return Site()
    faults: list[RuleFault] = []
    page = _page(file, faults)
    site = written(page, Site, faults) if page else None
    if faults:
        raise RuleFaults(map(_said, faults))
    return site.from_file(page.file, page.lines) if page and site else Site()


def _page(file: Path, faults: list[RuleFault]) -> Page | None:
    """The file as a page; None if it cannot be read, or says nothing."""
    page = read_page(file.parent, file, faults)
    if any(each.what == "the file is empty" for each in faults):
        faults.clear()
    return page


def _said(fault: RuleFault) -> RuleFault:
    """The fault with the reasons that are true of a site's file."""
    if fault.what == "the file is missing":
        fix = f"write {fault.file} (docs/site.md says how), or take BONE_CDS_SITE out of the environment"
        return replace(fault, why="BONE_CDS_SITE names it, and what it decides is not known without it", fix=fix)
    unsigned = {f"`{name}` is missing" for name in SIGNED}
    return replace(fault, why=WHY_SIGNED) if fault.what in unsigned else fault


def overridden(parameters: Mapping[str, Parameter], overrides: Mapping[str, Override]) -> dict[str, Overridden]:
    """The numbers that the site set, each with what the rule book says of it."""
    return {name: Overridden(name, parameters[name], it) for name, it in overrides.items() if name in parameters}


def in_force(parameters: Mapping[str, Parameter], overrides: Mapping[str, Overridden]) -> dict[str, Parameter]:
    """Every number with the value that decides."""
    given = {name: each.parameter.model_copy(update={"value": each.override.value}) for name, each in overrides.items()}
    return {**parameters, **given}


def unknown_numbers(site: Site, folder: Folder) -> Iterator[RuleFault]:
    """Overrides of numbers that the rule book does not have."""
    for name in site.parameters:
        if name not in folder.parameters and name not in folder.spoilt:
            why = "the value would change nothing, and whoever wrote it would not know"
            fix = correction(name, folder.parameters, "`bone-cds rules show` and rules/parameters.yaml name them")
            yield site.fault(("parameters", name), f"no parameter is called `{name}`", why, fix)


def unfit_sources(site: Site) -> Iterator[RuleFault]:
    """Sources that do not exist, and those without which nothing can be decided safely."""
    for name in site.not_kept:
        place = ("not_kept", name)
        if name not in SOURCES:
            fix = correction(name, MAY_LACK, f"choose one of {', '.join(MAY_LACK)}")
            yield site.fault(place, f"no source is called `{name}`", "nothing is asked of it", fix)
        elif name not in MAY_LACK:
            why = "what it would have told (a contraindication, say) could never be seen, and a drug would be offered"
            fix = "take it out: it has to be sent along, or read from the FHIR server"
            yield site.fault(place, f"`{name}` cannot be done without", why, fix)


def source_notes(site: Site, as_of: date) -> Iterator[RuleFault]:
    """Each source that is not kept, as a note; a warning where it is signed in the future."""
    for name, each in site.not_kept.items():
        if name in SOURCES:
            why, fix = "nothing there counts as nothing found", "nothing: it stands on the cards and in the rule book"
            yield site.fault(("not_kept", name), each.told(SOURCES[name].words), why, fix, Level.NOTE)
        if each.on > as_of:
            what, why = f"`{name}` is signed on {each.on.isoformat()}, a day to come", "it decides already"
            yield site.fault(("not_kept", name, "on"), what, why, "write the day of the decision", Level.WARNING)


def override_notes(site: Site, folder: Folder, as_of: date) -> Iterator[RuleFault]:
    """Each override as a note; a warning where it loosens a drug label's gate, or is signed in the future."""
    known = {name: placed.it for name, placed in folder.parameters.items()}
    for name, each in overridden(known, site.parameters).items():
        told = f"`{name}` is a {each.words}"
        yield site.fault(("parameters", name), told, *_weight(each, folder))
        if each.override.on > as_of:
            what, why = f"`{name}` is signed on {each.override.on.isoformat()}, a day to come", "it decides already"
            yield site.fault(("parameters", name, "on"), what, why, "write the day of the decision", Level.WARNING)


def _weight(each: Overridden, folder: Folder) -> tuple[str, str, Level]:
    """Why it matters, what to do, and how loud it is said."""
    if each.parameter.label is not Label.DRUG_LABEL:
        why = f"the rule book's {each.was} is a number of {each.parameter.source} ({each.parameter.label})"
        return why, "nothing: it stands on the cards and in the rule book", Level.NOTE
    fix = f"go back to {each.was}, or have the pharmacy's head sign it"
    directions = [_loosens(each, rising) for rising in _gates_with(each.name, folder)]
    if any(directions):
        return f"it loosens a gate that stands in a drug label ({each.parameter.source})", fix, Level.WARNING
    if directions:
        return "it is stricter than the drug label", "nothing: it stands on the cards and in the rule book", Level.NOTE
    return f"it is a drug label's number ({each.parameter.source})", fix, Level.WARNING


def _loosens(each: Overridden, rising: bool) -> bool:
    """Whether a gate that shuts less often the higher (else the lower) its limit is will now shut less often."""
    before, now = each.parameter.value, each.override.value
    return now > before if rising else now < before


def _gates_with(name: str, folder: Folder) -> Iterator[bool]:
    """For each gate condition that compares with the number: whether it is true less often the higher it is."""
    written_gates: list[Gates | Option] = [each.it for each in folder.gates.values()]
    written_gates += [each.it for each in folder.options]
    for it in written_gates:
        for gate in (*it.withheld_if, *it.deferred_if):
            yield from _limits(gate.when, name)


def _limits(condition: WrittenCondition, name: str, turned: bool = False) -> Iterator[bool]:
    for comparison in COMPARED:
        if getattr(condition, comparison) == name:
            yield (comparison in RISING) is not turned
    inner: Iterable[WrittenCondition] = (*(condition.all or ()), *(condition.any or ()))
    for each in inner:
        yield from _limits(each, name, turned)
    if condition.not_:
        yield from _limits(condition.not_, name, not turned)
