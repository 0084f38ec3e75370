# src/python_coder/symbols/language_server.py — what names mean: references, declarations, renames, findings, by ty
import asyncio
import contextlib
import keyword
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from python_coder.errors import LanguageServerError, ToolRefusedError
from python_coder.symbols.central_class import central_class
from python_coder.symbols.document_changes import opened
from python_coder.symbols.locations import Diagnostic, Location, TextEdit
from python_coder.symbols.lsp_connection import Connection, ServerRefusalError
from python_coder.symbols.lsp_places import Places, has_mark
from python_coder.symbols.renaming import Renaming
from python_coder.symbols.server_keeper import ServerKeeper
from python_coder.symbols.turns import Turns
from python_coder.symbols.ty_server import project_python

_MOST_TIMEOUTS = 2
"""So many questions in a row may go unanswered before the server is taken for stuck and started anew."""


T = TypeVar("T")


class LanguageServer:
    """Questions about meaning to one project's ty server, which starts with the first of them and ends with us.

    Paths are posix and relative to the root, lines 1-based, columns 0-based in code points. Any number of questions may
    be asked at once, all from one event loop. Close it with `aclose`.
    """

    def __init__(self, root: Path, *, python: Path | None = None, timeout_seconds: float = 60.0) -> None:
        """Start nothing yet.

        Args:
            root: The project's folder.
            python: The project's virtual environment or interpreter, in which third-party imports are looked up;
                by default `.venv` or `venv` below the root.
            timeout_seconds: The most that one question may take.
        """
        self._root = root.resolve()
        self._keeper = ServerKeeper(self._root, python.absolute() if python else project_python(self._root))
        self._turns = Turns()
        self._timeout_seconds = timeout_seconds
        self._timeouts = 0
        self._asked = 0
        self._warming: asyncio.Task[None] | None = None

    @property
    def status(self) -> str:
        """One line: whether the server runs, and what ails it."""
        return self._keeper.status

    def warm_up(self) -> None:
        """Start the server and have it read the project, while the caller goes on. Failures show in `status`."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm_up())

    async def references(
        self, path: str, line: int, column: int, *, include_declaration: bool = False
    ) -> Sequence[Location]:
        """Every use of the name at a place, in the whole project, sorted by file, then by place.

        Args:
            path: A file of the project.
            line: 1-based.
            column: 0-based, anywhere on the name.
            include_declaration: Whether the name's own definition and the imports of it count as uses.

        Raises:
            LanguageServerError: The server cannot answer; the message says why.
            ToolRefusedError: There is no such file or place.
        """
        context = {"context": {"includeDeclaration": include_declaration}}
        return await self._locations("references", path, line, column, context)

    async def declaration(self, path: str, line: int, column: int) -> Sequence[Location]:
        """Where the name at a place is declared, which may be in a stub or in a library. See `references`."""
        return await self._locations("declaration", path, line, column)

    async def definition(self, path: str, line: int, column: int) -> Sequence[Location]:
        """Where the name at a place is defined: as `declaration`, but the source rather than its stub."""
        return await self._locations("definition", path, line, column)

    async def implementations(self, path: str, line: int, column: int) -> Sequence[Location]:
        """The class or method at a place, and each subclass of it or override of it. See `references`."""
        return await self._locations("implementation", path, line, column)

    async def rename(self, path: str, line: int, column: int, new_name: str) -> Sequence[TextEdit]:
        """The edits that rename the name at a place everywhere in the project. Nothing is written.

        A method takes along the methods that it overrides, and its overrides.

        Returns:
            Edits that do not overlap, sorted by file, then by place.

        Raises:
            LanguageServerError: The server cannot answer.
            ToolRefusedError: The name cannot be renamed, such as a library's, or `new_name` is no name.
        """
        if not new_name.isidentifier() or keyword.iskeyword(new_name):
            raise ToolRefusedError(f"{new_name!r} is no name in Python. Choose an identifier that is no keyword.")
        places = Places(self._root)
        params = self._place(places, path, line, column)

        async def step(connection: Connection) -> Sequence[TextEdit]:
            return await Renaming(partial(self._ask, connection), places).edits(params, new_name)

        edits = await self._shared(step)
        if not edits:
            raise ToolRefusedError(
                f"What is at {path}:{line}, column {column}, cannot be renamed: no name, or one of a library."
            )
        return edits

    async def diagnostics(self, path: str, text: str | None = None) -> Sequence[Diagnostic]:
        """What the type checker finds in one file, in the order of the file.

        Args:
            path: A file of the project; it need not exist when a text is given.
            text: A proposed content to judge instead of what is on disk. Nothing is written.

        Raises:
            LanguageServerError: The server cannot answer.
            ToolRefusedError: There is no such file.
        """
        places = Places(self._root)
        file = self._root / path if text is not None else places.file(path)
        params = {"textDocument": {"uri": file.as_uri()}}

        async def step(connection: Connection) -> Sequence[Diagnostic]:
            answer = await self._ask(connection, "textDocument/diagnostic", params)
            mark = has_mark(file) if text is None else text.startswith("\ufeff")
            return places.diagnostics(path, answer, has_mark=mark)

        async def propose(connection: Connection) -> Sequence[Diagnostic]:
            connection.tell("textDocument/didOpen", opened(file.as_uri(), text or ""))
            try:
                return await step(connection)
            finally:
                connection.tell("textDocument/didClose", params)

        if text is None:
            return await self._shared(step)
        self._asked += 1
        async with self._turns.alone():  # to the others the proposal would look like what is on disk
            return await self._keeper.with_server(propose)

    async def diagnostics_given(
        self, texts: Mapping[str, str], paths: Sequence[str]
    ) -> Mapping[str, Sequence[Diagnostic]]:
        """What the type checker would find in some files if files had other contents. Nothing is written.

        Args:
            texts: Proposed contents by path.
            paths: Files to look at; those that are not there are left out.

        Raises:
            LanguageServerError: The server cannot answer.
        """
        uris = {path: (self._root / path).as_uri() for path in (*texts, *paths)}
        places = Places(self._root)

        async def propose(connection: Connection) -> Mapping[str, Sequence[Diagnostic]]:
            for path, text in texts.items():
                connection.tell("textDocument/didOpen", opened(uris[path], text))
            try:
                found = {}
                for path in paths:
                    if path in texts or (self._root / path).is_file():
                        asked = {"textDocument": {"uri": uris[path]}}
                        answer = await self._ask(connection, "textDocument/diagnostic", asked)
                        mark = texts[path].startswith("\ufeff") if path in texts else has_mark(self._root / path)
                        found[path] = places.diagnostics(path, answer, has_mark=mark)
                return found
            finally:
                for path in texts:
                    connection.tell("textDocument/didClose", {"textDocument": {"uri": uris[path]}})

        self._asked += 1
        async with self._turns.alone():
            return await self._keeper.with_server(propose)

    async def changed(self, paths: Iterable[str | Path]) -> None:
        """Tell of files and folders that were made, written to or removed. What others did is noticed without it.

        Args:
            paths: Absolute, or relative to the root. After a checkout, all that differ.
        """
        async with self._turns.shared():
            await self._keeper.changed([str(self._root / path) for path in paths])

    async def restart(self) -> None:
        """End the server, also one that is stuck. The next question starts a new one."""
        self._timeouts = 0
        await self._keeper.drop()

    async def aclose(self) -> None:
        """End the server for good."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait({self._warming})
        await self._keeper.close()

    def _place(self, places: Places, path: str, line: int, column: int) -> dict[str, Any]:
        file = places.file(path)
        return {"textDocument": {"uri": file.as_uri()}, "position": places.position(file, line, column)}

    async def _locations(
        self, question: str, path: str, line: int, column: int, more: Mapping[str, Any] | None = None
    ) -> Sequence[Location]:
        places = Places(self._root)
        params = {**self._place(places, path, line, column), **(more or {})}

        async def step(connection: Connection) -> Sequence[Location]:
            return places.locations(await self._ask(connection, f"textDocument/{question}", params))

        return await self._shared(step)

    async def _shared(self, step: Callable[[Connection], Awaitable[T]]) -> T:
        self._asked += 1
        async with self._turns.shared():
            return await self._keeper.with_server(step)

    async def _ask(self, connection: Connection, method: str, params: Mapping[str, Any]) -> Any:
        name = method.rpartition("/")[2]
        try:
            answer = await connection.ask(method, params, timeout_seconds=self._timeout_seconds)
        except ServerRefusalError as error:
            raise LanguageServerError(f"ty cannot answer {name}: {error}. Ask about another place.") from error
        except TimeoutError as error:
            self._timeouts += 1
            if self._timeouts >= _MOST_TIMEOUTS:
                await self.restart()
            raise LanguageServerError(
                f"ty did not answer {name} within {self._timeout_seconds:g} seconds. Ask again; what it has worked out "
                "so far is not lost, unless it does not answer a second time, when it is started anew."
            ) from error
        self._timeouts = 0
        return answer

    async def _warm_up(self) -> None:
        """Ask what takes along much of what the first real question needs, unless that one has come by then."""
        asked = self._asked
        with contextlib.suppress(LanguageServerError, ToolRefusedError):
            await self._keeper.with_server(lambda server: self._ask(server, "workspace/symbol", {"query": ""}))
            place = await asyncio.to_thread(central_class, self._root)
            if place is not None and self._asked == asked:
                await self.references(*place)
