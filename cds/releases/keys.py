"""Ed25519 keys of releases: the first signs, all of them are believed. Anybody with the public key can check."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from cds.journal.keys import own_secret
from cds.releases.fault import ReleaseFault
from cds.settings import Settings

OWN_KEY: Final = "release.key"
_SEED_BYTES: Final = 32


class Believed:
    """Public keys by their ids, which are taken from the keys themselves."""

    def __init__(self, keys: Iterable[Ed25519PublicKey]) -> None:
        self._keys = {key_id(each): each for each in keys}

    def __contains__(self, name: str) -> bool:
        return name in self._keys

    def signed(self, name: str, signature: bytes, data: bytes) -> bool:
        """Whether the key of that id is believed and signed just this."""
        try:
            self._keys[name].verify(signature, data)
        except (KeyError, InvalidSignature):
            return False
        return True


class ReleaseKeys(Believed):
    """The private keys of this installation."""

    def __init__(self, seeds: Iterable[bytes]) -> None:
        keys = [Ed25519PrivateKey.from_private_bytes(each) for each in seeds]
        self._signs = keys[0]
        super().__init__(each.public_key() for each in keys)

    @property
    def newest(self) -> str:
        """The id of the key that signs."""
        return key_id(self._signs.public_key())

    @property
    def public_pem(self) -> bytes:
        """The public half of the key that signs, to be handed to whoever wants to verify elsewhere."""
        return self._signs.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        """The signature of the data under the first key."""
        return self._signs.sign(data)


def key_id(key: Ed25519PublicKey) -> str:
    """The id of a key: the beginning of its hash."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def release_keys(settings: Settings) -> ReleaseKeys:
    """The keys of the settings; in development one is made and kept in the data folder. Raises ReleaseFault."""
    if settings.release_keys:
        return ReleaseKeys(_seed(name, key.get_secret_value()) for name, key in settings.release_keys.items())
    if settings.is_production:
        why = "whoever signs for production needs a key that is kept apart from what it signs"
        raise ReleaseFault("BONE_CDS_RELEASE_KEYS is not set", why, "give a key (docs/releases.md)")
    return ReleaseKeys([sha256(own_secret(settings.data_folder / OWN_KEY)).digest()])


def believed_in(file: Path) -> Believed:
    """The public key in that PEM file. Raises ReleaseFault."""
    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as wrong:
        raise ReleaseFault(f"{file} cannot be read as a public key", str(wrong), "give a PEM file") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ReleaseFault(f"{file} holds no Ed25519 key", "releases are signed with Ed25519", "give release-key.pem")
    return Believed([key])


def _seed(name: str, text: str) -> bytes:
    try:
        seed = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        seed = b""
    if len(seed) != _SEED_BYTES:
        what = f"BONE_CDS_RELEASE_KEYS: the key {name!r} is not 32 bytes in base64"
        raise ReleaseFault(what, "an Ed25519 key is made from 32 random bytes", "openssl rand -base64 32")
    return seed
