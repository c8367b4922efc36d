"""What would change an answer, in the groups in which a page shows it."""

from __future__ import annotations

from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from cds.hooks.refusal import Refusal
from cds.tipping import Tip, tips
from cds.web.sandbox.bench import Bench
from cds.web.sandbox.exchange import Exchange
from cds.web.sandbox.state import State


class Group(NamedTuple):
    """Facts that would change the answer in one way; ``open``: they are shown at once."""

    title: str
    tips: list[Tip]
    open: bool


async def tipped(bench: Bench, state: State, exchange: Exchange) -> list[Group]:
    """Every group with something in it; raises Refusal if the request was refused."""
    if exchange.answer is None:
        raise Refusal(exchange.status, "processing", exchange.refused)
    history = await bench.house.journal.recall(bench.who(state))
    found = await run_in_threadpool(tips, exchange.answer.decision, history)
    otherwise = [each for each in found if each.known and not each.forgets]
    told, untold = [e for e in otherwise if e.is_told], [e for e in otherwise if not e.is_told]
    groups = (
        Group("If something that is not known were known", [each for each in found if not each.known], True),
        Group("If a fact were otherwise, a rule would say something else", told, True),
        Group("If a fact were otherwise, only what can be ordered would change", untold, False),
        Group("If something were not known", [each for each in found if each.forgets], False),
    )
    return [each for each in groups if each.tips]
