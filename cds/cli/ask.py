"""``decide``, ``explain`` and ``patient``: one question, one decision, in cards, in sentences or in JSON."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from cds.cards.compose import respond
from cds.cli.app import UNREADABLE, USAGE, AsOf, Json, Rules, app, bytes_of, day_of, fail, loaded, out
from cds.cli.show import cards_text
from cds.clock import counted_uuids
from cds.decide import Decision
from cds.decide import decide as decided
from cds.explain import explanation, explanation_json
from cds.fhir.chart import Chart, Draft
from cds.fhir.errors import TooManyEntries
from cds.gateway.bundle import NotAPatient, chart_of_bundle, draft_of
from cds.gateway.recorded import recorded
from cds.hooks.refusal import Refusal
from cds.hooks.request import HookRequest, read_request
from cds.hooks.response import encode
from cds.ruleset.ruleset import RuleSet
from cds.settings import Settings

RequestFile = Annotated[Path, typer.Argument(metavar="REQUEST.json", help="A recorded hook request, - for stdin.")]
BundleFile = Annotated[
    Path, typer.Argument(metavar="BUNDLE.json", help="A FHIR R4 Bundle of one patient, - for stdin.")
]
Order = Annotated[
    str, typer.Option("--order", metavar="DRUG", help="The drug that is ordered, by name (nivolumab, Keytruda).")
]


@app.command()
def decide(request: RequestFile, as_of: AsOf = "", json: Json = False, rules: Rules = None) -> None:
    """Show the cards for one recorded hook request. Nothing is fetched: what the file does not hold was not asked."""
    ruleset = loaded(rules)
    _show(_decision(bytes_of(request), request, ruleset, day_of(as_of)), json)


@app.command()
def explain(request: RequestFile, as_of: AsOf = "", json: Json = False, rules: Rules = None) -> None:
    """Tell how the cards came about: every rule, every condition, every fact with where it was seen."""
    ruleset = loaded(rules)
    decision = _decision(bytes_of(request), request, ruleset, day_of(as_of))
    if json:
        out.out(msgspec.json.format(msgspec.json.encode(explanation_json(decision)), indent=2).decode())
    else:
        out.out(explanation(decision))


@app.command()
def patient(bundle: BundleFile, order: Order, as_of: AsOf = "", json: Json = False, rules: Rules = None) -> None:
    """Show the cards for a patient Bundle when DRUG is ordered."""
    ruleset, day = loaded(rules), day_of(as_of)
    try:
        chart = chart_of_bundle(bytes_of(bundle))
    except (NotAPatient, TooManyEntries) as fault:
        fail(
            UNREADABLE,
            f"{bundle} is not a patient bundle",
            why=str(fault),
            fix="give a Bundle with exactly one Patient",
        )
    _known_drug(order, ruleset)
    draft = draft_of(order, ruleset.codes.coding_for(order))
    _show(decided(chart, draft, ruleset, "order-sign", day), json)


def _known_drug(name: str, ruleset: RuleSet) -> None:
    if not ruleset.codes.named_in(name):
        fail(
            USAGE,
            f"no drug called {name!r} is known",
            fix="give a generic or brand name, such as nivolumab or Keytruda",
        )


def _decision(body: bytes, name: Path, ruleset: RuleSet, day: date) -> Decision:
    request, (chart, draft) = _read(body, name)
    if request.hook not in ruleset.scope:
        fail(
            UNREADABLE,
            f"{name}: no service for the hook {request.hook!r}",
            fix=f"the hooks are {', '.join(ruleset.scope)}",
        )
    return decided(chart, draft, ruleset, request.hook, day)


def _read(body: bytes, name: Path) -> tuple[HookRequest, tuple[Chart, Draft]]:
    try:
        request = read_request(body)
        return request, recorded(request)
    except (Refusal, TooManyEntries) as fault:
        fail(UNREADABLE, f"{name} is not a hook request", why=str(fault), fix="fixtures/requests holds examples")


def _show(decision: Decision, json: bool) -> None:
    subject = f"Patient/{decision.view.chart.patient_id}"
    response = respond(decision, subject, Settings().canonical, counted_uuids())
    out.out(encode(response).decode() if json else cards_text(response.cards))
