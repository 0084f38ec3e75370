# app/logging.py — JSON logs on standard output, without secrets
import logging
import re
import sys
from collections.abc import Mapping

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)|secret|token|authorization|cookie|api[-_]?key|private[-_]?key|credential|database_url|dsn",
    re.IGNORECASE,
)
_SECRETS_IN_TEXT = (
    (re.compile(r"(://[^\s:/@]*:)\S*@"), rf"\1{REDACTED}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {REDACTED}"),
    (
        re.compile(r"\b([\w-]*(?:password|secret|token|api[-_]?key)\"?'?\s*[=:]\s*)[^\s&,;]+", re.IGNORECASE),
        rf"\1{REDACTED}",
    ),
)


def redact(value: object) -> object:
    """Replace secrets in a value that is about to be logged, however deep they lie.

    Example:
        >>> redact({"user": "ada", "password": "hunter2"})
        {'user': 'ada', 'password': '[redacted]'}
        >>> redact("connecting to postgresql://ada:hunter2@db/shop")
        'connecting to postgresql://ada:[redacted]@db/shop'
    """
    if isinstance(value, str):
        for pattern, replacement in _SECRETS_IN_TEXT:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        return {key: REDACTED if _SECRET_NAME.search(str(key)) else redact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(item) for item in value]
    return value


def redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Last processor before rendering, so that nothing added earlier escapes it."""
    return {key: REDACTED if _SECRET_NAME.search(key) else redact(item) for key, item in event.items()}


def configure_logging(level: str, *extra: Processor) -> None:
    """Send the service's own events and those of all libraries to standard output, one JSON object a line.

    Args:
        level: Least severe level that is written, such as `INFO`.
        extra: Processors that add to every event, such as the current trace.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Plain text: structured tracebacks would carry local variables, and with them secrets.
        structlog.processors.format_exc_info,
        *extra,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact_event,
            structlog.processors.JSONRenderer(default=str),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    _adopt_uvicorn()


def _adopt_uvicorn() -> None:
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    # `request_finished` says the same with a request id, and without the query, which may hold a token.
    logging.getLogger("uvicorn.access").disabled = True
    # The error handler has logged the same exception already.
    logging.getLogger("uvicorn.error").addFilter(_is_not_a_repeat)


def _is_not_a_repeat(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Exception in ASGI application")
