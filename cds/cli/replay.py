"""``replay``: journalled decisions made once more and compared."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from cds.cli.app import FOUND_SOMETHING, UNREADABLE, USAGE, Json, Rules, app, fail, loaded, out
from cds.cli.journal import with_archive
from cds.journal.install import Archive
from cds.settings import Settings

DecisionId = Annotated[str, typer.Argument(metavar="[DECISION_ID]", help="The decision to make once more.")]
Every = Annotated[bool, typer.Option("--all", help="Every decision in the journal.")]


@app.command()
def replay(decision: DecisionId = "", every: Every = False, rules: Rules = None, json: Json = False) -> None:
    """Make journalled decisions once more, from their kept inputs, with the same rules or with others, and compare.

    Leaves with 1 if anything differs, with 3 if something could not be replayed.
    """
    from cds.replay.again import Again, Replayer
    from cds.replay.changes import changes

    if bool(decision) == every:
        fail(USAGE, "name one decision, or give --all", fix="bone-cds journal list names the latest")
    ruleset = loaded(rules) if rules else None

    async def made(archive: Archive) -> Counter[str]:
        replayer = Replayer(archive, Settings(), ruleset)
        counts: Counter[str] = Counter()
        for each in await replayer.decisions() if every else [decision]:
            again: Again = await replayer.again(each)
            counts[again.result] += 1
            _tell(again.decision, again.result, again.why, changes(again), json)
        return counts

    counts = with_archive(made)
    if not json:
        out.print(", ".join(f"{counts[name]} {name}" for name in ("identical", "different", "not replayed")))
    if counts["different"]:
        raise typer.Exit(FOUND_SOMETHING)
    if counts["not replayed"]:
        raise typer.Exit(UNREADABLE)


def _tell(decision: str, result: str, why: str, changed: list[str], json: bool) -> None:
    if json:
        told: dict[str, Any] = {"decision": decision, "result": result, "why": why, "changes": changed}
        out.out(msgspec.json.encode(told).decode())
        return
    out.print(escape(f"{decision}  {result}" + (f": {why}" if why and result == "not replayed" else "")))
    for each in changed if result == "different" else ():
        out.print(escape(f"  {each}"))
