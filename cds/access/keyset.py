"""A JWK set as the public keys in it that can check a signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

Key = RSAKey | ECKey
Keys = Mapping[str, Key]
MIN_RSA_BITS: Final = 2048
MOST_KEYS: Final = 100
_UNSOUND: Final = (JoseError, ValueError, TypeError, KeyError)
_FIT: Final = {"ES256": "P-256", "ES384": "P-384"}


class KeySetFault(Exception):
    """A key set that holds nothing usable; says why."""


def read_keys(body: bytes) -> Keys:
    """The usable public keys by ``kid``; raises KeySetFault if there is none. Keys of other kinds are passed over."""
    try:
        listed = msgspec.json.decode(body, type=dict[str, Any]).get("keys")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise KeySetFault("not a JSON object") from None
    if not isinstance(listed, list):
        raise KeySetFault("there is no list of `keys` in it")
    found: dict[str, Key] = {}
    for each in listed[:MOST_KEYS]:
        key = _usable(each)
        if key is not None:
            found.setdefault(each["kid"], key)
    if not found:
        raise KeySetFault(f"none of its {len(listed)} keys is a public RSA or EC key for signatures with a `kid`")
    return found


def _usable(each: Any) -> Key | None:
    """The key, stripped of whatever is private in it; None if no signature may be checked with it."""
    if not isinstance(each, dict) or not isinstance(each.get("kid"), str) or not each["kid"]:
        return None
    if each.get("kty") not in ("RSA", "EC") or each.get("use", "sig") != "sig":
        return None
    if "key_ops" in each and "verify" not in (each["key_ops"] or ()):
        return None
    names = ("kty", "kid", "n", "e") if each["kty"] == "RSA" else ("kty", "kid", "crv", "x", "y")
    try:
        key = import_key({name: each[name] for name in (*names, *(("alg",) if "alg" in each else ()))})
        if isinstance(key, RSAKey) and key.public_key.key_size < MIN_RSA_BITS:
            return None
    except _UNSOUND:
        return None
    return key if isinstance(key, RSAKey | ECKey) else None


def fits(key: Key, algorithm: str) -> bool:
    """Whether a signature by that algorithm can be this key's: kind, curve and the key's own ``alg``."""
    told = key.as_dict(private=False).get("alg", algorithm)
    if told != algorithm:
        return False
    if isinstance(key, ECKey):
        return _FIT.get(algorithm) == key.curve_name
    return algorithm.startswith("RS")
