# src/python_coder/service_map/alembic.py — where migrations lie, what the newest one is, how they are written
import configparser
import posixpath
import re
from dataclasses import dataclass

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.service_map.project import Project
from python_coder.service_map.source import SourceFile, text_of


@dataclass(frozen=True, kw_only=True)
class MigrationStyle:
    """How this project writes revisions."""

    folder: str
    """Where revision files lie, relative to the git root."""
    head: str
    """Revision that the next one follows; empty when there is none yet."""
    latest: SourceFile | None
    """The file of the head."""
    is_numbered: bool
    """Whether revisions are counted, such as `0001`."""
    count: int
    file_template: str
    """Alembic's `file_template`, with single percent signs."""
    env: SourceFile | None


def read_migrations(project: Project) -> MigrationStyle | None:
    """Read the Alembic set-up, or `None` when the project has none.

    Raises:
        RecipeRefusedError: There are several heads, or the versions folder could not be found.
    """
    options = _options(project)
    if options is None and not project.migrations:
        return None
    folder = _folder(project, options or {})
    inside = [source for source in project.migrations if posixpath.dirname(source.path).startswith(folder)]
    if not inside and project.migrations:
        raise RecipeRefusedError(
            f"The migrations are not in `{folder}`, where alembic.ini puts them. Correct it first."
        )
    heads = _heads(inside)
    if len(heads) > 1:
        raise RecipeRefusedError(
            f"There are {len(heads)} migration heads ({', '.join(sorted(heads))}). Merge them first."
        )
    head = next(iter(heads), "")
    names = [_text(source, "revision") for source in inside]
    return MigrationStyle(
        folder=folder,
        head=head,
        latest=next((source for source in inside if _text(source, "revision") == head), None),
        is_numbered=bool(names) and all(name.isdigit() and len(name) <= _LONGEST_NUMBER for name in names),
        count=len(inside),
        file_template=(options or {}).get("file_template", "").replace("%%", "%"),
        env=project.sources_by_path.get(posixpath.join(posixpath.dirname(folder), "env.py")),
    )


_LONGEST_NUMBER = 8
_SLUG_CHARS = 40


def _options(project: Project) -> dict[str, str] | None:
    ini = min((path for path in project.paths if posixpath.basename(path) == "alembic.ini"), key=len, default=None)
    tool = project.settings.get("tool", {}).get("alembic")
    if isinstance(tool, dict):
        return {key: str(value).replace("%(here)s", project.root) for key, value in tool.items()}
    if ini is None:
        return None
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    try:
        parser.read_string(project.files.read(ini) or "")
    except configparser.Error:
        return {}
    options = dict(parser["alembic"]) if parser.has_section("alembic") else {}
    here = posixpath.dirname(ini)
    location = options.get("script_location", "alembic").replace("%(here)s", "").lstrip("/")
    return {**options, "script_location": posixpath.normpath(posixpath.join(here, location))}


def _folder(project: Project, options: dict[str, str]) -> str:
    location = options.get("script_location", "").strip("/")
    if location and not location.startswith(project.root):
        location = project.path(location)
    if location and ":" not in location:
        return posixpath.join(location, "versions")
    folders = {posixpath.dirname(source.path) for source in project.migrations}
    if len(folders) != 1:
        raise RecipeRefusedError("The folder of migrations was not found: alembic.ini names no `script_location`.")
    return folders.pop()


def _heads(sources: list[SourceFile]) -> set[str]:
    revisions = {_text(source, "revision") for source in sources}
    followed = {name for source in sources for name in _strings(source.assigns.get("down_revision"))}
    return revisions - followed - {""}


def _strings(node: cst.CSTNode | None) -> list[str]:
    if node is None:
        return []
    value = text_of(node)
    return [value] if value is not None else [name for child in node.children for name in _strings(child)]


def _text(source: SourceFile, name: str) -> str:
    return text_of(source.assigns.get(name)) or ""


def slug(message: str) -> str:
    """Alembic's file slug of a message."""
    joined = "_".join(re.findall(r"\w+", message)).lower()
    return joined if len(joined) <= _SLUG_CHARS else joined[:_SLUG_CHARS].rsplit("_", 1)[0] + "_"
