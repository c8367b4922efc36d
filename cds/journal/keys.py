"""Keys of the journal: pseudonyms and chain links from one secret, and the ring that seals kept inputs.

No key is ever written to the journal; whoever has the database alone can neither name a patient nor mend the chain.
"""

from __future__ import annotations

import os
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from hashlib import blake2b, sha256
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_WHO_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_SEAL_SIZES: Final = (16, 24, 32)


class CannotOpen(Exception):
    """A sealed input cannot be read: its key is not in the ring, or it was changed since it was sealed."""


class JournalKeys:
    """What one secret gives: pseudonyms, links of the chain, and a mark by which the secret is known again."""

    def __init__(self, secret: bytes) -> None:
        master = sha256(secret).digest()
        self._who = blake2b(key=master, person=b"who").digest()
        self._chain = blake2b(key=master, person=b"chain").digest()

    def pseudonym(self, who: str) -> bytes:
        """The hash by which the journal knows somebody; the same for the same secret."""
        return blake2b(who.encode(errors="surrogatepass"), key=self._who, digest_size=_WHO_BYTES).digest()

    def link(self, *parts: bytes) -> bytes:
        """The keyed hash over these parts, each with its length, so that no two lists of parts look alike."""
        made = blake2b(key=self._chain, digest_size=32)
        for part in parts:
            made.update(len(part).to_bytes(8, "little") + part)
        return made.digest()

    @property
    def mark(self) -> bytes:
        """What a journal keeps to know whether it is opened with the secret that it was written with."""
        return self.link(b"mark")


class SealRing(Mapping[str, AESGCM]):
    """The keys for kept inputs by id; the first seals, all of them open. Raises ValueError on an unfit key."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = {name: AESGCM(_key_bytes(name, text)) for name, text in keys.items()}

    def __getitem__(self, name: str) -> AESGCM:
        return self._keys[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def newest(self) -> str:
        """The id of the key that seals; '' without keys."""
        return next(iter(self._keys), "")

    def seal(self, plain: bytes, about: str) -> bytes:
        """The bytes, sealed under the newest key and bound to what they are about."""
        nonce = token_bytes(_NONCE_BYTES)
        return nonce + self._keys[self.newest].encrypt(nonce, plain, about.encode())

    def open(self, name: str, sealed: bytes, about: str) -> bytes:
        """The sealed bytes as they were; raises CannotOpen."""
        key = self._keys.get(name)
        if key is None:
            raise CannotOpen(f"the key {name!r} is not among BONE_CDS_JOURNAL_INPUT_KEYS")
        try:
            return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to hold what every sealed input begins with
            raise CannotOpen("it was changed since it was sealed, or sealed with another key of that name") from None


def _key_bytes(name: str, text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        key = b""
    if len(key) not in _SEAL_SIZES:
        raise ValueError(
            f"BONE_CDS_JOURNAL_INPUT_KEYS: the key {name!r} must be 16, 24 or 32 bytes in base64 "
            "(openssl rand -base64 32)"
        )
    return key


def own_secret(file: Path) -> bytes:
    """The secret in that file, which only its owner may read; made if there is none. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_bytes().strip()
    with os.fdopen(descriptor, "wb") as made:
        made.write(token_hex(32).encode())
    return file.read_bytes().strip()
