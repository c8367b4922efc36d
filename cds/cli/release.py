"""``release``: rule-book releases proposed, compared, checked, signed off, tried, put in force, rolled back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cds.cli.app import FOUND_SOMETHING, UNREADABLE, USAGE, AsOf, Json, app, day_of, err, fail, out
from cds.cli.journal import with_archive
from cds.cli.release_desk import desk_here, refusals, step
from cds.settings import Settings

if TYPE_CHECKING:
    from cds.releases.release import Release

release = typer.Typer(
    help="Releases of the rule book: from a proposal to what is in force (docs/releases.md).", no_args_is_help=True
)
app.add_typer(release, name="release")

Id = Annotated[str, typer.Argument(metavar="RELEASE", help="The release, as in r0001.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who takes this step.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="What is to be remembered with it.")]
Title = Annotated[str, typer.Option("--title", metavar="TEXT", help="What the change is about.")]
Source = Annotated[Path, typer.Argument(metavar="RULES", help="The changed rules directory, or a zip file of it.")]
Mutate = Annotated[bool, typer.Option("--mutate", help="Try every small slip against the cases too; takes minutes.")]
Export = Annotated[
    Path | None, typer.Option("--export", metavar="NDJSON_DIR", help="Over the patients of a Bulk Data export.")
]
FromJournal = Annotated[bool, typer.Option("--journal", help="Over the journalled decisions whose input was kept.")]
Below = Annotated[int, typer.Option("--suppress-below", min=0, metavar="N", help="Hide counts from 1 to N-1.")]
Lines = Annotated[bool, typer.Option("--lines", help="Print the changes line by line alone.")]
End = Annotated[bool, typer.Option("--end", help="End the trial.")]
Maybe = Annotated[str, typer.Argument(metavar="[RELEASE]", help="The release, as in r0001.")]
Earlier = Annotated[
    str, typer.Argument(metavar="[RELEASE]", help="An earlier release, or shipped; the one before if not given.")
]
Which = Annotated[str, typer.Argument(metavar="RELEASE|FOLDER", help="A release, or the folder of one from elsewhere.")]
PublicKey = Annotated[
    Path | None, typer.Option("--public-key", metavar="FILE", help="Believe this key (PEM) alone, and ask no journal.")
]


@release.command()
def propose(rules: Source, by: By, title: Title) -> None:
    """Keep a changed rule book as a draft, compared with the rules in force."""
    from cds.releases.intake import files_of
    from cds.releases.proposal import propose as proposed
    from cds.releases.release import CHANGES

    made = step(lambda desk: proposed(desk, files_of(rules), by, title))
    out.print(f"{made.id} is a draft; next: bone-cds release check {made.id}")
    out.out((made.folder / CHANGES).read_text("utf-8").rstrip())


@release.command(name="list")
def list_() -> None:
    """Print every release: where it stands, its version, its title, its author."""
    from cds.releases.tell import one_line

    with refusals():
        shelf = desk_here().shelf
        for each in shelf.releases():
            out.print(escape(one_line(shelf, each)))
        out.print(f"in force: {shelf.active() or 'the rules of the settings'}; on trial: {shelf.trial() or 'nothing'}")


@release.command()
def show(name: Id, lines: Lines = False, json: Json = False) -> None:
    """Print one release: its steps, its check, its impact, and what it changes in sentences."""
    import msgspec

    from cds.releases.event import Step
    from cds.releases.tell import text_diff, told

    with refusals():
        shelf = desk_here().shelf
        found = shelf.release(name)
        if json:
            out.out(msgspec.json.encode(found.events).decode())
        else:
            out.out(text_diff(found).rstrip() if lines else "\n".join(told(shelf, found)))
            if found.last(Step.TRIAL_BEGAN) and not lines:
                _tell_trial(found)


@release.command()
def check(name: Id, by: By, mutate: Mutate = False, as_of: AsOf = "") -> None:
    """Run lint and every case, and put the findings on record. Leaves with 1 if there is an error."""
    from cds.releases.event import Step
    from cds.releases.signoff import check as checked
    from cds.releases.tell import check_told

    day = day_of(as_of)
    made = step(lambda desk: checked(desk, name, by, day, mutate=mutate))
    found = made.last(Step.CHECKED)
    assert found is not None
    out.out("\n".join(check_told(found.details)))
    if not made.passed:
        fail(FOUND_SOMETHING, f"{made.id} has faults: it stays a draft", fix="put them right and propose again")


@release.command()
def impact(
    name: Id, by: By, export: Export = None, journal: FromJournal = False, as_of: AsOf = "", suppress_below: Below = 0
) -> None:
    """Count who would gain, lose or see another card, and who moves to another stratum; put it on record.

    Leaves with 1 if something in the export could not be read: the record says that the numbers may be too small.
    """
    from cds.cli.audit import progress_bars
    from cds.population.files import UnusableExport
    from cds.releases.event import Step
    from cds.releases.impact import over_journal
    from cds.releases.impact_export import over_export, question_of
    from cds.releases.signoff import record
    from cds.releases.tell import impact_told

    if (export is None) is not journal:
        fail(USAGE, "say over what: --export or --journal", fix="bone-cds release impact r0001 --export DIR")
    with refusals():
        desk, settings = desk_here(), Settings()
        found = desk.unfinished(name)
        try:
            with progress_bars() as progress:
                if export is None:
                    counted = with_archive(lambda archive: over_journal(desk, found, archive, settings, progress))
                else:
                    question = question_of(desk, found, day_of(as_of), settings)
                    counted = over_export(question, export, suppress_below, progress=progress)
        except UnusableExport as nothing:
            fail(UNREADABLE, str(nothing), why=nothing.why, fix=nothing.fix)
    step(lambda desk: record(desk, name, by, Step.IMPACT, counted))
    out.out("\n".join(impact_told(counted)))
    if counted.get("unreadable"):
        what = "the impact is incomplete, because parts of the export could not be read; it is on record as such"
        fix = "bone-cds audit tells each of them; put the export right and count again"
        fail(FOUND_SOMETHING, what, fix=fix)


@release.command()
def sign(name: Id, by: By, note: Note = "") -> None:
    """Sign as checker: somebody else than the author, after a check without an error."""
    from cds.releases.signoff import sign as signed

    made = step(lambda desk: signed(desk, name, by, note))
    out.print(f"{made.id} is signed; next, by a third person: bone-cds release approve {made.id}")


@release.command()
def withdraw(name: Id, by: By, note: Note = "") -> None:
    """Take back one's own signature as checker, before the approval; both stay on record, and a checker signs anew."""
    from cds.releases.signoff import withdraw as withdrawn

    made = step(lambda desk: withdrawn(desk, name, by, note))
    out.print(f"the signature on {made.id} is withdrawn; next, by a checker: bone-cds release sign {made.id}")


@release.command()
def approve(name: Id, by: By, note: Note = "") -> None:
    """Approve as third person; the manifest is signed."""
    from cds.releases.release import MANIFEST
    from cds.releases.signoff import approve as approved

    made = step(lambda desk: approved(desk, name, by, note))
    out.print(f"{made.id} is approved; its manifest: {escape(str(made.folder / MANIFEST))}")


@release.command()
def shadow(by: By, name: Maybe = "", end: End = False, note: Note = "") -> None:
    """Put a signed release on trial: judged beside the rules in force and journalled, never shown. Or end the trial.

    One release is on trial at a time: its trial is ended before another begins. --end with a release ends that one's.
    """
    from cds.releases.force import begin_trial, end_trial

    if not name and not end:
        fail(USAGE, "name the release to be on trial, or give --end", fix="bone-cds release shadow r0001")
    made = step(lambda desk: end_trial(desk, by, note, name) if end else begin_trial(desk, name, by, note))
    out.print(f"{made.id} is {'no longer ' if end else ''}on trial")


@release.command()
def activate(name: Id, by: By, note: Note = "") -> None:
    """Put an approved release in force; running services take it up within seconds."""
    from cds.releases.force import activate as activated

    made = step(lambda desk: activated(desk, name, by, note))
    out.print(f"{made.id} is in force")


@release.command()
def rollback(by: By, note: Note, name: Earlier = "") -> None:
    """Put an earlier release in force again; shipped: the rules of the settings."""
    from cds.releases.force import roll_back

    step(lambda desk: roll_back(desk, name, by, note))
    with refusals():
        out.print(f"in force: {desk_here().shelf.active() or 'the rules of the settings'}")


@release.command()
def verify(name: Which, public_key: PublicKey = None) -> None:
    """Prove an approved release: signatures, every file, every step, three people, and the journal.

    Leaves with 1 or 3 if anything does not fit.
    """
    from cds.releases.keys import believed_in
    from cds.releases.shelf import read_release
    from cds.releases.verify import proven

    with refusals():
        shelf = desk_here().shelf if public_key is None else None
        believed = shelf.keys if shelf else believed_in(public_key or Path())
        folder = Path(name)
        found = read_release(folder, believed) if folder.is_dir() else desk_here().shelf.release(name)
        out.out("\n".join(proven(found, believed)))
    if shelf is not None and not folder.is_dir():
        _compare(found)


def _tell_trial(found: Release) -> None:
    """What the trial of the release has shown so far."""
    from cds.releases.trial import trial_lines, trial_told

    told = with_archive(lambda archive: trial_told(archive.database, found.id))
    out.out("\n".join(["", *trial_lines(told)]))


def _compare(found: Release) -> None:
    """The journal tells the same; leaves with 1 if not."""
    from cds.releases.trail import compared

    told = with_archive(lambda archive: compared(archive.database, found))
    for each in told.unwritten:
        err.print(f"the journal has no entry “{each}”", markup=False)
    for each in told.vanished:
        err.print(f"the journal's entry “{each}” has no step any more", markup=False)
    if told.unwritten or told.vanished:
        fail(FOUND_SOMETHING, f"{found.id} and the journal do not tell the same", fix="bone-cds journal verify")
    out.print(f"the journal has all {len(found.events)} steps")
