"""``rules lint | show | book | lock | diff``: the rule book at the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cds.cli.app import FOUND_SOMETHING, UNREADABLE, USAGE, AsOf, Rules, app, day_of, err, fail, folder_of, loaded, out
from cds.export.book import rule_book
from cds.export.pdf import INSTALL, NoPdf, pdf_of
from cds.releases.charts import chart_faults
from cds.releases.option_cases import option_faults
from cds.resources import rules_directory
from cds.ruleset.diff import diff as differences
from cds.ruleset.diff import diff_text
from cds.ruleset.fault import Level, RuleFaults, correction
from cds.ruleset.lint import lint as findings
from cds.ruleset.lock import lock_rules
from cds.ruleset.show import show_all, show_rule
from cds.ruleset.site import read_site
from cds.settings import Settings

rules = typer.Typer(help="The rule book: check it, read it, lock it, compare it.", no_args_is_help=True)
app.add_typer(rules, name="rules")
Name = Annotated[str, typer.Argument(metavar="[RULE]", help="The rule to show; an overview without one.")]
Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A rules directory.")]
Folder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the book goes; made if it is not there.")]
HtmlOnly = Annotated[bool, typer.Option("--html-only", help="Leave the PDF out.")]
Lax = Annotated[bool, typer.Option("--warnings-too", help="Leave with 1 on warnings as well.")]


@rules.command()
def lint(rules: Rules = None, as_of: AsOf = "", warnings_too: Lax = False) -> None:
    """Say everything that is wrong with the rule book: file, line, what, why, how to fix it."""
    try:
        found = findings(directory(rules), day_of(as_of), read_site(Settings().site))
        if not any(each.level is Level.ERROR for each in found):
            found = (*found, *option_faults(directory(rules)), *chart_faults(directory(rules)))
    except RuleFaults as faults:
        found = faults.faults
    for each in found:
        out.out(str(each))
    errors, warnings, notes = (sum(each.level is level for each in found) for level in Level)
    out.out(f"{errors} errors, {warnings} warnings" + (f", {notes} notes" if notes else ""))
    if errors or (warnings_too and warnings):
        raise typer.Exit(FOUND_SOMETHING)


@rules.command()
def show(rule: Name = "", rules: Rules = None) -> None:
    """Print the rule book's overview, or one rule as a pharmacist reads it."""
    ruleset = loaded(rules)
    known = [each.id for each in ruleset.rules]
    if rule and rule not in known:
        fail(USAGE, f"there is no rule {rule!r}", fix=correction(rule, known, f"choose one of {', '.join(known)}"))
    out.out(show_rule(ruleset, rule) if rule else show_all(ruleset))


@rules.command()
def book(out_dir: Folder, html_only: HtmlOnly = False, rules: Rules = None, as_of: AsOf = "") -> None:
    """Write the printable rule book: rule-book.html, and the same as rule-book.pdf.

    It stands on its own, for a pharmacist to read and sign. Leaves with 1 if this machine cannot make the PDF.
    """
    html = rule_book(loaded(rules), directory(rules), day_of(as_of))
    page = out_dir / "rule-book.html"
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        page.write_text(html, encoding="utf-8")
        out.out(str(page))
        if not html_only:
            printed = pdf_of(html)
            page.with_suffix(".pdf").write_bytes(printed)
            out.out(str(page.with_suffix(".pdf")))
    except OSError as wrong:
        why = wrong.strerror or str(wrong)
        fail(UNREADABLE, f"{out_dir} could not be written", why=why, fix="give a directory that can be written")
    except NoPdf as missing:
        fail(FOUND_SOMETHING, "this machine cannot make the PDF; the HTML is written", why=str(missing), fix=INSTALL)


@rules.command()
def lock(rules: Rules = None) -> None:
    """Write lock.json: which content goes out under which version; refuses changed content under an old version."""
    try:
        changed = lock_rules(directory(rules))
    except RuleFaults as faults:
        err.print(escape(str(faults)))
        raise typer.Exit(FOUND_SOMETHING) from None
    out.out(f"locked: {', '.join(changed)}" if changed else "nothing changed")


@rules.command()
def diff(before: Directory, after: Directory) -> None:
    """Tell what changed between two rule books, in sentences. Leaves with 1 if anything did."""
    for each in (before, after):
        if not each.is_dir():
            fail(UNREADABLE, f"{each} is not a folder", fix="give two rules directories, the older one first")
    try:
        changes = differences(before, after)
    except RuleFaults as faults:
        err.print(escape(str(faults)))
        raise typer.Exit(UNREADABLE) from None
    out.out(diff_text(changes) if changes else "no difference")
    if changes:
        raise typer.Exit(FOUND_SOMETHING)


def directory(given: Path | None) -> Path:
    """The rules directory that is meant; leaves with 3 if it is not there."""
    chosen = given or Settings().rules_dir or rules_directory()
    folder_of(chosen)
    return chosen
