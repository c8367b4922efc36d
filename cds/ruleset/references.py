"""Every name in the rule book stands for something: options, gates, sources, topics, parts, facts, placeholders."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cds.engine.verdict import NO_STRATUM, NOT_APPLICABLE
from cds.ruleset.book import RuleBook, Site
from cds.ruleset.fault import RuleFault, correction
from cds.ruleset.folder import Folder, Placed
from cds.ruleset.model import Evidence, WrittenRule
from cds.ruleset.orderable import Gate, Gates, Option, Prerequisite
from cds.ruleset.page import Spot
from cds.ruleset.site import unfit_sources, unknown_numbers
from cds.ruleset.texts import CARD_WORDS, placeholders_in, texts_in
from cds.ruleset.vocabulary import Vocabulary

Faults = Iterator[RuleFault]


def unresolved(folder: Folder, vocabulary: Vocabulary) -> Faults:
    """Every name that stands for nothing, and every thing that stands under the wrong name."""
    for rule in folder.rules:
        yield from _rule(rule, folder)
        yield from _placeholders(rule.spot, vocabulary, CARD_WORDS.keys())
    for option in folder.options:
        yield from _option(option, folder, vocabulary)
        yield from _placeholders(option.spot, vocabulary, frozenset())
    for gates in folder.gates.values():
        yield from _gates(gates, folder, vocabulary)
        yield from _placeholders(gates.spot, vocabulary, frozenset())
    for parameter in folder.parameters.values():
        yield from _known([parameter.it.source], _sources(folder), parameter.spot.at("source"), "source", SOURCES)
    yield from _book(folder)


def unresolved_site(site: Site, folder: Folder) -> Faults:
    """Options and numbers that the site names and the rule book does not have."""
    options = _option_ids(folder)
    places: dict[tuple[str | int, ...], str] = {("order_codes", name): name for name in site.order_codes}
    places |= {("preferred_options", number): name for number, name in enumerate(site.preferred_options)}
    for place, name in places.items():
        if name not in options:
            fix = correction(name, options, "choose one of options/")
            yield site.fault(place, f"no option is called `{name}`", MUST_BE_THERE, fix)
    yield from unknown_numbers(site, folder)
    yield from unfit_sources(site)


MUST_BE_THERE = "what is named must be there"
OPTIONS = "add options/<id>.yaml"
SOURCES = "add it to sources.yaml"
GATES = "add it to options/gates.yaml"
TOPICS = "add it to topics in ruleset.yaml"
BOOK_WORDS = {
    ("ask_line",): {"topic", "missing"},
    ("gap_lines", "not_read"): {"source", "why"},
    ("gap_lines", "not_recognised"): {"name"},
    ("gap_lines", "open_question"): {"topic", "missing"},
    ("gap_lines", "left_out"): {"note"},
}
"""What the sentences of ruleset.yaml are filled with."""


def _known(names: Sequence[str], known: Collection[str], spot: Spot, kind: str, otherwise: str) -> Faults:
    for number, name in enumerate(names):
        if name not in known:
            place = spot.at(number) if (*spot.place, number) in spot.page.lines else spot
            fix = correction(name, known, otherwise)
            yield place.fault(f"no {kind} is called `{name}`", MUST_BE_THERE, fix)


def _sources(folder: Folder) -> Collection[str]:
    return folder.sources.keys() | folder.spoilt


def _option_ids(folder: Folder) -> list[str]:
    files = (path.stem for path in (folder.root / "options").glob("*.yaml"))
    return sorted({*files, *(each.it.id for each in folder.options)} - {"gates"})


def _evidence(cited: Sequence[Evidence], spot: Spot, folder: Folder, key: str = "evidence") -> Faults:
    for number, each in enumerate(cited):
        yield from _known([each.source], _sources(folder), spot.at(key, number, "source"), "source", SOURCES)


def _twice(names: Sequence[str], spot: Spot, kind: str) -> Faults:
    for number, name in enumerate(names):
        if name in names[:number]:
            why = "an answer must say which one it means"
            yield spot.at(number).fault(f"two {kind} are called `{name}`", why, "rename one")


def _rule(rule: Placed[WrittenRule], folder: Folder) -> Faults:
    it, spot = rule.it, rule.spot
    if rule.folder != it.id:
        why = "a rule is found by the name of its folder"
        yield spot.at("id").fault(f"rule `{it.id}` lies in folder `{rule.folder}`", why, "give both the same name")
    topics = folder.book.it.topics if folder.book else {it.topic, *it.ask_on}
    yield from _known([it.topic], topics, spot.at("topic"), "topic", TOPICS)
    yield from _known(it.ask_on, topics, spot.at("ask_on"), "topic", TOPICS)
    yield from _twice([each.id for each in it.strata], spot.at("strata"), "strata")
    yield from _twice([each.id for each in it.parts], spot.at("parts"), "parts")
    yield from _strata(it, spot, folder, topics)
    yield from _parts(it, spot, folder)


def _strata(it: WrittenRule, spot: Spot, folder: Folder, topics: Collection[str]) -> Faults:
    options = _option_ids(folder)
    for number, stratum in enumerate(it.strata):
        here = spot.at("strata", number)
        if stratum.id in {NO_STRATUM, NOT_APPLICABLE}:
            why = "verdicts use this word for the absence of a stratum"
            yield here.at("id").fault(f"a stratum cannot be called `{stratum.id}`", why, "choose another id")
        yield from _evidence(stratum.evidence, here, folder)
        if stratum.card:
            card = here.at("card")
            yield from _known(stratum.card.offer, options, card.at("offer"), "option", OPTIONS)
            yield from _known(stratum.card.orders, options, card.at("orders"), "option", OPTIONS)
        if stratum.line:
            yield from _known(stratum.line.on, topics, here.at("line", "on"), "topic", TOPICS)


def _parts(it: WrittenRule, spot: Spot, folder: Folder) -> Faults:
    for number, part in enumerate(it.parts):
        here = spot.at("parts", number)
        yield from _evidence(part.evidence, here, folder)
        yield from _known(part.orders, _option_ids(folder), here.at("orders"), "option", OPTIONS)
    names = [part.id for part in it.parts]
    for number, each in enumerate(it.suggestions):
        yield from _known(
            each.parts, names, spot.at("suggestions", number, "parts"), "part", "name a part of this rule"
        )


def _option(option: Placed[Option], folder: Folder, vocabulary: Vocabulary) -> Faults:
    it, spot = option.it, option.spot
    stem = spot.page.file.rpartition("/")[2].removesuffix(".yaml")
    if stem != it.id:
        why = "an option is found by the name of its file"
        yield spot.at("id").fault(f"option `{it.id}` is in {stem}.yaml", why, "give both the same name")
    yield from _known(it.gates, folder.gates.keys() | folder.spoilt, spot.at("gates"), "set of gates", GATES)
    if it.open_days:
        known = folder.parameters.keys() | folder.spoilt
        yield from _known([it.open_days], known, spot.at("open_days"), "parameter", "add it to parameters.yaml")
    for number, each in enumerate(it.doses):
        yield from _evidence(each.evidence, spot.at("doses", number), folder)
    if it.doses and it.dose:
        why = "an order is signed with one dose"
        yield spot.at("dose").fault(f"`{it.id}` has a dose and doses", why, "keep dose: or doses:")
    yield from _gates(option, folder, vocabulary)


def _gates(gates: Placed[Option] | Placed[Gates], folder: Folder, vocabulary: Vocabulary) -> Faults:
    it, spot = gates.it, gates.spot
    yield from _evidence(it.evidence, spot, folder)
    for list_name, several in (("withheld_if", it.withheld_if), ("deferred_if", it.deferred_if)):
        yield from _instead(several, spot.at(list_name), folder)
    yield from _know_first(it.know_first, spot.at("know_first"), folder, vocabulary)


def _instead(several: Sequence[Gate], spot: Spot, folder: Folder) -> Faults:
    for number, gate in enumerate(several):
        yield from _known(gate.instead, _option_ids(folder), spot.at(number, "instead"), "option", OPTIONS)


def _know_first(several: Sequence[Prerequisite], spot: Spot, folder: Folder, vocabulary: Vocabulary) -> Faults:
    for number, each in enumerate(several):
        here = spot.at(number)
        yield from _known([each.fact], vocabulary.facts.keys(), here.at("fact"), "fact", "choose one of cds/facts")
        yield from _known(each.ask, _option_ids(folder), here.at("ask"), "option", OPTIONS)


def _placeholders(spot: Spot, vocabulary: Vocabulary, words: Collection[str]) -> Faults:
    known = {*words, *vocabulary.facts, *vocabulary.parameters, *vocabulary.spoilt}
    for here, text in texts_in(spot):
        yield from _filled(here, text, known)


def _filled(spot: Spot, text: str, known: Collection[str]) -> Faults:
    for name in placeholders_in(text):
        if name not in known:
            fix = correction(name, known, "name one of: " + ", ".join(sorted(known)[:5]) + " …")
            yield spot.fault(f"nothing fills in `{{{name}}}`", "it would stand on the card as it is", fix)


def _book(folder: Folder) -> Faults:
    if folder.book is None:
        return
    whole, book = folder.book.spot, folder.book.it
    yield from _evidence(book.background, whole, folder, "background")
    yield from _inconsistencies(book, whole.at("inconsistencies"), folder)
    yield from _known(book.evidence_note_on, book.topics, whole.at("evidence_note_on"), "topic", TOPICS)
    for place, words in BOOK_WORDS.items():
        for here, text in texts_in(whole.at(*place)):
            yield from _filled(here, text, words)
    spot, listed = whole.at("rules"), book.rules
    folders = [path.parent.name for path in folder.root.glob("*/rule.yaml")]
    yield from _known(listed, folders, spot, "rule", "add <id>/rule.yaml or take it off this list")
    yield from _twice(listed, spot, "rules")
    for name in sorted(set(folders) - set(listed)):
        why = "the list says in which order rules are judged; a rule that is not on it would be forgotten"
        yield spot.fault(f"rule `{name}` is not on the list", why, f"add it, or move it to _retired/{name}")


def _inconsistencies(book: RuleBook, spot: Spot, folder: Folder) -> Faults:
    for number, each in enumerate(book.inconsistencies):
        yield from _evidence(each.says, spot.at(number), folder, "says")
        yield from _known(each.touches, book.topics, spot.at(number, "touches"), "topic", TOPICS)
