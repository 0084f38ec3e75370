# src/python_coder/tools/serena/type_watch.py — what edits break by the type checker's word, told once, late if need be
import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from python_coder.errors import PythonCoderError

if TYPE_CHECKING:
    from python_coder.symbols.language_server import LanguageServer
    from python_coder.symbols.locations import Diagnostic

_TOLD_SEVERITIES = {"error", "warning"}
_UNREADABLE = "io"
"""Said of files that are not UTF-8, whatever the edit."""
_MISSING_MODULE = {"import-not-found", "unresolved-import"}

Texts = Mapping[str, str | None]


class TypeWatch:
    """Compares the type checker's findings with those before the edits whose consequences are not known yet.

    The edited files come first, then those that import them. What is found is told once, as soon as it is there.
    """

    def __init__(self, server: "LanguageServer", importers: Callable[[Sequence[str]], Sequence[str]]) -> None:
        """Watch one project; starts nothing.

        Args:
            server: The type checker.
            importers: Tells which other files may break when some are edited.
        """
        self._server = server
        self._importers = importers
        self._before: dict[str, str | None] = {}
        """By path: the text before the first edit that is not judged to the end; `None` when there was no file."""
        self._look: asyncio.Task[None] | None = None
        self._looks_at = "types"
        self._found: list[str] = []
        self._told: set[str] = set()
        """Findings of unfinished looks that were told, without their lines."""
        self._gone: set[str] = set()
        """Edited files that are not there any more."""
        self._complaint = ""

    def note(self, before: Texts, *, deleted: Collection[str] = ()) -> None:
        """Files were edited: look at them and at those that import them, in the background.

        Args:
            before: Text before the edit by path, `None` for a new file. Only Python files count.
            deleted: Those of them that are gone now.
        """
        self._close()
        edited = {path: text for path, text in before.items() if path.endswith((".py", ".pyi"))}
        for path, text in edited.items():
            self._before.setdefault(path, text)
        self._gone = (self._gone - edited.keys()) | (edited.keys() & set(deleted))
        if self._look is not None:
            # It is done again from the same start, so nothing that it found is lost.
            self._look.cancel()
            self._found.clear()
        self._look = asyncio.create_task(self._judge(tuple(before), dict(self._before))) if self._before else None

    async def within(self, seconds: float) -> tuple[Sequence[str], str]:
        """New findings, one a line, as far as they are there in time, and what is still looked at; empty for all."""
        if self._look is not None:
            await asyncio.wait([self._look], timeout=seconds)
        lines = self.take()
        return lines, self._looks_at if self._look is not None else ""

    def take(self) -> Sequence[str]:
        """New findings that were not told yet."""
        lines, self._found = self._found, []
        self._told.update(map(_without_place, lines))
        self._close()
        return lines

    def _close(self) -> None:
        """Forget what a look started from once it has come to its end."""
        if self._look is not None and self._look.done():
            self._look = None
            self._before.clear()
            self._gone.clear()
            self._told.clear()

    async def aclose(self) -> None:
        """Stop looking."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait([self._look])

    async def _judge(self, changed: Sequence[str], before: Texts) -> None:
        try:
            self._looks_at = "types"
            await self._server.changed(changed)
            self._add(await self._new_in([path for path in before if path not in self._gone], before))
            self._looks_at = "files that import it"
            others = await asyncio.to_thread(self._importers, list(before))
            self._add(await self._new_in(others, before))
        except PythonCoderError as error:
            if str(error) != self._complaint:
                self._add([f"Types were not checked: {error}"])
            self._complaint = str(error)
        else:
            self._complaint = ""

    def _add(self, lines: Sequence[str]) -> None:
        self._found += [line for line in dict.fromkeys(lines) if _without_place(line) not in self._told]

    async def _new_in(self, paths: Sequence[str], before: Texts) -> Sequence[str]:
        """Findings in some files that they did not have with the texts of before."""
        after = {path: _told(found) for path, found in (await self._server.diagnostics_given({}, paths)).items()}
        flagged = [path for path, found in after.items() if found]
        known = [path for path in flagged if before.get(path, "") is not None]
        texts = {path: text for path, text in before.items() if text is not None}
        old = await self._server.diagnostics_given(texts, known) if known else {}
        # Only what is on disk is a module to the checker, so it misses what was deleted before as well as after.
        gone = [path.rpartition("/")[2].partition(".")[0] for path in self._gone]
        return [
            f"{path}:{found.line}:{found.column + 1}: {found.code} {found.message}"
            for path in flagged
            for found in _fresh(after[path], _told(old.get(path, ())), gone)
        ]


def _told(found: "Sequence[Diagnostic]") -> "Sequence[Diagnostic]":
    return [each for each in found if each.severity in _TOLD_SEVERITIES and each.code != _UNREADABLE]


def _fresh(
    after: "Sequence[Diagnostic]", before: "Sequence[Diagnostic]", gone: Sequence[str]
) -> "Iterator[Diagnostic]":
    """Findings that there were fewer of before, the last ones of each kind, and those about modules that are gone."""
    old = Counter((each.code, each.message) for each in before)
    for found in after:
        about_gone = found.code in _MISSING_MODULE and any(name in found.message for name in gone)
        if old[found.code, found.message] > 0 and not about_gone:
            old[found.code, found.message] -= 1
        else:
            yield found


def _without_place(line: str) -> str:
    place, _, said = line.partition(": ")
    return f"{place.partition(':')[0]}: {said}"
