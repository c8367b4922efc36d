"""Options beside one another: every gate once, with a mark for each option that it holds for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from string import ascii_uppercase
from textwrap import wrap

from cds.engine.phrase import sentences
from cds.ruleset.ruleset import LoadedGate, LoadedOption
from cds.ruleset.words import BookWords

GATES = (("withheld if", "withheld_if"), ("put off if", "deferred_if"))
Marked = dict[str, set[str]]


def option_table(options: Sequence[LoadedOption], words: BookWords, width: int) -> Iterator[str]:
    """A legend of the options, then each gate with the letters of the options that it closes."""
    letters = dict(zip((option.written.id for option in options), ascii_uppercase, strict=False))
    for option in options:
        dose = f": {option.written.dose.text}" if option.written.dose else ""
        text = f"{letters[option.written.id]}  {option.written.id} – {option.written.title}{dose}"
        yield from wrap(text, width, initial_indent="  ", subsequent_indent="     ")
        yield from _doses(option, words, width)
    for label, name in GATES:
        several = {letters[option.written.id]: getattr(option, name) for option in options}
        yield from _rows(label, _gates(several, words), width)
    needs = ((letters[option.written.id], first.why) for option in options for first in option.know_first)
    yield from _rows("must be known first", _marked(needs), width)


def _doses(option: LoadedOption, words: BookWords, width: int) -> Iterator[str]:
    """Each dose that depends on a fact, in the order in which they are read."""
    for each in option.doses:
        when = " ".join(line.strip() for line in sentences(each.when.condition, words))
        text = f"- {when}: {each.written.dose.text}"
        yield from wrap(text, width, initial_indent="     ", subsequent_indent="       ")


def _gates(several: dict[str, tuple[LoadedGate, ...]], words: BookWords) -> Marked:
    return _marked(
        (letter, " ".join(line.strip() for line in sentences(gate.when.condition, words)))
        for letter, gates in several.items()
        for gate in gates
    )


def _marked(pairs: Iterable[tuple[str, str]]) -> Marked:
    found: Marked = {}
    for letter, text in pairs:
        found.setdefault(text, set()).add(letter)
    return found


def _rows(label: str, marked: Marked, width: int) -> Iterator[str]:
    if marked:
        yield f"  {label}"
    column = max([len(letters) for letters in marked.values()], default=0) * 2
    for text, letters in marked.items():
        head = " ".join(sorted(letters)).ljust(column)
        yield from wrap(text, width, initial_indent=f"    {head} ", subsequent_indent=" " * (column + 7))
