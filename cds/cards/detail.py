"""The body of a card: the rule's text, its lines, what other rules lend it, and what is still open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cds.cards.choose import Firing
from cds.cards.escape import markdown
from cds.cards.wording import bullets, fill, missing_words, reasons
from cds.decide import Decision, acting, is_open
from cds.engine.spell import listed
from cds.engine.truth import Truth
from cds.ruleset.model import WrittenStratum
from cds.ruleset.ruleset import LoadedRule


def detail(card: Firing, shown: Sequence[Firing], extras: Mapping[str, str], decision: Decision) -> str:
    """GitHub-flavoured Markdown without HTML. ``shown`` are all the cards of the response, this one among them."""
    lines = [
        *_lines(card.rule, card.stratum.id, decision, extras),
        *_lent(card, shown, decision),
        *_open(card, shown, decision),
        *_site_values(card, decision),
    ]
    said = (fill(card.card.detail, decision, extras), bullets(lines, "*"), _evidence_note(card, shown, decision))
    return "\n\n".join(text for text in said if text)


def because(stratum: WrittenStratum, rule: LoadedRule, decision: Decision) -> tuple[str, ...]:
    """Why the stratum is true, a phrase for each test that carries it."""
    condition = next(each.when for each in rule.rule.strata if each.id == stratum.id)
    return reasons(condition, decision)


def _lines(rule: LoadedRule, stratum: str, decision: Decision, extras: Mapping[str, str]) -> Iterator[str]:
    for line in rule.lines.get(stratum, ()):
        if line.when is None or line.when.held(decision.facts) is Truth.TRUE:
            yield fill(line.text, decision, extras)


def _lent(host: Firing, shown: Sequence[Firing], decision: Decision) -> Iterator[str]:
    """The lines of strata that have no card of their own and name this card's topic first among those shown."""
    for verdict in decision.verdicts:
        rule = decision.ruleset.rule(verdict.rule)
        stratum = acting(rule, verdict)
        if stratum is None or stratum.line is None or not rule.shown:
            continue
        if _host(stratum.line.on, shown, decision) == host.topic:
            extras = {"because-inline": listed(because(stratum, rule, decision))}
            yield fill(stratum.line.text, decision, extras)
            yield from _lines(rule, stratum.id, decision, extras)


def _open(host: Firing, shown: Sequence[Firing], decision: Decision) -> Iterator[str]:
    """What would settle this card's own rule, and rules that ask on this card."""
    for verdict in decision.verdicts:
        rule = decision.ruleset.rule(verdict.rule)
        own = rule.id == host.rule.id and not verdict.settled and not rule.written.parts
        guest = is_open(rule, verdict) and _host(rule.written.ask_on, shown, decision) == host.topic
        if (own or guest) and verdict.missing:
            missing = listed(missing_words(each) for each in verdict.missing)
            title = decision.ruleset.book.topics[rule.written.topic]
            yield decision.ruleset.book.ask_line.format(topic=title, missing=missing)


def _site_values(card: Firing, decision: Decision) -> Iterator[str]:
    """What the site decided otherwise for this card's rule, with the reason and who signed it: numbers, sources."""
    for each in decision.ruleset.overrides_of(card.rule.id):
        yield markdown(f"{each.parameter.words[:1].upper()}{each.parameter.words[1:]}: {each.words}")
    yield from map(markdown, decision.ruleset.not_kept_of(card.rule.id))


def _host(topics: Sequence[str], shown: Sequence[Firing], decision: Decision) -> str | None:
    """The first of these topics that speaks: if its card was answered before, its guests stay silent with it."""
    present = {each.topic for each in shown} | decision.snoozed_topics
    return next((topic for topic in topics if topic in present), None)


def _evidence_note(card: Firing, shown: Sequence[Firing], decision: Decision) -> str:
    """How good the evidence is, once a response: on the first card of a topic that rests on it."""
    book = decision.ruleset.book
    first = next((each for each in shown if each.rule.id in book.evidence_note_on), None)
    return f"_{book.evidence_note}_" if card is first else ""
