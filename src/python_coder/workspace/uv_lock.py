# src/python_coder/workspace/uv_lock.py — what a `uv.lock` says about interpreters and folders of the repository
import tomllib
from collections.abc import Mapping
from pathlib import Path

from python_coder.errors import UsageError
from python_coder.workspace.requirement_files import read_text
from python_coder.workspace.tables import table


def locked_python(lock: Path) -> str:
    """Interpreters that the lock holds for, as PEP 440 specifiers."""
    return str(_read(lock).get("requires-python", ""))


def locally_locked(lock: Path) -> tuple[str, ...]:
    """Names of the locked packages that are folders of the repository, the project itself among them."""
    packages = _read(lock).get("package")
    found = [package for package in packages if isinstance(package, dict)] if isinstance(packages, list) else []
    kinds = {"editable", "virtual", "directory"}
    return tuple(str(package.get("name")) for package in found if not kinds.isdisjoint(table(package, "source")))


def _read(lock: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(read_text(lock))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{lock.name} is not valid TOML: {error}. Run `uv lock` and commit it.") from error
