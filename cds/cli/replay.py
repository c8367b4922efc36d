"""``replay``: journalled decisions made once more and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.markup import escape

from cds.cli.app import FOUND_SOMETHING, UNREADABLE, USAGE, Json, Rules, app, err, fail, out
from cds.cli.journal import with_archive
from cds.journal.install import Archive
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.replay.again import Again
    from cds.ruleset.ruleset import RuleSet

DecisionId = Annotated[str, typer.Argument(metavar="[DECISION_ID]", help="The decision to make once more.")]
Every = Annotated[bool, typer.Option("--all", help="Every decision in the journal.")]
SiteFile = Annotated[
    Path | None,
    typer.Option(
        "--site", metavar="FILE", help="With --rules: this site.yaml, not what the site had decided at each decision."
    ),
]


@app.command()
def replay(
    decision: DecisionId = "", every: Every = False, rules: Rules = None, site: SiteFile = None, json: Json = False
) -> None:
    """Make journalled decisions once more, from their kept inputs, with the same rules or with others, and compare.

    The same rules must give the same bytes. Of other rules it is told what they change: strata, cards, or words alone.
    BONE_CDS_SITE is not looked at. Leaves with 1 if anything differs, with 3 if something could not be replayed.
    """
    from cds.replay.again import Replayer

    if bool(decision) == every:
        fail(USAGE, "name one decision, or give --all", fix="bone-cds journal list names the latest")
    chosen = _chosen(rules, site)

    async def made(archive: Archive) -> Counter[str]:
        replayer = Replayer(archive, Settings(), chosen)
        counts: Counter[str] = Counter()
        for each in await replayer.decisions() if every else [decision]:
            again = await replayer.again(each)
            counts.update([again.result, *{change.kind for change in again.changes if again.result == "changed"}])
            _tell(again, json)
        return counts

    counts = with_archive(made)
    if not json:
        out.print(", ".join(_summary(counts, with_others=chosen is not None)))
    if counts["different"] or counts["changed"]:
        raise typer.Exit(FOUND_SOMETHING)
    if counts["not replayed"]:
        raise typer.Exit(UNREADABLE)


def _chosen(rules: Path | None, site: Path | None) -> RuleSet | Path | None:
    """The rules to decide with; a directory alone stands for it and each decision's own site. Leaves with 1 or 2."""
    from cds.ruleset.book import Site
    from cds.ruleset.fault import RuleFaults
    from cds.ruleset.load import load
    from cds.ruleset.site import read_site

    if rules is None:
        if site is not None:
            fail(USAGE, "--site goes with --rules", fix="each decision is made with what its site had decided")
        return None
    try:
        found = load(rules, read_site(site) if site else Site())
    except RuleFaults as faults:
        err.print(escape(str(faults)))
        raise typer.Exit(FOUND_SOMETHING) from None
    return found if site else rules


def _summary(counts: Counter[str], *, with_others: bool) -> Iterator[str]:
    """How often what came out; what was changed may be so in several ways."""
    from cds.replay.changes import KINDS

    usual = ("same", "changed", "not replayed") if with_others else ("identical", "different", "not replayed")
    for name in ("identical", "different", "same", "changed", "not replayed"):
        if name in usual or counts[name]:
            how = ", ".join(f"{counts[kind]} in {kind}" for kind in KINDS) if name == "changed" and counts[name] else ""
            yield f"{counts[name]} {name}" + (f" ({how})" if how else "")


def _tell(again: Again, json: bool) -> None:
    words = [each.words for each in again.changes]
    if json:
        told: dict[str, Any] = {"decision": again.decision, "result": again.result, "why": again.why, "changes": words}
        told["kinds"] = [*dict.fromkeys(each.kind for each in again.changes)]
        out.out(msgspec.json.encode(told).decode())
        return
    why = again.why if again.result == "not replayed" else ""
    out.print(escape(f"{again.decision}  {again.result}" + (f": {why}" if why else "")))
    for each in words:
        out.print(escape(f"  {each}"))
