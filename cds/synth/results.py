"""Laboratory results, vital signs, answers and bone density, written as FHIR."""

from __future__ import annotations

from typing import Any, Final

from cds.synth.life import Life, Reading, Scan
from cds.synth.pen import Pen
from cds.synth.sources import Coded, codes
from cds.synth.vocabulary import Vocabulary

Plain = dict[str, Any]
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_RADIOLOGY: Final = [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}]}]
_SAID: Final = {each: {"text": each.capitalize()} for each in ("negative", "positive")}
_KINDS: Final = {
    kind: [{"coding": [{"system": _CATEGORY, "code": kind}]}]
    for kind in ("laboratory", "vital-signs", "imaging", "survey", "social-history")
}


def write_results(pen: Pen, life: Life) -> None:
    """Everything that was measured or asked."""
    for reading in life.readings:
        write_reading(pen, reading)
    for scan in life.scans:
        _write_scan(pen, scan)


def write_reading(pen: Pen, reading: Reading) -> Plain:
    """One result as an Observation."""
    words, coded = pen.words, codes().results[reading.what]
    observation = pen.begin(
        "Observation",
        status=reading.status,
        category=_KINDS[coded.kind],
        code=words.result(reading.what),
        subject=pen.subject,
    )
    if reading.days is not None:
        observation["effectiveDateTime"] = words.time(reading.days)
    if isinstance(reading.value, str):
        observation["valueCodeableConcept"] = _answer(words, reading.value)
    else:
        _measured(observation, reading, coded, words)
    if coded.site:
        observation["bodySite"] = {"text": coded.site}
    return observation


def _measured(observation: Plain, reading: Reading, coded: Coded, words: Vocabulary) -> None:
    """The amount and the laboratory's range, as this EHR reports them; a unit that the plan names is left alone."""
    unit, factor, digits = (reading.unit, 1.0, coded.digits) if reading.unit else words.reported(coded)
    value = round(float(reading.value) * factor, digits)
    amount = {"value": value, "unit": unit} if reading.unit else words.quantity(value, unit)
    observation["valueQuantity"] = {**amount, "comparator": reading.comparator} if reading.comparator else amount
    if not reading.unit and (within := words.usual_range(reading.what, reading.low, reading.high)):
        observation["referenceRange"] = within


def _answer(words: Vocabulary, value: str) -> Plain:
    """An answer: coded, or a laboratory's plain word."""
    return _SAID.get(value) or words.problem(value)


def _write_scan(pen: Pen, scan: Scan) -> None:
    """A DXA: its scores and the report that they belong to."""
    readings = [Reading(name, value, days=scan.days) for name, value in scan.scores.items()]
    results = [pen.reference(write_reading(pen, each)) for each in readings]
    if not scan.reported:
        return
    report = pen.begin(
        "DiagnosticReport",
        status="final",
        category=_RADIOLOGY,
        code=pen.words.study("dxa-central-study"),
        subject=pen.subject,
        conclusion=_conclusion(scan),
    )
    if results:
        report["result"] = results
    if scan.days is not None:
        report["effectiveDateTime"] = pen.words.time(scan.days)
        report["issued"] = pen.words.instant(scan.days)


def _conclusion(scan: Scan) -> str:
    told = [f"{codes().results[name].words} {value:.1f}" for name, value in scan.scores.items() if "score" in name]
    return (
        "Bone density measured: " + ", ".join(told) if told else "Bone density measured; see the scanned report"
    ) + "."
