"""Tables as files that a pharmacist opens elsewhere: CSV and XLSX. No cell is ever taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Final

from starlette.responses import Response

from cds.hooks.refusal import NOT_FOUND, Refusal
from cds.spreadsheet import harmless

Cell = str | int | float | None
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table with its name and the names of its columns."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


def as_file(sheets: Sequence[Sheet], name: str, kind: str) -> Response:
    """The sheet of that name as CSV, or all of them as XLSX; refused (404) for anything else."""
    chosen = next((each for each in sheets if each.name == name), None)
    if kind == "xlsx":
        return _sent(_xlsx(sheets), XLSX, "audit.xlsx")
    if kind != "csv" or chosen is None:
        raise Refusal(NOT_FOUND, "not-found", "there is no such table")
    return _sent(_csv(chosen), "text/csv; charset=utf-8", f"{name}.csv")


def _csv(sheet: Sheet) -> bytes:
    text = StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(sheet.columns)
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def _xlsx(sheets: Sequence[Sheet]) -> bytes:
    import xlsxwriter  # noqa: PLC0415 - heavy, and most processes that serve never make a workbook

    made = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(made, options) as book:
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.title[:31])
            page.write_row(0, 0, sheet.columns, bold)
            for number, row in enumerate(sheet.rows, 1):
                page.write_row(number, 0, row)
            page.freeze_panes(1, 0)
            page.autofit()
    return made.getvalue()


def _sent(body: bytes, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, headers=headers, media_type=kind)
