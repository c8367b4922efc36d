"""What those who audit may do. A role holds what the one before it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

Role = Literal["viewer", "pharmacist", "approver"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""viewer: figures and the rule book; pharmacist: patients' decisions, too, and proposals; approver: sign-off, too."""


@dataclass(frozen=True, slots=True)
class Auditor:
    """Who is signed in, with what they may do."""

    name: str
    roles: frozenset[str]

    def may(self, role: Role) -> bool:
        """Whether they have that role or a higher one."""
        return any(each in self.roles for each in ROLES[ROLES.index(role) :])


def known_roles(names: Iterable[object]) -> frozenset[str]:
    """Those of the names that are roles."""
    return frozenset(each for each in ROLES if each in set(map(str, names)))
