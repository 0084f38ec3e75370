# app/telemetry.py — OpenTelemetry traces of requests and queries, only when a collector is configured
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from fastapi import FastAPI
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from structlog.typing import EventDict, WrappedLogger

    from app.db import Database
    from app.settings import Settings

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class Telemetry:
    """Tracing that is switched on. OpenTelemetry is imported only here, so it costs nothing when off."""

    provider: TracerProvider

    def watch_app(self, app: FastAPI) -> None:
        """Trace requests. Must come before the first one, since it wraps the middleware."""
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

        FastAPIInstrumentor.instrument_app(app, tracer_provider=self.provider, excluded_urls="/health$,/ready$")

    def watch_database(self, database: Database) -> None:
        """Trace queries. Their parameters are left out."""
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

        # It declares SQLAlchemy below 2.1 (seen in 0.66b1), but works beyond; tests/test_telemetry.py watches over it.
        SQLAlchemyInstrumentor().instrument(
            engine=database.engine.sync_engine, tracer_provider=self.provider, skip_dep_check=True
        )

    def close(self) -> None:
        """Send what is left, and let go of the database."""
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

        SQLAlchemyInstrumentor().uninstrument()
        self.provider.shutdown()


def make_telemetry(settings: Settings, exporter: SpanExporter | None = None) -> Telemetry | None:
    """Switch tracing on if a collector is configured or an exporter given.

    Returns:
        `None` when tracing stays off; also when the exporter is not installed, which is logged, since a service
        should not go down for want of its traces.
    """
    exporter = exporter or _otlp_exporter(settings.otel_exporter_otlp_endpoint)
    if exporter is None:
        return None
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(
        resource=Resource.create(
            {"service.name": settings.service_name, "deployment.environment.name": settings.environment}
        )
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Telemetry(provider)


def _otlp_exporter(endpoint: str) -> SpanExporter | None:
    if not endpoint:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        log.warning("telemetry_unavailable", mend="uv sync --extra otlp")
        return None
    exporter: SpanExporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    return exporter


def add_trace_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Log processor: names the current trace, so that logs and traces can be joined."""
    from opentelemetry.trace import get_current_span

    context = get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event
