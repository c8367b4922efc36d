"""``rules mutate``: whether the cases notice every small slip in the rule book."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cds.cli.app import FOUND_SOMETHING, Rules, err, out
from cds.cli.book import directory, rules
from cds.releases.charts import doors_of
from cds.releases.option_cases import OptionCases
from cds.ruleset.fault import RuleFault, RuleFaults
from cds.ruleset.mutation.report import table, written_into
from cds.ruleset.mutation.run import tried
from cds.ruleset.mutation.survivors import read_survivors, unexplained

Write = Annotated[bool, typer.Option("--write", help="Write the report into README.md of the rules directory.")]


@rules.command()
def mutate(rules: Rules = None, write: Write = False) -> None:
    """Turn every comparison, number and connective, one at a time, and name what no case notices."""
    where = directory(rules)
    try:
        faults: list[RuleFault] = []
        listed = read_survivors(where, faults)
        if faults:
            raise RuleFaults(faults)
        trials = tried(where, OptionCases(where), doors_of)
    except RuleFaults as wrong:
        err.print(escape(str(wrong)))
        raise typer.Exit(FOUND_SOMETHING) from None
    found = tuple(unexplained(trials, listed))
    for each in (*found, *table(trials)):
        out.out(str(each))
    if found:
        raise typer.Exit(FOUND_SOMETHING)
    if write:
        readme = where / "README.md"
        readme.write_text(written_into(readme.read_text("utf-8"), trials, listed), encoding="utf-8", newline="\n")
