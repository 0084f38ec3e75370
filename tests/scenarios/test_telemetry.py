# tests/scenarios/test_telemetry.py — spans at a real receiver and log lines in a file, without a word of what was said
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from python_coder.errors import EnvironmentLacksError
from python_coder.telemetry import CONTENT, LOG, Telemetry, telemetry
from scenarios.scripted_server import Say, call, text
from scenarios.wire import PLAN, REPORT, Play

SECRET = "said-by-the-model"
SCRIPT = [
    Say([text(SECRET), PLAN]),
    Say([call("mcp__serena__create_text_file", relative_path="app/x.py", content=f"X = '{SECRET}'\n")]),
    Say([REPORT]),
]


class _Server(ThreadingHTTPServer):
    bodies: list[bytes]


class _Receiver(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()


@contextmanager
def _receiver(patch: pytest.MonkeyPatch) -> Iterator[tuple[list[bytes], dict[str, str]]]:
    """A loopback OTLP receiver: what came in, and the environment that leads there."""
    server = _Server(("127.0.0.1", 0), _Receiver)
    server.bodies = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}"}
    patch.setenv(*next(iter(environ.items())))
    try:
        yield server.bodies, environ
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _spans(bodies: list[bytes]) -> list[Span]:
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    return [
        span
        for request in requests
        for part in request.resource_spans
        for scope in part.scope_spans
        for span in scope.spans
    ]


def _attributes(span: Span) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_spans_of_run_turn_tool_and_gate_hold_no_word(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    with _receiver(monkeypatch) as (bodies, environ):
        with telemetry(environ, "run-1") as seen, seen.span("python-coder run"):
            loop, _ = play(SCRIPT, seen_by=seen)
            seen.past_span("gate tests", 1.5, **{"python_coder.gate.verdict": "passed"})
        assert loop.error is None
    spans = _spans(bodies)
    names = sorted(span.name for span in spans)
    assert names.count("chat claude-sonnet-5-5") == 3
    assert "execute_tool mcp__serena__create_text_file" in names
    assert names.count("invoke_agent python-coder") == 2
    (run,) = [span for span in spans if span.name == "python-coder run"]
    assert all(span.trace_id == run.trace_id for span in spans)
    (gate,) = [span for span in spans if span.name == "gate tests"]
    assert gate.end_time_unix_nano - gate.start_time_unix_nano == 1_500_000_000
    turn = _attributes(next(span for span in spans if span.name.startswith("chat")))
    assert (turn["gen_ai.operation.name"], turn["gen_ai.request.model"]) == ("chat", "claude-sonnet-5-5")
    assert turn["gen_ai.usage.output_tokens"] == 5
    assert b"run-1" in bodies[0]
    for word in (SECRET, "Add a function", "Be brief.", "Write a new file"):
        assert not any(word.encode() in body for body in bodies), word


def test_words_come_along_when_they_are_asked_for(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    with _receiver(monkeypatch) as (bodies, environ):
        with telemetry({**environ, CONTENT: "1"}, "run-1") as seen:
            play(SCRIPT, seen_by=seen)
        assert any(SECRET.encode() in body for body in bodies)


def test_log_lines_have_the_run_and_no_word(play: Play, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with telemetry({LOG: str(log)}, "run-1") as seen:
        play(SCRIPT, seen_by=seen)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["run_id"] for line in lines} == {"run-1"}
    assert [line["event"] for line in lines][:3] == ["model_turn", "plan", "thinking"]
    (tool,) = [line for line in lines if line["event"] == "tool_call"]
    assert (tool["tool"], tool["outcome"]) == ("mcp__serena__create_text_file", "done")
    turn = lines[0]
    assert (turn["input_tokens"], turn["model"]) == (10, "claude-sonnet-5-5")
    for word in (SECRET, "Add a function", "X = "):
        assert word not in log.read_text()


def test_json_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with telemetry({LOG: "json"}, "run-1") as seen:
        seen.entry("gate", {"gate": "tests", "verdict": "passed", "reason": "not told"})
    line = json.loads(capsys.readouterr().err)
    line.pop("timestamp")
    assert line == {"event": "gate", "run_id": "run-1", "gate": "tests", "verdict": "passed"}


def test_off_unless_configured() -> None:
    with telemetry({}, "run-1") as seen:
        assert seen.provider is None
        seen.entry("gate", {"gate": "tests"})
        with seen.span("run") as tell:
            tell("a", "b")


def test_a_log_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacksError, match=LOG), telemetry({LOG: str(tmp_path)}, "run-1"):
        pass


def test_missing_packages_say_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    with (
        pytest.raises(EnvironmentLacksError, match=r"pip install 'python-coder\[telemetry\]'"),
        telemetry(endpoint, "r"),
    ):
        pass


ENTRIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "answer-of-a-boot-call": ({"tool": "activate", "outcome": "shop at /srv, 3 routes"}, {"tool": "activate"}),
    "outcome-in-a-word": (
        {"tool": "edit", "outcome": "done", "arguments": {"a": 1}},
        {"tool": "edit", "outcome": "done"},
    ),
    "gates-after-a-switch": ({"effect": "mypy failed.", "failed_after": ["mypy"]}, {"failed_after": ["mypy"]}),
}


@pytest.mark.parametrize(("data", "told"), ENTRIES.values(), ids=ENTRIES)
def test_a_log_line_holds_words_and_no_sentences(data: dict[str, Any], told: dict[str, Any]) -> None:
    heard: list[dict[str, Any]] = []
    Telemetry(log=lambda event, **fields: heard.append(fields)).entry("kind", data)
    Telemetry(log=lambda event, **fields: heard.append(fields), has_content=True).entry("kind", data)
    assert heard == [told, data]
