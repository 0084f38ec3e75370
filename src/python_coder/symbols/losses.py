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
    """A sentence for each decorator that goes from the symbol, or from a definition in it that stays.

    One with other arguments stays; one of another name, such as another method of a router, does not.
    """
    missing = Counter(map(_kind_of, old.decorators)) - Counter(map(_kind_of, new.decorators))
    kept = set(new.decorators)
    for found in sorted(old.decorators, key=kept.__contains__):
        path, decorator = found
        if path in new.inside and missing[_kind_of(found)] > 0:
            missing[_kind_of(found)] -= 1
            place = f" of {path}" if path else ""
            yield (
                f"`{decorator}`{place} would be lost: {_loss(decorator)}. "
                "Give the body all decorators, or pass allow_decorator_loss=True."
            )


def _kind_of(found: tuple[str, str]) -> tuple[str, str]:
    return found[0], _callee(found[1])


def _loss(decorator: str) -> str:
    if _ROUTE.search(decorator):
        return "the route would vanish"
    last = _callee(decorator).rpartition(".")[2]
    return _LOSSES.get(last, "what it does would no longer happen")


def _callee(decorator: str) -> str:
    return re.sub(r"\s", "", decorator.removeprefix("@").partition("(")[0])
