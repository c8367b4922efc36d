"""Who is who: a name is the same person however it is spelt with capitals, blanks or look-alike forms of a letter."""

from __future__ import annotations

import unicodedata
from typing import Final

from cds.releases.fault import ReleaseFault

LONGEST: Final = 120
_UNSEEN: Final = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})


def person(name: str) -> str:
    """The name as it is written down; raises ReleaseFault if it names nobody."""
    seen = "".join(" " if each.isspace() else each for each in unicodedata.normalize("NFKC", name))
    plain = " ".join("".join(each for each in seen if unicodedata.category(each) not in _UNSEEN).split())
    if not any(each.isalnum() for each in plain) or len(plain) > LONGEST:
        why = "a release is answered for by people, by name"
        raise ReleaseFault(f"{name!r} is no name of a person", why, 'give one, as in --by "Ada Lovelace"')
    return plain


def same_person(one: str, other: str) -> bool:
    """Whether both names are of one person."""
    return _known_as(one) == _known_as(other)


def _known_as(name: str) -> str:
    """The letters and digits alone: neither dots, hyphens nor blanks make another person."""
    return "".join(each for each in unicodedata.normalize("NFKC", person(name).casefold()) if each.isalnum())
