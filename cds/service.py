"""One hook request turned into one response: read, fetch, decide, compose. Nothing is decided here.

The clock and the source of UUIDs are handed in; the network is behind the gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Protocol

from cds.access.caller import UNSIGNED, Caller
from cds.cards.compose import respond
from cds.decide import Decision, decide
from cds.fhir.admission import admit_draft
from cds.fhir.chart import Chart, Draft
from cds.fhir.decode import decode_draft
from cds.fhir.errors import TooManyEntries
from cds.fhir.references import bare_id
from cds.gateway.budget import READ_SHARE, Budget
from cds.gateway.tape import Heard
from cds.hooks.discovery import Offer
from cds.hooks.refusal import BAD_REQUEST, TOO_LARGE, Refusal
from cds.hooks.request import HookRequest
from cds.hooks.response import encode
from cds.hooks.wire import HookResponse
from cds.journal.slips import Case
from cds.journal.store import Journal
from cds.posted import open_request
from cds.ruleset.ruleset import RuleSet

Queries = Mapping[str, str]
"""Prefetch templates by source name."""

Servers = tuple[str, ...] | None


class Reader(Protocol):
    """Whoever reads charts: the gateway."""

    async def read(
        self,
        request: HookRequest,
        queries: Queries,
        draft: Draft,
        budget: Budget,
        servers: Servers = None,
        heard: Heard | None = None,
    ) -> Chart:
        """The chart of the request's patient, read from none but these FHIR servers (None: those of the settings).

        Refusal (412) if there is no patient to be had. What a server answers is kept in ``heard``, if given.
        """


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as bytes, and what it was made of, for journal, metrics and explanation."""

    body: bytes
    request: HookRequest
    chart: Chart
    decision: Decision
    response: HookResponse
    case: Case
    """The same as it was handed to the journal."""


@dataclass(frozen=True, slots=True)
class Service:
    """Answers hook requests from one rule set."""

    ruleset: RuleSet
    reader: Reader
    journal: Journal
    queries: Callable[[str, date], Queries]
    """The prefetch templates of a hook on a day."""

    today: Callable[[], date]
    mint: Callable[[], str]
    canonical: str
    budget_seconds: float
    max_entries: int
    scan_bytes: int
    """Bodies up to this size are scanned whole, larger ones everywhere but inside ``prefetch``."""

    def budget(self) -> Budget:
        """The time that reads may use, counted from now."""
        return Budget.starting_now(self.budget_seconds * READ_SHARE)

    async def answer(self, offer: Offer, body: bytes, budget: Budget, caller: Caller = UNSIGNED) -> Answer:
        """The answer to the caller's request in the body; raises Refusal if it cannot be answered."""
        started = perf_counter()
        request = open_request(body, self.scan_bytes)
        if request.hook != offer.hook:
            raise Refusal(
                BAD_REQUEST, "invalid", f"this service answers {offer.hook}, not the hook that was sent", "hook"
            )
        draft = self._draft(request)
        as_of = self.today()
        queries = self.queries(offer.hook, as_of)
        heard: Heard | None = {} if self.journal.keeps_input else None
        chart = await self.reader.read(request, queries, draft, budget, caller.fhir_servers, heard)
        where = f"{caller.name}{request.fhir_server.rstrip('/')}"
        history = await self.journal.recall(f"{where} {chart.patient_id}")
        decision = decide(chart, draft, self.ruleset, offer.hook, as_of, history)
        decision_id = self.mint()
        response = respond(decision, f"Patient/{chart.patient_id}", self.canonical, self.mint, decision_id)
        case = Case(
            id=decision_id,
            service=offer.id,
            who=f"{where} {chart.patient_id}",
            user=f"{where} {request.user_id}",
            decision=decision,
            response=response,
            body=encode(response),
            history=history,
            seconds=perf_counter() - started,
            caller=caller.name,
            canonical=self.canonical,
            posted=b"" if heard is None else body,
            heard=heard,
        )
        await self.journal.note(case)
        shaped = caller.shape.response(response)
        return Answer(case.body if shaped is response else encode(shaped), request, chart, decision, response, case)

    def _draft(self, request: HookRequest) -> Draft:
        """The patient's own draft orders."""
        try:
            draft = decode_draft(request.draft_orders, request.selections, max_entries=self.max_entries)
        except TooManyEntries as refused:
            raise Refusal(TOO_LARGE, "too-costly", f"context.draftOrders: {refused}", "context.draftOrders") from None
        return admit_draft(bare_id(request.patient_id), draft)
