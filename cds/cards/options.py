"""The options of a card: what can be ordered now, what is withheld and why, and the suggestions made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from cds.cards.escape import markdown
from cds.cards.wording import bullets, fact_words, fill
from cds.decide import Decision
from cds.engine.fact import Cause
from cds.engine.spell import listed
from cds.hooks.wire import Action, Suggestion
from cds.orders.dose import dose_for
from cds.orders.draft import Plain, draft_order
from cds.orders.weigh import Reason, Standing, Weighed, gated, is_ordered
from cds.ruleset.model import CardText
from cds.ruleset.ruleset import LoadedDose, LoadedOption, RuleSet

Mint = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Bench:
    """What every suggestion of one response is made with. ``taken`` holds the tests already suggested in it,
    ``ordered`` whether those that were asked about are ordered already.
    """

    decision: Decision
    subject: str
    canonical: str
    mint: Mint
    taken: set[str]
    ordered: dict[str, bool]

    def suggestion(self, label: str, options: Iterable[str], *, recommended: bool = False) -> Suggestion:
        """One suggestion that creates these orders."""
        actions = tuple(self._action(name) for name in options)
        return Suggestion(label=label, uuid=self.mint(), is_recommended=recommended, actions=actions)

    def _action(self, name: str) -> Action:
        option = self.decision.ruleset.options[name]
        form = _form(self.decision.ruleset, option, dose_for(option, self.decision.view.once), self.canonical)
        return Action(
            type="create",
            description=form.description,
            resource={**form.resource, "subject": {"reference": self.subject}},
        )

    def still_free(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those tests and referrals that are neither ordered nor suggested elsewhere in this response."""
        return tuple(name for name in dict.fromkeys(names) if name not in self.taken and not self._ordered(name))

    def _ordered(self, name: str) -> bool:
        """Whether it is ordered already: the cards of a response ask the same of the same few tests."""
        if name not in self.ordered:
            self.ordered[name] = is_ordered(self.decision.ruleset.options[name], self.decision.view)
        return self.ordered[name]

    def offered(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of the free ones that no gate withholds; of a drug, also none that might."""
        return tuple(name for name in self.still_free(names) if self._may_go(name))

    def _may_go(self, name: str) -> bool:
        """Of one that is not ordered: whether its gates let it through."""
        option, view = self.decision.ruleset.options[name], self.decision.view
        standing = gated(option, view, view.once).standing
        return standing is Standing.OFFERED or (standing is Standing.FIRST_KNOW and option.written.kind != "drug")


class Form(NamedTuple):
    """What ordering an option at one dose is called, and its draft order but for the patient. Never changed."""

    description: str
    resource: Plain


@lru_cache(maxsize=128)
def _form(ruleset: RuleSet, option: LoadedOption, dose: LoadedDose | None, canonical: str) -> Form:
    """The form of the order, filled in once: an option's orders differ in nothing but the patient."""
    written, dosed = option.written, dose.written if dose else None
    title = dosed.title if dosed else written.title
    return Form(f"Order: {title}", draft_order(written, "", ruleset.site, canonical, dosed))


def ranked(card: CardText, weighed: Iterable[Weighed], preferred: Sequence[str]) -> tuple[Weighed, ...]:
    """The offered drugs in the site's order, else in the card's."""
    by_id = {each.id: each for each in weighed}
    order = [name for name in preferred if name in card.offer] + list(card.offer)
    return tuple(by_id[name] for name in dict.fromkeys(order))


def drug_suggestions(bench: Bench, offers: Sequence[Weighed]) -> tuple[Suggestion, ...]:
    """One suggestion a drug that may be ordered; if none may, one with the tests and referrals that come first."""
    ready = [each for each in offers if each.standing is Standing.OFFERED]
    if ready:
        preferred = bench.decision.ruleset.site.preferred_options
        only = len(ready) == 1
        return tuple(
            bench.suggestion(each.title, [each.id], recommended=only or bool(preferred and not rank))
            for rank, each in enumerate(ready)
        )
    first = bench.still_free(name for each in offers for name in (*each.ask, *each.instead))
    if not first:
        return ()
    bench.taken.update(first)
    titles = listed(bench.decision.ruleset.options[name].written.title for name in first)
    return (bench.suggestion(f"First: {titles}", first, recommended=True),)


def together(bench: Bench, card: CardText, weighed: Iterable[Weighed]) -> tuple[Suggestion, ...]:
    """The card's orders that may be given, as one suggestion."""
    ready = [each.id for each in weighed if each.id in card.orders and each.standing is Standing.OFFERED]
    free = bench.still_free(ready)
    bench.taken.update(free)
    titles = listed(bench.decision.ruleset.options[name].written.title for name in free)
    label = card.orders_label if len(free) == len(card.orders) and card.orders_label else titles
    return (bench.suggestion(label, free, recommended=True),) if free else ()


def described(offers: Sequence[Weighed], decision: Decision) -> str:
    """Offered below, or why not: a line for each option, one line for those that stand alike."""
    alike: dict[str, list[str]] = {}
    for each in offers:
        alike.setdefault(_standing(each, decision), []).append(f"**{each.title}**")
    return bullets(f"{listed(titles)}: {standing}" for standing, titles in alike.items())


def _standing(each: Weighed, decision: Decision) -> str:
    said = " ".join(fill(text, decision) for text in each.option.written.say)
    if each.standing is Standing.OFFERED:
        return f"can be ordered below. {said}".strip()
    if each.standing is Standing.ALREADY:
        return "already ordered."
    opening = {"withheld": "withheld", "deferred": "not yet", "first-know": "needs first"}[each.standing.value]
    return f"{opening}: {'; '.join(reason_words(reason, decision) for reason in each.reasons)}."


def reason_words(reason: Reason, decision: Decision) -> str:
    """One reason, in the rule book's words or as the fact that is not known."""
    if reason.words and not reason.fact:
        return fill(reason.words, decision)
    named = fill(reason.words, decision) if reason.words else fact_words(reason.fact)
    return named if reason.cause is Cause.NEVER_MEASURED else f"{named} ({markdown(reason.why)})"
