# src/python_coder/recipes/edits.py — what a recipe hands back
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class FileEdit:
    """The whole new text of one file."""

    path: str
    """Relative to the git root, with forward slashes."""
    content: str | None
    """`None` deletes the file."""
    note: str
    """What this file is to the change, in a few words."""


@dataclass(frozen=True, kw_only=True)
class RecipeResult:
    """A change that needs no model, ready to be written."""

    edits: tuple[FileEdit, ...]
    """In the order to write them: tests, model, schema, router, wiring, migration, docs."""
    scope: tuple[str, ...]
    """Every path that the edits touch."""
    summary: str
    rationale: str
    followups: tuple[str, ...] = ()
    kind: Literal["behaviour"] = "behaviour"
    has_migration: bool = False
