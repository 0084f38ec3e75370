# src/python_coder/gates/ruff_rules.py — which ruff rules judge a change: the project's own, then a safe set of ours
import posixpath
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from python_coder.gates.judging_files import is_migration_file, is_test_file

SYNTAX_RULE = "invalid-syntax"
_GUIDELINE = ("F", "E9", "B", "ASYNC", "S")
_ALWAYS_BLOCKING = ("F", "E9", SYNTAX_RULE)
"""Faults in every house style; the other guideline rules yield to a repository that itself breaks them."""
_NOISY = ("S105", "S106", "S107", "S404", "S603", "S607")
_OFF_IN_TESTS = ("S", "F401", "F811")
_CLASSIC_DEFAULT = "E4,E7,E9,F"
"""What ruff selected before 0.17 when nothing was configured; newer defaults are no project's choice."""
_STANDALONE = frozenset({"ruff.toml", ".ruff.toml"})


@dataclass(frozen=True, kw_only=True)
class RuffConfig:
    """The project's own ruff settings that a gate must know about; ruff itself reads the rest."""

    folder: str
    """Folder of the file, relative to the git root; `.` when it is the root."""
    has_select: bool
    """Whether the project chooses its rules, rather than take the defaults of its ruff."""
    ignored: tuple[str, ...]
    """Rules that the project turns off everywhere."""
    ignored_in: tuple[tuple[str, str], ...]
    """Pairs of a path pattern, relative to `folder`, and a rule that is off there."""
    convention: str
    """Docstring convention, such as `google`; empty when none is set."""


def configs_among(paths: Iterable[str], read: Callable[[str], bytes | None]) -> tuple[RuffConfig, ...]:
    """The ruff configurations in some files, outermost first.

    Args:
        paths: All files there are, relative to the git root.
        read: Content of one of them.
    """
    found = []
    for path in sorted(paths, key=lambda path: (path.count("/"), path)):
        name = posixpath.basename(path)
        if name in _STANDALONE or name == "pyproject.toml":
            config = _config(path, read(path) or b"")
            found += [config] if config else []
    return tuple(found)


def projects_options(configs: Sequence[RuffConfig], *, is_own: bool) -> tuple[str, ...]:
    """Options of `ruff check` for the project's own rules, where it has some.

    Args:
        configs: Of the project, outermost first.
        is_own: Whether the ruff that runs is the project's own, whose defaults it took on.
    """
    if not is_own and not any(config.has_select for config in configs):
        return ("--force-exclude", "--select", _CLASSIC_DEFAULT)
    return ("--force-exclude",)


def guideline_options(configs: Sequence[RuffConfig], target: Sequence[str]) -> tuple[str, ...]:
    """Options of `ruff check` for our own rules, without those that the project turns off.

    Args:
        configs: Of the project, outermost first.
        target: The option that names the Python version, or nothing.
    """
    ignored = [*_NOISY, *(rule for config in configs for rule in config.ignored)]
    # Patterns are relative to where ruff runs: only the outermost configuration's are handed on.
    patterns = configs[0].ignored_in if configs else ()
    return (
        *("--isolated", *target, "--select", ",".join(_GUIDELINE)),
        *("--ignore", ",".join(ignored), "--per-file-ignores", "__init__.py:F401"),
        *(word for pattern, rule in patterns for word in ("--per-file-ignores", f"{pattern}:{rule}")),
    )


def guideline_folder(configs: Sequence[RuffConfig]) -> str:
    """Folder to run `ruff check` in for our own rules, relative to the git root."""
    return configs[0].folder if configs else "."


def counts_in(path: str, rule: str, test_paths: Iterable[str] = ()) -> bool:
    """Whether one of our own rules holds in a file: some do not in tests."""
    return not (is_test_file(path, test_paths) and rule.startswith(_OFF_IN_TESTS))


def may_yield(path: str, rule: str) -> bool:
    """Whether a finding of our own rules blocks only where the base itself keeps the rule."""
    # A template writes migrations, with the imports that another one may need.
    return rule != SYNTAX_RULE and (is_migration_file(path) or not rule.startswith(_ALWAYS_BLOCKING))


def _config(path: str, content: bytes) -> RuffConfig | None:
    try:
        document: dict[str, Any] = tomllib.loads(content.decode())
        table = document if posixpath.basename(path) in _STANDALONE else document.get("tool", {}).get("ruff")
        if table is None:
            return None
        lint_table = {**table, **table.get("lint", {})}
        per_file = {**lint_table.get("per-file-ignores", {}), **lint_table.get("extend-per-file-ignores", {})}
        return RuffConfig(
            folder=posixpath.dirname(path) or ".",
            has_select="select" in lint_table or "extend" in table,
            ignored=(*lint_table.get("ignore", ()), *lint_table.get("extend-ignore", ())),
            ignored_in=tuple((pattern, rule) for pattern, rules in per_file.items() for rule in rules),
            convention=lint_table.get("pydocstyle", {}).get("convention", ""),
        )
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError, TypeError):
        # Ruff itself reports a configuration that it cannot read; here it only cannot soften our own rules.
        return None
