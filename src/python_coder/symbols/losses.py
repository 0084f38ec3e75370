# src/python_coder/symbols/losses.py — what a new definition would silently take away from the old one
import re
from collections import Counter
from collections.abc import Iterator

from python_coder.symbols.fragment import Statement

_ROUTE = re.compile(r"\.(get|post|put|patch|delete|head|options|trace|api_route|route|websocket|websocket_route)\(")
_LOSSES = {
    "property": "reading the attribute would give a method",
    "setter": "the attribute could no longer be set",
    "staticmethod": "its first argument would become the instance",
    "classmethod": "it would no longer get the class",
    "overload": "the last definition would win",
    "fixture": "tests could no longer ask for it",
    "contextmanager": "`with` could no longer use it",
    "asynccontextmanager": "`async with` could no longer use it",
    "dataclass": "its fields would no longer make a constructor",
    "abstractmethod": "subclasses need no longer define it",
}


def renamed(old: Statement, new: Statement) -> Iterator[str]:
    """A sentence when a name goes."""
    if set(old.names) - set(new.names):
        yield (
            f"`{', '.join(old.names)}` would become `{', '.join(new.names)}`, and its uses would break. "
            "Use rename_symbol, or pass allow_rename=True."
        )


def lost_decorators(old: Statement, new: Statement) -> Iterator[str]:
    """A sentence for each decorator that goes. One with other arguments stays; another method of a router does not."""
    missing = Counter(map(_callee, old.decorators)) - Counter(map(_callee, new.decorators))
    kept = set(new.decorators)
    for decorator in sorted(old.decorators, key=kept.__contains__):
        callee = _callee(decorator)
        if missing[callee] > 0:
            missing[callee] -= 1
            yield (
                f"`{decorator}` would be lost: {_loss(decorator)}. "
                "Begin the body with the decorators, or pass allow_decorator_loss=True."
            )


def _loss(decorator: str) -> str:
    if _ROUTE.search(decorator):
        return "the route would vanish"
    last = _callee(decorator).rpartition(".")[2]
    return _LOSSES.get(last, "what it does would no longer happen")


def _callee(decorator: str) -> str:
    return re.sub(r"\s", "", decorator.removeprefix("@").partition("(")[0])
