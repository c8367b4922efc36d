"""The hook request that an EHR would post when a person's checkpoint inhibitor is signed: draft and prefetch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from cds.facts.sources import SOURCES
from cds.synth.dice import Dice
from cds.synth.population import Person
from cds.synth.sources import prescribers

Plain = dict[str, Any]
HOOK: Final = "order-sign"
_DATED: Final = (
    "effectiveDateTime", "authoredOn", "onsetDateTime", "recordedDate", "performedDateTime", "whenHandedOver", "issued",
)  # fmt: skip
_PERIODS: Final = ("effectivePeriod", "period")
_GIVEN: Final = "MedicationAdministration"


def known_on(resources: Iterable[Plain], day: str) -> list[Plain]:
    """What the chart held on that day before anything was signed or given: no drafts, nothing younger."""
    held = [each for each in resources if each.get("status") != "draft" and _was_there(each, day)]
    return [_alive(each) if str(each.get("deceasedDateTime", ""))[:10] > day else each for each in held]


def _alive(patient: Plain) -> Plain:
    return {name: value for name, value in patient.items() if name != "deceasedDateTime"}


def _was_there(resource: Plain, day: str) -> bool:
    since = _since(resource)
    return since < day if resource["resourceType"] == _GIVEN else since <= day


def _since(resource: Plain) -> str:
    """The day from which it was in the chart, '' if it bears none."""
    told = next((resource[name] for name in _DATED if name in resource), "")
    told = told or next((resource[name].get("start", "") for name in _PERIODS if name in resource), "")
    return str(told)[:10]


def drafts(person: Person, day: date, present: date, dice: Dice) -> list[Plain]:
    """What is signed: on the present day the drafts of the chart, and the next dose of a course that goes on."""
    orders = [each for each in person.resources if each.get("status") == "draft"] if day == present else []
    if person.life.course.days:
        orders += [*_next_dose(person, day)]
    if dice.chance(prescribers().unresolvable):
        orders[-1] = _leading_nowhere(orders[-1])
    wanted = {each.get("medicationReference", {}).get("reference") for each in orders}
    formulary = (each for each in person.resources if each["resourceType"] == "Medication")
    return [*orders, *(each for each in formulary if f"Medication/{each['id']}" in wanted)]


def _next_dose(person: Person, day: date) -> Iterator[Plain]:
    """The course's orders, which are the last of the chart, drafted again."""
    agents = len(person.life.course.agents)
    orders = [each for each in person.resources if each["resourceType"] == "MedicationRequest"][-agents:]
    for number, each in enumerate(orders, start=1):
        yield {**each, "id": f"draft-{number}", "status": "draft", "authoredOn": day.isoformat()}


def _leading_nowhere(order: Plain) -> Plain:
    kept = {name: value for name, value in order.items() if not name.startswith("medication")}
    return {**kept, "medicationReference": {"reference": f"Medication/gone-{order['id']}"}}


def hook_request(
    person: Person, orders: list[Plain], chart: list[Plain], instance: str, user: str, dice: Dice
) -> Plain:
    """The request; now and then a source is missing, cut short or an error, as EHRs have it."""
    return {
        "hook": HOOK,
        "hookInstance": instance,
        "context": {
            "userId": user,
            "patientId": person.id,
            "draftOrders": _bundle("collection", orders),
        },
        "prefetch": _marred(prefetch(chart), dice),
    }


def prefetch(chart: list[Plain]) -> Plain:
    """Every source answered from the chart: of those that share a resource type, the first gets them all."""
    by_kind: dict[str, list[Plain]] = {}
    for each in chart:
        by_kind.setdefault(each["resourceType"], []).append(each)
    formulary = by_kind.get("Medication", [])
    answers: Plain = {}
    for name, source in SOURCES.items():
        found = by_kind.pop(source.resource_type, [])
        if name == "patient":
            answers[name] = found[0]
        else:
            uses = any("medicationReference" in each for each in found)
            answers[name] = _bundle("searchset", [*found, *formulary] if uses else found)
    return answers


def _marred(answers: Plain, dice: Dice) -> Plain:
    """The answers with what this EHR failed to send."""
    rates = prescribers()
    names = [name for name in answers if name != "patient"]
    for rate, harm in ((rates.unread, _failed), (rates.cut_short, _cut_short), (rates.unsent, None)):
        hit, name = dice.chance(rate), dice.one_of(names)
        if not hit or name not in answers:
            continue
        if harm is None:
            del answers[name]
        else:
            answers[name] = harm(answers[name])
    return answers


def _failed(_: Plain) -> Plain:
    issue = {"severity": "error", "code": "timeout", "diagnostics": "the department's server did not answer in time"}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _cut_short(answer: Plain) -> Plain:
    return {**answer, "link": [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]}


def _bundle(kind: str, resources: list[Plain]) -> Plain:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": each} for each in resources]}
