"""People made by Synthea are answered as they were reviewed, at the terminal and over HTTP alike."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from cds.releases.in_force import rules_for
from cds.settings import Settings
from cds.web import create_app
from tests.synthea.answering import (
    GOLDEN,
    SYNTHEA,
    Plain,
    answer_to,
    golden_text,
    hook_request,
    index,
    names,
    resources_of,
    without_drawn_ids,
)

MOST_BYTES = 2_000_000
ROOT = Path(__file__).resolve().parents[2]
SIGN = "ici-bone-health-order-sign"


@pytest.mark.parametrize("name", names())
def test_the_answer_is_the_reviewed_one(name: str) -> None:
    golden = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    assert golden_text(answer_to(name)) == golden, "if it is meant: `make golden`, and review what changed"


async def test_order_sign_answers_as_the_terminal_does() -> None:
    settings = Settings(as_of=index()["as_of"], log_level="error")
    coding = rules_for(settings).codes.coding_for(index()["order"])
    app = create_app(settings)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://cds.example.org") as client,
    ):
        services = (await client.get("/cds-services")).json()["services"]
        templates = next(each["prefetch"] for each in services if each["id"] == SIGN)
        for name in names():
            request = hook_request(name, templates, msgspec.to_builtins(coding))
            response = await client.post(f"/cds-services/{SIGN}", json=request)
            assert response.status_code == httpx.codes.OK, f"{name}: {response.text}"
            assert without_drawn_ids(response.json()) == without_drawn_ids(answer_to(name)), name


def test_bundles_are_those_of_the_index_and_small() -> None:
    bundles = list(SYNTHEA.glob("*.json"))
    assert sorted(path.stem for path in bundles) == names()
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == names()
    assert sum(path.stat().st_size for path in bundles) <= MOST_BYTES


@pytest.mark.parametrize("name", names())
def test_a_bundle_is_one_person_with_ids_of_its_own(name: str) -> None:
    resources = resources_of(name)
    patients = [each["id"] for each in resources if each["resourceType"] == "Patient"]
    ids = [each["id"] for each in resources]
    assert len(patients) == 1
    assert len(ids) == len(set(ids))
    assert set(_subjects(resources)) == {f"urn:uuid:{patients[0]}"}


def _subjects(resources: list[Plain]) -> Iterator[str]:
    for each in resources:
        pointer = each.get("subject") or each.get("patient")
        if pointer:
            yield pointer["reference"]


def test_readme_reviews_every_person() -> None:
    text = (SYNTHEA / "README.md").read_text(encoding="utf-8")
    for heading in ("## People", "## Answers"):
        section = text.partition(heading)[2].partition("\n## ")[0]
        assert sorted(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)) == names(), heading
    assert f"`{index()['package']}` {index()['version']}" in text
    assert str(index()["seed"]) in text


def test_goldens_hold_no_fingerprint_of_a_rule_set() -> None:
    for name in names():
        answer = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
        fingerprints = {card["extension"]["bone-cds.decision"]["ruleset"] for card in answer["cards"]}
        assert fingerprints <= {"…"}


def test_generator_is_the_one_that_is_pinned() -> None:
    pins = (ROOT / "constraints" / "synthea.txt").read_text(encoding="utf-8")
    assert f"{index()['package']}=={index()['version']} " in pins
