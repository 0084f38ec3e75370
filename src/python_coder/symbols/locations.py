# src/python_coder/symbols/locations.py — what a language server tells: places, findings, edits
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A stretch of one file, from a character to the one before the end. They sort by file, then by place."""

    path: str
    """Posix, relative to the project's root; absolute when it lies outside, such as a library's."""
    line: int
    """1-based."""
    column: int
    """0-based, in code points; a byte order mark does not count, a tab counts as one."""
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding of the type checker about a file."""

    path: str
    line: int
    """1-based."""
    column: int
    """0-based, in code points."""
    severity: str
    """`error`, `warning`, `information` or `hint`."""
    code: str
    """The checker's own name of the rule, such as `invalid-argument-type`."""
    message: str
    """One line."""


@dataclass(frozen=True, slots=True, order=True)
class TextEdit:
    """One stretch of a file and what takes its place. The lines and columns count as those of `Location`."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    new_text: str
