# src/python_coder/symbols/target.py — the oldest Python that a project says it supports
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from python_coder.symbols.syntax import NEWEST

_LOWER_BOUND = re.compile(r"\s*(?:>=|===?|~=|\^|~|>|)\s*3\.(\d+)")
_OLDEST_MINOR, _NEWEST_MINOR = 7, 15


def target_version(path: str, read: Callable[[str], str | None]) -> str:
    """The Python version to judge a file's syntax by, as ruff writes it, such as `py311`.

    Args:
        path: The file, relative to the project.
        read: Text of a file of the project, or `None`.

    Returns:
        What the nearest `ruff.toml` or `pyproject.toml` at or above the file says; the newest where none does.
    """
    for folder in PurePosixPath(path).parents:
        for name in (".ruff.toml", "ruff.toml", "pyproject.toml"):
            settings = _settings(read((folder / name).as_posix()))
            for said in _said(settings, is_pyproject=name == "pyproject.toml"):
                return said
    return NEWEST


def _said(settings: Mapping[str, Any], *, is_pyproject: bool) -> Iterator[str]:
    tools = _table(settings, "tool")
    ruff = _table(tools, "ruff") if is_pyproject else settings
    if re.fullmatch(r"py3\d{1,2}", str(ruff.get("target-version", ""))):
        yield str(ruff["target-version"])
    poetry = _table(_table(tools, "poetry"), "dependencies").get("python", "")
    for wanted in (_table(settings, "project").get("requires-python", ""), poetry):
        bounds = [int(found[1]) for part in re.split(r",|\|\|?", str(wanted)) if (found := _LOWER_BOUND.match(part))]
        if bounds:
            yield f"py3{min(max(min(bounds), _OLDEST_MINOR), _NEWEST_MINOR)}"


def _settings(text: str | None) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text or "")
    except tomllib.TOMLDecodeError:
        return {}


def _table(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = settings.get(name)
    return found if isinstance(found, dict) else {}
