"""The exact input of a decision, kept only if the site wants it: sealed before it touches a disk, without its token."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from cds.journal.keys import CannotOpen, SealRing
from cds.journal.slips import Case, Slip
from cds.journal.tables import column_bytes

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_AUTHORIZATION: Final = "fhirAuthorization"
_PRESSED: Final = b"z"
_PLAIN: Final = b"p"
_LEVEL: Final = 6


class Input(msgspec.Struct, frozen=True, gc=False):
    """What was asked and heard: the request's body without its token, and the FHIR server's answers by address."""

    service: str
    who: str
    day: date
    canonical: str
    posted: bytes
    heard: Mapping[str, bytes]
    silent: Mapping[str, str]
    """By address, why there was no answer."""


_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(Input).decode


def sealed_input(case: Case, ring: SealRing) -> bytes:
    """The case's input, sealed."""
    heard = case.heard or {}
    kept = Input(
        service=case.service,
        who=case.who,
        day=case.decision.as_of,
        canonical=case.canonical,
        posted=without_token(case.posted),
        heard={address: found for address, found in heard.items() if isinstance(found, bytes)},
        silent={address: found for address, found in heard.items() if isinstance(found, str)},
    )
    return ring.seal(_PLAIN + _ENCODE(kept), case.id)


def without_token(body: bytes) -> bytes:
    """The request's body with nothing of ``fhirAuthorization`` but its scope; otherwise byte for byte as it came."""
    if _AUTHORIZATION.encode() not in body:
        return body
    members = _OBJECT.decode(body)
    try:
        told = _OBJECT.decode(members.pop(_AUTHORIZATION, msgspec.Raw(b"{}")))
    except msgspec.MsgspecError:
        told = {}
    scope = {_AUTHORIZATION: {"scope": told["scope"]}} if "scope" in told else {}
    return msgspec.json.encode({**members, **scope})


def pressed(slip: Slip, ring: SealRing) -> Slip:
    """The same slip with its input pressed and sealed anew; as it is if its key is gone."""
    if slip.key not in ring:
        return slip
    plain = ring.open(slip.key, slip.sealed, slip.id)
    if plain[:1] != _PLAIN:
        return slip
    return replace(slip, key=ring.newest, sealed=ring.seal(_PRESSED + zlib.compress(plain[1:], _LEVEL), slip.id))


def resealed(name: str, sealed: Any, about: str, ring: SealRing) -> bytes:
    """The sealed input under the newest key; raises CannotOpen."""
    return ring.seal(ring.open(name, column_bytes(sealed), about), about)


def opened(name: str, sealed: Any, about: str, ring: SealRing) -> Input:
    """The kept input; raises CannotOpen."""
    plain = ring.open(name, column_bytes(sealed), about)
    try:
        return _DECODE(zlib.decompress(plain[1:]) if plain[:1] == _PRESSED else plain[1:])
    except (zlib.error, msgspec.MsgspecError) as fault:
        raise CannotOpen(f"what is sealed in it is no input that this version of the program reads: {fault}") from None
