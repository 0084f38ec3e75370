# tests/test_telemetry.py — traces are off unless asked for, and then cover requests and queries
import json
import sys
from types import ModuleType

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.main import create_app
from app.settings import Settings
from app.telemetry import make_telemetry
from tests.conftest import Serve

EXPORTER_MODULE = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


def test_off_by_default(settings: Settings) -> None:
    assert make_telemetry(settings) is None


def test_missing_exporter_does_not_stop_the_service(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, EXPORTER_MODULE, None)
    assert make_telemetry(settings.model_copy(update={"otel_exporter_otlp_endpoint": "http://127.0.0.1:1"})) is None


def test_exporter_is_told_where_the_collector_is(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints: list[str] = []

    def exporter(*, endpoint: str) -> InMemorySpanExporter:
        endpoints.append(endpoint)
        return InMemorySpanExporter()

    module = ModuleType(EXPORTER_MODULE)
    monkeypatch.setattr(module, "OTLPSpanExporter", exporter, raising=False)
    monkeypatch.setitem(sys.modules, EXPORTER_MODULE, module)
    telemetry = make_telemetry(settings.model_copy(update={"otel_exporter_otlp_endpoint": "http://collector:4318/"}))
    assert telemetry is not None
    telemetry.provider.shutdown()
    assert endpoints == ["http://collector:4318/v1/traces"]


async def test_traces_requests_and_queries(
    settings: Settings, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    exporter = InMemorySpanExporter()
    telemetry = make_telemetry(settings, exporter)
    async with serve(create_app(settings, telemetry)) as client:
        await client.post("/v1/items", json={"name": "hunter2", "price": "1"})
        await client.get("/health")
    spans = exporter.get_finished_spans()
    assert {"POST /v1/items"} <= {span.name for span in spans}
    assert any(span.name.startswith("INSERT") for span in spans)
    assert not any("/health" in span.name for span in spans)
    assert "hunter2" not in " ".join(span.to_json() for span in spans)
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    traces = {
        event["trace_id"]
        for event in logged
        if event["event"] in {"item_created", "request_finished"} and "trace_id" in event
    }
    assert traces == {f"{span.context.trace_id:032x}" for span in spans if span.name == "POST /v1/items"}
