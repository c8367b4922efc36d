"""``doctor``: what the settings mean together, what is wrong with them, and what to do about it. It changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError
from rich.markup import escape

from cds.access.clients import Client
from cds.cli.app import FOUND_SOMETHING, app, out
from cds.releases.fault import ReleaseFault
from cds.ruleset.fault import RuleFaults, correction
from cds.settings import Settings

Grade = Literal["ok", "note", "FAULT"]
Production = Annotated[bool, typer.Option("--production", help="Check as for production, whatever BONE_CDS_ENV says.")]
Online = Annotated[bool, typer.Option("--online", help="Fetch the clients' key sets too, as the service would.")]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it stands, and what there is to know."""

    grade: Grade
    about: str
    words: str


@app.command()
def doctor(production: Production = False, online: Online = False) -> None:
    """Check the configuration and explain it. Leaves with 1 if the service should not be started with it."""
    findings = list(_findings(production, online))
    for each in findings:
        first, *more = each.words.splitlines()
        out.print(escape(f"{each.grade:5}  {each.about}: {first}"))
        for line in more:
            out.print(escape(f"       {line}"))
    wrong = sum(each.grade == "FAULT" for each in findings)
    out.print(f"\n{wrong} {'fault' if wrong == 1 else 'faults'}" if wrong else "\nnothing is wrong")
    raise typer.Exit(FOUND_SOMETHING if wrong else 0)


def _findings(production: bool, online: bool) -> Iterator[Finding]:
    """Everything that was looked at, in the order in which the service meets it."""
    yield from _strangers()
    try:
        settings = Settings()
    except ValidationError as wrong:
        yield from _unreadable(wrong)
        return
    chosen = settings.model_copy(update={"env": "production"}) if production else settings
    yield Finding("ok", "environment", f"{chosen.env}; callers know us as {chosen.base_url}")
    yield from _attempt("rules", lambda: _rules(chosen))
    clients: list[Client] = []
    yield from _attempt("clients", lambda: _clients(chosen, clients))
    if chosen.export is not None:
        yield _export(chosen.export)
    if chosen.is_production:
        yield from _safety(chosen, clients)
    else:
        yield from _would_be(chosen, clients)
    if online:
        yield from _key_sets(chosen, clients)


def _strangers() -> Iterator[Finding]:
    """Variables that look like settings and are none: whoever set them believes that they do something."""
    known = {f"BONE_CDS_{name.upper()}" for name in Settings.model_fields}
    for name in sorted(each for each in os.environ if each.upper().startswith("BONE_CDS_")):
        if name.upper() not in known:
            fix = correction(name, known, "docs/settings.md lists the settings")
            yield Finding("FAULT", name, f"there is no such setting, and it changes nothing\nfix: {fix}")


def _unreadable(wrong: ValidationError) -> Iterator[Finding]:
    """Each setting that holds something that it cannot hold."""
    for each in wrong.errors(include_url=False, include_input=False):
        name = "_".join(str(part) for part in each["loc"][:1]).upper()
        yield Finding("FAULT", f"BONE_CDS_{name}", f"{each['msg']}\nfix: docs/settings.md says what fits")


def _attempt(about: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What the look found; each of its faults if it could not be taken."""
    try:
        yield from look()
    except RuleFaults as faults:
        for fault in faults.faults:
            yield Finding("FAULT", about, str(fault))
    except ReleaseFault as refused:
        yield Finding("FAULT", about, f"{refused.what}\nwhy: {refused.why}\nfix: {refused.fix}")


def _rules(settings: Settings) -> Iterator[Finding]:
    from cds.releases.in_force import rules_for
    from cds.releases.shelf import with_releases

    ruleset = rules_for(with_releases(settings))
    site = f"with the decisions of {settings.site}" if settings.site else "without a site file"
    words = f"{len(ruleset.book.rules)} rules, version {ruleset.book.version}, {ruleset.short_fingerprint}, {site}"
    yield Finding("ok", "rules", words)


def _clients(settings: Settings, found: list[Client]) -> Iterator[Finding]:
    from cds.access.install import clients_of

    found += clients_of(settings)
    for client in found:
        yield Finding("ok", "client", described(client))
    if settings.needs_token:
        yield Finding("ok", "callers", "must sign every hook call; discovery is open to everybody")
    else:
        what = "unsigned calls are accepted" + (", badly signed ones are not" if found else "; no token is looked at")
        yield Finding("note", "callers", what)


def _export(folder: Path) -> Finding:
    """Whether what a release would change can be counted over the site's export."""
    from cds.population.files import UnusableExport, find_export

    try:
        found = find_export(folder)
    except UnusableExport as nothing:
        return Finding("FAULT", "export", f"{nothing}\nwhy: {nothing.why}\nfix: {nothing.fix}")
    return Finding("ok", "export", f"{len(found.files)} files of a Bulk Data export in {folder}")


def described(client: Client) -> str:
    """The client in sentences."""
    servers = ", ".join(client.fhir_servers) or "none: what it does not prefetch is not read"
    return "\n".join(
        [
            f"{client.issuer} (CDS Hooks {client.hooks_version})",
            f"keys: {client.jwks_url or client.jwks_file}; signs with {' or '.join(client.algorithms)}",
            f"FHIR servers: {servers}",
            f"organisations: {', '.join(client.tenants) or 'any'}",
        ]
    )


def _safety(settings: Settings, clients: list[Client]) -> Iterator[Finding]:
    """What production refuses."""
    from cds.access.safety import objections

    found = [Finding("FAULT", "production", str(each)) for each in objections(settings, clients)]
    yield from found or [Finding("ok", "production", "nothing stands against it")]


def _would_be(settings: Settings, clients: list[Client]) -> Iterator[Finding]:
    """What stands in the way of production, without being a fault yet."""
    from cds.access.safety import objections

    for each in objections(settings.model_copy(update={"env": "production"}), clients):
        yield Finding("note", "before production", each.what)


def _key_sets(settings: Settings, clients: list[Client]) -> Iterator[Finding]:
    """Whether the clients' keys can be had."""
    import asyncio

    from cds.bootstrap import key_counts

    for address, told in asyncio.run(key_counts(settings, clients)).items():
        good = isinstance(told, int)
        words = f"{told} usable {'key' if told == 1 else 'keys'} at {address}" if good else f"{told} at {address}"
        yield Finding("ok" if good else "FAULT", "key set", words)
