# app/errors.py — errors that endpoints raise, and the one safe body that all errors become
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException as StarletteHTTPException

from app.headers import NOTHING_LOADS, REQUEST_ID_HEADER, SECURITY_HEADERS
from app.schemas.error import ErrorRead, FieldError

log = structlog.stdlib.get_logger(__name__)

MAX_FIELD_ERRORS = 20
_CODES = {
    400: ("bad_request", "The request could not be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not support the method."),
    409: ("conflict", "The change conflicts with data that is already there."),
    413: ("payload_too_large", "The request body is too large."),
    422: ("invalid_request", "The request is not valid."),
    500: ("internal_error", "Something went wrong on our side."),
    503: ("unavailable", "The service cannot answer right now."),
}


def not_found(resource: str, identifier: object) -> HTTPException:
    """Error for a row that does not exist.

    Example:
        >>> not_found("Item", 7).detail
        'Item 7 does not exist.'
    """
    return HTTPException(404, f"{resource} {identifier} does not exist.")


def conflict(message: str) -> HTTPException:
    """Error for a change that clashes with what is stored.

    Example:
        >>> conflict("The order has been shipped.").status_code
        409
    """
    return HTTPException(409, message)


def payload_too_large(max_bytes: int) -> HTTPException:
    """Error for a body beyond the limit.

    Example:
        >>> payload_too_large(1024).detail
        'The request body may hold at most 1024 bytes.'
    """
    return HTTPException(413, f"The request body may hold at most {max_bytes} bytes.")


def unavailable(what: str) -> HTTPException:
    """Error for something outside the service that does not answer.

    Example:
        >>> unavailable("The database").detail
        'The database does not answer.'
    """
    return HTTPException(503, f"{what} does not answer.")


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the errors of an endpoint in the OpenAPI schema.

    Example:
        >>> error_responses(404)[404]["description"]
        'There is nothing at this address.'
    """
    return {status: {"model": ErrorRead, "description": _CODES[status][1]} for status in statuses}


def register_error_handlers(app: FastAPI) -> None:
    """Map every error to the safe body. What went wrong inside goes to the log and never to the client."""
    app.exception_handler(StarletteHTTPException)(_on_http_error)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(IntegrityError)(_on_integrity_error)
    app.exception_handler(Exception)(_on_unexpected_error)


def _respond(
    request: Request,
    status: int,
    message: str = "",
    *,
    fields: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    code, standard_message = _CODES.get(status, (f"http_{status}", "The request failed."))
    request_id: str = getattr(request.state, "request_id", "")
    body = ErrorRead(code=code, message=message or standard_message, request_id=request_id, fields=list(fields))
    return JSONResponse(body.model_dump(), status, headers)


async def _on_http_error(request: Request, error: StarletteHTTPException) -> JSONResponse:
    is_ours = isinstance(error, HTTPException)
    return _respond(request, error.status_code, str(error.detail) if is_ours else "", headers=error.headers)


async def _on_invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    # The rejected input is left out: it may be a secret, and it may be huge.
    fields = [
        FieldError(field=_readable(".".join(map(str, found["loc"]))), message=_readable(found["msg"]))
        for found in error.errors()[:MAX_FIELD_ERRORS]
    ]
    return _respond(request, 422, fields=fields)


async def _on_integrity_error(request: Request, error: IntegrityError) -> JSONResponse:
    log.warning("integrity_conflict", error=type(error).__name__)
    return _respond(request, 409)


async def _on_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    # This handler runs outside of the middleware, so it does for itself what that does for other answers.
    request_id: str = getattr(request.state, "request_id", "")
    log.error("unexpected_error", request_id=request_id, exc_info=error)
    headers = {**SECURITY_HEADERS, "content-security-policy": NOTHING_LOADS, REQUEST_ID_HEADER: request_id}
    return _respond(request, 500, headers=headers)


def _readable(text: str) -> str:
    # A client may send halves of surrogate pairs as field names; those cannot be encoded.
    return text.encode("utf-8", "replace").decode()
