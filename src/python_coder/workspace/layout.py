# src/python_coder/workspace/layout.py — where a project's code and tests lie: import roots, packages, test folders
import configparser
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from python_coder.workspace.requirement_files import read_text
from python_coder.workspace.tables import strings, table

SKIPPED_FOLDERS = frozenset(
    ("node_modules", "venv", "env", "virtualenv", "site-packages", "build", "dist", "htmlcov", "target", "vendor")
) | {"__pycache__", "__pypackages__"}
_NOT_SOURCE = frozenset(
    ("tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks", "alembic", "migrations")
)
_RARELY_SOURCE = frozenset(
    ("scripts", "script", "bin", "tools", "hooks", "docker", "deploy", "deployment", "infra", "terraform", "helm")
) | frozenset(
    ("frontend", "web", "static", "templates", "assets", "media", "data", "notebooks", "dev", "e2e", "config", "k8s")
)
"""Folder names that are source only when they hold an `__init__.py`."""
_NOT_MODULES = frozenset(("__init__", "setup", "conftest", "noxfile", "tasks", "fabfile", "dodo", "versioneer"))
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<source>[A-Za-z_]\w*)|import[ \t]+(?P<names>[A-Za-z_][\w., \t]*))", re.MULTILINE
)
_INI_FILES = (
    ("pytest.toml", "pytest"),
    (".pytest.toml", "pytest"),
    ("pytest.ini", "pytest"),
    (".pytest.ini", "pytest"),
    ("pyproject.toml", "tool.pytest"),
    ("tox.ini", "pytest"),
    ("setup.cfg", "tool:pytest"),
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Folders and names, relative to the project's folder."""

    import_roots: tuple[str, ...]
    packages: tuple[str, ...]
    test_paths: tuple[str, ...]


def python_files(folder: Path) -> Iterator[Path]:
    """All `.py` files below a folder, in a stable order; hidden, built and installed folders are passed over."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if is_searched(name) and not (Path(here, name) / "pyvenv.cfg").exists()
        )
        yield from (Path(here, name) for name in sorted(files) if name.endswith(".py"))


def is_searched(folder_name: str) -> bool:
    """Whether a folder of this name may hold source of the project."""
    return (
        not folder_name.startswith(".") and folder_name not in SKIPPED_FOLDERS and not folder_name.endswith(".egg-info")
    )


def imported_names(path: Path) -> frozenset[str]:
    """Top-level names that a file imports, read without parsing, so the file may be of any Python version."""
    names: set[str] = set()
    for match in _IMPORT.finditer(read_text(path)):
        found = match["source"] or match["names"]
        names.update(re.split(r"[.\s]", part.strip())[0] for part in found.split(",") if part.strip())
    return frozenset(names)


def read_layout(folder: Path, pyproject: Mapping[str, object], *, top: Path) -> Layout:
    """Find import roots, packages and tests: as the manifest declares them, else as the files lie.

    Args:
        folder: The project's folder.
        pyproject: Its `pyproject.toml`; empty when it has none.
        top: The git root; pytest's settings may stand in any folder from here down to the project.
    """
    ini_folder, ini = pytest_ini(folder, top)
    declared, names = _declared(folder, table(pyproject, "tool"))
    roots = [os.path.relpath(ini_folder / path, folder) for path in ini.get("pythonpath", "").split()] + declared
    source = folder / "src"
    if not declared and not (source / "__init__.py").exists() and any(_top_level(source)):
        roots.append("src")
    roots = [root for root in dict.fromkeys(map(os.path.normpath, roots)) if (folder / root).is_dir()]
    inner = {root.split("/")[0] for root in roots} - {"."}
    if "." not in roots and (not roots or not inner.issuperset(_top_level(folder))):
        roots.append(".")
    roots += _implied_roots(folder, roots)
    inner = {root.split("/")[0] for root in roots} - {"."}
    packages = dict.fromkeys(names)
    for root in roots:
        packages |= dict.fromkeys(name for name in _top_level(folder / root) if root != "." or name not in inner)
    present = tuple(name for name in packages if any(_exists(folder / root, name) for root in roots))
    return Layout(import_roots=tuple(roots), packages=present, test_paths=_test_paths(folder, ini_folder, ini))


def pytest_ini(folder: Path, top: Path) -> tuple[Path, dict[str, str]]:
    """Settings of pytest as plain texts, and the folder of the file that pytest would take them from."""
    for here in (folder, *folder.parents):
        if not here.is_relative_to(top):
            break
        for name, section in _INI_FILES:
            path = here / name
            if path.is_file():
                found = _toml_ini(path, section) if path.suffix == ".toml" else _plain_ini(path, section)
                if found is not None:
                    return here, found
    return folder, {}


def _toml_ini(path: Path, section: str) -> dict[str, str] | None:
    try:
        values: Mapping[str, object] = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError:
        return None
    for key in section.split("."):
        values = table(values, key)
    values = table(values, "ini_options") or values
    if not values:
        return {} if path.name != "pyproject.toml" else None
    return {key: "\n".join(strings(values, key)) or str(value) for key, value in values.items() if value != []}


def _plain_ini(path: Path, section: str) -> dict[str, str] | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read_text(path))
    except configparser.Error:
        return None
    if parser.has_section(section):
        return dict(parser.items(section))
    return {} if path.name.endswith("pytest.ini") else None


def _declared(folder: Path, tool: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """Import roots and package names that the build settings declare."""
    roots: list[str] = []
    names: list[str] = []
    hatch = table(table(tool, "hatch"), "build")
    wheel = table(table(hatch, "targets"), "wheel")
    for path in (*strings(wheel, "packages"), *strings(hatch, "packages")):
        roots.append(str(Path(path).parent))
        names.append(Path(path).name.removesuffix(".py"))
    setuptools = table(tool, "setuptools")
    roots += strings(table(table(setuptools, "packages"), "find"), "where")
    roots += [path for path in (table(setuptools, "package-dir").get(""),) if isinstance(path, str)]
    names += [name.partition(".")[0] for name in (*strings(setuptools, "packages"), *strings(setuptools, "py-modules"))]
    packages = table(tool, "poetry").get("packages")
    for package in packages if isinstance(packages, list) else []:
        if isinstance(package, dict) and isinstance(include := package.get("include"), str):
            roots.append(str(package.get("from") or "."))
            names.append(Path(include.split("/")[0]).name.removesuffix(".py"))
    roots += [path for path in (table(table(tool, "pdm"), "build").get("package-dir"),) if isinstance(path, str)]
    backend = table(table(tool, "uv"), "build-backend")
    roots += [path for path in (backend.get("module-root"),) if isinstance(path, str)]
    where = _plain_ini(folder / "setup.cfg", "options.packages.find") if (folder / "setup.cfg").is_file() else None
    return roots + ((where or {}).get("where", "").split()), [name for name in names if name.isidentifier()]


def _top_level(root: Path) -> Iterator[str]:
    """Names of the packages and modules that can be imported from a folder, tests and tooling left out."""
    for path in sorted(root.iterdir()) if root.is_dir() else []:
        if path.suffix == ".py" and path.is_file():
            if path.stem.isidentifier() and path.stem not in _NOT_MODULES and not _is_test_file(path.name):
                yield path.stem
        elif path.is_dir() and path.name.isidentifier() and is_searched(path.name) and _is_package(path):
            yield path.name


def _is_package(path: Path) -> bool:
    if path.name in _NOT_SOURCE or (path / "script.py.mako").exists() or (path / "pyvenv.cfg").exists():
        return False
    if (path / "__init__.py").exists():
        return True
    if path.name in _RARELY_SOURCE or path.name == "src":
        return False
    return any(not _is_test_file(file.name) for file in path.glob("*.py")) or any(path.glob("*/__init__.py"))


def _is_test_file(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def _implied_roots(folder: Path, roots: list[str]) -> list[str]:
    """Folders whose modules import each other by bare name, as when the service is started inside them."""
    files = [path for path in python_files(folder) if not _is_test_file(path.name)]
    imports = {path: imported_names(path) for path in files}
    everywhere = frozenset[str]().union(*imports.values())
    implied: dict[str, None] = {}
    for path, names in imports.items():
        here = path.parent.relative_to(folder)
        top = here.parts[0] if here.parts else "."
        if top in _NOT_SOURCE | _RARELY_SOURCE | everywhere or here.as_posix() in roots:
            continue
        local = {name for name in names - sys.stdlib_module_names if _exists(path.parent, name)}
        is_package = (path.parent / "__init__.py").exists()
        if not is_package and any(not any(_exists(folder / root, name) for root in roots) for name in local):
            implied[here.as_posix()] = None
    return list(implied)


def _exists(root: Path, name: str) -> bool:
    return (root / f"{name}.py").is_file() or (root / name).is_dir()


def _test_paths(folder: Path, ini_folder: Path, ini: Mapping[str, str]) -> tuple[str, ...]:
    patterns = [pattern.rstrip("/") for pattern in ini.get("testpaths", "").split()]
    named = [path for pattern in patterns for path in sorted(ini_folder.glob(pattern))]
    if inside := [path for path in named if path.is_relative_to(folder)]:
        return tuple(path.relative_to(folder).as_posix() for path in inside)
    found: dict[str, None] = {}
    for path in python_files(folder):
        if _is_test_file(path.name) and path.name != "conftest.py":
            parts = path.relative_to(folder).parts
            depth = next((index for index, part in enumerate(parts[:-1]) if part in {"tests", "test"}), len(parts) - 1)
            found["/".join(parts[: depth + 1])] = None
    return tuple(found)
