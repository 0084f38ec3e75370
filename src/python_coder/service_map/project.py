# src/python_coder/service_map/project.py — the project inside a repository: its root, its modules, its settings
import posixpath
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.service_map.files import FileView, is_test_path
from python_coder.service_map.source import SourceFile

_PROJECT_FILES = ("pyproject.toml", "requirements.txt", "setup.py", "setup.cfg", "Pipfile")
_WORTH_PARSING = ("fastapi", "sqlalchemy", "sqlmodel", "pydantic", "alembic", "BaseModel", "import ", "router")


@dataclass(frozen=True)
class Project:
    """One FastAPI project, read from its files. All paths are relative to the git root."""

    files: FileView

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """All files below the project root, ordered."""
        return tuple(path for path in self._all_paths if path.startswith(self._prefix))

    @cached_property
    def _all_paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files.paths()))

    @cached_property
    def root(self) -> str:
        """Folder of the project; empty when it is the git root.

        Raises:
            RecipeRefusedError: There is no FastAPI application, or there are several in different projects.
        """
        folders = {self._project_folder(path) for path in self._application_paths}
        if not folders:
            count = sum(path.endswith(".py") for path in self._all_paths)
            raise RecipeRefusedError(
                f"No FastAPI application was found: none of the {count} Python files outside of tests calls `FastAPI(`."
            )
        if len(folders) > 1:
            named = ", ".join(sorted(folder or "." for folder in folders))
            raise RecipeRefusedError(f"Several FastAPI projects were found ({named}). Run in a repository with one.")
        return folders.pop()

    @cached_property
    def _application_paths(self) -> tuple[str, ...]:
        candidates = [path for path in self._all_paths if path.endswith(".py") and not is_test_path(path)]
        return tuple(path for path in candidates if "FastAPI(" in (self.files.read(path) or ""))

    def _project_folder(self, path: str) -> str:
        known = set(self._all_paths)
        folder = posixpath.dirname(path)
        while folder:
            if any(f"{folder}/{name}" in known for name in _PROJECT_FILES):
                return folder
            folder = posixpath.dirname(folder)
        return ""

    @property
    def _prefix(self) -> str:
        return f"{self.root}/" if self.root else ""

    def path(self, *parts: str) -> str:
        """A path below the project root, relative to the git root."""
        return posixpath.join(self.root, *parts) if self.root else posixpath.join(*parts)

    @cached_property
    def application(self) -> SourceFile:
        """The file that makes the FastAPI application; the one nearest to the root when several do."""
        paths = [path for path in self._application_paths if path.startswith(self._prefix)]
        return self.source(min(paths, key=lambda path: (path.count("/"), path)))

    def source(self, path: str) -> SourceFile:
        """A Python file of the project.

        Raises:
            KeyError: There is none at this path that can be parsed.
        """
        return self.sources_by_path[path]

    @cached_property
    def sources_by_path(self) -> Mapping[str, SourceFile]:
        """All Python files that parse, by path."""
        found: dict[str, SourceFile] = {}
        for path in self.paths:
            text = self.files.read(path) if path.endswith(".py") else None
            if text is None:
                continue
            # A test may need no import at all: fixtures bring everything.
            if text.strip() and not is_test_path(path) and not any(word in text for word in _WORTH_PARSING):
                continue
            source = SourceFile(path, self.module_name(path), text)
            if _parses(source):
                found[path] = source
        return found

    def module_name(self, path: str) -> str:
        """Dotted name under which the project imports a file."""
        local = path.removeprefix(self._prefix).removesuffix(".py").removesuffix("/__init__")
        return local.removeprefix("src/").replace("/", ".")

    @cached_property
    def code(self) -> tuple[SourceFile, ...]:
        """Python files of the service itself: no tests, no migrations, ordered by path."""
        return tuple(
            source
            for path, source in self.sources_by_path.items()
            if not is_test_path(path) and not self._is_migration(source)
        )

    @cached_property
    def tests(self) -> tuple[SourceFile, ...]:
        """Python files below a tests folder, and test files elsewhere, ordered by path."""
        return tuple(source for path, source in self.sources_by_path.items() if is_test_path(path))

    @cached_property
    def migrations(self) -> tuple[SourceFile, ...]:
        """Alembic revisions, ordered by path."""
        return tuple(source for source in self.sources_by_path.values() if self._is_migration(source))

    def _is_migration(self, source: SourceFile) -> bool:
        return "down_revision" in source.text and "revision" in source.assigns

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The project's `pyproject.toml`, or nothing."""
        text = self.files.read(self.path("pyproject.toml"))
        try:
            return tomllib.loads(text) if text else {}
        except tomllib.TOMLDecodeError:
            return {}

    def module(self, dotted_name: str) -> SourceFile | None:
        """The file of a module, by its dotted name."""
        return self._by_module.get(dotted_name)

    @cached_property
    def _by_module(self) -> Mapping[str, SourceFile]:
        return {source.module_name: source for source in self.sources_by_path.values()}

    @cached_property
    def packages(self) -> frozenset[str]:
        """Top-level names that the project's own imports start with."""
        return frozenset(source.module_name.split(".")[0] for source in self.sources_by_path.values())


def _parses(source: SourceFile) -> bool:
    try:
        return source.tree is not None
    except (cst.ParserSyntaxError, RecursionError):
        return False
