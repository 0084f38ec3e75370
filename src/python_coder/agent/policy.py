# src/python_coder/agent/policy.py — allow, ask, deny: rules on a call's tool and arguments, and on nothing else
"""A policy file holds rules, in TOML.

    [[rule]]
    decision = "deny"                                        # allow, ask or deny
    tool = "mcp__serena__execute_shell_command"              # a name, a pattern, or reads, edits, runs
    arguments = { command = "alembic downgrade*" }           # optional: a pattern for each argument
    why = "Downgrades are done by hand."                     # optional: told to the model

The strictest rule that matches a call decides, wherever it stands. The user's rules come from
`~/.config/python-coder/policy.toml` or `--policy FILE`; a repository's, from `.python-coder/policy.toml` or from
`[[tool.python-coder.rule]]` in its `pyproject.toml`, can only ask and deny. What a model reads has no part in it.
"""

import posixpath
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from python_coder.agent.spellings import spellings
from python_coder.errors import ToolRefusedError, UsageError
from python_coder.service_map.files import FileView
from python_coder.tools.table import Tool

Decision = Literal["allow", "ask", "deny"]
POLICY_FILE = "policy.toml"
REPOSITORY_POLICY = ".python-coder/policy.toml"
STRICTNESS: Mapping[Decision, int] = {"allow": 0, "ask": 1, "deny": 2}
"""Of all rules that match a call one with the highest number decides."""
_OWN_PATH = "relative_path"
_PATHS = frozenset({"path", "file", "file_path", _OWN_PATH})
"""What a file's path may be called in a rule; a tool that has no such argument has `relative_path`."""


class Rule(BaseModel):
    """One rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Decision
    tool: Annotated[str, Field(min_length=1)] = "*"
    """Full or short name of a tool, a pattern of one, or an effect: `reads`, `edits`, `runs`."""
    arguments: dict[str, str] = {}
    """Pattern for each argument, as of a shell; all of them must match."""
    why: str = ""

    def matches(self, tool: Tool, arguments: Mapping[str, Any]) -> bool:
        """Whether a call is meant. Commands and paths are compared in each spelling that means the same."""
        if not _names(self.tool, tool):
            return False
        given = tool.arguments(arguments)
        return all(self._fits(name, _given(tool, name, given), pattern) for name, pattern in self.arguments.items())

    def _fits(self, name: str, value: object, pattern: str) -> bool:
        if isinstance(value, list | tuple):
            # A list is allowed as a whole, and stopped for one of its items.
            fits = [self._fits(name, item, pattern) for item in value]
            return all(fits) if self.decision == "allow" else any(fits)
        if isinstance(value, dict) and self.decision != "allow" and self._fits(name, list(value.values()), pattern):
            return True
        texts = list(spellings(name, value))
        # What allows looks at the plainest spelling alone: `tests/../app` must not pass for `tests/*`.
        return any(fnmatchcase(text, pattern) for text in (texts[-1:] if self.decision == "allow" else texts))


_RULES = TypeAdapter(tuple[Rule, ...])


@dataclass(frozen=True)
class Policy:
    """All rules of a run."""

    rules: Sequence[Rule] = ()

    def rule_for(self, tool: Tool, arguments: Mapping[str, Any]) -> Rule | None:
        """The strictest rule that means this call; the first of equally strict ones."""
        found = [rule for rule in self.rules if rule.matches(tool, arguments)]
        return max(found, key=lambda rule: STRICTNESS[rule.decision], default=None)

    @property
    def is_about_paths(self) -> bool:
        """Whether any rule names a path."""
        return any(not _PATHS.isdisjoint(rule.arguments) for rule in self.rules)


def named_path(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """The file that a call names; empty for none."""
    given = tool.arguments(arguments)
    return next((posixpath.normpath(str(given[name]).strip()) for name in given if name in _PATHS), "")


def with_path(tool: Tool, arguments: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The arguments of the call, were it about another file."""
    given = tool.arguments(arguments)
    return {**given, **dict.fromkeys([name for name in given if name in _PATHS] or [_OWN_PATH], path)}


def read_rules(text: str, path: str) -> tuple[Rule, ...]:
    """The rules of a policy file.

    Raises:
        UsageError: It is no TOML, or a rule has a wrong key or value. Names the file and the rule.
    """
    return _rules(_toml(text, path), path)


def repository_rules(files: FileView, project_root: str) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """What a repository asks for: its own rules, without those that would allow.

    Args:
        files: The base revision.
        project_root: Relative to the git root.

    Returns:
        The rules, and a sentence for each file whose `allow` was left out.

    Raises:
        UsageError: A rule cannot be read: going on without it would be less strict than the repository asks for.
    """
    found: list[Rule] = []
    notes: list[str] = []
    for path, rules in _of_repository(files, project_root):
        found += [rule for rule in rules if rule.decision != "allow"]
        if any(rule.decision == "allow" for rule in rules):
            notes.append(f"{path} has rules that allow; a repository can only ask and deny, so they do not count.")
    return tuple(found), tuple(notes)


def _of_repository(files: FileView, project_root: str) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    text = _text(files, REPOSITORY_POLICY)
    if text:
        yield REPOSITORY_POLICY, read_rules(text, REPOSITORY_POLICY)
    manifests = dict.fromkeys(["pyproject.toml", posixpath.normpath(posixpath.join(project_root, "pyproject.toml"))])
    for path in manifests:
        text = _text(files, path)
        if "python-coder" in text:
            own = _toml(text, path).get("tool", {}).get("python-coder", {})
            yield path, _rules({"rule": own.get("rule", [])}, path)


def _text(files: FileView, path: str) -> str:
    try:
        return files.read(path) or ""
    except ToolRefusedError:
        return ""


def _toml(text: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"The policy in {path} is no TOML: {error}. Mend it; a run never goes on without it."
        ) from error


def _rules(document: Mapping[str, Any], path: str) -> tuple[Rule, ...]:
    unknown = sorted(document.keys() - {"rule"})
    if unknown:
        raise UsageError(f"The policy in {path} has the key {unknown[0]!r}. It holds [[rule]] tables only.")
    try:
        return _RULES.validate_python(document.get("rule", ()))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place, *rest = [*first["loc"], ""]
        number = f"rule {place + 1}" if isinstance(place, int) else "rule"
        key = f", key {rest[0]!r}" if rest and rest[0] else ""
        raise UsageError(f"The policy in {path} is wrong at {number}{key}: {first['msg']}.") from error


def _names(pattern: str, tool: Tool) -> bool:
    """Whether a rule's `tool` means this one; `deploy_compose` is `deploy-compose` as well."""
    names = {tool.name, tool.name.rpartition("__")[2]}
    return pattern == tool.effect or any(
        fnmatchcase(name, pattern) or fnmatchcase(name.replace("-", "_"), pattern.replace("-", "_")) for name in names
    )


def _given(tool: Tool, name: str, given: Mapping[str, Any]) -> object:
    """What a call gives for the argument that a rule names, be it by another of its names."""
    own = tool.aliases.get(name, name)
    return given.get(_OWN_PATH if own in _PATHS and own not in given else own)
