"""One step in the life of a release: who did what when, to which content. Signed, and linked to the step before it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import msgspec

from cds.releases.fault import NoRelease
from cds.releases.keys import Believed, ReleaseKeys

START: Final = ""
"""What the first step is linked to."""

_MEANT: Final = b"bone-cds release event\n"
"""Signed along, so that the signature of one kind of thing is never taken for that of another."""


class Step(StrEnum):
    """What can be done with a release."""

    PROPOSED = "proposed"
    CHECKED = "checked"
    IMPACT = "impact"
    SIGNED = "signed"
    WITHDRAWN = "signature withdrawn"
    APPROVED = "approved"
    TRIAL_BEGAN = "trial began"
    TRIAL_ENDED = "trial ended"
    ACTIVATED = "activated"
    ROLLED_BACK = "rolled back"


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``at`` in milliseconds since 1970, ``content`` the hash of the files that were meant, ``via`` by which door."""

    release: str
    number: int
    step: Step
    by: str
    at: int
    content: str
    previous: str
    via: str = ""
    note: str = ""
    details: dict[str, Any] = {}

    @property
    def moment(self) -> str:
        """When it was, to the second, in UTC."""
        return moment_words(self.at)


_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode
_DECODE: Final = msgspec.json.Decoder(Event).decode


def moment_words(at: int) -> str:
    """The milliseconds as a moment in UTC."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sealed(event: Event, keys: ReleaseKeys) -> bytes:
    """The step as it is stored: a line of JSON, and a line with its signature."""
    body = _ENCODE(event)
    return b"%b\n%b %b\n" % (body, keys.newest.encode(), b64encode(keys.sign(_MEANT + body)))


def unsealed(stored: bytes, keys: Believed, name: str) -> Event:
    """The step as it was signed. Raises NoRelease if it was not, or is not whole."""
    body, _, rest = stored.partition(b"\n")
    key, _, signature = rest.strip().decode(errors="replace").partition(" ")
    try:
        good = keys.signed(key, b64decode(signature, validate=True), _MEANT + body)
        event = _DECODE(body) if good else None
    except (NotBase64, ValueError, msgspec.MsgspecError):
        event = None
    if event is None:
        why = "it was changed since, or signed with a key that is not among BONE_CDS_RELEASE_KEYS"
        raise NoRelease(f"the signature of {name} does not hold", why, "bring it back from a copy, or propose again")
    return event


def link_of(stored: bytes) -> str:
    """What the next step is linked to."""
    return sha256(stored.partition(b"\n")[0]).hexdigest()


def body_of(stored: bytes) -> bytes:
    """The step without its signature, as the journal keeps it."""
    return stored.partition(b"\n")[0]
