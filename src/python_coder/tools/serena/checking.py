# src/python_coder/tools/serena/checking.py — what the type checker finds, and starting it anew
import asyncio
from dataclasses import dataclass
from itertools import groupby

from python_coder.symbols.fatal import fatal_findings
from python_coder.tools.answers import Group, counted, paged
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.sources import read_source

_SEVERITIES = ("error", "warning", "information", "hint")


@dataclass(frozen=True)
class CheckingTools:
    """Findings about files as they are. Each public method is one tool; lines are 1-based everywhere."""

    context: SerenaContext

    async def get_diagnostics_for_file(
        self,
        relative_path: str,
        start_line: int = 1,
        end_line: int = -1,
        min_severity: int = 4,
        max_answer_chars: int = -1,
        skip: int = 0,
    ) -> str:
        """List what the type checker finds in a file or lines of it, by symbol; min_severity 1 shows errors only."""
        source = read_source(self.context, relative_path)
        wanted = _SEVERITIES[: max(1, min_severity)]
        last = end_line if end_line > 0 else len(source.lines)
        rows = {
            (found.line, found.column): f"error {found.code}: {found.message}"
            for found in await asyncio.to_thread(fatal_findings, None, source.text, source.path)
        }
        for found in await self.context.language_server.diagnostics(source.path):
            if found.severity in wanted:
                # What both find is told once.
                rows.setdefault((found.line, found.column + 1), f"{found.severity} {found.code}: {found.message}")
        named = [
            (self._symbol(source.path, line), f"{line}:{column} {text}")
            for (line, column), text in sorted(rows.items())
            if start_line <= line <= last
        ]
        if not named:
            return f"Nothing is found in {source.path}."
        groups = [Group(name, [text for _, text in inside]) for name, inside in groupby(named, lambda row: row[0])]
        title = f"{counted(len(named), 'finding')} in {source.path}"
        return paged(groups, noun="findings", title=title, max_answer_chars=max_answer_chars, skip=skip)

    async def restart_language_server(self) -> str:
        """Start the type checker anew and read changed files again, if answers seem stale."""
        await self.context.language_server.restart()
        changed = self.context.index.refresh()
        self.context.language_server.warm_up()
        return f"Restarted. {changed} files had changed; {len(self.context.index.paths())} Python files are indexed."

    def _symbol(self, path: str, line: int) -> str:
        symbol = self.context.index.enclosing(path, line)
        return symbol.name_path if symbol else "top"
