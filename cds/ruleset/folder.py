"""Everything that is written in a rules directory, each piece with the spot where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from cds.ruleset.book import RuleBook
from cds.ruleset.fault import RuleFault
from cds.ruleset.model import Parameter, Source, WrittenRule
from cds.ruleset.orderable import Gates, Option
from cds.ruleset.page import Page, Spot, read_page
from cds.ruleset.written import written, written_at

T = TypeVar("T")

RETIRED = "_retired"
OPTIONS = "options"
GATES = "options/gates.yaml"
RULE_FILE = "rule.yaml"


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """Something written and where it stands."""

    it: T
    spot: Spot

    @property
    def folder(self) -> str:
        """The name of the folder that its file lies in, '' at the top."""
        return self.spot.page.file.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Folder:
    """A rules directory as it was written: pieces that could not be read are left out (and told as faults)."""

    root: Path
    book: Placed[RuleBook] | None
    rules: tuple[Placed[WrittenRule], ...]
    retired: tuple[Placed[WrittenRule], ...]
    options: tuple[Placed[Option], ...]
    gates: Mapping[str, Placed[Gates]]
    parameters: Mapping[str, Placed[Parameter]]
    sources: Mapping[str, Placed[Source]]
    spoilt: frozenset[str]
    """Names that are written but not readable: nobody who uses one is blamed for it."""

    def option(self, name: str) -> Placed[Option] | None:
        """The option of that id, or None."""
        return next((each for each in self.options if each.it.id == name), None)

    def pages(self) -> Iterator[Page]:
        """Every page that shapes a decision, each once."""
        spots = [self.book.spot] if self.book else []
        spots += [placed.spot for placed in self.rules]
        spots += [placed.spot for placed in self.options]
        spots += [placed.spot for placed in self.gates.values()]
        spots += [placed.spot for placed in self.parameters.values()]
        spots += [placed.spot for placed in self.sources.values()]
        yield from {spot.page.file: spot.page for spot in spots}.values()


def read_folder(root: Path, faults: list[RuleFault]) -> Folder:
    """The directory as written; everything that cannot be read or has the wrong shape is added to ``faults``."""
    reader = RulesReader(root, faults)
    book = reader.one("ruleset.yaml", RuleBook)
    option_files = [name for name in reader.names(f"{OPTIONS}/*.yaml") if name != GATES]
    return Folder(
        root,
        book,
        reader.several(reader.names(f"*/{RULE_FILE}"), WrittenRule),
        reader.several(reader.names(f"{RETIRED}/*/{RULE_FILE}"), WrittenRule),
        reader.several(option_files, Option),
        reader.by_name(GATES, Gates, needed=False),
        reader.by_name("parameters.yaml", Parameter),
        reader.by_name("sources.yaml", Source),
        frozenset(reader.spoilt),
    )


class RulesReader:
    """Reads pages of one directory and gathers what is wrong with them."""

    def __init__(self, root: Path, faults: list[RuleFault]) -> None:
        self.root, self.faults = root, faults
        self.spoilt: set[str] = set()

    def names(self, pattern: str) -> list[str]:
        """The files that fit the pattern, relative and sorted; folders that begin with `_` only when it says so."""
        found = (path.relative_to(self.root).as_posix() for path in self.root.glob(pattern))
        return sorted(name for name in found if name.startswith("_") == pattern.startswith("_"))

    def one(self, name: str, shape: type[T]) -> Placed[T] | None:
        """The file as its model."""
        page = read_page(self.root, self.root / name, self.faults)
        it = written(page, shape, self.faults) if page else None
        return Placed(it, Spot(page)) if page and it is not None else None

    def several(self, names: list[str], shape: type[T]) -> tuple[Placed[T], ...]:
        """The files as their models, without those that are wrong."""
        return tuple(placed for name in names if (placed := self.one(name, shape)))

    def by_name(self, name: str, shape: type[T], needed: bool = True) -> dict[str, Placed[T]]:
        """The entries of a file that maps names to models; a bad entry spoils itself alone."""
        if not needed and not (self.root / name).exists():
            return {}
        page = read_page(self.root, self.root / name, self.faults)
        if page is None:
            return {}
        if not isinstance(page.data, dict):
            fix = "write `name:` and below it, indented, what it is"
            self.faults.append(Spot(page).fault("the file is not a list of names", "each entry has a name", fix))
            return {}
        return {each: placed for each in page.data if (placed := self._entry(page, str(each), shape))}

    def _entry(self, page: Page, name: str, shape: type[T]) -> Placed[T] | None:
        it = written_at(page, (name,), shape, self.faults)
        if it is None:
            self.spoilt.add(name)
            return None
        return Placed(it, Spot(page, (name,)))
