"""The whole rule book as one page of HTML that stands on its own: the same bytes for the same rules, site and day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cds.engine.rule import Condition
from cds.engine.spell import measure
from cds.export import sentences
from cds.export.codes import BEGINNINGS, SYSTEMS, system_name, value_sets
from cds.export.conditions import PrintedWords, Said, said
from cds.export.evidence import cited, unread
from cds.export.readings import readings
from cds.facts.sources import SOURCES
from cds.facts.subjects import CATALOGUE
from cds.ruleset.book import Inconsistency, Site
from cds.ruleset.codebook import ValueSets, read_value_sets
from cds.ruleset.fault import RuleFault
from cds.ruleset.folder import read_folder
from cds.ruleset.lint_review import NOBODY
from cds.ruleset.model import Label, Parameter, Read
from cds.ruleset.orderable import Gates
from cds.ruleset.ruleset import LoadedRule, RuleSet

PAGES: Final = Path(__file__).parent / "pages"
CHANGES: Final = "CHANGELOG.md"
NO_CHANGES: Final = "# Clinical change log\n\nNo change log came with these rules."

READ_WORDS: Final[Mapping[Read, str]] = {
    Read.FULL_TEXT: "full text",
    Read.ABSTRACT: "abstract only",
    Read.DRUG_LABEL: "label text, in a copy",
    Read.SECONDARY: "a summary by others",
    Read.NOT_READ: "not read",
}
LABEL_WORDS: Final[Mapping[Label, str]] = {
    Label.GUIDELINE: "a published guideline, study or formula",
    Label.DRUG_LABEL: "the text of a drug label",
    Label.REVIEW: "the review that this rule book started from",
    Label.POLICY: "our own assumption: a hospital's pharmacist signs it or changes it",
}
STATUS_WORDS: Final = {
    "active": "in use",
    "trial": "on trial: judged and recorded, not shown",
    "draft": "a draft: not judged",
    "retired": "retired",
}
SUBJECT_WORDS: Final = {
    "crcl": "Creatinine clearance",
    "ctx": "CTX",
    "dxa": "DXA",
    "egfr": "eGFR",
    "frax": "FRAX",
    "hu": "Density on CT (HU)",
    "ici": "Checkpoint inhibitor",
    "mel_ici": "Mel-ICI fracture score",
    "ost": "OST",
    "p1np": "P1NP",
    "t_score": "T-score",
    "vbmd": "QCT density",
    "z_score": "Z-score",
}
"""Subjects of numbers whose names are abbreviations."""

HOOK_WORDS: Final = {
    "order-sign": "an order is signed",
    "order-select": "an order is chosen",
    "patient-view": "the patient's chart is opened",
}
UNSETTLED_WORDS: Final = {
    "ask": "No drug is offered on a guess: the card of another topic says what would settle the question",
    "quiet": "Nothing is said",
}


@dataclass(frozen=True)
class Printing:
    """What a printed rule book is made from. ``gates`` are the shared ones by name, ``changes`` the log as Markdown."""

    ruleset: RuleSet
    sets: ValueSets
    gates: Mapping[str, Gates]
    changes: str
    as_of: date

    def html(self) -> str:
        """The page."""
        return _environment(self).get_template("book.html").render(self.chapters())

    def chapters(self) -> dict[str, Any]:
        """Everything that the templates show."""
        ruleset = self.ruleset
        return {
            "book": ruleset.book,
            "ruleset": ruleset,
            "facts": CATALOGUE,
            "overrides": ruleset.overrides,
            "shared_gates": self.gates,
            "as_of": self.as_of.isoformat(),
            "style": Markup((PAGES / "book.css").read_text(encoding="utf-8")),
            "fingerprint": " ".join(ruleset.fingerprint[at : at + 8] for at in range(0, len(ruleset.fingerprint), 8)),
            "unchecked": [rule for rule in ruleset.rules if is_unchecked(rule)],
            "decided": decided(ruleset.site),
            "drugs": [each for each in ruleset.options.values() if each.written.kind == "drug"],
            "others": [each for each in ruleset.options.values() if each.written.kind != "drug"],
            "numbers": by_subject(ruleset.parameters),
            "cited": cited(ruleset, self.gates),
            "unread": unread(ruleset),
            "value_sets": value_sets(self.sets, ruleset.site),
            "concepts": len(self.sets.concepts),
            "systems": tuple(SYSTEMS.values()),
            "beginnings": BEGINNINGS,
            "readings": readings(ruleset),
            "changes": self.changes,
            "source_words": {name: source.words for name, source in SOURCES.items()},
            "hook_words": HOOK_WORDS,
            "subject_words": SUBJECT_WORDS,
            "label_words": {label.value: words for label, words in LABEL_WORDS.items()},
            "read_words": {read.value: words for read, words in READ_WORDS.items()},
            "status_words": STATUS_WORDS,
            "unsettled_words": UNSETTLED_WORDS,
        }


def rule_book(ruleset: RuleSet, directory: Path, as_of: date) -> str:
    """The rule book of the directory that the rule set was loaded from, as HTML, dated ``as_of``."""
    faults: list[RuleFault] = []  # none: a rule set is only loaded from a directory without
    gates = {name: placed.it for name, placed in read_folder(directory, faults).gates.items()}
    log = directory / CHANGES
    changes = log.read_text(encoding="utf-8") if log.exists() else NO_CHANGES
    return Printing(ruleset, read_value_sets(directory, faults), gates, changes, as_of).html()


def is_unchecked(rule: LoadedRule) -> bool:
    """Whether nobody but its author has read the rule."""
    return rule.written.review.checked_by.casefold().startswith(NOBODY)


def decided(site: Site) -> Mapping[str, str]:
    """What the hospital decided otherwise than by default, its own codes and numbers left out."""
    usual, told = Site(), {}
    for name in Site.model_fields:
        value = getattr(site, name)
        if value != getattr(usual, name) and not isinstance(value, dict):
            told[name.replace("_", " ")] = ", ".join(value) if isinstance(value, tuple) else str(value)
    return told


def by_subject(parameters: Mapping[str, Parameter]) -> Mapping[str, Mapping[str, Parameter]]:
    """The numbers by the first word of their names, in the order of the file."""
    found: dict[str, dict[str, Parameter]] = {}
    for name, each in parameters.items():
        found.setdefault(name.partition(".")[0], {})[name] = each
    return found


def inconsistencies(ruleset: RuleSet, topic: str) -> tuple[Inconsistency, ...]:
    """The contradictions that touch the topic."""
    return tuple(each for each in ruleset.book.inconsistencies if topic in each.touches)


def _environment(printing: Printing) -> Environment:
    """Jinja with the words of this rule book; every value is escaped, and a name that is not there is an error."""
    ruleset = printing.ruleset
    words = PrintedWords(CATALOGUE, ruleset.parameters, ruleset.sources, ruleset.overrides)
    pages = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def filled(text: str) -> str:
        return sentences.filled(text, ruleset.parameters, words)

    def spoken(condition: Condition) -> Said:
        return said(condition, words)

    pages.filters |= {
        "said": spoken,
        "line": lambda text: sentences.line(filled(text)),
        "paragraphs": lambda text: sentences.paragraphs(filled(text)),
        "markdown": sentences.paragraphs,
        "short": words.source,
        "measure": lambda each: measure(each.value, each.unit),
        "links": sentences.links,
        "system": system_name,
        "touching": lambda topic: inconsistencies(ruleset, topic),
    }
    pages.globals["zip"] = zip
    return pages
