"""Keys: fetched once, renewed in time, found after a rotation, kept through an outage, and never fetched in a hurry."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cds.access.install import changed
from cds.access.keyring import FRESH_SECONDS, PAUSE_SECONDS, STALE_SECONDS, KeyRing
from cds.access.keyset import KeySetFault, read_keys
from cds.access.refusal import Reason, Unauthorised
from tests.access.signing import PATH, Ehr, claims, client, gate, headers, jwks, key, token


class Watched:
    """A key ring with a clock to turn, an EHR to stop, and what was told."""

    def __init__(self) -> None:
        self.ehr, self.time, self.told = Ehr(), 0.0, list[str]()
        self.ring = KeyRing(self._fetch, self.told.append, lambda: self.time)

    async def _fetch(self) -> bytes | None:
        await asyncio.sleep(0)
        return await self.ehr.fetch("")

    async def has(self, kid: str, after: float = 0) -> bool:
        """Whether the key is known, that many seconds later."""
        self.time += after
        return await self.ring.key(kid) is not None

    @property
    def fetches(self) -> int:
        """How often the EHR was asked."""
        return len(self.ehr.asked)


async def test_keys_are_fetched_once_and_kept() -> None:
    watched = Watched()
    assert await watched.has("k1")
    assert await watched.has("k1", after=FRESH_SECONDS - 1)
    assert watched.fetches == 1
    assert await watched.has("k1", after=1)
    assert watched.fetches == 2


async def test_many_at_once_make_one_fetch() -> None:
    watched = Watched()
    assert all(await asyncio.gather(*(watched.has("k1") for _ in range(50))))
    assert watched.fetches == 1


async def test_a_rotated_key_is_found_and_the_old_one_is_gone() -> None:
    watched = Watched()
    assert await watched.has("k1")
    watched.ehr.body = jwks(key("k2"))
    assert await watched.has("k2", after=PAUSE_SECONDS)
    assert not await watched.has("k1", after=PAUSE_SECONDS)


async def test_made_up_key_ids_do_not_make_us_call_the_ehr() -> None:
    watched = Watched()
    assert await watched.has("k1")
    assert not any([await watched.has(f"made-up-{number}", after=0.1) for number in range(100)])
    assert watched.fetches == 1
    assert not await watched.has("made-up", after=PAUSE_SECONDS)
    assert watched.fetches == 2


async def test_an_outage_leaves_the_last_keys_for_a_day() -> None:
    watched = Watched()
    assert await watched.has("k1")
    watched.ehr.body = None
    assert await watched.has("k1", after=FRESH_SECONDS)
    assert watched.told == ["the key set could not be fetched"]
    assert await watched.has("k1", after=STALE_SECONDS - FRESH_SECONDS - 1)
    assert not await watched.has("k1", after=1)
    assert watched.ring.is_empty


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"keys":{}}', b'{"keys":[]}', b'{"keys":[null]}'])
async def test_a_spoilt_key_set_does_not_replace_a_good_one(body: bytes) -> None:
    watched = Watched()
    assert await watched.has("k1")
    watched.ehr.body = body
    assert await watched.has("k1", after=FRESH_SECONDS)
    assert "cannot be used" in watched.told[0]


async def test_after_an_outage_at_the_start_the_keys_are_asked_for_soon() -> None:
    watched = Watched()
    watched.ehr.body = None
    assert not await watched.has("k1")
    watched.ehr.body = jwks(key())
    assert not await watched.has("k1", after=1)
    assert await watched.has("k1", after=5)


async def test_a_key_server_that_is_down_turns_nobody_away_who_was_known() -> None:
    ehr = Ehr()
    door = gate(fetch=ehr.fetch)
    assert await door.admit(headers(token()), PATH)
    ehr.body = None
    assert await door.admit(headers(token(claims(jti="j2"))), PATH)


async def test_without_any_key_nobody_gets_in() -> None:
    ehr = Ehr()
    ehr.body = None
    with pytest.raises(Unauthorised, match=Reason.NO_KEYS):
        await gate(fetch=ehr.fetch).admit(headers(token()), PATH)


async def test_keys_may_stand_in_a_file_and_be_rotated_there(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(jwks(key()))
    door = gate(client(jwks_url=None, jwks_file=file))
    assert await door.admit(headers(token()), PATH)
    file.unlink()
    assert await door.admit(headers(token(claims(jti="j2"))), PATH)


@pytest.mark.parametrize("kind", ["jwks_url", "jwks_file", "jku"])
async def test_a_revoked_key_is_out_after_a_renewal(tmp_path: Path, kind: str) -> None:
    ehr, file, other = Ehr(), tmp_path / "keys.json", "https://ehr.example.org/other.json"
    file.write_bytes(jwks(key()))
    in_file: dict[str, Any] = {"jwks_url": None, "jwks_file": file}
    jku: dict[str, Any] = {"jku": other} if kind == "jku" else {}
    client_now = client(**(in_file if kind == "jwks_file" else {}), jku=(other,))
    door = gate(client_now, fetch=ehr.fetch)
    assert await door.admit(headers(token(**jku)), PATH)
    ehr.body = jwks(key("k2"))
    file.write_bytes(jwks(key("k2")))
    door = changed(door, [client_now], ehr.fetch)
    with pytest.raises(Unauthorised, match=Reason.UNKNOWN_KEY):
        await door.admit(headers(token(claims(jti="j2"), **jku)), PATH)
    assert await door.admit(headers(token(claims(jti="j3"), key("k2"), kid="k2", **jku)), PATH)
    with pytest.raises(Unauthorised, match=Reason.REPLAYED):
        await door.admit(headers(token(claims(jti="j3"), key("k2"), kid="k2", **jku)), PATH)


async def test_after_a_renewal_the_last_keys_count_while_no_newer_ones_can_be_had() -> None:
    ehr = Ehr()
    door = gate(fetch=ehr.fetch)
    assert await door.admit(headers(token()), PATH)
    ehr.body = None
    door = changed(door, [client()], ehr.fetch)
    assert await door.admit(headers(token(claims(jti="j2"))), PATH)
    assert await door.admit(headers(token(claims(jti="j3"))), PATH)
    assert len(ehr.asked) == 2


async def test_a_key_file_that_is_gone_after_a_renewal_lets_nobody_in(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(jwks(key()))
    client_now = client(jwks_url=None, jwks_file=file)
    door = gate(client_now)
    assert await door.admit(headers(token()), PATH)
    file.unlink()
    with pytest.raises(Unauthorised, match=Reason.NO_KEYS):
        await changed(door, [client_now], Ehr().fetch).admit(headers(token(claims(jti="j2"))), PATH)


async def test_after_a_renewal_nobody_is_let_in_by_an_old_key_while_the_new_ones_are_on_their_way() -> None:
    old, new = Watched(), Watched()
    assert await old.has("k1")
    new.ehr.body = jwks(key("k2"))
    new.ring.take_over(old.ring)
    assert not any(await asyncio.gather(*(new.has("k1") for _ in range(5))))
    assert new.fetches == 1


def public(**changes: Any) -> dict[str, Any]:
    """A good public key, changed; a member of None is left out."""
    return {name: value for name, value in {**key().as_dict(private=False), **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "unusable",
    [
        public(kid=None), public(kid=""), public(kid=7), public(use="enc"), public(key_ops=["sign"]),
        public(crv="P-999"), public(x=None), public(x="!"), public(kty="oct", k="c2VjcmV0"), public(kty=None),
        "k1", None, {**key("small", "1024").as_dict(private=False)},
    ],
)  # fmt: skip
def test_keys_that_no_signature_is_checked_with(unusable: Any) -> None:
    with pytest.raises(KeySetFault, match="none of its 1 keys"):
        read_keys(json.dumps({"keys": [unusable]}).encode())
    assert set(read_keys(json.dumps({"keys": [unusable, public(kid="good")]}).encode())) == {"good"}


def test_what_is_private_in_a_key_set_is_left_behind() -> None:
    leaked = json.dumps({"keys": [key().as_dict(private=True)]}).encode()
    assert not read_keys(leaked)["k1"].is_private
