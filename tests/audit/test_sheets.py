"""No cell of a downloaded table is taken for a formula, wherever a spreadsheet begins its cells."""

import csv
import re
from io import StringIO

import pytest

from cds.web.audit.sheets import Cell, Sheet, as_file
from tests.patience import in_time

FORMULA = "=1+cmd|calc"


def told(cell: Cell) -> str:
    """The table with that one cell."""
    body = as_file([Sheet("it", "It", ("column",), [(cell,)])], "it", "csv").body
    return bytes(body).decode("utf-8-sig")


@pytest.mark.parametrize("between", ["", " ", "x;", "x; ", "x,", "x\t", "x\n", "x\r\n", 'x";"', "\t", "\r", "x;;,\t "])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_begins_with_a_formula_whatever_separates_cells(between: str, sign: str) -> None:
    table = told(f"{between}{sign}1+cmd|calc")
    assert table.startswith('"column"\r\n"')
    for cells in ([row[0] for row in csv.reader(StringIO(table, newline=""))], re.split(r"[;,\t\r\n]", table)):
        assert not [each for each in cells if each.strip(' "').startswith(sign)]


@pytest.mark.parametrize("text", ["too soon", "a - b", "T-score -2.7", "a=b", "mail x@y", "first; second, third", ""])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert list(csv.reader(StringIO(told(text)))) == [["column"], [text]]


@pytest.mark.parametrize("number", [-5, 2.5])
def test_a_number_is_a_number(number: float) -> None:
    assert told(number) == f'"column"\r\n"{number}"\r\n'


async def test_a_long_cell_is_written_in_time() -> None:
    async with in_time(3):
        for each in ("\t", " ", ";", "=", ";=", '"', "-"):
            told(each * 200_000)
