# src/python_coder/gates/compose_variables.py — the variables of compose files: what a text says when nobody sets any
import re
from collections.abc import Iterable

_REFERENCE = re.compile(r"(?<!\$)\$(?:\{(?P<name>\w+)(?:(?P<how>:?[-+?])(?P<rest>[^{}]*))?\}|(?P<plain>[A-Za-z_]\w*))")
_MOST_NESTED = 10


def literal(text: str, *, unknown: str = "") -> str:
    """A text as it is when no variable is set: references with a default become that default.

    Args:
        text: As written in a compose file.
        unknown: What stands for references without a default.
    """
    for _ in range(_MOST_NESTED):
        text, count = _REFERENCE.subn(lambda found: _default(found, unknown), text)
        if not count:
            break
    return text


def references(texts: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the variables that have no default, and of those among them that must be set."""
    found = [match for text in texts for match in _REFERENCE.finditer(text)]
    without = {match["name"] or match["plain"] for match in found if (match["how"] or "").strip(":") not in {"-", "+"}}
    required = {match["name"] for match in found if (match["how"] or "").endswith("?")}
    return frozenset(without), frozenset(required)


def _default(found: re.Match[str], unknown: str) -> str:
    # `${X:+word}` ships its word too, as soon as somebody sets X.
    return found["rest"] if (found["how"] or "").strip(":") in {"-", "+"} else unknown
