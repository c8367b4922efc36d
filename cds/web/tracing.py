"""Traces for OpenTelemetry, where a site asks for them: how long what took, and nothing of a patient.

The exporter is the extra ``otel``; its own variables (``OTEL_EXPORTER_OTLP_ENDPOINT`` …) say where spans go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Tracer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cds.settings import Settings
from cds.web.watch import route_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

NAME: Final = "bone-cds"
TOLD: Final = ("service", "cards", "feedback", "ruleset", "refused")
"""What of the log line is on the span too."""


class NoTracing(Exception):
    """Traces are asked for, and what sends them is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "BONE_CDS_TRACES is on, but OpenTelemetry's SDK is not installed\n"
            "  fix: pip install 'bone-cds[otel]', or take BONE_CDS_TRACES out of the environment"
        )


def provider_of(settings: Settings) -> TracerProvider | None:
    """Who makes and sends spans; None where none are asked for. Raises NoTracing if they cannot be."""
    if not settings.traces:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise NoTracing from None
    provider = TracerProvider(resource=Resource.create({"service.name": NAME}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


@dataclass(slots=True)
class Traced:
    """Every request is a span, part of the caller's trace if it has one."""

    app: ASGIApp
    tracer: Tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The app has answered within a span."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self.tracer.start_as_current_span(
            scope["method"],
            context=_parent(scope["headers"]),
            kind=SpanKind.SERVER,
            record_exception=False,  # its message may quote what a patient has
            set_status_on_exception=False,
        ) as span:
            try:
                await self.app(scope, receive, seen)
            finally:
                told = scope.get("bone_cds.told", {})
                span.update_name(f"{scope['method']} {route_of(scope)}")
                span.set_attributes(
                    {
                        "http.request.method": scope["method"],
                        "http.route": route_of(scope),
                        "http.response.status_code": status,
                        "bone_cds.request": scope.get("bone_cds.request_id", ""),
                        **{f"bone_cds.{name}": told[name] for name in TOLD if name in told},
                    }
                )


def _parent(headers: Iterable[tuple[bytes, bytes]]) -> Context:
    """The caller's trace, as ``traceparent`` names it."""
    carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers if name == b"traceparent"}
    return propagate.extract(carrier)
