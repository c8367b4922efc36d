"""``charts.md`` held against a rule book: the doors to what only rooms above the rule book decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from cds.facts.subjects import CATALOGUE
from cds.facts.view import View
from cds.orders.weigh import is_ordered
from cds.repeats import Remembered, still_holds
from cds.ruleset.charts.book import Charts
from cds.ruleset.charts.cases import Answer
from cds.ruleset.charts.proof import Doors
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.load import load
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.vocabulary import Vocabulary


def doors_of(ruleset: RuleSet) -> Doors:
    """Orders are seen, and answers hold, as in any decision with this rule set."""

    def silent(answer: Answer, view: View) -> bool:
        day = view.as_of - timedelta(days=answer.days)
        card = Remembered("", "", 0, "", "", day, answer.how, day, answer.options)
        return still_holds(card, ruleset, view)

    return Doors(is_ordered, silent)


def chart_faults(directory: Path) -> Iterator[RuleFault]:
    """What the rows of ``charts.md`` find: those that cannot be understood, those that come out otherwise."""
    ruleset = load(directory)
    try:
        charts = Charts(directory, ruleset, Vocabulary(CATALOGUE, ruleset.parameters), doors_of(ruleset))
    except RuleFaults as unread:
        yield from unread.faults
        return
    yield from charts.faults()
