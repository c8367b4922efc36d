"""The running server over real sockets: start, limits while streaming, lies about length, and a clean end."""

import os
import select
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
from cds.web import serve, wire
wire.HEAD_SECONDS = wire.UNREAD_SECONDS = {patience}
serve(Settings(port={port}, as_of="2026-11-24", max_body_bytes={limit}, body_seconds={patience}, workers={workers}))
"""
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
SERVERS_PATIENCE = 1.5


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(port: int, workers: int = 1) -> Iterator[subprocess.Popen[bytes]]:
    """The server in a process of its own, listening; ended afterwards if it still runs."""
    code = START.format(port=port, limit=LIMIT, patience=SERVERS_PATIENCE, workers=workers)
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
    """Everything that the server says to these bytes until it closes; writing ends when it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        said = b""
        try:
            while got := line.recv(65536):
                said += got
        except ConnectionResetError:
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


@pytest.mark.parametrize(
    "pieces",
    [
        [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
        [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"],
        [b"GET /healthz HTTP/x\r\nHost: t\r\n\r\n"],
        [b"GET /healthz HTTP/1.1\r\n\r\n"],
        [head("X: \x00")],
        [head("Transfer-Encoding: chunked"), b"zz\r\n"],
        [head("X-Long: " + "x" * 70_000)],
        [head(*[f"X-{number}: x" for number in range(10_000)])],
    ],
    ids=["TLS", "SSH", "no version", "no host", "NUL", "no chunk", "a long header", "many headers"],
)
def test_what_is_no_http_is_refused_like_everything_else(port: int, pieces: list[bytes]) -> None:
    top, _, body = exchange(port, *pieces).partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 400")
    assert b"x-content-type-options: nosniff" in top.lower()
    assert "not a sound HTTP request" in str(msgspec.json.decode(body))


@pytest.mark.parametrize(
    "pieces",
    [[head()[:-9]], [head(f"Content-Length: {len(BODY)}"), BODY[:9]], [head("Transfer-Encoding: chunked"), chunk(9)]],
    ids=["head", "body", "chunks"],
)
def test_whoever_is_too_slow_is_told_so(port: int, pieces: list[bytes]) -> None:
    top, _, body = exchange(port, *pieces).partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in top.lower()
    assert msgspec.json.decode(body)["issue"][0]["code"] == "timeout"


def test_whoever_says_nothing_is_hung_up_on(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        assert line.recv(10) == b""


def test_whoever_does_not_read_the_answers_is_hung_up_on(port: int) -> None:
    style = b"GET /static/vendor/pico-2.1.1.min.css HTTP/1.1\r\nHost: t\r\n\r\n"
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        line.settimeout(PATIENCE)
        line.connect(("127.0.0.1", port))
        line.sendall(style * 200)
        hung_up = select.poll()
        hung_up.register(line, select.POLLHUP | select.POLLERR)
        assert hung_up.poll(PATIENCE * 1000)


def test_a_connection_is_kept_for_the_next_request(port: int) -> None:
    request = head(f"Content-Length: {len(BODY)}") + BODY
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        for _ in range(3):
            line.sendall(request)
            said = b""
            while not said.endswith(b"}"):
                said += line.recv(65536)
            assert said.startswith(b"HTTP/1.1 200")
            sleep(0.8)  # together longer than a head may take: the clock stops between requests


def test_whoever_hangs_up_halfway_harms_nobody(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
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
    assert all(msgspec.json.decode(line)["event"] for line in said.splitlines())


def children(process: subprocess.Popen[bytes]) -> set[int]:
    """The processes that it started and that run."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    named = {int(each): Path(f"/proc/{each}/cmdline").read_bytes() for each in listed.split()}
    return {each for each, line in named.items() if b"spawn_main" in line}


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_the_next_request_is_served() -> None:
    number = free_port()
    request = [head(f"Content-Length: {len(BODY)}", "Connection: close"), BODY]
    with running(number, workers=2) as process:
        assert exchange(number, *request).startswith(b"HTTP/1.1 200")
        before = children(process)
        assert len(before) == 2
        with socket.create_connection(("127.0.0.1", number), timeout=PATIENCE) as line:
            line.sendall(head(f"Content-Length: {len(BODY)}") + BODY[:20])  # one of them is in the middle of a request
            for worker in before:
                os.kill(worker, signal.SIGKILL)
        patience = monotonic() + PATIENCE
        while len(children(process) - before) < 2 and monotonic() < patience:
            sleep(0.1)
        assert exchange(number, *request).startswith(b"HTTP/1.1 200")
        left = children(process)
        process.kill()
        process.wait()
        patience = monotonic() + PATIENCE
        while any(Path(f"/proc/{each}").exists() for each in left) and monotonic() < patience:
            sleep(0.1)
        assert not any(Path(f"/proc/{each}").exists() for each in left)  # no worker outlives the one that started it


def told(port: int, path: str) -> str:
    """What the server says to a GET on a connection of its own."""
    return exchange(port, f"GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n".encode()).decode()


def counted(port: int, name: str) -> float:
    """The number that any worker tells for all of them; 0 if there is none yet."""
    found = [line for line in told(port, "/metrics").splitlines() if line.startswith(f"{name} ")]
    return float(found[0].rpartition(" ")[2]) if found else 0


@pytest.mark.slow
def test_workers_count_together_and_renew_their_rules_without_a_stop() -> None:
    number = free_port()
    request = [head(f"Content-Length: {len(BODY)}", "Connection: close"), BODY]
    cards = 'bone_cds_requests_total{route="/cds-services/{service_id}",status="200"}'
    renewed = 'bone_cds_renewals_total{outcome="done"}'
    with running(number, workers=2) as process:
        for _ in range(12):
            assert exchange(number, *request).startswith(b"HTTP/1.1 200")
        assert {counted(number, cards) for _ in range(6)} == {12}
        process.send_signal(signal.SIGHUP)
        patience = monotonic() + PATIENCE
        while counted(number, renewed) < 1 and monotonic() < patience:
            assert exchange(number, *request).startswith(b"HTTP/1.1 200")
        assert counted(number, renewed) >= 1
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, -signal.SIGTERM)
