"""The pages on decisions: found, and one of them whole – facts, reasoning, evidence, cards, answers; JSON and PDF."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cds.clock import now_ms
from cds.engine.fact import Known
from cds.engine.narrate import narrate_rule
from cds.engine.spell import value_words
from cds.export.pdf import NoPdf, pdf_of
from cds.hooks.refusal import NOT_FOUND, Refusal
from cds.hooks.wire import HookResponse
from cds.journal.read import answers_to, decision_body, fact_of, traces
from cds.journal.rulebooks import kept_rules
from cds.journal.search import PAGE, Wanted, search, topics_shown
from cds.journal.simulated import is_simulated, simulated_within
from cds.journal.slips import READ_DECISION, DecisionTold
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.words import words_of
from cds.web.audit.asked import asked, number, pseudonym
from cds.web.audit.desk import PAGES, Desk, Visitor
from cds.web.audit.figures import SERVICES
from cds.web.markdown import html, inline

UNAVAILABLE: Final = 503
_RESPONSE: Final = msgspec.json.Decoder(HookResponse).decode


@dataclass(frozen=True)
class Decisions:
    """The routes on decisions, for pharmacists; each look is in the journal."""

    desk: Desk

    def routes(self) -> list[BaseRoute]:
        """The list, and one decision in three forms."""
        return [
            Route("/audit/decisions", self.desk.open_to("pharmacist", self.found), methods=["GET"]),
            Route("/audit/decisions/{id}.json", self.desk.open_to("pharmacist", self.json), methods=["GET"]),
            Route("/audit/decisions/{id}.pdf", self.desk.open_to("pharmacist", self.pdf), methods=["GET"]),
            Route("/audit/decisions/{id}", self.desk.open_to("pharmacist", self.one), methods=["GET"]),
        ]

    async def found(self, request: Request, visitor: Visitor) -> Response:
        """The decisions that the address asks for."""
        query, database = request.query_params, self.desk.journal.database
        days = asked(query, now_ms())
        wanted = Wanted(days.period, query.get("topic", ""), pseudonym(query, "patient"), number(query, "page"))
        total, hits = await search(database, wanted)
        self.desk.looked_at(visitor, "list of decisions", query=str(request.url.query)[:500])
        topics, pages = await topics_shown(database), -(-total // PAGE)
        found = {"total": total, "hits": hits, "pages": pages, "topics": topics, "services": SERVICES}
        made_up = await simulated_within(database, days.period)
        return self.desk.page("decisions", visitor, wanted=days, search=wanted, found=found, simulated=made_up)

    async def one(self, request: Request, visitor: Visitor) -> Response:
        """One decision."""
        told = await self._told(request, visitor, "decision")
        return self.desk.page("decision", visitor, **await self._whole(told))

    async def json(self, request: Request, visitor: Visitor) -> Response:
        """One decision as the journal keeps it."""
        told = await self._told(request, visitor, "decision as JSON")
        headers = {
            "content-disposition": f'attachment; filename="decision-{told.id}.json"',
            "cache-control": "no-store",
        }
        return Response(msgspec.json.format(msgspec.json.encode(told)), headers=headers, media_type="application/json")

    async def pdf(self, request: Request, visitor: Visitor) -> Response:
        """One decision on paper."""
        told = await self._told(request, visitor, "decision as PDF")
        style = Markup((PAGES / "print.css").read_text(encoding="utf-8"))
        page = self.desk.pages.get_template("decision_print.html").render(style=style, **await self._whole(told))
        try:
            body = await asyncio.to_thread(pdf_of, page)
        except NoPdf as missing:
            why = f"this machine cannot make a PDF: {missing}"
            return self.desk.page("refused", visitor, UNAVAILABLE, why=why)
        headers = {"content-disposition": f'inline; filename="decision-{told.id}.pdf"', "cache-control": "no-store"}
        return Response(body, headers=headers, media_type="application/pdf")

    async def _told(self, request: Request, visitor: Visitor, what: str) -> DecisionTold:
        """The decision that the address names, its being looked at noted; refused (404) if there is none."""
        name = request.path_params["id"]
        body = await decision_body(self.desk.journal.database, name)
        if body is None:
            raise Refusal(NOT_FOUND, "not-found", "there is no such decision in the journal, or it was purged")
        self.desk.looked_at(visitor, what, decision=name)
        return READ_DECISION(body)

    async def _whole(self, told: DecisionTold) -> dict[str, Any]:
        """Everything that a page shows of the decision."""
        database = self.desk.journal.database
        rules = await kept_rules(database, told.ruleset)
        return {
            "told": told,
            "facts": [*_facts(told)],
            "rules": [] if isinstance(rules, str) else [*_reasoning(told, rules)],
            "no_rules": rules if isinstance(rules, str) else "",
            "cards": _RESPONSE(told.response).cards,
            "answers": await answers_to(database, told.id),
            "simulated": await is_simulated(database, told.id),
            "html": html,
            "inline": inline,
        }


def _facts(told: DecisionTold) -> Iterator[tuple[str, str, str]]:
    """Each fact that was read: its name, its value or why there is none, and where it was seen."""
    for name, (unit, kept) in told.facts.items():
        fact = fact_of(name, kept)
        value = value_words(fact.value, unit) if isinstance(fact, Known) else f"not known: {fact.why}"
        note = f" ({fact.note})" if isinstance(fact, Known) and fact.note else ""
        yield name, value + note, "; ".join(f"{each.ref} {each.when}".strip() for each in fact.seen_in)


def _reasoning(told: DecisionTold, rules: RuleSet) -> Iterator[dict[str, Any]]:
    words = words_of(rules)
    for verdict, trace in zip(told.verdicts, traces(told, rules), strict=True):
        written = rules.rule(verdict.rule).written
        stratum = next((each for each in written.strata if each.id == verdict.stratum), None)
        evidence = [f"{each.source}: {each.supports}" for each in stratum.evidence] if stratum else []
        yield {
            "title": written.title,
            "outcome": verdict.outcome.value,
            "lines": [*narrate_rule(trace, verdict, words)],
            "evidence": evidence,
        }
