"""``rules codes``: what a code or a text stands for, and value sets held against a terminology server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import wrap
from typing import Annotated

import msgspec
import typer

from cds.cli.app import FOUND_SOMETHING, USAGE, Json, Rules, fail, loaded, out
from cds.cli.book import directory, rules
from cds.cli.refresh import refreshed
from cds.fhir.codes import same_system
from cds.ruleset.fault import correction
from cds.ruleset.meaning import Answer, Lookup, Match, Meant, Told

Asked = Annotated[str, typer.Argument(metavar="[CODE|TEXT]", help="A code, or a text as it stands in a chart.")]
System = Annotated[
    str, typer.Option("--system", metavar="SYSTEM", help="Whose code it is: a URL, or loinc, snomed, icd-10-cm, ndc …")
]
Server = Annotated[
    str,
    typer.Option(
        "--refresh",
        metavar="SERVER",
        help="Compare the value sets with this FHIR terminology server; rules/ stays as it is.",
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="With --refresh: write the differences here (CSV).")
]
WIDTH = 100


@rules.command()
def codes(
    asked: Asked = "",
    system: System = "",
    json: Json = False,
    rules: Rules = None,
    refresh: Server = "",
    out_file: Out = None,
) -> None:
    """Say what a code or a text stands for here, and why. Leaves with 1 when it stands for nothing."""
    if refresh:
        refreshed(refresh, directory(rules), out_file)
        return
    if not asked:
        fail(USAGE, "nothing was asked", fix="give a code or a text, as in bone-cds rules codes M84.751A")
    lookup = Lookup(loaded(rules), directory(rules))
    if system and same_system(system) not in lookup.systems:
        near = correction(system, lookup.systems, f"use one of {', '.join(lookup.systems)}")
        fail(USAGE, f"no code system is called {system!r}", fix=near)
    answer = lookup.answer(asked, system)
    if json:
        out.out(
            msgspec.json.format(msgspec.json.encode({"known": answer.is_known, **_plain(answer)}), indent=2).decode()
        )
    else:
        out.out("\n".join(_told(answer)))
    if not answer.is_known:
        raise typer.Exit(FOUND_SOMETHING)


def _plain(answer: Answer) -> dict[str, object]:
    """The answer as JSON has it; rows with their columns by name."""
    plain: dict[str, object] = msgspec.to_builtins(answer)
    rows = {"matches": answer.matches, "narrower": answer.narrower}
    return plain | {name: [_row(each) for each in several] for name, several in rows.items()}


def _row(match: Match) -> dict[str, str]:
    return {"how": match.how, "place": match.place, **match.row._asdict()}


def _told(answer: Answer) -> Iterator[str]:
    """The answer on a screen of 100 columns."""
    if not answer.is_known:
        yield f"{answer.asked}: stands for nothing here"
    for match in answer.matches:
        yield from _match(match)
    for name in answer.names:
        yield from _wrapped(f"the text holds the name “{name.name}”: {name.concept} ({name.place})")
    for each in answer.left_out:
        yield from _wrapped(f"  {each.id} is left out on purpose: {each.words}")
    for remark in answer.remarks:
        yield from _wrapped(f"  note: {remark}")
    for meant in answer.concepts:
        yield ""
        yield from _concept(meant)
    yield from _list("codes that begin with it", [f"{each.row.code} {each.row.display}" for each in answer.narrower])
    yield from _list("nearest", answer.nearest)


def _match(match: Match) -> Iterator[str]:
    row = match.row
    yield from _wrapped(f"{row.code} {row.display or '(no descriptor)'} – {row.system}: {match.how}")
    noted = f"; {row.note}" if row.note else ""
    yield from _wrapped(f"  source: {row.source}, checked {row.checked_on or 'by the site'} ({match.place}){noted}")


def _concept(meant: Meant) -> Iterator[str]:
    yield from _wrapped(f"{meant.id}: {meant.title}")
    yield from _list("a kind of", map(_pair, meant.kind_of))
    if meant.never:
        yield from _wrapped(f"  beware: {meant.never}")
    label = "looked at, within that limit, by" if meant.never else "read by the facts"
    yield from _list(label, map(_pair, meant.facts))
    yield from _list("which are used by the rules", map(_pair, meant.rules))
    if not meant.facts:
        yield "  no fact reads it: it is known so that nothing else is made of it"


def _list(label: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == 0:
            yield f"  {label}"
        yield from _wrapped(f"    {line}")


def _pair(each: Told) -> str:
    return f"{each.id} – {each.words}"


def _wrapped(text: str) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()))
    return wrap(text, WIDTH, initial_indent="", subsequent_indent=indent + "  ", drop_whitespace=True)
