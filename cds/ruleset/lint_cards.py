"""What a card would say and suggest: short enough, plain text, drugs that are drugs, codes that were verified."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cds.engine.spell import measure, unit_words
from cds.facts.catalogue import FactDef, Type
from cds.fhir.codes import CodeBook
from cds.ruleset.fault import RuleFault
from cds.ruleset.folder import Folder, Placed
from cds.ruleset.model import WrittenRule, WrittenStratum
from cds.ruleset.page import Spot
from cds.ruleset.texts import PLACEHOLDER, texts_in
from cds.ruleset.vocabulary import Vocabulary

LONGEST_SUMMARY = 139
LONGEST = {Type.BOOL: 3, Type.NUMBER: 6, Type.DATE: 10, Type.CODE: 16, Type.SET: 40}
"""So many characters can a value of each type take; longer sets are cut by the card."""
HTML = re.compile(r"</?[A-Za-z!]")


def cards(folder: Folder, vocabulary: Vocabulary) -> Iterator[RuleFault]:
    """Every card of every rule."""
    for rule in folder.rules:
        for number, stratum in enumerate(rule.it.strata):
            yield from _stratum(rule, stratum, rule.spot.at("strata", number), folder, vocabulary)
    for page in folder.pages():
        for spot, text in texts_in(Spot(page)):
            if HTML.search(text):
                fix = "write Markdown: **bold**, - list"
                yield spot.fault("HTML in a text", "clients show it as it stands or drop it", fix)


def verified(folder: Folder, codes: CodeBook) -> Iterator[RuleFault]:
    """Every code that an option orders with is in a value set or names its own source."""
    for option in folder.options:
        for number, code in enumerate(option.it.codes):
            if not code.source and not codes.rows_for(code.system, code.code):
                what = f"{code.code} ({code.display or code.system}) is in no value set"
                fix = "add it to codes/*.csv, or write beside it which source it was verified in (source:)"
                yield option.spot.at("codes", number).fault(what, "an order is signed with this code", fix)


def _stratum(
    rule: Placed[WrittenRule], stratum: WrittenStratum, spot: Spot, folder: Folder, vocabulary: Vocabulary
) -> Iterator[RuleFault]:
    if not stratum.evidence and (stratum.card or stratum.line):
        yield spot.fault(f"`{stratum.id}` cites nothing", "a card shows what it rests on", "add evidence:")
    if stratum.card is None:
        return
    if stratum.line is not None:
        fix = "keep card: or line:"
        yield spot.at("line").fault(f"`{stratum.id}` has a card and a line", "it would say the same twice", fix)
    yield from _summary(rule.it, stratum.card.summary, spot.at("card", "summary"), vocabulary)
    for number, name in enumerate(stratum.card.offer):
        option = folder.option(name)
        if option is not None and option.it.kind != "drug":
            why = "what is offered are alternatives to choose one of; tests and referrals are ordered together"
            yield spot.at("card", "offer", number).fault(f"`{name}` is no drug", why, f"move {name} to orders:")


def _summary(rule: WrittenRule, text: str, spot: Spot, vocabulary: Vocabulary) -> Iterator[RuleFault]:
    widths = {name: _width(name, rule, vocabulary) for name in PLACEHOLDER.findall(text)}
    longest = len(PLACEHOLDER.sub("", text)) + sum(widths[name] for name in PLACEHOLDER.findall(text))
    if longest > LONGEST_SUMMARY:
        what = f"the summary can become {longest} characters long"
        why = f"CDS Hooks clients show {LONGEST_SUMMARY + 1} at most and cut the rest"
        yield spot.fault(what, why, f"shorten it by {longest - LONGEST_SUMMARY}")


def _width(name: str, rule: WrittenRule, vocabulary: Vocabulary) -> int:
    """How many characters the placeholder can take."""
    if name in vocabulary.parameters:
        parameter = vocabulary.parameters[name]
        return len(measure(parameter.value, parameter.unit))
    if name in vocabulary.facts:
        return _fact_width(vocabulary.facts[name])
    return sum(len(part.short) + 2 for part in rule.parts) + 2


def _fact_width(fact: FactDef) -> int:
    words = unit_words(fact.unit)
    return max([LONGEST[fact.type], *map(len, fact.codes)]) + (len(words) + 1 if words else 0)
