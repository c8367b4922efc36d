"""The Synthea people of fixtures/synthea answered by the command line, and as an EHR that answers discovery would ask.

``python -m tests.synthea.answering`` (``make golden``) renews fixtures/synthea/golden. Nothing else ever writes there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import yaml
from typer.testing import CliRunner

from cds.cli.whole import app

Plain = dict[str, Any]
SYNTHEA = Path(__file__).resolve().parents[2] / "fixtures" / "synthea"
GOLDEN = SYNTHEA / "golden"
DRAFT = "draft-1"
_FINGERPRINT = re.compile(r'("ruleset": ?)"[0-9a-f]{12,64}"')
_DRAWN = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@cache
def index() -> Plain:
    """Who is generated, and what is asked of them."""
    plan: Plain = yaml.safe_load((SYNTHEA / "index.yaml").read_text(encoding="utf-8"))
    return plan


def names() -> list[str]:
    """Every person that the index names."""
    return sorted(index()["people"])


def resources_of(name: str) -> list[Plain]:
    """The resources of that person's Bundle."""
    bundle = json.loads((SYNTHEA / f"{name}.json").read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def answer_to(name: str) -> Plain:
    """What ``bone-cds patient … --json`` prints for that person."""
    words = ["patient", str(SYNTHEA / f"{name}.json"), "--order", index()["order"], "--as-of", str(index()["as_of"])]
    result = CliRunner().invoke(app, [*words, "--json"])
    if result.exit_code:
        raise RuntimeError(f"{' '.join(words)}: {result.output}")
    answer: Plain = json.loads(result.stdout)
    return answer


def golden_text(answer: Plain) -> str:
    """The answer as it is kept: laid out, without the rule set's fingerprint."""
    text = msgspec.json.format(msgspec.json.encode(answer), indent=1).decode()
    return _FINGERPRINT.sub(r'\1"…"', text) + "\n"


def without_drawn_ids(value: object) -> Any:
    """The value with every UUID alike, so that answers with other decision and suggestion ids can be compared."""
    return json.loads(_DRAWN.sub("…", json.dumps(value)))


def hook_request(name: str, templates: Mapping[str, str], coding: Plain) -> Plain:
    """The order-sign request of an EHR that drafts the drug and answers every prefetch template from the Bundle."""
    resources = resources_of(name)
    patient = next(each for each in resources if each["resourceType"] == "Patient")
    draft = {
        "resourceType": "MedicationRequest",
        "id": DRAFT,
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [coding], "text": index()["order"]},
        "subject": {"reference": f"Patient/{patient['id']}"},
    }
    fetched = {key: _searchset(_found(template, resources)) for key, template in templates.items() if key != "patient"}
    return {
        "hook": "order-sign",
        "hookInstance": f"synthea-{name}",
        "context": {
            "userId": "Practitioner/1",
            "patientId": patient["id"],
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]},
        },
        "prefetch": {"patient": patient, **fetched},
    }


def _found(template: str, resources: list[Plain]) -> Iterator[Plain]:
    """What a FHIR server finds for the template's type and, if it asks for codes, for these."""
    query = urlsplit(template)
    asked = parse_qs(query.query)
    if unknown := set(asked) - {"patient", "code", "_sort", "_count"}:
        raise ValueError(f"{template}: this EHR knows no {', '.join(sorted(unknown))}")
    tokens = {token for codes in asked.get("code", ()) for token in codes.split(",")}
    alike = (each for each in resources if each["resourceType"] == query.path)
    return (each for each in alike if not tokens or tokens & set(_tokens(each)))


def _tokens(resource: Plain) -> Iterator[str]:
    for coding in resource.get("code", {}).get("coding", ()):
        yield f"{coding['system']}|{coding['code']}"


def _searchset(found: Iterator[Plain]) -> Plain:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in found]}


def _renew() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for gone in {path.stem for path in GOLDEN.glob("*.json")} - set(names()):
        (GOLDEN / f"{gone}.json").unlink()
    for name in names():
        (GOLDEN / f"{name}.json").write_text(golden_text(answer_to(name)), encoding="utf-8")


if __name__ == "__main__":
    _renew()
