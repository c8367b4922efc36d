"""A rule on a pharmacist's screen: plain sentences, every number with its unit and whose it is, 100 columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from cds.engine.phrase import sentences
from cds.engine.rule import Condition
from cds.engine.spell import measure
from cds.ruleset.model import CardText, Evidence, Guest, WrittenPart, WrittenStratum
from cds.ruleset.ruleset import LoadedLine, LoadedRule, RuleSet
from cds.ruleset.show_options import option_table
from cds.ruleset.texts import CARD_WORDS, PLACEHOLDER
from cds.ruleset.words import BookWords, words_of

WIDTH = 100
STATUS = {
    "active": "active",
    "trial": "on trial: judged, not shown",
    "draft": "draft: not judged",
    "retired": "retired",
}
UNSETTLED = {
    "ask": "what would settle the question is asked for on another card",
    "quiet": "nothing is said",
}


def show_all(ruleset: RuleSet) -> str:
    """The rule book in one table."""
    head = ("rule", "version", "status", "topic", "strata", "question")
    rows = [head, *(_row(rule) for rule in ruleset.rules)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    lines = ["  ".join([*map(str.ljust, row[:-1], widths), row[-1]]) for row in rows]
    counts = f"{len(ruleset.options)} options, {len(ruleset.parameters)} parameters, {len(ruleset.sources)} sources"
    if ruleset.overrides:
        counts += f"; the site set {', '.join(ruleset.overrides)} to values of its own"
    if ruleset.site.not_kept:
        counts += f"; the site does not keep {', '.join(ruleset.site.not_kept)}"
    title = f"{ruleset.book.title} · {ruleset.book.version} · rule set {ruleset.short_fingerprint}"
    return "\n".join([title, counts, "", *lines])


def show_rule(ruleset: RuleSet, rule_id: str) -> str:
    """The rule as a page of sentences; KeyError when there is none of that name."""
    return "\n".join(_Page(ruleset, ruleset.rule(rule_id)).lines())


def _row(rule: LoadedRule) -> tuple[str, ...]:
    written = rule.written
    count = str(len(written.strata))
    return written.id, str(written.version), written.status, written.topic, count, written.title


class _Page:
    """One rule, put into lines."""

    def __init__(self, ruleset: RuleSet, rule: LoadedRule) -> None:
        self.ruleset, self.rule, self.written = ruleset, rule, rule.written
        self.words: BookWords = words_of(ruleset)
        self.told: dict[tuple[str, ...], str] = {}
        self.now = ""

    def lines(self) -> Iterator[str]:
        """The whole page."""
        written = self.written
        yield written.title
        yield f"{written.id} · version {written.version} · {STATUS[written.status]} · topic {written.topic}"
        yield ""
        yield from _wrapped(written.about)
        yield ""
        yield f"ON      {', '.join(written.hooks)}"
        yield from self._condition("FOR     ", self.rule.rule.applies)
        yield from self._parts()
        yield ""
        yield "STRATA  read downwards; the first true one wins"
        for number, (stratum, condition) in enumerate(zip(written.strata, self.rule.rule.strata, strict=True), start=1):
            yield ""
            yield from self._stratum(number, stratum, condition.when)
        yield ""
        yield from _wrapped(f"IF OPEN {UNSETTLED[written.if_unsettled]}{self._asked_on()}.", indent="        ")
        yield from self._options()
        yield from self._site_values()
        yield ""
        yield "LIMITS"
        for limit in written.known_limits:
            yield from _bullet(limit)
        yield ""
        yield from self._review()

    def _filled(self, text: str) -> str:
        """The text with numbers filled in, and facts named in brackets: they are the patient's."""

        def told(found: re.Match[str]) -> str:
            parameter = self.ruleset.parameters.get(found[1])
            if parameter:
                return measure(parameter.value, parameter.unit)
            return f"‹{CARD_WORDS.get(found[1]) or self.words.fact(found[1])}›"

        return PLACEHOLDER.sub(told, text)

    def _asked_on(self) -> str:
        return f" ({', '.join(self.written.ask_on)}, else data-gaps)" if self.written.ask_on else ""

    def _condition(self, label: str, condition: Condition) -> Iterator[str]:
        gap = " " * len(label)
        for number, line in enumerate(sentences(condition, self.words)):
            depth = " " * (len(line) - len(line.lstrip()))
            head = label if number == 0 else gap
            yield from wrap(line.strip(), WIDTH, initial_indent=head + depth, subsequent_indent=gap + depth + "    ")

    def _parts(self) -> Iterator[str]:
        if self.written.parts:
            yield ""
            yield "PARTS   each asked for on its own condition; the card shows when at least one is"
        for part, compiled in zip(self.written.parts, self.rule.rule.parts, strict=True):
            yield from self._part(part, compiled.when)
        for each in self.written.suggestions:
            star = " (recommended)" if each.recommended else ""
            yield from _bullet(f"suggestion “{each.label}”{star}: {', '.join(each.parts)}", indent="        ")

    def _part(self, part: WrittenPart, condition: Condition) -> Iterator[str]:
        orders = f" [orders {', '.join(part.orders)}]" if part.orders else ""
        yield from _wrapped(f"  {part.id}: {self._filled(part.text)}{orders}", indent="      ")
        yield from self._condition("      when ", condition)

    def _stratum(self, number: int, stratum: WrittenStratum, condition: Condition) -> Iterator[str]:
        self.now = stratum.id
        yield f"{number}. {stratum.id} – {stratum.title}"
        yield from self._condition("   when ", condition)
        if stratum.card:
            yield from self._card(stratum.card, self.rule.lines.get(stratum.id, ()))
        elif stratum.line:
            yield from self._guest(stratum.line, self.rule.lines.get(stratum.id, ()))
        else:
            yield "   says nothing: the question is settled"
        yield from self._evidence(stratum.evidence)

    def _card(self, card: CardText, lines: Sequence[LoadedLine]) -> Iterator[str]:
        yield from _wrapped(f"   {card.indicator} card: {self._filled(card.summary)}", indent="      ")
        yield from _wrapped("      " + " ".join(self._filled(card.detail).split()), indent="      ")
        yield from self._said(lines)
        for label, options in (("offers one of", card.offer), ("suggests together", card.orders)):
            if options:
                yield from _wrapped(f"   {label}: {', '.join(options)}", indent="      ")

    def _guest(self, line: Guest, lines: Sequence[LoadedLine]) -> Iterator[str]:
        where = f"   a line on the card of {' or '.join(line.on)}: "
        yield from _wrapped(where + self._filled(line.text), indent="      ")
        yield from self._said(lines)

    def _said(self, lines: Sequence[LoadedLine]) -> Iterator[str]:
        said = tuple(line.text for line in lines)
        if said in self.told:
            yield f"      - the same {len(said)} lines as in {self.told[said]}"
            return
        if said:
            self.told[said] = self.now
        for line in lines:
            yield from _bullet(self._filled(line.text), indent="      ")
            if line.when:
                yield from self._condition("        if ", line.when.condition)

    def _evidence(self, evidence: Iterable[Evidence]) -> Iterator[str]:
        told = [" ".join(filter(None, self._cited(each))) for each in evidence]
        if told:
            yield from _wrapped(f"   rests on {'; '.join(told)}", indent="      ")

    def _cited(self, each: Evidence) -> tuple[str, ...]:
        return self.words.source(each.source), each.locator, each.grade and f"({each.grade})"

    def _options(self) -> Iterator[str]:
        options = [self.ruleset.options[name] for name in self.rule.suggests]
        if options:
            yield ""
            yield "OPTIONS"
        for line in option_table(options, self.words, WIDTH):
            yield self._filled(line)

    def _site_values(self) -> Iterator[str]:
        several, lacking = self.ruleset.overrides_of(self.written.id), self.ruleset.not_kept_of(self.written.id)
        if several or lacking:
            yield ""
            yield "SITE    numbers of this rule that the site set to another value, and sources that it does not keep"
        for each in several:
            yield from _bullet(f"{each.name}, {each.parameter.words}: {each.words}")
        for told in lacking:
            yield from _bullet(told)

    def _review(self) -> Iterator[str]:
        review = self.written.review
        yield f"WRITTEN {review.authored_by}"
        yield f"CHECKED {review.checked_by}"
        yield f"REVIEW  {review.reviewed_on.isoformat()}, next by {review.next_review.isoformat()}"


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    first = text[: len(text) - len(text.lstrip())]
    for number, paragraph in enumerate(each for each in text.strip().splitlines() if each.strip()):
        yield from wrap(paragraph, WIDTH, initial_indent=first if number == 0 else indent, subsequent_indent=indent)


def _bullet(text: str, indent: str = "  ") -> Iterator[str]:
    yield from _wrapped(f"{indent}- {text}", indent=indent + "  ")
