# src/python_coder/tools/serena/project.py — opening a project, knowing it, and handing it on
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from python_coder import __version__
from python_coder.errors import ToolRefusedError
from python_coder.evidence.verdict import CommandRecord
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.memory_store import MemoryStore
from python_coder.tools.serena.modes import MODES
from python_coder.tools.serena.project_changes import changes_from_here
from python_coder.tools.serena.project_facts import project_facts, project_name
from python_coder.tools.table import Tool

_MOST_NAMES = 40


@dataclass(kw_only=True)
class ProjectSession:
    """What the project tools know beside the context: what may be opened, and what was done so far."""

    open_project: Callable[[Path], OpenProject]
    """Opens a folder; refuses one that is no project."""
    warm_up: Callable[[], None]
    """Starts, without waiting, what the first question would else wait for."""
    is_pinned: bool
    """Whether the first project is the only one."""
    changes: Callable[[], Sequence[str]]
    """Tells what changed since the session began, one file a line."""
    tools: tuple[Tool, ...] = ()
    """All tools of the session, once they are made."""
    commands: list[CommandRecord] = field(default_factory=list)
    """What was run in this session, oldest first."""


@dataclass(frozen=True)
class ProjectTools:
    """Boot and hand-off of a session. Each public method is one tool."""

    context: SerenaContext
    session: ProjectSession

    async def get_current_config(self) -> str:
        """Show the active project, modes, tools and memories."""
        tools = self.session.tools
        closed = [tool for tool in tools if not self.context.modes.is_listed(tool)]
        pinned = " (pinned: no other can be activated)" if self.session.is_pinned else ""
        lines = [
            f"python-coder {__version__}",
            f"active project: {project_name(self.context.root)} at {self.context.root}{pinned}",
            f"modes: {', '.join(self.context.modes.active)} (of {', '.join(MODES)})",
            f"tools: {len(tools) - len(closed)} open, {len(closed)} closed by the modes",
            f"memories: {len(self._memories())}",
            f"type checker: {self.context.language_server.status}",
            f"environment: {self.context.project.python or 'none found, so programs of the project cannot run'}",
        ]
        return "\n".join(lines)

    async def activate_project(self, project: str) -> str:
        """Open a project and get its index ready.

        Args:
            project: Its folder, or the name of the active one.
        """
        folder = self._folder(project)
        if folder != self.context.root:
            opened = await asyncio.to_thread(self.session.open_project, folder)
            former, self.context.project = self.context.project, opened
            self.session.changes = changes_from_here(opened.repository, opened.root)
            await former.aclose()
        self.session.warm_up()
        facts = await asyncio.to_thread(project_facts, self.context.root)
        return "\n".join([f"Active: {project_name(self.context.root)}", *facts, self._memory_line()])

    async def check_onboarding_performed(self) -> str:
        """Tell whether this project was looked at before: `true` or `false`."""
        if self._memories():
            return f"true: {self._memory_line()}. Read those that bear on the task."
        return "false: there are no memories of this project yet. Call onboarding."

    async def onboarding(self) -> str:
        """Gather what a newcomer should know, to be checked and kept as memories."""
        facts = await asyncio.to_thread(project_facts, self.context.root)
        return "\n".join(
            [
                *facts,
                "Next: get_service_map shows routes, models and settings. Read one router, one model and one test to "
                "see the conventions. Run the test command once. Then keep what you saw to be true with write_memory: "
                "'project_overview' (purpose, layout), 'commands' (those that worked) and 'conventions'.",
            ]
        )

    async def initial_instructions(self) -> str:
        """Tell how to work with these tools on this project."""
        modes = [f"{name}: {MODES[name].text}" for name in self.context.modes.active]
        open_tools = self.context.modes.offered(self.session.tools)
        by_effect = {effect: _names(open_tools, effect) for effect in ("reads", "edits", "runs")}
        return "\n".join(
            [
                f"Project {project_name(self.context.root)}. {self._memory_line()}.",
                *modes,
                f"To look: {by_effect['reads']}.",
                *([f"To change: {by_effect['edits']}."] if by_effect["edits"] else []),
                *([f"To run: {by_effect['runs']}."] if by_effect["runs"] else []),
                "Lines are 1-based. A symbol is named by its path in the file, such as OrderService/cancel. Look at "
                "symbols before whole files, and at references before you change what others use. An edit answers "
                "with the errors that it causes: mend them before the next one. Say that tests pass once they ran.",
            ]
        )

    async def summarize_changes(self) -> str:
        """List what changed and what was run since the session began."""
        changes = await asyncio.to_thread(self.session.changes)
        return "\n".join([*changes, *self._commands(), "Say of each change what, why and how; claim only what ran."])

    async def prepare_for_new_conversation(self) -> str:
        """Collect what the next conversation needs, to be kept as a memory."""
        changes = await asyncio.to_thread(self.session.changes)
        return "\n".join(
            [
                *changes,
                *self._commands(),
                self._memory_line(),
                "Keep with write_memory as 'handover': the goal, what is done, what is left, decisions with their "
                "reasons, and what did not work. Delete memories that this session made untrue.",
            ]
        )

    def _folder(self, project: str) -> Path:
        root = self.context.root
        if project in {root.name, project_name(root)}:
            return root
        folder = (root / Path(project).expanduser()).resolve()
        if folder == root.resolve():
            return root
        if self.session.is_pinned:
            raise ToolRefusedError(
                f"This server was started for {root} alone, so {project!r} cannot be activated. "
                "The user can start another one with --project."
            )
        if not folder.is_dir():
            raise ToolRefusedError(f"There is no project {project!r}: give a folder's path. Active is {root}.")
        return folder

    def _memories(self) -> list[str]:
        return MemoryStore(folder=self.context.memories).names()

    def _memory_line(self) -> str:
        names = self._memories()
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        return f"memories: {', '.join(names[:_MOST_NAMES]) or 'none'}{more}"

    def _commands(self) -> list[str]:
        ran = [f"ran: {' '.join(done.argv)} (exit status {done.exit_code})" for done in self.session.commands]
        return ran[-_MOST_NAMES:] or ["ran: nothing in this session"]


def project_tools(context: SerenaContext, session: ProjectSession) -> tuple[Tool, ...]:
    """The project tools of one session."""
    tools = ProjectTools(context, session)
    functions: tuple[Callable[..., Awaitable[str]], ...] = (
        *(tools.get_current_config, tools.activate_project, tools.check_onboarding_performed, tools.onboarding),
        *(tools.initial_instructions, tools.summarize_changes, tools.prepare_for_new_conversation),
    )
    return tuple(
        Tool(
            name=f"mcp__serena__{function.__name__}",
            function=function,
            effect="reads",
            is_free=True,
            # An edit that is under way must not end in another project than it began in.
            takes_turns=function.__name__ == "activate_project",
        )
        for function in functions
    )


def _names(tools: Sequence[Tool], effect: str) -> str:
    return ", ".join(tool.name.rpartition("__")[2] for tool in tools if tool.effect == effect)
