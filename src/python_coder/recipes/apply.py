# src/python_coder/recipes/apply.py — from a request to the edits that carry it out
from dataclasses import dataclass
from typing import Any, Literal

from python_coder.errors import RecipeRefusedError
from python_coder.service_map.files import FileView, FolderView

__all__ = ["FileEdit", "FileView", "FolderView", "RecipeResult", "plan_recipe"]


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


def plan_recipe(files: FileView, recipe: str, arguments: dict[str, Any]) -> RecipeResult:
    """Work out the edits. Pure and deterministic: the same files and arguments give the same bytes.

    Raises:
        RecipeRefusedError: The repository cannot be followed with certainty, or the request clashes with it.
        UsageError: The arguments do not make sense.
    """
    raise RecipeRefusedError(f"The recipe {recipe!r} cannot be carried out yet ({len(arguments)} arguments).")
