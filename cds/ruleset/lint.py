"""Everything that can be wrong with a rules directory, found at once: what `bone-cds rules lint` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from cds.facts.subjects import CATALOGUE
from cds.ruleset.asked import asked_in_code, unwritten
from cds.ruleset.audit import plan_of
from cds.ruleset.book import Site
from cds.ruleset.cases import read_cases
from cds.ruleset.claims import LINE, SCOPE, Conditions, lines_of, read_claims, scope_of, wrong
from cds.ruleset.fault import RuleFault
from cds.ruleset.folder import Folder, read_folder
from cds.ruleset.lint_cards import cards, verified
from cds.ruleset.lint_evidence import evidence
from cds.ruleset.lint_review import retirement, reviews
from cds.ruleset.lint_use import InCode, in_code, unused
from cds.ruleset.load import Loader
from cds.ruleset.lock import unlocked
from cds.ruleset.proof import failures, unproven, untried_limits
from cds.ruleset.references import unresolved, unresolved_site
from cds.ruleset.ruleset import LoadedRule, RuleSet
from cds.ruleset.site import override_notes, source_notes
from cds.ruleset.twice import twice_faults
from cds.ruleset.vocabulary import Catalogue, Vocabulary

CASES = "cases.md"
Proven = Callable[[str], None]
"""Hears of each file whose cases have been run."""


def _unheard(_file: str) -> None:
    """Nobody listens."""


def lint(
    directory: Path,
    as_of: date,
    site: Site | None = None,
    catalogue: Catalogue = CATALOGUE,
    proven: Proven = _unheard,
) -> tuple[RuleFault, ...]:
    """Every finding, sorted by file and line. ``as_of`` is only asked whether a review is overdue.

    Cases are the proof of the rule book's own numbers: they are run without the site's overrides, which are told.
    """
    faults: list[RuleFault] = []
    own = catalogue is CATALOGUE
    code = in_code() if own else InCode()
    folder = read_folder(directory, faults)
    faults.extend(unwritten(folder, catalogue, asked_in_code() if own else frozenset()))
    loader = Loader(folder, catalogue, faults)
    ruleset = loader.ruleset(site or Site())
    faults.extend(unresolved(folder, loader.vocabulary))
    faults.extend(unresolved_site(site or Site(), folder))
    faults.extend(override_notes(site or Site(), folder, as_of))
    faults.extend(source_notes(site or Site(), as_of))
    faults.extend(reviews(folder, as_of))
    faults.extend(retirement(folder))
    faults.extend(evidence(folder, as_of))
    faults.extend(cards(folder, loader.vocabulary))
    faults.extend(_caseless(folder))
    faults.extend(twice_faults(folder))
    if ruleset is not None:
        faults.extend(unused(folder, catalogue, code))
        faults.extend(verified(folder, ruleset.codes))
        faults.extend(proofs(directory, ruleset, loader.vocabulary, proven))
        faults.extend(unlocked(folder))
        if own:
            plan_of(directory, ruleset, faults)
    return tuple(sorted(set(faults)))


def proofs(directory: Path, ruleset: RuleSet, vocabulary: Vocabulary, proven: Proven) -> Iterator[RuleFault]:
    """What the cases of every rule and of the scope find: rows that come out otherwise, and what no row shows."""
    if (directory / CASES).exists():
        text = (directory / CASES).read_text("utf-8")
        yield from _claims(SCOPE, CASES, text, scope_of(ruleset), vocabulary)
        proven(CASES)
    for rule in ruleset.rules:
        path = directory / rule.id / CASES
        if path.exists():
            file = path.relative_to(directory).as_posix()
            yield from proof(file, path.read_text("utf-8"), rule, vocabulary)
            proven(file)


def proof(file: str, text: str, rule: LoadedRule, vocabulary: Vocabulary) -> Iterator[RuleFault]:
    """What the cases of one rule find."""
    faults: list[RuleFault] = []
    cases = read_cases(file, text, rule.rule, vocabulary, faults)
    yield from faults
    yield from failures(file, cases, rule.judge)
    yield from unproven(file, cases, rule.rule)
    yield from untried_limits(file, cases, rule.rule)
    yield from _claims(LINE, file, text, lines_of(rule), vocabulary)


def _claims(kind: str, file: str, text: str, conditions: Conditions, vocabulary: Vocabulary) -> Iterator[RuleFault]:
    faults: list[RuleFault] = []
    claims = read_claims(kind, file, text, conditions, vocabulary, faults)
    yield from faults
    yield from wrong(file, claims, conditions)


def _caseless(folder: Folder) -> Iterator[RuleFault]:
    for rule in folder.rules:
        if not (folder.root / rule.folder / CASES).exists():
            fix = "write a table of cases, as rules/README.md says"
            yield RuleFault(f"{rule.folder}/{CASES}", 0, "the file is missing", "a rule is proven by its cases", fix)
