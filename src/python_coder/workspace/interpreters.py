# src/python_coder/workspace/interpreters.py — which installed Python a project gets
import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.workspace.set_up import SetUp, uv_program


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python that is installed on this machine."""

    path: Path
    version: str

    @property
    def minor(self) -> tuple[int, ...]:
        """Such as `(3, 12)`."""
        return Version(self.version).release[:2]


async def choose_python(requirements: Iterable[str], *, pinned: str, set_up: SetUp, cwd: Path) -> Interpreter:
    """Choose an installed interpreter that the project allows. Nothing is downloaded.

    The version in `.python-version` comes first if it is installed, then the minor version that we run on, then the
    oldest one that is allowed, since what a project pins tends to have no wheels for a newer Python.

    Args:
        requirements: PEP 440 specifiers; all must allow the interpreter. Empty ones allow any.
        pinned: What `.python-version` says; it is a wish, not a demand.
        set_up: Runs the look-up.
        cwd: A folder without a `.python-version`.

    Raises:
        EnvironmentLacksError: None is installed.
        UsageError: A specifier is not valid.
    """
    wanted = _specifiers(requirements)
    installed = await _installed(set_up, cwd)
    fitting = [python for python in installed if wanted.contains(python.version, prereleases=True)]
    if not fitting:
        raise EnvironmentLacksError(_nothing_fits(str(wanted), installed))

    def rank(python: Interpreter) -> tuple[bool, bool, bool, tuple[int, ...], int]:
        version = Version(python.version)
        is_pinned = bool(pinned) and f"{python.version}.".startswith(f"{pinned}.")
        is_foreign = python.minor != sys.version_info[:2]
        return (not is_pinned, version.is_prerelease, is_foreign, python.minor, -version.micro)

    return min(fitting, key=rank)


def pinned_version(folder: Path, top: Path) -> str:
    """The version that the nearest `.python-version` names, such as `3.12`; empty when there is none."""
    for here in (folder, *folder.parents):
        if not here.is_relative_to(top):
            break
        path = here / ".python-version"
        if path.is_file():
            match = re.search(
                r"(?m)^\s*(?:cpython[-@]?|python-?)?(\d+(?:\.\d+){1,2})", path.read_text(errors="replace")
            )
            return match[1] if match else ""
    return ""


def _specifiers(requirements: Iterable[str]) -> SpecifierSet:
    text = ",".join(filter(None, requirements))
    try:
        return SpecifierSet(text)
    except InvalidSpecifier as error:
        raise UsageError(f"The project's requires-python {text!r} is no valid specifier. Mend it first.") from error


async def _installed(set_up: SetUp, cwd: Path) -> list[Interpreter]:
    own = Path(getattr(sys, "_base_executable", "") or sys.executable)
    found = {own: Interpreter(path=own, version=".".join(map(str, sys.version_info[:3])))}
    command = ("python", "list", "--only-installed", "--output-format", "json", "--no-config")
    completed = await set_up.run(str(uv_program()), *command, cwd=cwd)
    for entry in json.loads(completed.stdout) if completed.exit_code == 0 else []:
        path = Path(entry["path"])
        is_plain = entry.get("implementation") == "cpython" and entry.get("variant", "default") == "default"
        if is_plain and path.parent.name != "shims" and _is_version(entry["version"]):
            found.setdefault(path, Interpreter(path=path, version=entry["version"]))
    for python in _pyenv(set_up.env):
        found.setdefault(python.path, python)
    return list(found.values())


def _pyenv(env: Mapping[str, str]) -> list[Interpreter]:
    """What pyenv installed: uv cannot see it, since pyenv puts nothing but shims on the path."""
    folders = sorted(Path(env.get("HOME", "/"), ".pyenv/versions").glob("[0-9]*.[0-9]*.[0-9]*"))
    return [
        Interpreter(path=folder / "bin/python", version=folder.name)
        for folder in folders
        if _is_version(folder.name) and (folder / "bin/python").exists()
    ]


def _is_version(text: str) -> bool:
    try:
        return Version(text) >= Version("3.8")
    except InvalidVersion:
        return False


def _nothing_fits(wanted: str, installed: list[Interpreter]) -> str:
    versions = ", ".join(str(version) for version in sorted({Version(python.version) for python in installed}))
    first = re.search(r"3\.\d+", wanted)
    mend = f"Run `uv python install {first[0]}` and try again." if first else "Install one and try again."
    return f"The project needs Python {wanted or '3.8 or newer'}, and this machine has {versions or 'none'}. {mend}"
