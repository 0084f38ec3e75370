# src/python_coder/tools/trials/calling.py — tool call_app: requests to the service itself, on a throwaway database
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from python_coder.errors import ToolRefusedError
from python_coder.tools.answers import shorten
from python_coder.tools.trials.app_names import app_name
from python_coder.tools.trials.app_requests import read_steps
from python_coder.tools.trials.database import Trial, open_trial
from python_coder.tools.trials.place import TrialPlace

_MOST_BODY_CHARS = 1_200
_MOST_STATEMENTS = 12
_MOST_STATEMENT_CHARS = 240
_TOLD_HEADERS = ("content-type", "location", "www-authenticate", "etag", "retry-after")
_PLAIN = re.compile(r"application/(problem\+)?json|text/.*")


@dataclass(frozen=True, kw_only=True)
class CallingTools:
    """Calls the application of the present tree, as a client would."""

    place: TrialPlace

    async def call_app(self, requests: list[Any], app: str = "", seed: list[str] | None = None) -> str:
        """Send HTTP requests to the service as it is now, on a throwaway, migrated database; see answers and SQL.

        Args:
            requests: In order, each `"GET /items?limit=2"` or `{"call": "POST /items", "json": {}, "headers": {}}` (or
                `form`, `body`). A list among them is sent at once, on separate connections. `{{1.id}}` stands for `id`
                in the answer to request 1.
            app: `module:variable` or `module:factory()`, if there are several.
            seed: SQL that fills the empty database first.

        Returns:
            For each request its status, headers of note, body, the error behind a 500, and the SQL it made.
        """
        steps = read_steps(requests)
        async with self.place.context() as context, open_trial(context) as trial:
            name = app_name(context, app)
            try:
                problem = await trial.migrate() or await trial.seed(seed or [])
                answer = {} if problem else await trial.call(name, steps)
            finally:
                self.place.note(*trial.runs)
        if problem:
            raise ToolRefusedError(problem)
        if "error" in answer:
            raise ToolRefusedError(f"{name} could not be called: {answer['error']}")
        return shorten("\n".join(_told(trial, name, [one for step in steps for one in step], answer["answers"])))


def _told(
    trial: Trial, name: str, requests: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    yield f"{name} on {trial.what}, tree {trial.tree[:12]}."
    for number, (request, answer) in enumerate(zip(requests, answers, strict=True), start=1):
        headers = {key: answer["headers"][key] for key in _TOLD_HEADERS if key in answer["headers"]}
        kind = headers.pop("content-type", "no body")
        told = "".join(f" {key}: {value}" for key, value in headers.items())
        yield f"{number}. {request['method']} {request['path']} -> {answer['status'] or 'no answer'} ({kind}){told}"
        if answer["error"]:
            yield f"   error: {answer['error']}"
        if answer["body"]:
            yield f"   {_body(answer['body'], kind)}"
        yield from _statements(answer["sql"])


def _body(body: str, kind: str) -> str:
    if not _PLAIN.match(kind):
        return f"{len(body)} characters of {kind}"
    try:
        body = json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        body = body.strip()
    return body if len(body) <= _MOST_BODY_CHARS else f"{body[:_MOST_BODY_CHARS]}… ({len(body)} characters)"


def _statements(sql: Sequence[str]) -> Iterator[str]:
    """Each distinct statement once, with how often it was made: a high count in one request is an N+1."""
    if sql:
        yield f"   {len(sql)} SQL:"
    for statement, count in list(Counter(sql).items())[:_MOST_STATEMENTS]:
        text = statement if len(statement) <= _MOST_STATEMENT_CHARS else f"{statement[:_MOST_STATEMENT_CHARS]}…"
        yield f"   {f'{count}x ' if count > 1 else ''}{text}"
    if len(set(sql)) > _MOST_STATEMENTS:
        yield f"   … {len(set(sql)) - _MOST_STATEMENTS} more kinds of statements"
