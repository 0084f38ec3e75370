# src/python_coder/tools/trials/probes/app_probe.py — run by a project's Python: requests to its application
"""Reads a job from the file that its only argument names, deletes the file, and writes one JSON answer.

It has the status, headers, body and error of each request, and the SQL statements that it made.

Requests go through ASGI, without a server or a port. Every engine that the project makes is led to a scratch database.
Imports nothing but the project, and SQLAlchemy where the project has it. Runs on Python 3.8 and newer, alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import importlib
import importlib.util
import inspect
import json
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_REQUEST_SECONDS = 30
_STATEMENTS: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("statements", default=None)
_REFERENCE = re.compile(r"\{\{\s*(\d+)((?:\.\w+)*)\s*\}\}")


def watch_statements() -> None:
    """Write down each SQL statement with the request that it was made for."""
    with contextlib.suppress(ImportError):
        event = importlib.import_module("sqlalchemy.event")
        engine = importlib.import_module("sqlalchemy.engine").Engine

        def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            noted = _STATEMENTS.get()
            if noted is not None:
                noted.append(" ".join(statement.split()))

        event.listen(engine, "before_cursor_execute", note)


def lead_engines(job: dict[str, Any]) -> None:
    """Let every engine reach the scratch database; what has no SQLAlchemy is led by its variables alone."""
    spec = importlib.util.spec_from_file_location("engine_leader", job["leader"])
    if spec is None or spec.loader is None:
        raise ImportError(job["leader"])
    leader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(leader)
    with contextlib.suppress(ImportError):
        leader.lead_engines_to(job["url"], job["async_url"])


def load(name: str) -> Any:
    """The application that `module:variable` names; a factory is called."""
    module, _, variable = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in variable.partition("(")[0].split("."):
        found = getattr(found, part)
    is_factory = inspect.isfunction(found) and len(inspect.signature(found).parameters) != 3  # noqa: PLR2004 - ASGI's three
    return found() if is_factory or variable.endswith("()") else found


async def answered(
    app: Any, request: dict[str, Any], state: dict[str, Any], before: list[dict[str, Any]]
) -> dict[str, Any]:
    """Send one request, its references filled in; one whose references lead nowhere is not sent."""
    try:
        whole = filled(request, before)
    except LookupError as error:
        return {"status": 0, "headers": {}, "body": "", "error": f"not sent: {error.args[0]}", "sql": []}
    return await send(app, whole, state)


async def send(app: Any, request: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """Send one request and wait for its whole answer."""
    noted: list[str] = []
    _STATEMENTS.set(noted)
    answer: dict[str, Any] = {"status": 0, "headers": {}, "body": "", "error": "", "sql": noted}
    body, headers = body_of(request)
    path, _, query = request["path"].partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.get("method", "GET").upper(),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("localhost", 80),
        "state": dict(state),
    }
    parts: list[bytes] = []
    is_sent = False
    over = asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal is_sent
        if is_sent:
            await over.wait()
            return {"type": "http.disconnect"}
        is_sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer["status"] = message["status"]
            answer["headers"] = {k.decode("latin-1"): v.decode("latin-1") for k, v in message.get("headers", [])}
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                over.set()

    task = asyncio.ensure_future(app(scope, receive, take))
    await asyncio.wait({task}, timeout=_REQUEST_SECONDS)
    over.set()
    if not task.done():
        task.cancel()
        answer["error"] = f"no whole answer within {_REQUEST_SECONDS} s"
    elif task.exception() is not None:
        answer["error"] = told(task.exception())
    answer["body"] = b"".join(parts).decode("utf-8", "replace")
    return answer


def body_of(request: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """What is sent, and the headers that go with it."""
    headers = {"host": "localhost", **{str(k): str(v) for k, v in (request.get("headers") or {}).items()}}
    if "json" in request:
        return json.dumps(request["json"]).encode(), {"content-type": "application/json", **headers}
    if "form" in request:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return urlencode(request["form"]).encode(), {**kind, **headers}
    return str(request.get("body", "")).encode(), headers


def told(error: Any) -> str:
    """An error in one line, with the innermost place in the project's own files."""
    here = os.path.realpath(Path.cwd())
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if os.path.realpath(frame.filename).startswith(here + os.sep)]
    where = f" at {os.path.relpath(own[-1].filename, here)}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}{where}"


def filled(value: Any, answers: list[dict[str, Any]]) -> Any:
    """A request with `{{1.id}}` replaced by `id` of the JSON that request 1 was answered with."""
    if isinstance(value, dict):
        return {key: filled(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, answers) for item in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    return looked_up(whole, answers) if whole else _REFERENCE.sub(lambda found: str(looked_up(found, answers)), value)


def looked_up(found: Any, answers: list[dict[str, Any]]) -> Any:
    """The value that one reference means."""
    number = int(found.group(1))
    if not 1 <= number <= len(answers):
        raise LookupError(f"{found.group()} names request {number}, which has not been answered yet")
    try:
        value = json.loads(answers[number - 1]["body"])
        for part in found.group(2).split(".")[1:]:
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (ValueError, LookupError, TypeError) as error:
        body = answers[number - 1]["body"]
        raise LookupError(f"{found.group()} is not in the answer to request {number}: {body[:200]}") from error
    return value


@contextlib.asynccontextmanager
async def lifespan(app: Any, state: dict[str, Any]) -> Any:
    """Start the application as a server does, and end it."""
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
    task = asyncio.ensure_future(app(scope, incoming.get, outgoing.put))
    await incoming.put({"type": "lifespan.startup"})
    asked = asyncio.ensure_future(outgoing.get())
    await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
    # An application without a lifespan raises at once, and that is no fault.
    is_started = asked.done() and asked.result()["type"] == "lifespan.startup.complete"
    if asked.done() and not is_started:
        error = task.exception() if task.done() and not task.cancelled() else None
        said = asked.result().get("message", "").strip().splitlines()
        raise RuntimeError(f"the application did not start: {told(error) if error else (said or ['no reason'])[-1]}")
    try:
        yield
    finally:
        asked.cancel()
        if is_started:
            await incoming.put({"type": "lifespan.shutdown"})
        with contextlib.suppress(Exception):
            await asyncio.wait_for(task, _REQUEST_SECONDS)


async def converse(job: dict[str, Any]) -> list[dict[str, Any]]:
    """Send all requests: one after the other, those of one group at once."""
    app, state = load(job["app"]), dict[str, Any]()
    answers: list[dict[str, Any]] = []
    async with lifespan(app, state):
        for step in job["steps"]:
            group = step if isinstance(step, list) else [step]
            # A task each, so that each has its own list of statements.
            sent = [asyncio.ensure_future(answered(app, one, state, list(answers))) for one in group]
            answers += await asyncio.gather(*sent)
    return answers


def main(path: str) -> None:
    """Do the job that a file describes."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    Path(path).unlink()
    out = os.dup(1)
    # What the project prints must not mix with the answers.
    os.dup2(2, 1)
    sys.path[:0] = job["roots"]
    try:
        lead_engines(job)
        watch_statements()
        document: dict[str, Any] = {"answers": asyncio.run(converse(job))}
    except BaseException as error:  # noqa: BLE001 - the answer tells of every error, `sys.exit` included
        document = {"error": told(error)}
    os.write(out, (job["mark"] + json.dumps(document) + "\n").encode())


if __name__ == "__main__":
    main(sys.argv[1])
