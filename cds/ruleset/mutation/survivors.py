"""``survivors.yaml``: mutants that make no difference to anybody, each with the reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import Field

from cds.ruleset.fault import RuleFault
from cds.ruleset.folder import Placed
from cds.ruleset.model import Sentence, Written
from cds.ruleset.mutation.trial import Trial
from cds.ruleset.page import Spot, read_page
from cds.ruleset.written import written

SURVIVORS = "survivors.yaml"
LISTED = f"{SURVIVORS} lists equivalent mutants only"


class Survivor(Written):
    """One mutant by file, owner and change, as the report names it, and why no case can ever notice it."""

    file: Sentence = Field(alias="in")
    where: Sentence
    change: Sentence
    reason: Sentence

    def names(self, trial: Trial) -> bool:
        """Whether the trial is the one that is meant."""
        return (self.file, self.where, self.change) == (trial.file, trial.where, trial.change)


Listed = Sequence[Placed[Survivor]]


def read_survivors(directory: Path, faults: list[RuleFault]) -> Listed:
    """The listed survivors; none without a list."""
    if not (directory / SURVIVORS).exists():
        return ()
    page = read_page(directory, directory / SURVIVORS, faults)
    found = written(page, tuple[Survivor, ...], faults) if page else None
    return tuple(Placed(each, Spot(page, (number,))) for number, each in enumerate(found or ()) if page)


def unexplained(trials: Iterable[Trial], listed: Listed) -> Iterator[RuleFault]:
    """Survivors that are not listed, and listed ones that are killed or no longer made."""
    every = tuple(trials)
    for trial in every:
        if not trial.killed and not any(each.it.names(trial) for each in listed):
            what = f"no case notices, in {trial.where}: {trial.change}"
            why = "a slip like this would go out unseen"
            fix = f"add a row to the cases; if nobody could ever tell, list it in {SURVIVORS} with the reason"
            yield RuleFault(trial.file, trial.line, what, why, fix)
    for each in listed:
        meant = [trial for trial in every if each.it.names(trial)]
        if not meant:
            yield each.spot.fault(f"there is no such mutant in {each.it.file}: {each.it.change}", LISTED, "take it out")
        elif all(trial.killed for trial in meant):
            yield each.spot.fault(f"a case notices it now: {each.it.change}", LISTED, "take it out")
