# src/python_coder/gates/format_rules.py — when a repository follows `ruff format`, and in which words it asks for it
import re
import tomllib
from typing import Any

_WOULD_CHANGE = re.compile(r"^(\d+) files? would be reformatted", re.MULTILINE)
_FEWEST_FILES = 5
"""Below this many Python files the base is too small to show a house style."""
_LEAST_FORMATTED = 0.5
"""Least share of formatted files that makes `ruff format` the repository's convention."""


def unformatted_in(output: str) -> int:
    """How many files `ruff format --check` says it would change."""
    summary = _WOULD_CHANGE.search(output)
    return int(summary[1]) if summary else 0


def follows_format(unformatted: int, total: int) -> bool:
    """Whether a base with so many unformatted Python files makes `ruff format` the repository's convention."""
    return total < _FEWEST_FILES or _is_usual(unformatted, total)


def migrations_follow_format(unformatted: int, total: int) -> bool:
    """Whether migrations are to be formatted: a template writes them, and many a house leaves them as they come."""
    return total == 0 or _is_usual(unformatted, total)


def black_options(pyproject: bytes) -> tuple[str, ...]:
    """In a house that formats with Black, its line length and quotes, which ruff does not read by itself.

    Args:
        pyproject: Content of `pyproject.toml`; empty when there is none.
    """
    try:
        document: dict[str, Any] = tomllib.loads(pyproject.decode())
        black = document.get("tool", {}).get("black", {})
        length = ("--line-length", str(int(black["line-length"]))) if "line-length" in black else ()
        quotes = ("--config", "format.quote-style='preserve'") if black.get("skip-string-normalization") else ()
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError, TypeError, ValueError):
        return ()
    return (*length, *quotes)


def _is_usual(unformatted: int, total: int) -> bool:
    return total - unformatted >= total * _LEAST_FORMATTED
