"""Where ``rules/`` and ``fixtures/`` lie: inside the installed package, or at the top of a checkout.

This room finds; it reads nothing and knows no setting.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def rules_directory() -> Path:
    """The rule book that came with this package."""
    return _found("rules")


def fixtures_directory() -> Path:
    """The synthetic people that came with this package."""
    return _found("fixtures")


def _found(name: str) -> Path:
    """The folder in the wheel, else in the checkout; FileNotFoundError when it is in neither."""
    places = (_PACKAGE / "_data" / name, _PACKAGE.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"{name}/ is neither in {places[0].parent} nor in {places[1].parent}")
