"""Traces: off they cost nothing, on they tell how long what took – and nothing of a patient."""

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cds.bootstrap import build
from cds.gateway.watched import Watched
from cds.settings import Settings
from cds.web import create_app
from cds.web.tracing import NAME, NoTracing, Traced, provider_of
from tests.web.desk import DAY, PATIENT, SIGN, caller, hook

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SECRETS = ("p1", "s3cret", "jane", "1950", "nivolumab", "Observation")


def asked() -> dict[str, object]:
    """A hook request that makes the service read from a FHIR server."""
    return hook(
        fhirServer="http://127.0.0.1:1/fhir", fhirAuthorization={"access_token": "s3cret", "scope": "patient/*.rs"},
        prefetch={"patient": PATIENT},
    )  # fmt: skip


async def test_a_request_and_its_calls_are_one_trace_that_tells_of_no_patient() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer(NAME)
    settings = Settings(as_of=DAY, log_level="error")

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(b'{"resourceType":"Bundle","type":"searchset"}'))

    calls: list[str] = []
    house = build(settings, httpx.MockTransport(answer), lambda outcome, _: calls.append(outcome), tracer)
    app = create_app(settings, house)
    app.add_middleware(Traced, tracer=tracer)
    async with caller(app) as client:
        response = await client.post(SIGN, json=asked(), headers={"traceparent": PARENT})
    assert response.status_code == 200
    *reads, request = kept.get_finished_spans()
    assert len(reads) == len(calls) > 5
    assert set(calls) == {"2xx"}
    assert request.name == "POST /cds-services/{service_id}"
    assert request.attributes
    assert request.attributes["http.response.status_code"] == 200
    assert {f"{span.context.trace_id:032x}" for span in (*reads, request) if span.context} == {PARENT.split("-")[1]}
    assert all(span.parent and request.context and span.parent.span_id == request.context.span_id for span in reads)
    told = " ".join(span.to_json() for span in (*reads, request))
    assert not [secret for secret in SECRETS if secret in told]


async def test_a_crash_leaves_its_status_and_not_its_words() -> None:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))

    async def crash(*_: object) -> None:
        raise RuntimeError("patient p1")

    door = Traced(crash, provider.get_tracer(NAME))
    with pytest.raises(RuntimeError):
        await door({"type": "http", "method": "POST", "headers": [], "path": "/x"}, crash, crash)  # type: ignore[arg-type]
    (span,) = kept.get_finished_spans()
    assert span.attributes
    assert span.attributes["http.response.status_code"] == 500
    assert "p1" not in span.to_json()


def test_off_there_is_nothing_in_the_way() -> None:
    app = create_app(Settings(as_of=DAY))
    assert "Traced" not in str(app.user_middleware)
    assert provider_of(Settings()) is None


async def test_calls_that_are_lost_are_counted_too() -> None:
    async def lost(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    calls: list[str] = []
    async with httpx.AsyncClient(
        transport=Watched(httpx.MockTransport(lost), lambda how, _: calls.append(how), None)
    ) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("https://ehr.example.org")
    assert calls == ["lost"]


async def test_calls_are_in_the_metrics() -> None:
    async with caller(create_app(Settings(as_of=DAY, log_level="error"))) as client:
        await client.post(SIGN, json=asked())
        page = (await client.get("/metrics")).text
    assert 'bone_cds_fhir_seconds_count{outcome="lost"}' in page


def test_without_the_sdk_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(NoTracing, match="pip install 'bone-cds"):
        provider_of(Settings(traces=True))


class Collector(BaseHTTPRequestHandler):
    """Keeps what is sent to it."""

    heard: list[tuple[str, bytes]] = []  # noqa: RUF012 - one list for all calls is meant

    def do_POST(self) -> None:
        """Takes the spans."""
        self.heard.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def collector() -> Iterator[int]:
    """The port of a collector on this machine."""
    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


async def test_spans_reach_a_collector_before_the_service_ends(collector: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector}")
    app = create_app(Settings(as_of=DAY, traces=True, log_level="error"))
    async with app.router.lifespan_context(app), caller(app) as client:
        await client.post(SIGN, json=hook())
    ((path, spans),) = Collector.heard
    assert path == "/v1/traces"
    assert b"POST /cds-services/{service_id}" in spans
    assert b"bone-cds" in spans
    assert not [secret for secret in SECRETS if secret.encode() in spans]
