"""A decision as cards. Nothing is suggested twice in one response."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cds.cards.choose import Firing, chosen, rank
from cds.cards.detail import because, detail
from cds.cards.extension import entries, entry
from cds.cards.gaps import gaps_text, unread_words
from cds.cards.options import Bench, Mint, described, drug_suggestions, ranked, together
from cds.cards.parts import due, part_lines, part_names, part_suggestions
from cds.cards.wording import bullets, summary_of
from cds.decide import Decision
from cds.engine.spell import listed
from cds.hooks.wire import Card, Coding, HookResponse, Indicator, Link, Source, Suggestion
from cds.orders.weigh import Weighed
from cds.ruleset.model import WrittenPart
from cds.ruleset.ruleset import LoadedRule, RuleSet


def respond(
    decision: Decision, subject: str, canonical: str, mint: Mint, decision_id: str | None = None
) -> HookResponse:
    """The answer to the hook: the cards, and every rule's decision beside them unless the site turned that off.

    ``subject`` is ``Patient/id``; ``mint`` gives a new UUID each time, the decision's own too if it has none yet.
    """
    decision_id = decision_id or mint()
    cards = tuple(each.card(decision_id) for each in laid_out(decision, subject, canonical, mint))
    beside = {"bone-cds.decisions": entries(decision, decision_id)}
    return HookResponse(cards=cards, extension=beside if decision.ruleset.site.decisions_in_response else None)


def laid_out(decision: Decision, subject: str, canonical: str, mint: Mint) -> tuple[Draughtsman, ...]:
    """The cards of the answer in their order, planned and not yet written."""
    bench = Bench(decision, subject, canonical, mint, set(), {})
    plans: dict[str, Plan] = {}

    def asks_for_something(firing: Firing) -> bool:
        plan = planned(firing, bench)
        if plan is not None:
            plans[firing.rule.id] = plan
        return plan is not None

    kept = chosen(decision, asks_for_something)
    shown = sorted(kept, key=lambda each: rank(plans[each.rule.id].indicator, each.topic, decision))
    return tuple(Draughtsman(each, plans[each.rule.id], shown, bench) for each in shown)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one card of a response asks for and how urgently, before a word of it is written."""

    parts: tuple[WrittenPart, ...]
    offers: tuple[Weighed, ...]
    suggestions: tuple[Suggestion, ...]
    indicator: Indicator


def planned(firing: Firing, bench: Bench) -> Plan | None:
    """The plan of the card; None if all that it asks for is already suggested by another card of this response."""
    decision, written, card = bench.decision, firing.rule.written, firing.card
    parts = due(written, firing.verdict, bench)
    if written.parts and not parts:
        return None
    weighed = decision.weighed[written.id]
    offers = ranked(card, weighed, decision.ruleset.site.preferred_options)
    if parts:
        suggestions = part_suggestions(bench, written, parts)
    else:
        suggestions = drug_suggestions(bench, offers) if card.offer else together(bench, card, weighed)
    indicator: Indicator = "info" if parts and all(part.optional for part in parts) else firing.indicator
    return Plan(parts, offers, suggestions, indicator)


@dataclass(frozen=True, slots=True)
class Draughtsman:
    """Writes one card of a response, or only its summary."""

    firing: Firing
    plan: Plan
    shown: Sequence[Firing]
    bench: Bench

    @property
    def summary(self) -> str:
        """The card in one line."""
        text = self.firing.card.summary
        return summary_of(text, self.bench.decision, self._extras(text))

    def card(self, decision_id: str) -> Card:
        """The card."""
        decision, suggestions = self.bench.decision, self.plan.suggestions
        return Card(
            summary=self.summary,
            indicator=self.plan.indicator,
            source=_source(decision.ruleset, self.firing.topic, self.bench.canonical),
            uuid=self.bench.mint(),
            detail=detail(self.firing, self.shown, self._extras(self.firing.card.detail), decision),
            suggestions=suggestions,
            selection_behavior="at-most-one" if suggestions else None,
            override_reasons=_override_reasons(decision.ruleset),
            links=_links(decision.ruleset, self.firing.rule, self.firing.stratum.id),
            extension={"bone-cds.decision": entry(decision, decision_id, self.firing.verdict)},
        )

    def _extras(self, text: str) -> dict[str, str]:
        """What the card's own placeholders stand for; only those that the text uses are worked out."""
        decision, offers, parts = self.bench.decision, self.plan.offers, self.plan.parts
        written: dict[str, Callable[[], str]] = {
            "because": lambda: bullets(because(self.firing.stratum, self.firing.rule, decision)),
            "options": lambda: described(offers, decision),
            "parts": lambda: bullets(part_lines(parts, decision.weighed[self.firing.rule.id], decision)),
            "parts-inline": lambda: listed(part_names(parts)),
            "gaps": lambda: gaps_text(decision),
            "unread": lambda: unread_words(decision),
        }
        return {name: make() for name, make in written.items() if f"{{{name}}}" in text}


@lru_cache(maxsize=64)
def _source(ruleset: RuleSet, topic: str, canonical: str) -> Source:
    """Whose advice a card of the topic is."""
    book = ruleset.book
    coding = Coding(code=topic, system=f"{canonical}/CodeSystem/card-topic", display=book.topics[topic])
    return Source(label=book.source_label, url=book.source_url, topic=coding)


@lru_cache(maxsize=8)
def _override_reasons(ruleset: RuleSet) -> tuple[Coding, ...]:
    reasons = ruleset.book.override_reasons
    return tuple(Coding(code=each.code, system=each.system, display=each.display) for each in reasons)


@lru_cache(maxsize=256)
def _links(ruleset: RuleSet, rule: LoadedRule, stratum: str) -> tuple[Link, ...]:
    """The sources cited for the stratum that have an address."""
    cited = (each.source for written in rule.written.strata if written.id == stratum for each in written.evidence)
    sources = [ruleset.sources[name] for name in dict.fromkeys(cited)]
    addressed = ((each, f"https://doi.org/{each.doi}" if each.doi else each.url) for each in sources)
    return tuple(Link(label=each.short or each.citation, url=url) for each, url in addressed if url)
