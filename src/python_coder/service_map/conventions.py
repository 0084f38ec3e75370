# src/python_coder/service_map/conventions.py — how this service is written, so that a change looks like the rest
from dataclasses import dataclass

from python_coder.errors import RecipeRefusedError
from python_coder.service_map.files import FileView


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """What was read from the source. Grows with what recipes need."""

    project_root: str
    """Folder of the project, relative to the git root; empty when it is the root."""


def read_conventions(files: FileView) -> Conventions:
    """Read how the service is written.

    Raises:
        RecipeRefusedError: Something that a recipe must follow was not found. Names what and where it looked.
    """
    raise RecipeRefusedError(f"No FastAPI service was found in {len(files.paths())} files.")
