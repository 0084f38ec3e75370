# src/python_coder/tools/serena/refactoring.py — renaming and deleting what other files may use
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from python_coder.errors import ToolRefusedError
from python_coder.symbols.locations import TextEdit
from python_coder.symbols.symbol import Symbol
from python_coder.symbols.text_file import split_lines, without_end
from python_coder.tools.answers import counted, paged, trimmed
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.references import uses_of
from python_coder.tools.serena.removal import decorators_that_use, without_symbols
from python_coder.tools.serena.searching import read_texts
from python_coder.tools.serena.sources import Source, paths_below
from python_coder.tools.serena.symbols import plain_name, symbols_named
from python_coder.tools.serena.uses import grouped
from python_coder.tools.serena.writing import source_to_edit, write_edits

_MOST_MENTIONS = 10
_SHORTEST_TELLING_NAME = 4


@dataclass(frozen=True)
class RefactoringTools:
    """Edits over many files, all or none. Each public method is one tool."""

    context: SerenaContext

    async def rename_symbol(self, name_path: str, relative_path: str, new_name: str) -> str:
        """Rename a symbol and every use of it that the type checker knows; tells mentions in strings and texts."""
        symbols = symbols_named(self.context, name_path, relative_path)
        self._refuse_taken(symbols[0], new_name)
        changes: set[TextEdit] = set()
        for symbol in symbols:
            changes.update(
                await self.context.language_server.rename(symbol.path, symbol.name_line, symbol.name_column, new_name)
            )
        if not changes:
            raise ToolRefusedError(f"The type checker cannot rename {name_path}. Use replace_in_files with dry_run.")
        old_name = symbols[0].name
        edits = [
            _renamed(source_to_edit(self.context, path), list(inside), old_name)
            for path, inside in groupby(sorted(changes), lambda change: change.path)
        ]
        places = f"{counted(len(changes), 'place')} in {counted(len(edits), 'file')}"
        done = f"Renamed {plain_name(symbols[0])} to {new_name}: {places}."
        answer = await write_edits(self.context, edits, done)
        mentions = _mentions(self.context, old_name)
        if not mentions:
            return answer
        return "\n".join([answer, f"{old_name} is still mentioned, unchanged:", *mentions[:_MOST_MENTIONS]])

    async def safe_delete_symbol(
        self,
        name_path: str,
        relative_path: str,
        allow_decorated: bool = False,  # noqa: FBT001, FBT002 - a tool's parameters come by name
    ) -> str:
        """Delete a symbol that nothing uses, else show its uses. A decorator such as a route's counts as one."""
        symbols = symbols_named(self.context, name_path, relative_path)
        uses = [
            use
            for use in await uses_of(self.context, symbols, with_imports=True)
            if not any(use.path == own.path and own.first_line <= use.line <= own.last_line for own in symbols)
        ]
        if uses:
            title = f"Not deleted: {counted(len(uses), 'use')} of {plain_name(symbols[0])}"
            raise ToolRefusedError(paged(grouped(uses, 5_000), noun="uses", title=title, max_answer_chars=5_000))
        source = source_to_edit(self.context, symbols[0].path)
        registering = decorators_that_use(source.lines, symbols)
        if registering and not allow_decorated:
            raise ToolRefusedError(
                f"Not deleted: no code names {plain_name(symbols[0])}, but {registering[0]} may use it. "
                "If it really is to go, pass allow_decorated=true."
            )
        mentions = _mentions(self.context, symbols[0].name, quoted=True)
        if mentions:
            told = "\n".join(mentions[:_MOST_MENTIONS])
            raise ToolRefusedError(
                f"Not deleted: no code names {plain_name(symbols[0])}, but texts do, which may be uses:\n{told}\n"
                "Change those first, or take the lines out with replace_lines."
            )
        edit = Edit(source.path, source, source.file.with_text(without_symbols(source.text, symbols)))
        return await write_edits(self.context, [edit], f"Deleted {plain_name(symbols[0])} from {source.path}.")

    def _refuse_taken(self, symbol: Symbol, new_name: str) -> None:
        scope, slash, _ = symbol.name_path.rpartition("/")
        wanted = f"{scope}{slash}{new_name}"
        for other in self.context.index.overview(symbol.path).walk():
            if plain_name(other) == wanted:
                raise ToolRefusedError(
                    f"{symbol.path} has {wanted} already, at line {other.def_line}. Choose a free name."
                )


def _renamed(source: Source, changes: Sequence[TextEdit], old_name: str) -> Edit:
    """The edit of one file.

    Raises:
        ToolRefusedError: Something else than the name stands at a place: the type checker saw another text.
    """
    lines = split_lines(source.text)
    for change in sorted(changes, reverse=True):
        line = lines[change.line - 1] if change.line <= len(lines) else ""
        named = line[change.column : change.end_column]
        if change.line != change.end_line or named != old_name:
            raise ToolRefusedError(
                f"Nothing was renamed: {source.path}:{change.line} reads {without_end(line).strip()!r}, which the type "
                "checker does not know yet. Call restart_language_server, then try again."
            )
        lines[change.line - 1] = line[: change.column] + change.new_text + line[change.end_column :]
    return Edit(source.path, source, source.file.with_text("".join(lines)))


def _mentions(context: SerenaContext, name: str, *, quoted: bool = False) -> Sequence[str]:
    """Lines of any text file that name a symbol as a word; with `quoted`, only between quotes or after a colon."""
    if len(name) < _SHORTEST_TELLING_NAME:
        return []
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)" if not quoted else rf"[\"':.]{re.escape(name)}[\"']")
    found = []
    for path, text in read_texts(context, paths_below(context, "")):
        if name not in text:
            continue
        for number, line in enumerate(split_lines(text), 1):
            if match := word.search(line):
                found.append(f"{path}:{number}: {trimmed(without_end(line), 100, around=match.start())}")
    return found
