# src/python_coder/telemetry.py — logs and spans of a run; off unless configured
"""What turns it on is in the environment.

OTEL_EXPORTER_OTLP_ENDPOINT    spans go there over HTTP (or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
PYTHON_CODER_LOG               `json` for lines on standard error, or a path for lines in a file
PYTHON_CODER_TELEMETRY_CONTENT `1` to let prompts, answers and arguments into both; they are left out otherwise
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from python_coder.errors import EnvironmentLacksError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
LOG, CONTENT = "PYTHON_CODER_LOG", "PYTHON_CODER_TELEMETRY_CONTENT"
_FLUSH_MILLISECONDS = 3_000
"""Longest wait at the end of a run for a receiver of spans that does not answer."""

Log = Callable[..., None]
"""Writes one event: its name, then fields."""

_SAFE = frozenset(
    (
        *("phase", "round", "tool", "outcome", "is_free", "seconds", "gate", "verdict", "model", "input_tokens"),
        *("output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd", "attempt", "retried", "status"),
        *("ended_because", "mode", "cause", "from_model", "to_model", "tree", "exit_code", "is_proven", "how"),
        *("sandbox", "python", "budget_limit", "failed_after", "has_new_findings", "entries"),
    )
)
"""Fields of ledger entries that hold a figure, a name or one word; where a kind of entry has sentences there, such as
the answer of a boot call in `outcome`, they are left out."""


def _is_prose(value: object) -> bool:
    return isinstance(value, str) and len(value.split()) > 1


def _no_log(event: str, /, **fields: object) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """Where a run's spans and log lines go."""

    provider: "TracerProvider | None" = None
    """Makes spans; `None` when they are off."""
    log: Log = _no_log
    has_content: bool = False
    """Whether prompts, answers and arguments are let in."""

    def entry(self, kind: str, data: Mapping[str, object]) -> None:
        """Log one ledger entry, which is redacted already."""
        is_told = {name: self.has_content or (name in _SAFE and not _is_prose(value)) for name, value in data.items()}
        self.log(kind, **{name: value for name, value in data.items() if is_told[name]})

    @contextmanager
    def span(self, name: str, **attributes: str) -> Iterator[Callable[[str, str], None]]:
        """A span around some work; it hands back what sets an attribute later."""
        if self.provider is None:
            yield lambda _name, _value: None
            return
        with self.provider.get_tracer("python-coder").start_as_current_span(name, attributes=attributes) as span:
            yield span.set_attribute

    def past_span(self, name: str, seconds: float, **attributes: str) -> None:
        """A span of some work that has just ended."""
        if self.provider is None:
            return
        end = time.time_ns()
        tracer = self.provider.get_tracer("python-coder")
        span = tracer.start_span(name, start_time=end - int(seconds * 1e9), attributes=attributes)
        span.end(end)


OFF = Telemetry()


@contextmanager
def telemetry(environ: Mapping[str, str], run_id: str) -> Iterator[Telemetry]:
    """What the environment asks for, for one run; at the end all is flushed, within a bounded time.

    Raises:
        EnvironmentLacksError: Spans are asked for and the packages for them are not installed, or the log's file cannot
            be opened.
    """
    with ExitStack() as stack:
        service = environ.get("OTEL_SERVICE_NAME") or "python-coder"
        has_spans = any(environ.get(name) for name in ENDPOINTS)
        provider = _provider(stack, service, run_id) if has_spans else None
        log = _log(stack, environ[LOG], run_id) if environ.get(LOG) else _no_log
        yield Telemetry(provider=provider, log=log, has_content=environ.get(CONTENT) == "1")


def _provider(stack: ExitStack, service: str, run_id: str) -> "TracerProvider":
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an optional extra, and slow to import
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise EnvironmentLacksError(
            f"{ENDPOINTS[0]} is set, but the packages for spans are not installed. Install them: "
            "pip install 'python-coder[telemetry]', or unset it."
        ) from error
    named = Resource.create({"service.name": service, "python_coder.run.id": run_id})
    provider = TracerProvider(resource=named, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=_FLUSH_MILLISECONDS / 1000)))

    def finish() -> None:
        provider.force_flush(_FLUSH_MILLISECONDS)
        provider.shutdown()

    stack.callback(finish)
    return provider


def _log(stack: ExitStack, where: str, run_id: str) -> Log:
    import structlog  # noqa: PLC0415 - logs are off unless configured

    lines = sys.stderr if where == "json" else stack.enter_context(_appended(Path(where)))
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    rendered = structlog.processors.JSONRenderer(default=str)
    logger = structlog.wrap_logger(structlog.WriteLogger(lines), processors=[stamp, rendered])
    log: Log = logger.bind(run_id=run_id).msg
    return log


@contextmanager
def _appended(path: Path) -> Iterator[TextIO]:
    try:
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise EnvironmentLacksError(
            f"The log file {path} cannot be opened ({error.strerror}). Set {LOG} to 'json' or to another path."
        ) from error
    with file:
        yield file
