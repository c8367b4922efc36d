"""What clients of older and newer versions get: nothing that they would have to treat as an error, and all the rest."""

from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from cds.hooks.version import UNKNOWN_TO, HooksVersion, Member, Shape, shape_for
from cds.hooks.wire import Action, Card, Coding, HookResponse, Source, Suggestion
from tests.access.signing import BASE
from tests.conformance.asked import Plain, answers, cards, objects, suggestions
from tests.web.desk import SIGN, caller, desk, hook
from tests.web.test_signed import guarded, signed

OLD = ("1.0", "1.1")
RECOMMENDED = Suggestion(label="a", uuid="s", is_recommended=True, actions=(Action(type="create", description="d"),))
CARD = Card(
    summary="s",
    indicator="info",
    uuid="c",
    selection_behavior="any",
    source=Source(label="l", topic=Coding(code="t")),
    suggestions=(RECOMMENDED,),
    override_reasons=(Coding(code="r"),),
    extension={"x": 1},
)
FULL = HookResponse(cards=(CARD,), extension={"y": 1})


@pytest.mark.parametrize("version", OLD)
def test_an_old_client_gets_no_member_that_its_version_lacks(version: str) -> None:
    assert list(cards(version))
    for card in cards(version):
        assert set(card) <= {
            "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "links", "extension",
        }  # fmt: skip
        assert set(card["source"]) <= {"label", "url", "icon"}
    for suggestion in suggestions(version):
        assert set(suggestion) <= {"label", "uuid", "actions"}


@pytest.mark.parametrize("version", OLD)
def test_an_old_client_gets_the_same_advice(version: str) -> None:
    def told(each: Plain) -> tuple[Any, ...]:
        return each["summary"], each["indicator"], each.get("detail"), [s["label"] for s in each.get("suggestions", ())]

    assert [told(card) for card in cards(version)] == [told(card) for card in cards()]


def test_any_becomes_at_most_one_for_an_old_client_alone() -> None:
    assert shape_for("2.0").response(FULL).cards[0].selection_behavior == "any"
    assert shape_for("3.0").response(FULL).cards[0].selection_behavior == "any"
    assert shape_for("1.0").response(FULL).cards[0].selection_behavior == "at-most-one"
    assert not any(card.get("selectionBehavior") == "any" for card in cards("1.0"))


def test_who_understands_everything_gets_the_response_untouched() -> None:
    assert shape_for("2.0").response(FULL) is FULL
    assert shape_for("3.0").response(FULL) is FULL


def test_a_3_0_client_gets_what_a_2_0_client_gets() -> None:
    assert [set(card) for card in cards("3.0")] == [set(card) for card in cards("2.0")]
    assert len(answers("3.0")) == len(answers("2.0"))


@pytest.mark.parametrize("member", get_args(Member))
def test_each_member_can_be_left_out_alone(member: Member) -> None:
    shaped = Shape(frozenset({member})).response(FULL)
    (card,) = shaped.cards
    left = {
        "card.uuid": not card.uuid,
        "card.overrideReasons": not card.override_reasons,
        "card.source.topic": card.source.topic is None,
        "card.suggestions.isRecommended": not card.suggestions[0].is_recommended,
        "card.selectionBehavior.any": card.selection_behavior != "any",
        "extension": card.extension is None and shaped.extension is None,
    }
    assert {name for name, is_left in left.items() if is_left} == {member} & set(left)


def test_every_version_has_its_list() -> None:
    assert set(UNKNOWN_TO) == set(get_args(HooksVersion))


@pytest.mark.parametrize(
    ("version", "more", "release"),
    [
        ("1.0", set(), None),
        ("2.0", {"usageRequirements", "version", "hookVersion"}, "STU2"),
        ("3.0", {"version"}, "STU3"),
    ],
)
async def test_discovery_speaks_the_version_of_the_caller(version: str, more: set[str], release: str | None) -> None:
    async with caller(desk(hooks_version=version)) as client:
        for service in (await client.get("/cds-services")).json()["services"]:
            assert {"hook", "title", "description", "id", "prefetch"} | more <= set(service)
            assert service.get("version") == release
            assert service.get("hookVersion") == (None if release is None else "1.0")
            assert ("usageRequirements" in service) is (version != "1.0")


async def test_a_signed_client_is_answered_in_the_version_of_its_entry(tmp_path: Path) -> None:
    async with guarded(tmp_path, "    hooks_version: '1.0'\n") as client:
        shown = (await client.post(SIGN, json=hook(), headers=signed())).json()["cards"]
        assert shown
        assert not any("uuid" in card or "topic" in card["source"] for card in shown)
        found = (await client.get("/cds-services", headers=signed("/cds-services"))).json()["services"]
        assert not any("version" in service for service in found)
        assert all("version" in service for service in (await client.get("/cds-services")).json()["services"])


async def test_a_site_says_itself_what_a_client_must_not_get(tmp_path: Path) -> None:
    async with guarded(tmp_path, "    hooks_version: '1.0'\n    leave_out: [extension]\n") as client:
        answer = (await client.post(SIGN, json=hook(), headers=signed())).json()
    assert answer["cards"]
    assert not any("extension" in each for each in objects({"cards": [_bare(card) for card in answer["cards"]]}))
    assert all("uuid" in card for card in answer["cards"])
    assert "extension" not in answer


def _bare(card: Plain) -> Plain:
    """The card without its suggestions: the FHIR resources in them have extensions of their own."""
    return {name: value for name, value in card.items() if name != "suggestions"}


@pytest.mark.parametrize("status", [400, 404, 405])
async def test_errors_are_operation_outcomes(status: int) -> None:
    async with caller(desk(hooks_version="3.0", public_url=BASE)) as client:
        response: httpx.Response = {
            400: await client.post(SIGN, content=b"{"),
            404: await client.post("/cds-services/nothing", json=hook()),
            405: await client.get(SIGN),
        }[status]
    assert response.status_code == status
    (issue,) = response.json()["issue"]
    assert response.json()["resourceType"] == "OperationOutcome"
    assert {"severity", "code", "diagnostics"} <= set(issue)


async def test_412_names_what_is_missing() -> None:
    async with caller(desk()) as client:
        response = await client.post(SIGN, json=hook(prefetch={}))
    assert response.status_code == 412
    (issue,) = response.json()["issue"]
    assert issue["expression"] == ["prefetch.patient"]
