# src/python_coder/mcp_servers/serena_session.py — one session of the serena server: its project, tools and secrets
import asyncio
import logging
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from python_coder.errors import PythonCoderError
from python_coder.evidence.redaction import Redactor
from python_coder.evidence.verdict import CommandRecord
from python_coder.mcp_servers.opened_project import open_project, secrets_around
from python_coder.mcp_servers.options import ServerOptions
from python_coder.mcp_servers.tool_server import OpenTools
from python_coder.settings import Settings
from python_coder.tools.serena.context import OpenProject, SerenaContext
from python_coder.tools.serena.modes import DEFAULT_MODES, ModeState
from python_coder.tools.serena.project import ProjectSession
from python_coder.tools.serena.project_changes import changes_from_here
from python_coder.tools.serena.session_tools import session_tools
from python_coder.tools.serena.shell import ShellPolicy, ShellTools
from python_coder.tools.serena.workplace import Workplace, project_workplace
from python_coder.tools.table import Tool
from python_coder.workspace.sandbox import make_runner

if TYPE_CHECKING:
    from python_coder.tools.docker.session import DockerSession

_logger = logging.getLogger(__name__)


async def open_session(options: ServerOptions, settings: Settings) -> OpenTools:
    """Open the project, make its tools, and warm up what answers questions about meaning.

    Raises:
        UsageError: The folder is no project, or holds too much.
    """
    opened = await asyncio.to_thread(_Session, options, settings)
    opened.warm_up()
    return OpenTools(
        tools=opened.tools, offered=opened.context.modes.offered, redact=opened.redact, close=opened.aclose
    )


@dataclass
class _Session:
    """What lives as long as the server does."""

    options: ServerOptions
    settings: Settings
    context: SerenaContext = field(init=False)
    project: ProjectSession = field(init=False)
    _secrets: set[str] = field(init=False, default_factory=set)
    """Of every project that was opened: an answer may tell of one that was active before."""
    _redactor: Redactor = field(init=False)
    _tasks: set[asyncio.Task[None]] = field(init=False, default_factory=set)
    _docker: dict[Path, "DockerSession"] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        opened = self.open_project(self.options.project)
        modes = ("read-only",) if self.options.is_read_only else tuple(self.options.modes) or DEFAULT_MODES
        self.context = SerenaContext(
            project=opened,
            modes=ModeState(modes, is_fixed=self.options.is_read_only),
            large_search_files=self.settings.large_search_files,
        )
        self.project = ProjectSession(
            open_project=self.open_project,
            warm_up=self.warm_up,
            is_pinned=self.options.is_pinned,
            changes=changes_from_here(opened.repository, opened.root),
        )

    @cached_property
    def tools(self) -> Sequence[Tool]:
        """All tools of the session."""
        shell = ShellTools(
            workplace=self.workplace,
            seen=self.project.commands.append,
            policy=ShellPolicy(programs=self.options.programs, has_shell=self.options.has_shell),
            docker=self.docker,
        )
        return session_tools(self.context, self.project, shell)

    @cached_property
    def scratch(self) -> Path:
        """Where commands may write beside the work tree."""
        return Path(tempfile.mkdtemp(prefix="python-coder-serena-")).resolve()

    def open_project(self, folder: Path) -> OpenProject:
        """Open a folder, and learn which values in it are secret."""
        project = open_project(folder, self.settings, read_only_memories=tuple(self.options.read_only_memories))
        self._secrets.update(secrets_around(project))
        self._redactor = Redactor(self._secrets)
        return project

    def warm_up(self) -> None:
        """Read the index, and start the language server, while nobody waits for them."""
        task = asyncio.create_task(self._warmed_up(self.context.project))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _warmed_up(self, project: OpenProject) -> None:
        try:
            project.language_server.warm_up()
            await asyncio.to_thread(project.index.refresh)
        except PythonCoderError as error:
            _logger.warning("%s is not warmed up: %s", project.root, error)

    def workplace(self) -> Workplace:
        """Where commands run now."""
        project = self.context.project
        return project_workplace(
            project.root,
            project.repository,
            project.python.parents[1] if project.python else None,
            scratch=self.scratch,
            runner=make_runner(self.options.sandbox),
        )

    async def docker(self, words: Sequence[str]) -> tuple[str, CommandRecord]:
        """Do what a docker command line asks for on the active project; watchers and the like end with the session."""
        # Few sessions start containers; the others do not wait for these imports.
        from python_coder.tools.docker.command_line import run_docker  # noqa: PLC0415
        from python_coder.tools.docker.session import DockerSession  # noqa: PLC0415

        root = self.context.project.root
        if root not in self._docker:
            self._docker[root] = DockerSession(
                root=root, runner=make_runner(self.options.sandbox), secrets=set(self._secrets)
            )
        return await run_docker(self._docker[root], words)

    def redact(self, text: str) -> str:
        """Mask secrets: known values of this project and machine, and all that looks like one."""
        return self._redactor.redact(text)

    async def aclose(self) -> None:
        """End the language server, and remove what commands left beside the work tree."""
        await self.context.project.aclose()
        for session in self._docker.values():
            await session.aclose()
        if "scratch" in self.__dict__:
            await asyncio.to_thread(shutil.rmtree, self.scratch, ignore_errors=True)
