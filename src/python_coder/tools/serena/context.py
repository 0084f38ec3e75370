# src/python_coder/tools/serena/context.py — what the serena tools share: the open project and the session's state
import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from python_coder.errors import ToolRefusedError
from python_coder.settings import LARGE_SEARCH_FILES
from python_coder.symbols.text_file import TextFile
from python_coder.tools.files import ProjectFiles, digest_of
from python_coder.tools.serena.ignoring import not_ignored
from python_coder.tools.serena.importers import importers
from python_coder.tools.serena.modes import ModeState
from python_coder.tools.serena.repository import Repository
from python_coder.tools.serena.shown_lines import ShownLines, plain_lines

if TYPE_CHECKING:
    from python_coder.symbols.index import SymbolIndex
    from python_coder.symbols.language_server import LanguageServer
    from python_coder.tools.serena.batch import EditBatch
    from python_coder.tools.serena.ruff_layout import RuffLayout
    from python_coder.tools.serena.ruff_watch import RuffWatch
    from python_coder.tools.serena.type_watch import TypeWatch

TYPE_WAIT_SECONDS = 0.3
"""How long the answer of an edit waits for the type checker's findings."""


@dataclass(frozen=True, kw_only=True)
class OpenProject:
    """One project that tools work on. `activate_project` puts another one in its place."""

    root: Path
    """Folder of the project, absolute. A worktree has its own."""
    memories: Path
    """Folder of the memories: `.serena/memories` of the main checkout, never of a worktree."""
    store: Path
    """Folder outside the project where its symbol index is kept."""
    repository: Repository | None = None
    """The project's git repository, found when it was opened; `None` when it has none."""
    read_only_memories: tuple[str, ...] = ()
    """Patterns, as of a shell, of memories that no tool changes."""
    python: Path | None = None
    """Interpreter of the project's environment, for the type checker; `None` lets it look for one."""
    files: ProjectFiles = field(init=False)
    """The only door to the project's files."""
    seen: dict[str, str] = field(init=False, default_factory=dict)
    """Digest of each file's bytes when its text was last shown to, or written by, this session."""

    _indexed: threading.Event = field(init=False, default_factory=threading.Event)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", ProjectFiles(self.root))

    @cached_property
    def index(self) -> "SymbolIndex":
        """Where names are defined; opened on first use."""
        from python_coder.symbols.index import SymbolIndex  # noqa: PLC0415 - only who asks for symbols pays

        return SymbolIndex.open(self.root, self.store)

    async def index_read(self) -> None:
        """Wait until the index has read the project once, while others are served."""
        if not self._indexed.is_set():
            await asyncio.to_thread(self.index.refresh)
            self._indexed.set()

    @cached_property
    def language_server(self) -> "LanguageServer":
        """Where names are used, and what is wrong; its process starts with the first question."""
        from python_coder.symbols.language_server import LanguageServer  # noqa: PLC0415 - only who asks for uses pays

        return LanguageServer(self.root, python=self.python)

    @cached_property
    def type_watch(self) -> "TypeWatch":
        """What the type checker finds in edited files."""
        from python_coder.tools.serena.type_watch import TypeWatch  # noqa: PLC0415 - only who edits pays

        return TypeWatch(self.language_server, self._importers)

    @cached_property
    def ruff_watch(self) -> "RuffWatch":
        """What ruff finds in edited files."""
        from python_coder.tools.serena.ruff_watch import RuffWatch  # noqa: PLC0415 - only who edits pays

        return RuffWatch(self.files)

    @cached_property
    def ruff_layout(self) -> "RuffLayout":
        """How ruff lays edited files out."""
        from python_coder.tools.serena.ruff_layout import RuffLayout  # noqa: PLC0415 - only who edits pays

        return RuffLayout(self.ruff_watch, self.paths)

    def _importers(self, edited: Sequence[str]) -> Sequence[str]:
        return importers(edited, self.index.paths(), self._read)

    def _read(self, path: str) -> bytes | None:
        try:
            return self.files.read_bytes(path)
        except ToolRefusedError:
            return None

    @cached_property
    def shown_lines(self) -> ShownLines:
        """Lines of files as answers quote them."""
        return ShownLines(self.root, self._lines)

    def _lines(self, path: str) -> Sequence[str]:
        data = self._read(path)
        try:
            return plain_lines(TextFile.of(data).text) if data is not None else ()
        except ToolRefusedError:
            return ()

    def paths(self) -> Sequence[str]:
        """All files that a tool may read and git does not ignore, sorted."""
        return not_ignored(self.root, self.files.paths())

    def late_findings(self) -> Sequence[str]:
        """What the type checker found after the last edit was answered, told once."""
        lines = self.type_watch.take() if "type_watch" in self.__dict__ else ()
        return [line for line in lines if self._is_as_written(line.partition(":")[0])]

    def _is_as_written(self, path: str) -> bool:
        """Whether nobody else has changed a file since this session wrote it; a finding of it may be stale then."""
        data = self._read(path) if path in self.seen else None
        return data is None or digest_of(data) == self.seen[path]

    async def aclose(self) -> None:
        """End what this project started."""
        if "type_watch" in self.__dict__:
            await self.type_watch.aclose()
        if "index" in self.__dict__:
            self.index.close()
        if "language_server" in self.__dict__:
            await self.language_server.aclose()


@dataclass(kw_only=True)
class SerenaContext:
    """State of one session. Every tool gets this object and asks it for the project at each call."""

    project: OpenProject
    modes: ModeState = field(default_factory=ModeState)
    """Which tools are offered and may be called now."""
    large_search_files: int = LARGE_SEARCH_FILES
    """A search over more files than this closes the tools that write until it has ended."""
    type_wait_seconds: float = TYPE_WAIT_SECONDS
    told_findings: Callable[[Sequence[str]], None] = lambda _: None
    """Hears after each check of edits what new things a gate is sure to find, too."""
    batch: "EditBatch | None" = None
    """Where edits gather that are checked, or taken back, together; `None` when each is checked by itself."""

    @property
    def root(self) -> Path:
        """Folder of the active project."""
        return self.project.root

    @property
    def files(self) -> ProjectFiles:
        """Files of the active project."""
        return self.project.files

    @property
    def memories(self) -> Path:
        """Folder of the active project's memories."""
        return self.project.memories

    @property
    def index(self) -> "SymbolIndex":
        """Symbols of the active project."""
        return self.project.index

    @property
    def language_server(self) -> "LanguageServer":
        """Meaning of the active project's names."""
        return self.project.language_server

    @contextmanager
    def searching(self, files: int) -> Iterator[None]:
        """Close what writes while a search over many files runs.

        Args:
            files: How many files it looks into.
        """
        if files <= self.large_search_files:
            yield
            return
        with self.modes.read_only():
            yield

    def note_seen(self, path: str, data: bytes) -> None:
        """Remember that the session knows this content of a file."""
        self.project.seen[path] = digest_of(data)
