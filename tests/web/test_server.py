"""The running server over real sockets: start, limits while streaming, lies about length, and a clean end."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import msgspec
import pytest

from tests.web.desk import SIGN, hook

LIMIT = 100_000
START = """
from cds.settings import Settings
from cds.web import serve
serve(Settings(port={port}, as_of="2026-11-24", max_body_bytes={limit}))
"""
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The server in a process of its own, listening; ended afterwards if it still runs."""
    code = START.format(port=port, limit=LIMIT)
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE)
    try:
        patience = monotonic() + PATIENCE
        while process.poll() is None and monotonic() < patience:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a running server."""
    number = free_port()
    with running(number):
        yield number


def head(*lines: str) -> bytes:
    """The head of a POST to order-sign."""
    return "\r\n".join([f"POST {SIGN} HTTP/1.1", "Host: t", *lines, "", ""]).encode()


def exchange(port: int, *pieces: bytes) -> bytes:
    """Everything that the server says to these bytes until it closes or goes quiet; writing ends when it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        line.settimeout(1)
        said = b""
        try:
            while got := line.recv(65536):
                said += got
        except (TimeoutError, ConnectionResetError):
            pass
    return said


def chunk(size: int) -> bytes:
    """One chunk of blanks."""
    return f"{size:x}\r\n".encode() + b" " * size + b"\r\n"


BODY = msgspec.json.encode(hook())


def test_a_plain_and_a_chunked_request_get_cards(port: int) -> None:
    plain = exchange(port, head(f"Content-Length: {len(BODY)}", "Connection: close"), BODY)
    chunks = [f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n", b"0\r\n\r\n"]
    chunked = exchange(port, head("Transfer-Encoding: chunked", "Connection: close"), *chunks)
    for said in (plain, chunked):
        assert said.startswith(b"HTTP/1.1 200")
        assert b'"cards":[{' in said


@pytest.mark.parametrize(
    "pieces",
    [
        [head("Content-Length: 99999999"), b" " * 10],
        [head("Transfer-Encoding: chunked"), *[chunk(10_000)] * 30],
        [head(f"Content-Length: {LIMIT + 1}"), b" " * (LIMIT + 1)],
    ],
    ids=["announced", "streamed", "one byte over"],
)
def test_too_much_is_refused_before_it_is_read(port: int, pieces: list[bytes]) -> None:
    said = exchange(port, *pieces)
    assert said.startswith(b"HTTP/1.1 413")
    assert b"OperationOutcome" in said


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([head("Content-Length: 10", "Connection: close"), BODY], b"400"),
        ([head("Content-Length: -5", "Connection: close"), BODY], b"400"),
        ([head("Content-Length: x", "Connection: close"), BODY], b"400"),
        ([head("Content-Length: " + "9" * 40)], b"400"),
        ([head("Content-Length: 5", "Content-Length: 7"), BODY], b"400"),
        ([head("Connection: close")], b"400"),
    ],
    ids=["too short", "negative", "no number", "absurd", "two of them", "no body"],
)
def test_a_wrong_length_is_a_400(port: int, pieces: list[bytes], status: bytes) -> None:
    assert exchange(port, *pieces).split()[1] == status


def test_whoever_hangs_up_halfway_harms_nobody(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(head(f"Content-Length: {len(BODY)}") + BODY[:20])
    said = exchange(port, head(f"Content-Length: {len(BODY)}", "Connection: close"), BODY)
    assert said.startswith(b"HTTP/1.1 200")


def test_it_says_how_it_was_started_and_ends_when_told() -> None:
    number = free_port()
    with running(number) as process:
        exchange(number, head("Connection: close"))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, -signal.SIGTERM)
    assert b"unsigned" in said or b"no JWT is checked" in said
    assert b"Traceback" not in said
