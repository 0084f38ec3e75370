# src/python_coder/service_map/reading/modules.py — which file an import means
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

OUTSIDE = frozenset(
    {"fastapi", "starlette", "pydantic", "pydantic_settings", "sqlalchemy", "sqlmodel", "alembic", "typing"}
)
"""Packages that are never the project's own, whatever its folders are called."""


@dataclass(frozen=True)
class Modules:
    """The Python files of a repository, found by the names under which they are imported.

    A module is known by its stem: its path without `.py`, or the folder of a package.
    """

    texts: Mapping[str, str]
    """Text by path."""

    @cached_property
    def _folders(self) -> frozenset[str]:
        found: set[str] = set()
        for path in self.texts:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    @cached_property
    def _roots(self) -> Mapping[str, tuple[str, ...]]:
        """Folders in which a top-level name is found, by that name."""
        found: dict[str, set[str]] = {}
        for stem in {path.removesuffix(".py") for path in self.texts} | self._folders:
            found.setdefault(posixpath.basename(stem), set()).add(posixpath.dirname(stem))
        return {name: tuple(sorted(folders)) for name, folders in found.items()}

    @cached_property
    def _files(self) -> Mapping[str, str]:
        """Files by stem; a package's own is its `__init__.py`."""
        packages = {path.removesuffix("/__init__.py"): path for path in self.texts if path.endswith("/__init__.py")}
        return packages | {path.removesuffix(".py"): path for path in self.texts}

    def file_of(self, stem: str) -> str | None:
        """The file that holds a module's code; `None` for a folder without one."""
        return self._files.get(stem)

    def exists(self, stem: str) -> bool:
        """Whether a stem is a module, a package, or a folder with Python files."""
        return self.file_of(stem) is not None or stem in self._folders

    def inside(self, stem: str) -> list[str]:
        """Names of the modules and packages directly in a package, sorted."""
        paths = {path.removesuffix(".py") for path in self.texts} | self._folders
        found = {posixpath.basename(path) for path in paths if posixpath.dirname(path) == stem}
        return sorted(found - {"__init__", "__main__"})

    def stem_of(self, path: str) -> str:
        """The stem of a file."""
        return path.removesuffix(".py").removesuffix("/__init__")

    def relative(self, importer: str, level: int, module: str) -> str:
        """The stem that a relative import means, whether it exists or not."""
        folder = posixpath.dirname(importer)
        for _ in range(level - 1):
            folder = posixpath.dirname(folder)
        return posixpath.join(folder, *module.split(".")) if module else folder

    @cached_property
    def _known(self) -> dict[tuple[str, str], str | None]:
        return {}

    def absolute(self, importer: str, module: str) -> str | None:
        """The stem that an absolute import means; `None` when it is not the project's."""
        first = module.partition(".")[0]
        if not module or first in OUTSIDE or first not in self._roots:
            return None
        key = (posixpath.dirname(importer), module)
        if key not in self._known:
            tail = module.replace(".", "/")
            stems = [posixpath.join(root, tail) for root in self._roots[first]]
            known = [stem for stem in stems if self.exists(stem)]
            best = max(known, key=lambda stem: self._fitness(importer, stem[: -len(tail) - 1]), default=None)
            self._known[key] = best
        return self._known[key]

    def _fitness(self, importer: str, root: str) -> tuple[bool, int, int]:
        # Python finds modules below a root on its path; a package's own folder is seldom one.
        is_package = f"{root}/__init__.py" in self.texts
        shared = posixpath.commonpath([importer, root]) if root else ""
        is_above = not root or importer.startswith(f"{root}/")
        return (not is_package, len(shared) if is_above or shared else 0, -root.count("/"))
