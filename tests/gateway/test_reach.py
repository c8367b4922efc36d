"""Whom we connect to: every forbidden range, literal or by name, also when the name comes to lead elsewhere."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cds.bootstrap import reach_of
from cds.fhir.chart import Draft, Failed, Source
from cds.gateway.budget import Budget
from cds.gateway.client import ANYWHERE, make_client
from cds.gateway.fetch import FORBIDDEN, Allowance, Fetcher
from cds.gateway.inflate import MOST_MEMBERS, Gunzip, NotGzip, TooMuch
from cds.gateway.origin import CallPolicy
from cds.gateway.reach import Reach
from cds.gateway.read import Gateway
from cds.gateway.visit import Limits
from cds.settings import Settings
from tests.gateway.ehr import PATIENT, QUERIES, prefetch, request

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
PRIVATE = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.254", "fd12::1",
    "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1",
]  # fmt: skip
NEVER = [
    "169.254.169.254", "169.254.0.1", "fe80::1", "::ffff:169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::a9fe:a9fe",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "0.0.0.0", "::", "224.0.0.1",
    "239.255.255.250", "ff02::1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "2001:db8::1",
    "fec0::1", "::10.0.0.1", "2001::1", "64:ff9b:1::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_within_every_reach(address: str) -> None:
    assert Reach().allows(ip_address(address))


@pytest.mark.parametrize("address", [*LOOPBACK, *PRIVATE, *NEVER])
def test_without_leave_only_public_addresses_are(address: str) -> None:
    assert not Reach().allows(ip_address(address))


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never(address: str) -> None:
    assert not ANYWHERE.allows(ip_address(address))


def test_leave_for_private_ones_and_for_this_machine_is_given_apart() -> None:
    assert all(Reach(private=True).allows(ip_address(each)) for each in PRIVATE)
    assert not any(Reach(private=True).allows(ip_address(each)) for each in LOOPBACK)
    assert all(Reach(loopback=True).allows(ip_address(each)) for each in LOOPBACK)
    assert not any(Reach(loopback=True).allows(ip_address(each)) for each in PRIVATE)


def test_production_reads_no_private_address_unless_it_is_said() -> None:
    assert reach_of(Settings(env="production")) == Reach()
    assert reach_of(Settings(env="production", allow_private_fhir=True)) == ANYWHERE
    assert reach_of(Settings()) == ANYWHERE
    assert reach_of(Settings(allow_private_fhir=False)) == Reach(loopback=True)


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server on this machine that keeps what it is told; its port."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()


async def got(url: str, reach: Reach) -> bytes | Failed:
    """What asking with that reach brings."""
    async with make_client(reach=reach) as client:
        return await Fetcher(client, 1000, Allowance(1000)).get(url, "s3cret", Budget.starting_now(2))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
async def test_a_forbidden_address_hears_nothing_however_it_is_written(host: str) -> None:
    async with listening() as (port, heard):
        answer = await got(f"http://{host}:{port}/fhir", Reach())
    assert isinstance(answer, Failed)
    assert answer.why in {FORBIDDEN, "the FHIR server could not be reached, or broke off"}
    assert heard == []


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Every name leads to the first address, then to the next … and stays with the last."""
    left = list(answers)

    async def getaddrinfo(_: Any, host: str, port: int, **__: Any) -> list[Any]:
        where = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (where, port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.1.2.3", "100.64.3.3"])
async def test_a_name_that_leads_inside_is_refused_by_its_address(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, address)
    assert await got("http://ehr.example.org:1/fhir", Reach()) == Failed(FORBIDDEN)


async def test_a_name_that_comes_to_lead_inside_is_refused_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiohttp.connector._DNSCacheTable.expired", lambda *_: True)
    resolving(monkeypatch, "127.0.0.1", "169.254.169.254")
    async with listening() as (port, heard), make_client(reach=Reach(loopback=True)) as client:
        fetcher = Fetcher(client, 1000, Allowance(1000))
        url = f"http://ehr.example.org:{port}/fhir"
        assert await fetcher.get(url, "", Budget.starting_now(2)) == b"{}"
        assert await fetcher.get(url, "", Budget.starting_now(2)) == Failed(FORBIDDEN)
    assert len(heard) == 1


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A server's context with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(("name", "trusted"), [("localhost", True), ("other.example.org", True), ("localhost", False)])
async def test_a_certificate_must_be_vouched_for_and_name_the_server(
    name: str, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certificate(tmp_path, name)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    async with listening(context) as (port, heard):
        answer = await got(f"https://localhost:{port}/fhir", ANYWHERE)
    is_good = trusted and name == "localhost"
    assert isinstance(answer, bytes) is is_good
    assert bool(heard) is is_good


async def labs(policy: CallPolicy, server: str, own: tuple[str, ...] | None) -> Source:
    """The labs as a gateway reads them that has a policy, for a caller who may have his own."""
    async with make_client(reach=ANYWHERE) as client:
        asked = request(prefetch=prefetch(patient=PATIENT), fhir_server=server)
        chart = await Gateway(client, policy, Limits(), 1000).read(asked, QUERIES, Draft(), Budget.starting_now(1), own)
    return chart.source("labs")


async def test_a_caller_may_have_servers_of_its_own_and_then_only_these() -> None:
    general = CallPolicy(("https://one.example.org/fhir",))
    own = ("http://127.0.0.1:9/fhir",)
    refused = Failed("the FHIR server of the request is not on this service's allow-list")
    assert await labs(general, "http://127.0.0.1:9/fhir", None) == refused
    assert await labs(general, "https://one.example.org/fhir", own) == refused
    assert await labs(general, "http://127.0.0.1:9/fhir", own) != refused


async def test_answers_to_one_request_are_bounded_together() -> None:
    async with listening() as (port, _), make_client(reach=ANYWHERE) as client:
        fetcher = Fetcher(client, 1000, Allowance(3))
        url = f"http://127.0.0.1:{port}/fhir"
        assert await fetcher.get(url, "", Budget.starting_now(2)) == b"{}"
        second = await fetcher.get(url, "", Budget.starting_now(2))
    assert second == Failed("the answers to this request are larger than allowed, all together")


def test_gzip_is_unpacked_piece_by_piece_and_never_beyond_the_limit() -> None:
    import gzip

    packed = gzip.compress(b"abc") + gzip.compress(b"def")
    unpack = Gunzip(6)
    assert b"".join(unpack.feed(packed[at : at + 1]) for at in range(len(packed))) == b"abcdef"
    unpack.end()
    with pytest.raises(TooMuch):
        Gunzip(5).feed(packed)
    with pytest.raises(TooMuch):
        Gunzip(1000).feed(gzip.compress(b" " * 100_000_000))
    with pytest.raises(NotGzip):
        Gunzip(100).feed(b"plain")
    cut = Gunzip(100)
    cut.feed(packed[:-3])
    with pytest.raises(NotGzip):
        cut.end()


@pytest.mark.parametrize("content", [b"", b"a"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_gzip_is_joined_from_a_few_members_and_no_more(content: bytes, size: int) -> None:
    import gzip

    packed = gzip.compress(content) * MOST_MEMBERS
    unpack = Gunzip(100)
    assert b"".join(unpack.feed(packed[at : at + size]) for at in range(0, len(packed), size)) == content * MOST_MEMBERS
    unpack.end()
    with pytest.raises(NotGzip):
        unpack.feed(gzip.compress(content))
    with pytest.raises(NotGzip):
        Gunzip(100).feed(packed + gzip.compress(content))
