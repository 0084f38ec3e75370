# src/python_coder/tools/trials/app_requests.py — requests as a model gives them, checked before anything starts
import re
from collections.abc import Mapping, Sequence
from typing import Any

from python_coder.errors import ToolRefusedError

_CALL = re.compile(r"\s*(?P<method>[A-Za-z]+)\s+(?P<path>/\S*)\s*")
_BODIES = ("json", "form", "body")
_KNOWN = frozenset({"call", "method", "path", "headers", *_BODIES})
_MOST_REQUESTS = 50

Request = Mapping[str, Any]


def read_steps(given: Sequence[Any]) -> tuple[tuple[Request, ...], ...]:
    """Groups of requests, in order; those of one group are sent at once.

    Args:
        given: Each a request or a list of requests; a request is `"GET /items?limit=2"`, or an object with `call` (or
            `method` and `path`), `headers`, and one of `json`, `form` and `body`.

    Raises:
        ToolRefusedError: One of them is no request; the message shows the form.
    """
    groups = tuple(tuple(map(_request, step if isinstance(step, list) else [step])) for step in given)
    count = sum(map(len, groups))
    if not count or count > _MOST_REQUESTS:
        raise ToolRefusedError(f"There are {count} requests; give between 1 and {_MOST_REQUESTS}.")
    return groups


def _request(given: Any) -> Request:
    if isinstance(given, str):
        given = {"call": given}
    if not isinstance(given, dict):
        raise _refused(given)
    unknown = sorted(set(given) - _KNOWN)
    bodies = [name for name in _BODIES if name in given]
    if unknown or len(bodies) > 1:
        raise _refused(given, f"{unknown[0]} is unknown" if unknown else f"it has {' and '.join(bodies)}")
    call = given.get("call") or f"{given.get('method', 'GET')} {given.get('path', '')}"
    found = _CALL.fullmatch(str(call))
    headers = given.get("headers", {})
    if found is None or not isinstance(headers, dict) or not isinstance(given.get("form", {}), dict):
        raise _refused(given)
    kept = {name: given[name] for name in bodies}
    return {"method": found["method"].upper(), "path": found["path"], "headers": headers, **kept}


def _refused(given: Any, why: str = "") -> ToolRefusedError:
    example = '"GET /items?limit=2" or {"call": "POST /items", "json": {"name": "Lamp"}, "headers": {}}'
    return ToolRefusedError(f"{given!r:.120} is no request{f' ({why})' if why else ''}. Give {example}.")
