"""Members that hold nothing: CDS Hooks wants none of them in an answer, but for an empty list of cards."""

from typing import Any


def hollow(value: Any) -> bool:
    """Whether null, an empty text, list or object stands anywhere in the value, or is all of it."""
    if isinstance(value, dict):
        return not value or any(hollow(member) for member in value.values())
    if isinstance(value, list):
        return not value or any(hollow(member) for member in value)
    return value is None or value == ""
