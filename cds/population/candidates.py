"""Who may be on a checkpoint inhibitor, told from the distinct drugs of an export: each is recognised once.

More patients than really are may be told, never fewer: whoever is told is looked at in full afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import duckdb
import msgspec

from cds.facts.orders import PD_1_OR_PD_L1
from cds.facts.recognise import drug_of, is_nameless
from cds.fhir.codes import CodeBook
from cds.fhir.elements import CodeableConcept, Reference
from cds.fhir.medications import Ingredient, Medication, MedicationRequest

TABLE: Final = "candidates"
BARE: Final = "regexp_extract(m, '([^/|]+)(?:/_history/[^/]*)?/?$', 1)"
"""The id in a reference to a Medication, as SQL."""

_UNSOUND: Final = (msgspec.MsgspecError, RecursionError)
_CONCEPT: Final = msgspec.json.Decoder(CodeableConcept)
_INGREDIENTS: Final = msgspec.json.Decoder(tuple[Ingredient, ...])


def find_candidates(connection: duckdb.DuckDBPyConnection, uses: str, drugs: str, codes: CodeBook) -> None:
    """The table ``candidates`` holds the patients; ``uses`` and ``drugs`` are the SQL sources of what was staged."""
    keys = connection.execute(f"SELECT DISTINCT coalesce(c, ''), coalesce(d, ''), m IS NOT NULL FROM {uses}").fetchall()
    _fill(connection, "wanted", [key[:2] for key in keys if _may_be_one(codes, *key)])
    products = connection.execute(f"SELECT DISTINCT coalesce(code, ''), coalesce(parts, '') FROM {drugs}").fetchall()
    _fill(connection, "products", [key for key in products if _product_may_be_one(codes, *key)])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {TABLE} AS SELECT DISTINCT p FROM {uses} "
        "WHERE odd OR (coalesce(c, ''), coalesce(d, '')) IN (SELECT (a, b) FROM wanted) "
        f"   OR (m IS NOT NULL AND {BARE} IN (SELECT id FROM {drugs} "
        "       WHERE (coalesce(code, ''), coalesce(parts, '')) IN (SELECT (a, b) FROM products))) "
        f"   OR (m IS NOT NULL AND c IS NULL AND {BARE} NOT IN (SELECT id FROM {drugs} WHERE id IS NOT NULL))"
    )


def no_candidates(connection: duckdb.DuckDBPyConnection) -> None:
    """The table ``candidates`` is there and empty."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} (p VARCHAR)")


def add_candidates(connection: duckdb.DuckDBPyConnection, patients: Iterable[str]) -> None:
    """These patients are in the table too, each once."""
    query = f"INSERT INTO {TABLE} SELECT DISTINCT unnest(?::VARCHAR[]) EXCEPT SELECT p FROM {TABLE}"
    connection.execute(query, [sorted(patients)])


def _fill(connection: duckdb.DuckDBPyConnection, name: str, keys: list[tuple[str, str]]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} (a VARCHAR, b VARCHAR)")
    columns = [[key[0] for key in keys], [key[1] for key in keys]]
    connection.execute(f"INSERT INTO {name} SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", columns)


def _may_be_one(codes: CodeBook, concept: str, display: str, refers: bool) -> bool:
    """Whether a use with this concept, and a reference that is called so, may be of such a drug."""
    try:
        told = _CONCEPT.decode(concept) if concept else None
    except _UNSOUND:
        return True
    pointer = Reference(reference="Medication/elsewhere", display=display or None) if refers else None
    use = MedicationRequest(medication_codeable_concept=told, medication_reference=pointer)
    found = drug_of(codes, use, {})
    return PD_1_OR_PD_L1 in found.concepts or (not refers and is_nameless(use, found))


def _product_may_be_one(codes: CodeBook, code: str, parts: str) -> bool:
    """Whether a Medication with this code and these ingredients may be such a drug, or does not say what it is."""
    try:
        drug = Medication(
            id="x",
            code=_CONCEPT.decode(code) if code else None,
            ingredient=_INGREDIENTS.decode(parts) if parts else (),
        )
    except _UNSOUND:
        return True
    use = MedicationRequest(medication_reference=Reference(reference="Medication/x"))
    found = drug_of(codes, use, {"Medication/x": drug})
    return PD_1_OR_PD_L1 in found.concepts or is_nameless(use, found)
