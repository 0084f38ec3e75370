# src/python_coder/tools/combined/single_or_many.py — a list of what a tool takes, however a model sends it
import contextlib
import json
from typing import Any


def as_list(given: Any, *, item: type) -> Any:
    """A list, also of one that came as its JSON text, or of a single item.

    Args:
        given: What was sent. Anything that is not understood stays, for the check of types to tell.
        item: Type of a single one.
    """
    if isinstance(given, str) and given.lstrip().startswith(("[", "{")):
        with contextlib.suppress(json.JSONDecodeError):
            given = json.loads(given)
    return [given] if isinstance(given, item) else given
