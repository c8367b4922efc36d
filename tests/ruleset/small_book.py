"""A rules directory of one rule, one option and a few facts: whole, and easy to wound."""

from pathlib import Path

from cds.engine.fact import Known
from cds.facts.catalogue import FactDef, Type
from cds.ruleset.cases import Case, read_cases
from cds.ruleset.fault import RuleFault
from cds.ruleset.load import load
from cds.ruleset.ruleset import RuleSet
from cds.ruleset.vocabulary import Vocabulary


def _fact(name: str, type_: Type, words: str, unit: str = "", **more: object) -> FactDef:
    return FactDef(name, type_, words, lambda view: Known(None), unit=unit, **more)  # type: ignore[arg-type]


FACTS = {
    each.id: each
    for each in (
        _fact("patient.adult", Type.BOOL, "adult", reads=("patient",)),
        _fact("patient.sex", Type.CODE, "sex", reads=("patient",), codes=("female", "male", "other")),
        _fact("bone.t_score", Type.NUMBER, "lowest T-score", "T-score", reads=("boneDensity",)),
        _fact("fracture.last", Type.DATE, "last fragility fracture", reads=("conditions",)),
        _fact("order.agents", Type.SET, "drugs being ordered"),
        _fact("caution.dialysis", Type.BOOL, "dialysis", reads=("conditions",)),
        _fact("lab.calcium", Type.NUMBER, "calcium", "mg/dL", reads=("labs",)),
    )
}

FILES = {
    "ruleset.yaml": """\
title: A small rule book
version: "1"
source_label: small
evidence_note_on: [antiresorptive]
evidence_note: Observational data only.
rules: [bone-drug]
topics:
  antiresorptive: Bone drug
  baseline-assessment: Baseline
scope:
  order-sign: {fact: patient.adult, is: yes}
in_doubt: [order-sign]
everywhere: {fact: patient.adult, is: yes}
override_reasons: []
ask_line: "Open - {topic}: {missing}"
gap_lines:
  not_read: "{source}: {why}"
  not_recognised: "{name}"
  open_question: "{topic}: {missing}"
  left_out: "{note}"
""",
    "parameters.yaml": """\
t_score.low:
  {value: -2.5, unit: T-score, label: guideline, source: asco, locator: rec 3.4, words: T-score of osteoporosis}
fracture.recent_days:
  {value: 365, unit: d, label: policy, source: asco, locator: text, words: a fracture this recent}
calcium.low:
  {value: 8.5, unit: mg/dL, label: policy, source: asco, locator: text, words: calcium called low}
""",
    "sources.yaml": """\
asco:
  citation: Shapiro CL, 2019
  short: ASCO 2019
  kind: guideline
  read: abstract
  read_on: 2026-11-20
""",
    "bone-drug/rule.yaml": """\
id: bone-drug
version: 1
status: active
topic: antiresorptive
title: Start a drug?
about: One drug for one reason.
hooks: [order-sign]
applies: {fact: patient.adult, is: yes}
strata:
  - id: high
    title: High risk
    when:
      any:
        - {fact: bone.t_score, at_most: t_score.low}
        - {fact: fracture.last, within_days: fracture.recent_days}
    evidence: [{source: asco, supports: Treat osteoporosis}]
    card:
      indicator: warning
      summary: "High risk before {order.agents}"
      detail: "Why: {because}. T-score {bone.t_score}, limit {t_score.low}."
      lines:
        - {text: Ask about falls., when: {not: {fact: patient.sex, is: male}}}
      offer: [drug-a]
  - id: low
    title: Low risk
    when: {fact: bone.t_score, above: t_score.low}
if_unsettled: ask
ask_on: [baseline-assessment]
known_limits: [Free text is not read.]
review: {authored_by: A. Author, checked_by: B. Checker, reviewed_on: 2026-11-20, next_review: 2027-11-20}
""",
    "bone-drug/cases.md": """\
# Cases

As of 2026-06-01.

| fact | value |
|---|---|
| patient.adult | yes |
| bone.t_score | -1 |
| fracture.last | n/a |

| case | bone.t_score | with | outcome | stratum |
|---|---|---|---|---|
| at the limit | -2.5 | | fires | high |
| above it | -2.4 | | silent | low |
| below it | −2.6 | | fires | high |
| a recent fracture | ? | fracture.last: 365 days ago | fires | high |
| an old one | | fracture.last: 366 days ago | silent | low |
| the day is not known | ? | fracture.last: ? undated | unsettled | – |
| a child | | patient.adult: no | not-applicable | – |
| perhaps a child | | patient.adult: ?; fracture.last: 2026-05 | unsettled | – |
| a fracture last week | | fracture.last: 7 days ago | fires | high |
""",
    "options/drug-a.yaml": """\
id: drug-a
kind: drug
title: Drug A
codes: [{system: "http://loinc.org", code: "17861-6", display: in a value set}]
gates: [kidney]
withheld_if:
  - {when: {fact: lab.calcium, below: calcium.low}, why: "calcium is {lab.calcium}"}
know_first:
  - {fact: lab.calcium, why: a calcium, ask: [lab-calcium]}
evidence: [{source: asco, supports: A drug}]
""",
    "options/lab-calcium.yaml": """\
id: lab-calcium
kind: lab
title: Calcium
codes: [{system: "http://loinc.org", code: "17861-6"}]
evidence: [{source: asco, supports: A test}]
""",
    "options/gates.yaml": """\
kidney:
  title: Kidney
  withheld_if:
    - {when: {fact: caution.dialysis, is: yes}, why: dialysis}
  evidence: [{source: asco, supports: A gate}]
""",
    "codes/concepts.yaml": """\
calcium-total: {title: Calcium}
calcium-any: {title: Any calcium}
""",
    "codes/labs.csv": """\
concept,system,code,display,source,checked_on,note
calcium-total,http://loinc.org,17861-6,Calcium,LOINC 2.78,2026-11-20,
""",
    "codes/names.csv": "concept,name,source,checked_on\n",
}

Edit = tuple[str, str, str]
"""A file, what stands in it, and what shall stand there instead."""


def write_book(folder: Path, *edits: Edit) -> Path:
    """The directory with the edits made; an edit whose text is not there is an error of the test."""
    texts = dict(FILES)
    for file, old, new in edits:
        assert old in texts[file], f"{old!r} is not in {file}"
        texts[file] = texts[file].replace(old, new, 1)
    for file, text in texts.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def loaded(folder: Path, *edits: Edit) -> RuleSet:
    """The rule set of the directory with the edits made."""
    return load(write_book(folder, *edits), catalogue=FACTS)


def line_of(file: str, text: str) -> int:
    """The line on which the text stands in the whole book's file."""
    before, _, _ = FILES[file].partition(text)
    return before.count("\n") + 1


def cases_of(ruleset: RuleSet, text: str) -> tuple[tuple[Case, ...], list[RuleFault]]:
    """The cases of a text for the small rule, and what was wrong with it."""
    faults: list[RuleFault] = []
    vocabulary = Vocabulary(FACTS, ruleset.parameters)
    return read_cases("bone-drug/cases.md", text, ruleset.rules[0].rule, vocabulary, faults), faults
