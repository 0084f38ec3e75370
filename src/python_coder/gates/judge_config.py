# src/python_coder/gates/judge_config.py — which parts of a configuration file judge, and which of them changed
import configparser
import posixpath
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

_TOOLS = (
    "ruff mypy pytest coverage bandit python-coder pyright basedpyright pylint flake8 black isort pydocstyle "
    "interrogate pytype ty pyrefly vulture mutmut tox nox importlinter deptry semgrep pydoclint yapf autopep8 codespell"
)
JUDGING_TOOLS = frozenset(_TOOLS.split())
"""Tables below `tool` in `pyproject.toml` that decide what a gate says."""

_JUDGING_SECTIONS = (
    *("tool:pytest", "pytest", "mypy", "flake8", "coverage:", "isort", "pylint", "bandit", "pycodestyle", "pydocstyle"),
    *("testenv", "tox", "run", "report", "paths", "pep8", "yapf", "options.entry_points", "importlinter"),
)
_ENTRY_POINTS = (("project", "entry-points", "pytest11"), ("tool", "poetry", "plugins", "pytest11"))


class UnreadableConfigError(ValueError):
    """A configuration file cannot be parsed. Its parts cannot be told apart."""


def changed_parts(path: str, before: bytes | None, after: bytes | None) -> tuple[list[str], list[str]]:
    """What differs between two versions of a configuration file.

    Args:
        path: Path of the file.
        before: Its content on the base; `None` when it is new.
        after: Its content now; `None` when it was deleted.

    Returns:
        The parts that judge, and the parts that do not, as dotted names in order.

    Raises:
        UnreadableConfigError: One of the versions is no valid configuration.
    """
    name = posixpath.basename(path)
    read = _read_toml if name.endswith(".toml") else _read_ini
    old, new = read(before), read(after)
    changed = sorted(part for part in {*old, *new} if old.get(part) != new.get(part))
    judging = [part for part in changed if _judges(name, part)]
    if (before is None or after is None) and name not in {"pyproject.toml", "setup.cfg"}:
        # Even an empty one takes the place of another configuration.
        judging.insert(0, "whether there is such a file")
    return judging, [part for part in changed if part not in judging]


def _judges(name: str, part: str) -> bool:
    if name == "pyproject.toml":
        words = part.split(".")
        is_plugin = any(part.startswith(".".join(entry)) for entry in _ENTRY_POINTS)
        return is_plugin or (len(words) > 1 and words[0] == "tool" and words[1] in JUDGING_TOOLS)
    if name == "setup.cfg":
        return part.startswith(_JUDGING_SECTIONS)
    return True


def _read_toml(content: bytes | None) -> Mapping[str, object]:
    try:
        document = tomllib.loads((content or b"").decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"it is no valid TOML: {error}"
        raise UnreadableConfigError(message) from error
    return dict(_leaves(document, ()))


def _leaves(table: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield ".".join((*above, key)), value


def _read_ini(content: bytes | None) -> Mapping[str, object]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string((content or b"").decode())
    except (configparser.Error, UnicodeDecodeError):
        # No sections at all, such as a `.bandit` in YAML: the file is one part.
        return {"content": content}
    return {f"{section}.{key}": value for section in parser.sections() for key, value in parser.items(section)}
