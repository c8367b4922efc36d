"""Simulated orders: in order of time, from charts as they were, answered as prescribers do, the same each time."""

from collections import Counter
from functools import cache
from typing import Any

import msgspec
import pytest

from cds.cards.compose import respond
from cds.clock import counted_uuids
from cds.decide import Decision, decide
from cds.engine.fact import Cause
from cds.gateway.recorded import recorded
from cds.hooks.feedback import read_feedback
from cds.hooks.request import read_request
from cds.hooks.response import encode
from cds.synth import Order, Orders, Population
from cds.synth.population import PRESENT
from cds.synth.requests import known_on
from tests.synth.deciding import ruleset

Plain = dict[str, Any]
SIZE, COUNT, DAYS = 400, 250, 120


def decided(order: Order) -> Decision:
    """What the service decides on the day of the order."""
    request = read_request(msgspec.json.encode(order.request))
    chart, draft = recorded(request)
    return decide(chart, draft, ruleset(), request.hook, order.day)


@cache
def run(count: int = COUNT) -> tuple[tuple[Order, Decision, Plain, tuple[Plain, ...]], ...]:
    """Each order with decision, response and feedback."""
    orders, mint, done = Orders(Population(SIZE, 1), count, DAYS), counted_uuids(), []
    for order in orders:
        decision = decided(order)
        response = respond(decision, f"Patient/{order.patient_id}", "https://bone-cds.example.org/fhir", mint)
        body: Plain = msgspec.json.decode(encode(response))
        done.append((order, decision, body, tuple(orders.answer(order, body["cards"]))))
    return tuple(done)


def test_orders_come_in_order_of_time_within_the_period() -> None:
    days = [order.day for order, *_ in run()]
    assert len(days) == COUNT == len(Orders(Population(SIZE, 1), COUNT, DAYS))
    assert days == sorted(days)
    assert (PRESENT - days[0]).days <= DAYS
    assert days[-1] == PRESENT
    assert all(order.at.startswith(order.day.isoformat()) for order, *_ in run())
    assert len({order.request["hookInstance"] for order, *_ in run()}) == COUNT


def test_fewer_orders_than_asked_for_are_all_that_were_signed() -> None:
    every = Orders(Population(30, 1), 10_000, 20)
    assert 0 < len(every) < 10_000
    assert len(list(every)) == len(every)


def test_the_same_seed_signs_the_same_orders() -> None:
    again = [msgspec.json.encode(each.request) for each in Orders(Population(60, 4), 30)]
    assert again == [msgspec.json.encode(each.request) for each in Orders(Population(60, 4), 30)]
    assert again != [msgspec.json.encode(each.request) for each in Orders(Population(60, 5), 30)]


def test_a_chart_holds_nothing_from_later() -> None:
    for order, *_ in run():
        day = order.day.isoformat()
        for answer in order.request["prefetch"].values():
            resources = [each["resource"] for each in answer.get("entry", ())] or [answer]
            assert known_on(resources, day) == resources


def test_feedback_is_what_the_service_takes_and_answers_its_cards() -> None:
    outcomes: Counter[str] = Counter()
    for _, _, body, feedback in run():
        assert {each["card"] for each in feedback} <= {card["uuid"] for card in body["cards"]}
        if feedback:
            read = read_feedback(msgspec.json.encode({"feedback": feedback}))
            outcomes.update(each.outcome for each in read)
            assert all(each.reason_code for each in read if each.outcome == "overridden")
            assert all(each.accepted for each in read if each.outcome == "accepted")
    cards = sum(len(body["cards"]) for _, _, body, _ in run())
    assert 0.1 * cards < outcomes["accepted"] < 0.6 * cards
    assert 0.1 * cards < outcomes["overridden"] < 0.7 * cards


def test_what_is_accepted_stands_in_the_chart_at_the_next_signing() -> None:
    placed: dict[str, set[str]] = {}
    later = 0
    for order, _, _, feedback in run():
        seen = {
            each["resource"]["id"]
            for answer in order.request["prefetch"].values()
            for each in answer.get("entry", ())
            if str(each["resource"].get("id", "")).startswith("placed-")
        }
        unread = len(order.request["prefetch"]) < 13 or b"OperationOutcome" in msgspec.json.encode(order.request)
        if not unread:
            assert (len(seen) > 0) == bool(placed.get(order.patient_id))
            later += bool(seen)
        if any(each["outcome"] == "accepted" for each in feedback):
            placed.setdefault(order.patient_id, set()).add(order.at)
    assert later > 10


@pytest.mark.slow
def test_ehrs_that_fail_reach_what_no_chart_can_hold() -> None:
    strata = {(each.rule, each.stratum) for _, decision, *_ in run(1200) for each in decision.verdicts}
    causes = {it.cause for _, decision, *_ in run(1200) for each in decision.verdicts for it in each.missing}
    assert {("data-gaps", each) for each in ("unreadable-order", "unread-safety", "unread")} <= strata
    assert {Cause.NOT_READABLE, Cause.NOT_ASKED, Cause.INCOMPLETE} <= causes
