"""The list of what is shipped is whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.supply.audit import pinned

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_everything_that_is_shipped_is_listed_with_its_hash(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    tool = Path(sys.executable).parent
    command = ["make", "-s", "-o", ".venv/.ready", "sbom", f"BIN={tool}", f"SBOM={out}"]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "MAKEFLAGS": ""})
    bill = json.loads(out.read_bytes())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "bone-cds"
    pins = pinned((ROOT / "constraints" / "image.txt").read_text(encoding="utf-8"))
    assert {each["name"].lower() for each in bill["components"]} == pins
    assert all(each["externalReferences"][0]["hashes"] for each in bill["components"])
