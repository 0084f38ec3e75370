# src/python_coder/workspace/manifest.py — one folder's manifest: its manager, dependencies, groups, entry points
import configparser
import fnmatch
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from python_coder.errors import UsageError
from python_coder.workspace.poetry import poetry_lines, poetry_python
from python_coder.workspace.requirement_files import (
    is_compiled,
    is_for_development,
    read_text,
    requirement_files,
    requirement_name,
    requirement_names,
    with_includes,
)
from python_coder.workspace.tables import strings, table

Manager = Literal["uv", "poetry", "pdm", "requirements", "pep621"]
MANIFEST_NAMES = ("pyproject.toml", "requirements.txt", "requirements/*.txt", "setup.cfg", "setup.py")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What one folder says about itself, as plain values."""

    folder: Path
    manager: Manager
    lock: Path | None
    """Lock file; for a member of a uv workspace that of the workspace."""
    pyproject: Mapping[str, object]
    name: str
    version: str
    requires_python: str
    dependencies: tuple[str, ...]
    """Requirement lines of the service itself; those of requirement files are not repeated here."""
    groups: Mapping[str, tuple[str, ...]]
    """Groups and extras that tests, linters and type checkers need, with their requirement lines."""
    requirement_files: tuple[Path, ...]
    """With all that they include."""
    asked_files: tuple[Path, ...]
    """Those of `requirement_files` that are installed by themselves."""
    entry_points: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def declares_fastapi(self) -> bool:
        """Whether FastAPI stands among the dependencies."""
        names = {requirement_name(line) for line in self.dependencies}
        for path in self.requirement_files:
            names.update(requirement_names(path))
        return not names.isdisjoint({"fastapi", "fastapi-slim"})

    @property
    def tool(self) -> Mapping[str, object]:
        """The `[tool]` table of `pyproject.toml`."""
        return table(self.pyproject, "tool")


def read_pyproject(folder: Path, top: Path | None = None) -> Mapping[str, object]:
    """`pyproject.toml` of a folder; empty when there is none.

    Args:
        folder: The folder to read.
        top: What a message tells the file's place from; without it the folder is named.

    Raises:
        UsageError: The file is not valid TOML.
    """
    path = folder / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(read_text(path).replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        place = path.relative_to(top or folder.parent)
        raise UsageError(f"{place} is not valid TOML: {error}. Mend it first.") from error


def read_manifest(folder: Path, top: Path) -> Manifest | None:
    """What `folder` says about itself, or `None` when it is no Python project.

    Args:
        folder: The folder to read.
        top: The git root: nothing above it is looked at.

    Raises:
        UsageError: `pyproject.toml` is not valid TOML.
    """
    pyproject = read_pyproject(folder, top)
    project, tool = table(pyproject, "project"), table(pyproject, "tool")
    files = requirement_files(folder)
    setup_cfg = {**_setup_py(folder), **_setup_cfg(folder)}
    if not (project or "poetry" in tool or files or setup_cfg or (folder / "setup.py").is_file()):
        return None
    manager, lock = _manager(folder, top, pyproject, files)
    poetry = table(tool, "poetry")
    name = _text(project, "name") or _text(poetry, "name") or setup_cfg.get("name", "")
    asked_files = _chosen_files(manager, project, files)
    return Manifest(
        folder=folder,
        manager=manager,
        lock=lock,
        pyproject=pyproject,
        name=name or (folder.name if folder != top else ""),
        version=_version(folder, pyproject, setup_cfg),
        requires_python=_text(project, "requires-python")
        or poetry_python(poetry)
        or setup_cfg.get("python_requires", ""),
        dependencies=_dependencies(pyproject, setup_cfg),
        groups=_development_groups(pyproject),
        requirement_files=with_includes(asked_files, top),
        asked_files=asked_files,
        entry_points=_entry_points(pyproject),
    )


def _manager(
    folder: Path, top: Path, pyproject: Mapping[str, object], files: tuple[Path, ...]
) -> tuple[Manager, Path | None]:
    project, tool = table(pyproject, "project"), table(pyproject, "tool")
    if project and (lock := _uv_lock(folder, top)):
        return "uv", lock
    poetry = table(tool, "poetry")
    locks: dict[Manager, bool] = {"poetry": bool(poetry or project), "pdm": bool(project)}
    for manager, is_meant in locks.items():
        if is_meant and (folder / f"{manager}.lock").is_file():
            return manager, folder / f"{manager}.lock"
    if "dependencies" in poetry or ("group" in poetry and not project):
        return "poetry", None
    # Dependencies that the project table does not hold, or declares dynamic, stand in the requirement files.
    if files and ("dependencies" in strings(project, "dynamic") or not strings(project, "dependencies")):
        return "requirements", None
    unlocked: tuple[Manager, ...] = ("uv", "pdm")
    return next((manager for manager in unlocked if manager in tool), "pep621"), None


def _uv_lock(folder: Path, top: Path) -> Path | None:
    if (folder / "uv.lock").is_file():
        return folder / "uv.lock"
    for parent in folder.parents:
        if not parent.is_relative_to(top):
            return None
        if (parent / "uv.lock").is_file() and is_workspace_member(parent, folder):
            return parent / "uv.lock"
    return None


def is_workspace_member(workspace: Path, folder: Path) -> bool:
    """Whether `[tool.uv.workspace]` of one folder names another as its member."""
    settings = table(table(table(read_pyproject(workspace), "tool"), "uv"), "workspace")
    path = folder.relative_to(workspace).as_posix()
    is_named = any(_matches(path, pattern) for pattern in strings(settings, "members"))
    return is_named and not any(_matches(path, pattern) for pattern in strings(settings, "exclude"))


def _matches(path: str, pattern: str) -> bool:
    pattern = pattern.strip("/").removeprefix("./")
    return fnmatch.fnmatch(path, pattern) and (path.count("/") == pattern.count("/") or "**" in pattern)


def _chosen_files(manager: Manager, project: Mapping[str, object], files: tuple[Path, ...]) -> tuple[Path, ...]:
    if manager == "requirements":
        return files
    if manager == "pep621" and project:
        return tuple(path for path in files if is_compiled(path) or _serves_development(path))
    return ()


def _serves_development(path: Path) -> bool:
    """Whether a requirement file beside a project table adds what tests need, by its name or by what it lists."""
    return is_for_development(path.stem) or "pytest" in requirement_names(path)


def _dependencies(pyproject: Mapping[str, object], setup_cfg: Mapping[str, str]) -> tuple[str, ...]:
    project, poetry = table(pyproject, "project"), table(table(pyproject, "tool"), "poetry")
    declared = strings(project, "dependencies") or poetry_lines(table(poetry, "dependencies"))
    return declared or tuple(
        line.strip() for line in setup_cfg.get("install_requires", "").splitlines() if line.strip()
    )


def _development_groups(pyproject: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    tool = table(pyproject, "tool")
    groups = table(pyproject, "dependency-groups")
    found = {name: group_lines(groups, name) for name in groups}
    extras = table(table(pyproject, "project"), "optional-dependencies")
    found |= {name: (*strings(extras, name), *found.get(name, ())) for name in extras}
    pdm = table(table(tool, "pdm"), "dev-dependencies")
    found |= {name: (*strings(pdm, name), *found.get(name, ())) for name in pdm}
    wanted = {name: lines for name, lines in found.items() if is_for_development(name)}
    poetry = table(tool, "poetry")
    wanted |= {"dev": poetry_lines(old)} if (old := table(poetry, "dev-dependencies")) else {}
    for name, group in table(poetry, "group").items():
        if isinstance(group, dict) and (not group.get("optional") or is_for_development(name)):
            wanted[name] = poetry_lines(table(group, "dependencies"))
    uv_dev = strings(table(tool, "uv"), "dev-dependencies")
    wanted |= {"dev": (*wanted.get("dev", ()), *uv_dev)} if uv_dev else {}
    own = canonicalize_name(_text(table(pyproject, "project"), "name"))
    return {name: with_own_extras(lines, own, extras) for name, lines in wanted.items()}


def with_own_extras(
    lines: tuple[str, ...], own: str, extras: Mapping[str, object], seen: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """The lines; one that names the project itself, such as `shop[postgres]`, gives way to what its extras ask for."""
    found: list[str] = []
    for line in lines:
        if not own or requirement_name(line) != own:
            found.append(line)
            continue
        for extra in sorted(Requirement(line).extras - seen):
            found += with_own_extras(strings(extras, extra), own, extras, seen | {extra})
    return tuple(dict.fromkeys(found))


def group_lines(groups: Mapping[str, object], name: str, seen: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Requirement lines of one dependency group, with the groups that it includes (PEP 735)."""
    by_name = {canonicalize_name(key): value for key, value in groups.items()}
    key = canonicalize_name(name)
    items = by_name.get(key)
    if not isinstance(items, list) or key in seen:
        return ()
    lines: list[str] = []
    for item in items:
        if isinstance(item, str):
            lines.append(item)
        elif isinstance(item, dict) and isinstance(included := item.get("include-group"), str):
            lines.extend(group_lines(groups, included, seen | {key}))
    return tuple(lines)


def _version(folder: Path, pyproject: Mapping[str, object], setup_cfg: Mapping[str, str]) -> str:
    tool = table(pyproject, "tool")
    static = _text(table(pyproject, "project"), "version") or _text(table(tool, "poetry"), "version")
    static = static or setup_cfg.get("version", "")
    if static and not static.startswith(("attr:", "file:")):
        return static
    sources = (table(table(tool, "hatch"), "version").get("path"), table(table(tool, "pdm"), "version").get("path"))
    for source in sources:
        if isinstance(source, str) and (folder / source).is_file():
            match = re.search(
                r"""(?m)^(?:__version__|VERSION)[^=\n]*=\s*["']([^"']+)["']""", read_text(folder / source)
            )
            return match[1] if match else "0.0.0"
    return "0.0.0"


def _entry_points(pyproject: Mapping[str, object]) -> dict[str, dict[str, str]]:
    project, poetry = table(pyproject, "project"), table(table(pyproject, "tool"), "poetry")
    groups: dict[str, dict[str, str]] = {}
    for group, values in (
        ("console_scripts", table(project, "scripts") or table(poetry, "scripts")),
        *table(project, "entry-points").items(),
        *table(poetry, "plugins").items(),
    ):
        if isinstance(values, Mapping):
            named = {name: target for name, target in values.items() if isinstance(target, str)}
            groups |= {group: named} if named else {}
    return groups


def _setup_py(folder: Path) -> dict[str, str]:
    if not (folder / "setup.py").is_file():
        return {}
    from python_coder.workspace.setup_py import read_setup_py  # noqa: PLC0415 - its parser takes long to import

    return read_setup_py(folder)


def _setup_cfg(folder: Path) -> dict[str, str]:
    path = folder / "setup.cfg"
    if not path.is_file():
        return {}
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read_text(path))
    except configparser.Error:
        return {}
    sections: Iterable[str] = (section for section in ("metadata", "options") if parser.has_section(section))
    return {key: value for section in sections for key, value in parser.items(section)}


def _text(values: Mapping[str, object], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""
