"""What the mutation check found, as a table, and as the part of ``rules/README.md`` between two markers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cds.ruleset.mutation.survivors import Listed
from cds.ruleset.mutation.trial import Trial

BEGIN, END = "<!-- mutation check: begin -->", "<!-- mutation check: end -->"


def table(trials: Sequence[Trial]) -> Iterator[str]:
    """A row for each file that holds conditions, and their sum, as a Markdown table."""
    yield "| file | mutants | killed | survive |"
    yield "|---|---:|---:|---:|"
    for file in sorted({trial.file for trial in trials}):
        yield _row(f"`{file}`", [trial for trial in trials if trial.file == file])
    yield _row("all", trials)


def explained(trials: Iterable[Trial], listed: Listed) -> Iterator[str]:
    """The survivors with place, change and reason, as a Markdown list."""
    for trial in trials:
        if not trial.killed:
            reason = next((each.it.reason for each in listed if each.it.names(trial)), "not explained")
            yield f"- `{trial.file}:{trial.line}` {trial.where}: {trial.change}. {reason}"


def written_into(readme: str, trials: Sequence[Trial], listed: Listed) -> str:
    """The text with the report between its markers; at the end, with markers, where it has none."""
    report = "\n".join([BEGIN, "", *table(trials), *_below(explained(trials, listed)), "", END])
    if BEGIN not in readme or END not in readme:
        return f"{readme.rstrip()}\n\n{report}\n"
    return f"{readme.partition(BEGIN)[0]}{report}{readme.partition(END)[2]}"


def _below(lines: Iterable[str]) -> list[str]:
    told = list(lines)
    return ["", "Survivors, each with the reason why nobody can tell:", "", *told] if told else []


def _row(name: str, trials: Sequence[Trial]) -> str:
    killed = sum(trial.killed for trial in trials)
    return f"| {name} | {len(trials)} | {killed} | {len(trials) - killed} |"
