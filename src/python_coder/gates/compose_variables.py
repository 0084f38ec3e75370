# src/python_coder/gates/compose_variables.py — the variables of compose files: what a text says when nobody sets any
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

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


@dataclass(frozen=True, kw_only=True)
class References:
    """Names of variables that have no default."""

    unset: frozenset[str]
    """All of them."""
    required: frozenset[str]
    """Those that must be set."""
    mounted: frozenset[str]
    """Those that name a folder to be mounted."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """What the references in some texts ask for."""
        found = [match for text in texts for match in _REFERENCE.finditer(text)]
        unset = [match for match in found if (match["how"] or "").strip(":") not in {"-", "+"}]
        return cls(
            unset=frozenset(_name(match) for match in unset),
            required=frozenset(_name(match) for match in unset if match["how"]),
            mounted=frozenset(_name(match) for match in unset if match.string[match.end() :].startswith(":/")),
        )


def _name(found: re.Match[str]) -> str:
    return found["name"] or found["plain"]


def _default(found: re.Match[str], unknown: str) -> str:
    # `${X:+word}` ships its word too, as soon as somebody sets X.
    return found["rest"] if (found["how"] or "").strip(":") in {"-", "+"} else unknown
