"""A Synthea Bundle cut down as fixtures/synthea/index.yaml says, its clinical coding untouched.

Left out: whole resource types (visits, bills, devices, notes, people); answers to questionnaires; what has ended, such
as colds; findings about work and housing; all but the newest of each code, save drugs of late and what tells about
bone; and where, by whom and at which visit. Codes, displays, values, units, dates and doses stay as Synthea wrote them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

Plain = dict[str, Any]
SEVERAL = 3
EVERY = 1_000_000
MEMBERS_LEFT_OUT = frozenset(
    {"meta", "text", "encounter", "context", "performer", "requester", "recorder", "asserter", "location", "photo"}
    | {"identifier", "telecom", "address", "extension", "communication", "generalPractitioner", "managingOrganization"}
)
_WHEN = ("effectiveDateTime", "onsetDateTime", "performedDateTime", "authoredOn")


class Trim:
    """Cuts Bundles down by the rules of one index."""

    def __init__(self, index: Plain) -> None:
        self._recent_from = index["recent_from"].isoformat()
        self._kept: dict[str, list[int]] = index["kept"]
        self._several, self._telling, self._left_out = (
            {str(code) for code in index[name]} for name in ("several", "telling", "left_out")
        )

    def bundle(self, whole: Plain) -> Plain:
        """The Bundle as it is kept."""
        entries = [entry for entry in whole["entry"] if self._may_be_read(entry["resource"])]
        newest_first = sorted(entries, key=lambda entry: when(entry["resource"]), reverse=True)
        kept = {resource["id"] for resource in self._newest(entry["resource"] for entry in newest_first)}
        mine = [_entry(entry, kept) for entry in entries if entry["resource"]["id"] in kept]
        return {"resourceType": "Bundle", "type": "collection", "entry": mine}

    def _may_be_read(self, resource: Plain) -> bool:
        kind, code = resource["resourceType"], code_of(resource)
        if kind == "Observation":
            return _is_measured(resource)
        is_over = kind == "Condition" and "abatementDateTime" in resource and code not in self._telling
        return kind in self._kept and code not in self._left_out and not is_over

    def _newest(self, newest_first: Iterable[Plain]) -> Iterator[Plain]:
        """Of each code the newest; how many is a matter of type, code and age."""
        met: Counter[tuple[str, str, bool]] = Counter()
        for resource in newest_first:
            kind, code = resource["resourceType"], code_of(resource)
            is_old = code not in self._several and when(resource) < self._recent_from
            met[kind, code, is_old] += 1
            if met[kind, code, is_old] <= self._most(kind, code, is_old):
                yield resource

    def _most(self, kind: str, code: str, is_old: bool) -> int:
        if code in self._several:
            return SEVERAL
        if code in self._telling:
            return 1 if kind == "Procedure" else EVERY
        return self._kept[kind][is_old]


def bundle_text(bundle: Plain) -> str:
    """The Bundle as JSON text, one entry a line."""
    entries = ",\n".join(_compact(entry) for entry in bundle["entry"])
    head = _compact({name: value for name, value in bundle.items() if name != "entry"})
    return f'{head[:-1]},"entry":[\n{entries}\n]}}\n'


def when(resource: Plain) -> str:
    """The day and time that the resource is of, '' if it tells none."""
    told = next((resource[name] for name in _WHEN if name in resource), None)
    return str(told or resource.get("performedPeriod", {}).get("start", ""))


def code_of(resource: Plain) -> str:
    """The first code, '' if there is none."""
    told = resource.get("code") or resource.get("medicationCodeableConcept") or {}
    return str(next((coding["code"] for coding in told.get("coding", ())), ""))


def _is_measured(observation: Plain) -> bool:
    """Whether it is more than an answer to a questionnaire: those have words for values, and so has smoking status."""
    categories = {coding["code"] for each in observation.get("category", ()) for coding in each["coding"]}
    return bool({"valueQuantity", "component"} & set(observation)) or "social-history" in categories


def _entry(entry: Plain, kept: set[str]) -> Plain:
    resource = {name: value for name, value in entry["resource"].items() if name not in MEMBERS_LEFT_OUT}
    if "result" in resource:
        resource["result"] = [each for each in resource["result"] if each["reference"].rpartition(":")[2] in kept]
    if not resource.get("result", True):
        del resource["result"]
    return {"fullUrl": entry["fullUrl"], "resource": resource}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
