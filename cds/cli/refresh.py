"""``rules codes --refresh SERVER``: value sets held against a terminology server; the differences are for review."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.markup import escape

from cds.cli.app import FOUND_SOMETHING, UNREADABLE, USAGE, err, fail, loaded, out
from cds.fhir.chart import Failed
from cds.gateway.client import ANYWHERE, make_client
from cds.gateway.origin import origin
from cds.gateway.terminology import Terminology
from cds.ruleset.codebook import read_value_sets
from cds.ruleset.expansions import Difference, Question, as_csv, differences, questions
from cds.ruleset.ruleset import RuleSet

IN_A_ROW = 3
"""After so many failures in a row the server is not asked again."""
NOT_COMPARED = "not-compared"


def refreshed(server: str, directory: Path, file: Path | None) -> None:
    """The differences are written to the file or printed; leaves with 1 if there are any, 3 if nothing was answered."""
    if origin(server) is None:
        fail(USAGE, f"{server} is no http or https address", fix="give the base of a FHIR terminology server")
    if file is not None and file.resolve().is_relative_to(directory.resolve()):
        fail(
            USAGE, f"{file} lies in the rules directory", why="a refresh never changes the rules", fix="write elsewhere"
        )
    ruleset = loaded(directory)
    asked = questions(each.row for each in read_value_sets(directory, []).rows)
    found = asyncio.run(_compared(server, asked, ruleset))
    failed = [each for each in found if each.change == NOT_COMPARED]
    if len(failed) == len(asked):
        fail(
            UNREADABLE, f"{server} expanded no value set", why=failed[0].note if failed else "there is none to ask for"
        )
    _write(as_csv(found), file)
    counts = Counter(each.change for each in found)
    told = ", ".join(f"{count} {change}" for change, count in sorted(counts.items())) or "no difference"
    err.print(escape(f"{len(asked) - len(failed)} of {len(asked)} value sets compared: {told}"))
    if found:
        raise typer.Exit(FOUND_SOMETHING)


async def _compared(server: str, asked: Sequence[Question], ruleset: RuleSet) -> list[Difference]:
    """Every question put, one after the other."""
    found: list[Difference] = []
    failures = 0
    async with make_client(reach=ANYWHERE) as client:
        terminology = Terminology(client, server)
        for question in asked:
            answer = (
                Failed("not asked any more") if failures == IN_A_ROW else await terminology.expand(question.value_set)
            )
            if isinstance(answer, Failed):
                failures = min(failures + 1, IN_A_ROW)
                found.append(Difference(NOT_COMPARED, question.concept, question.system, "", note=answer.why))
            else:
                failures = 0
                found.extend(differences(question, answer, ruleset.codes))
    return found


def _write(text: str, file: Path | None) -> None:
    if file is None:
        out.out(text, end="")
        return
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        fail(UNREADABLE, f"{file} could not be written", why=error.strerror or str(error), fix="give another --out")
