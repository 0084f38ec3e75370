# src/python_coder/tools/serena/type_watch.py — what edits break by the type checker's word, told once, late if need be
import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from python_coder.errors import PythonCoderError

if TYPE_CHECKING:
    from python_coder.symbols.language_server import LanguageServer
    from python_coder.symbols.locations import Diagnostic

_TOLD_SEVERITIES = {"error", "warning"}
_MISSING_MODULE = {"import-not-found", "unresolved-import"}

Texts = Mapping[str, str | None]


class TypeWatch:
    """Compares the type checker's findings with those before the edits of which nobody was told yet."""

    def __init__(self, server: "LanguageServer", importers: Callable[[Sequence[str]], Sequence[str]]) -> None:
        """Watch one project; starts nothing.

        Args:
            server: The type checker.
            importers: Tells which other files may break when some are edited.
        """
        self._server = server
        self._importers = importers
        self._before: dict[str, str | None] = {}
        """By path: the text whose findings the caller knows; `None` when there was no file."""
        self._look: asyncio.Task[Sequence[str]] | None = None
        self._complaint = ""

    def note(self, before: Texts) -> None:
        """Files were edited: look at them and at those that import them, in the background.

        Args:
            before: Text before the edit by path, `None` for a new file. Only Python files count.
        """
        for path, text in before.items():
            if path.endswith((".py", ".pyi")):
                self._before.setdefault(path, text)
        if self._look is not None:
            self._look.cancel()
        self._look = asyncio.create_task(self._new_findings(tuple(before))) if self._before else None

    async def within(self, seconds: float) -> Sequence[str] | None:
        """New findings, one a line, if they are there in time; they are told once. `None` when they are not."""
        if self._look is None:
            return []
        await asyncio.wait([self._look], timeout=seconds)
        return self.take()

    def take(self) -> Sequence[str] | None:
        """New findings that were not told yet; `None` while they are being looked for."""
        if self._look is None:
            return []
        if not self._look.done():
            return None
        look, self._look = self._look, None
        self._before.clear()
        return [] if look.cancelled() else look.result()

    async def aclose(self) -> None:
        """Stop looking."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait([self._look])

    async def _new_findings(self, changed: Sequence[str]) -> Sequence[str]:
        try:
            await self._server.changed(changed)
            found = await self._compare(dict(self._before))
        except PythonCoderError as error:
            is_known, self._complaint = str(error) == self._complaint, str(error)
            return [] if is_known else [f"Types were not checked: {error}"]
        self._complaint = ""
        return found

    async def _compare(self, before: Texts) -> Sequence[str]:
        others = await asyncio.to_thread(self._importers, list(before))
        after = await self._server.diagnostics_given({}, [*before, *others])
        flagged = [path for path, found in after.items() if _told(found)]
        if not flagged:
            return []
        texts = {path: text for path, text in before.items() if text is not None and path in after}
        gone = [path.rpartition("/")[2].partition(".")[0] for path in before if path not in after]
        known = [path for path in flagged if before.get(path, "") is not None]
        old = await self._server.diagnostics_given(texts, known) if known and texts else {}
        lines = [
            _line(path, found)
            for path in flagged
            for found in _fresh(_told(after[path]), _told(old.get(path, () if path in before else after[path])))
        ]
        lines += [
            _line(path, found)
            for path in others
            for found in after.get(path, ())
            if found.code in _MISSING_MODULE and any(name in found.message for name in gone)
        ]
        return list(dict.fromkeys(lines))


def _told(found: "Sequence[Diagnostic]") -> "Sequence[Diagnostic]":
    return [each for each in found if each.severity in _TOLD_SEVERITIES]


def _fresh(after: "Sequence[Diagnostic]", before: "Sequence[Diagnostic]") -> "Iterator[Diagnostic]":
    """Findings that there were fewer of before, the last ones of each kind."""
    old = Counter((each.code, each.message) for each in before)
    for found in after:
        if old[found.code, found.message] > 0:
            old[found.code, found.message] -= 1
        else:
            yield found


def _line(path: str, found: "Diagnostic") -> str:
    return f"{path}:{found.line}:{found.column + 1}: {found.code} {found.message}"
