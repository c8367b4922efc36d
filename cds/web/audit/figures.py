"""The pages with figures: how much the service speaks, and what came of its cards; as tables, plots and files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cds.clock import now_ms
from cds.hooks.discovery import OFFERS
from cds.journal.figures import Answers, Burden, Share, answers, burden
from cds.journal.simulated import simulated_within
from cds.web.audit.asked import Asked, asked
from cds.web.audit.desk import Desk, Visitor
from cds.web.audit.plots import Plot, by_day, by_gap, by_rule, by_topic, drawn
from cds.web.audit.sheets import Cell, Sheet, as_file

SERVICES: Final = tuple(offer.id for offer in OFFERS)
BURDEN_PLOTS: Final[Mapping[str, Callable[[Burden], dict[str, Any]]]] = {
    "Cards per 100 decisions, by topic": by_topic,
    "Decisions and cards, day by day": by_day,
    "Decisions with a source that was not read whole": by_gap,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page of figures shows: of which period, its tables and plots, and where it stands."""

    wanted: Asked
    sheets: Sequence[Sheet]
    plots: Sequence[Plot]
    base: str
    simulated: int
    """So many of its decisions are made up."""

    services: Sequence[str] = SERVICES


@dataclass(frozen=True)
class Figures:
    """The routes of alert burden and overrides."""

    desk: Desk

    def routes(self) -> list[BaseRoute]:
        """Each page, and each of its tables as a file."""
        burden_file = self._file(self._burden_sheets)
        return [
            Route("/audit/burden", self.desk.open_to("viewer", self.burden), methods=["GET"]),
            Route("/audit/burden/{table}.{kind}", self.desk.open_to("viewer", burden_file), methods=["GET"]),
            Route("/audit/overrides", self.desk.open_to("viewer", self.overrides), methods=["GET"]),
            Route("/audit/overrides/{table}.{kind}", self.desk.open_to("viewer", self.overrides_file), methods=["GET"]),
        ]

    async def burden(self, request: Request, visitor: Visitor) -> Response:
        """How much the service speaks."""
        wanted = asked(request.query_params, now_ms())
        found = await burden(self.desk.journal.database, wanted.period)
        plots = [await drawn(words, plot(found)) for words, plot in BURDEN_PLOTS.items()] if found.decisions else []
        made_up = await simulated_within(self.desk.journal.database, wanted.period)
        shown = Shown(wanted, burden_sheets(found), plots, "/audit/burden", made_up)
        return self.desk.page("burden", visitor, found=found, shown=shown)

    async def overrides(self, request: Request, visitor: Visitor) -> Response:
        """What came of the cards; comments are about patients, and so for pharmacists alone."""
        wanted = asked(request.query_params, now_ms())
        found = await answers(self.desk.journal.database, wanted.period)
        sheets = answer_sheets(found, comments=visitor.who.may("pharmacist"))
        if visitor.who.may("pharmacist") and found.comments:
            self.desk.looked_at(visitor, "comments of overrides", query=wanted.query)
        plots = [await drawn("Share of answered cards that were overridden", by_rule(found))] if found.rules else []
        made_up = await simulated_within(self.desk.journal.database, wanted.period)
        shown = Shown(wanted, sheets, plots, "/audit/overrides", made_up)
        return self.desk.page("overrides", visitor, found=found, shown=shown)

    async def overrides_file(self, request: Request, visitor: Visitor) -> Response:
        """A table of the page of overrides as a file."""
        wanted = asked(request.query_params, now_ms())
        may = visitor.who.may("pharmacist")
        sheets = answer_sheets(await answers(self.desk.journal.database, wanted.period), comments=may, apart=True)
        if may:
            self.desk.looked_at(visitor, "comments of overrides as a file", query=wanted.query)
        return as_file(sheets, request.path_params["table"], request.path_params["kind"])

    async def _burden_sheets(self, wanted: Asked) -> list[Sheet]:
        return burden_sheets(await burden(self.desk.journal.database, wanted.period))

    def _file(self, sheets: Callable[[Asked], Awaitable[list[Sheet]]]) -> Callable[..., Awaitable[Response]]:
        async def sent(request: Request, _: Visitor) -> Response:
            found = await sheets(asked(request.query_params, now_ms()))
            return as_file(found, request.path_params["table"], request.path_params["kind"])

        return sent


def burden_sheets(found: Burden) -> list[Sheet]:
    """The tables of the page on burden."""
    rows = [(*row, round(found.per_hundred(row[3]), 1)) for row in found.rows]
    gaps = [(*row, round(100 * row[2] / found.decisions, 1) if found.decisions else 0.0) for row in found.gaps]
    latency = [(name, round(value, 1)) for name, value in found.latency.items()] if found.decisions else []
    return [
        Sheet("cards", "Cards", ("topic", "stratum", "service", "cards", "cards per 100 decisions"), rows),
        Sheet("latency", "Latency", ("percentile", "milliseconds"), latency),
        Sheet("gaps", "Data gaps", ("source", "state", "decisions", "% of decisions"), gaps),
        Sheet("days", "Days", ("day", "decisions", "cards"), found.days),
    ]


def answer_sheets(found: Answers, *, comments: bool, apart: bool = False) -> list[Sheet]:
    """The tables of the page on overrides; ``apart``: for files, each number of a share in a column of its own."""
    told, named = (_numbers, _names) if apart else (_words, _name)
    rates = [
        (each.rule, each.version, each.shown, each.accepted.of, *told(each.accepted), *told(each.overridden))
        for each in found.rules
    ]
    funnel = [
        (each.rule, each.version, each.shown, each.suggesting, each.accepted.count, *told(each.seen))
        for each in found.rules
    ]
    answered = ("rule", "version", "shown", "answered", *named("accepted"), *named("overridden"))
    seen = named("order seen later, of accepted orders")
    sheets = [
        Sheet("rates", "Answers by rule", answered, rates),
        Sheet("funnel", "From card to order", (*answered[:3], "with a suggested order", "accepted", *seen), funnel),
        Sheet("reasons", "Reasons", ("rule", "version", "reason", "overrides"), found.reasons),
    ]
    if comments:
        columns = ("when (UTC)", "rule", "version", "reason", "comment")
        sheets.append(Sheet("comments", "Comments", columns, found.comments))
    return sheets


def _name(what: str) -> tuple[str, ...]:
    return (what,)


def _names(what: str) -> tuple[str, ...]:
    return (what, f"{what}: %", f"{what}: 95 % interval from, %", f"{what}: 95 % interval to, %")


def _words(share: Share) -> tuple[Cell, ...]:
    return (f"{share.count}: {share.words}" if share.of else "–",)


def _numbers(share: Share) -> tuple[Cell, ...]:
    """How many, which share, and its interval; nothing of nothing has neither."""
    if share.interval is None:
        return (share.count, None, None, None)
    return (share.count, *(round(100 * each, 1) for each in (share.count / share.of, *share.interval)))
