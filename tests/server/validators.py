"""Two validators that know nothing of each other: fhir.resources (R4B models), Medplum (HL7's StructureDefinitions)."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from tests.server.clinic import Json

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "tools" / "validators"


def modelled(resources: Iterable[Json]) -> list[str]:
    """What fhir.resources finds wrong."""
    found = []
    for each in resources:
        try:
            get_fhir_model_class(each["resourceType"]).model_validate(each)
        except ValidationError as fault:
            found.append(f"{each['resourceType']}/{each.get('id')}: {fault}")
    return found


def defined(resources: Iterable[Json]) -> list[str]:
    """What Medplum finds wrong; skips the test where it is not installed (in CI a skip is a failure)."""
    if shutil.which("node") is None or not (PLACE / "node_modules" / "@medplum" / "core").is_dir():
        pytest.skip("the Medplum validator is not installed: it needs Node.js and `make validators`")
    lines = b"\n".join(map(msgspec.json.encode, resources))
    command = ["node", str(PLACE / "validate.mjs")]
    ended = subprocess.run(command, input=lines, capture_output=True, check=False)
    assert b" checked, " in ended.stderr, ended.stderr[-2000:]
    return ended.stdout.decode().splitlines()
