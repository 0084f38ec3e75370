# src/python_coder/agent/definition_lookup.py — which agent definition a run follows, and who wrote it
"""Where a definition named NAME is looked for (`python-coder` unless `--agent` says otherwise).

for the rules      the user's `~/.config/python-coder/agents/NAME.md`, else python-coder's own
beside them        the repository's `.python-coder/agents/NAME.md`, else its `.claude/agents/NAME.md`

A repository's definition is the words of whoever writes to that repository. It is shown to the model as such, after
the rules, and it can restrict: its `tools` leave only those that are there anyway, its `model` may be a family's alias
of the provider that the user has set up. It never replaces the rules, adds a tool or chooses a provider.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from python_coder.agent.definition import (
    MOST_BYTES,
    OWN_NAME,
    PLAYBOOKS,
    AgentDefinition,
    packaged_text,
    parse_definition,
    shipped_definition,
)
from python_coder.errors import ToolRefusedError, UsageError
from python_coder.tools.combined.edit_forms import EDIT_FILES, STANDS_FOR
from python_coder.tools.files import ProjectFiles
from python_coder.tools.table import Tool

REPOSITORY_FOLDERS = (".python-coder/agents", ".claude/agents")
FAMILIES = frozenset({"haiku", "sonnet", "opus"})
"""Aliases that a repository's definition may ask for."""


@dataclass(frozen=True, kw_only=True)
class ChosenAgent:
    """The definitions that one run follows."""

    rules: AgentDefinition
    """The user's or python-coder's own: what the model must keep to."""
    repository: AgentDefinition | None = None
    """The repository's: words about its conventions, and restrictions."""

    def instructions(self, tools: Collection[str] = (), *, has_memories: bool = False) -> str:
        """The system prompt: the rules, the playbooks that can apply, then how the runtime works, never left out.

        Args:
            tools: Full names of the run's tools. Those of a stack or a database are there only where one can serve.
            has_memories: Whether earlier work left any.
        """
        told = [name for name, tool in PLAYBOOKS.items() if tool in tools and (has_memories or name != "memories.md")]
        # Another's rules stand alone.
        own = told if self.rules.origin == "shipped" else []
        return "\n\n".join([self.rules.body, *(packaged_text(name).strip() for name in (*own, "runtime.md"))])

    @property
    def model(self) -> str:
        """The model that the definitions ask for; empty to leave it to the user's environment."""
        if self.rules.origin == "user" and self.rules.model:
            return self.rules.model
        wanted = self.repository.model if self.repository else ""
        return wanted if wanted in FAMILIES else ""

    @property
    def facts(self) -> tuple[Mapping[str, str], ...]:
        """Name, origin, file and digest of each definition, for the ledger."""
        both = (self.rules, *([self.repository] if self.repository else []))
        return tuple(
            {"name": one.name, "origin": one.origin, "path": one.path, "sha256": sha256(one.body.encode()).hexdigest()}
            for one in both
        )

    def allows(self, tool: str) -> bool:
        """Whether both definitions leave a tool open."""
        return self.rules.allows(tool) and (self.repository is None or self.repository.allows(tool))

    def left_open(self, tools: Mapping[str, Tool]) -> dict[str, Tool]:
        """The tools of a table that both definitions leave open."""
        left = {name: tool for name, tool in tools.items() if self.allows(name)}
        stands_for = {f"mcp__serena__{name}" for name in STANDS_FOR} & tools.keys()
        if stands_for - left.keys() and any(_edits_files(tool) for tool in left.values()):
            # Who takes some edits away means that: the tool that stands for them would bring them back.
            left.pop(EDIT_FILES, None)
        return left

    def notes(self, tools: Collection[str]) -> tuple[str, ...]:
        """What of the definitions has no effect, one sentence each.

        Args:
            tools: Full names of all tools that there are.
        """
        found = []
        for one in (self.rules, *([self.repository] if self.repository else [])):
            if unknown := one.unknown(tools):
                found.append(f"{one.path} lists tools that there are not: {', '.join(unknown)}.")
        wanted = self.repository.model if self.repository else ""
        if self.repository and wanted and wanted not in FAMILIES:
            allowed = " or ".join(sorted(FAMILIES))
            found.append(f"{self.repository.path} asks for the model {wanted!r}; a repository may only say {allowed}.")
        return tuple(found)


def _edits_files(tool: Tool) -> bool:
    """Whether it is an edit of serena's, of more than memories."""
    return tool.effect == "edits" and tool.name.startswith("mcp__serena__") and not tool.name.endswith("_memory")


def own_agent() -> ChosenAgent:
    """python-coder's own definition alone."""
    return ChosenAgent(rules=shipped_definition())


def choose_agent(asked: str, *, repository: Path, config_folder: Path | None) -> ChosenAgent:
    """The definitions for what `--agent` says.

    Args:
        asked: A name, a file, or nothing for python-coder's own name.
        repository: Top folder of the user's checkout.
        config_folder: The user's; definitions lie in its `agents/`. `None` when there is none.

    Raises:
        UsageError: There is no such definition, or one that is there cannot be read.
    """
    own = shipped_definition()
    if asked.endswith(".md") or "/" in asked:
        return _from_file(Path(asked).expanduser(), repository, own)
    name = asked or OWN_NAME
    user = _of_user(config_folder / "agents" / f"{name}.md", name) if config_folder else None
    found = (_of_repository(repository, f"{folder}/{name}.md", name) for folder in REPOSITORY_FOLDERS)
    theirs = next((one for one in found if one is not None), None)
    if user is None and theirs is None and name != OWN_NAME:
        raise UsageError(
            f"There is no agent {name!r}. Looked for {name}.md in {config_folder}/agents and, below the repository, in "
            f"{' and '.join(REPOSITORY_FOLDERS)}. Give a file with --agent FILE.md, or leave --agent out."
        )
    return ChosenAgent(rules=user or own, repository=_unless_own(theirs, own))


def _from_file(file: Path, repository: Path, own: AgentDefinition) -> ChosenAgent:
    """A file that the user named. One that lies in the repository is still the repository's."""
    path, top = file.resolve(), repository.resolve()
    if path.is_relative_to(top):
        theirs = _of_repository(top, path.relative_to(top).as_posix(), "")
        if theirs is not None:
            return ChosenAgent(rules=own, repository=_unless_own(theirs, own))
    elif (user := _of_user(path, "")) is not None:
        return ChosenAgent(rules=user)
    raise UsageError(f"There is no agent definition {file}. Give a Markdown file with frontmatter, or a name.")


def _unless_own(theirs: AgentDefinition | None, own: AgentDefinition) -> AgentDefinition | None:
    """The repository's definition, without the words that `python-coder install claude-code` wrote there."""
    if theirs is None or not theirs.body.startswith(own.body):
        return theirs
    return None if (theirs.model, theirs.tools) == (own.model, own.tools) else replace(theirs, body="")


def _of_user(file: Path, name: str) -> AgentDefinition | None:
    try:
        if not file.is_file():
            return None
        with file.open("rb") as opened:
            text = opened.read(MOST_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The agent definition {file} cannot be read as UTF-8 text: {error}.") from error
    return _named(parse_definition(text, path=file.name, origin="user"), name)


def _of_repository(top: Path, path: str, name: str) -> AgentDefinition | None:
    try:
        text = ProjectFiles(top).read(path)
    except ToolRefusedError:
        # A link or an odd path: what it leads to is not the repository's own.
        return None
    return None if text is None else _named(parse_definition(text, path=path, origin="repository"), name)


def _named(found: AgentDefinition, name: str) -> AgentDefinition:
    if name and found.name != name:
        raise UsageError(f"{found.path}: `name` is {found.name!r}, but the file is named {name}. Make them the same.")
    return found
