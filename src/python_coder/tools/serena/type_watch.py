# src/python_coder/tools/serena/type_watch.py — what edits break by the type checker's word, told once, late if need be
import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from python_coder.errors import PythonCoderError
from python_coder.gates.ratchet import Sighting, excess
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.text_change import change_of_texts

if TYPE_CHECKING:
    from python_coder.symbols.language_server import LanguageServer
    from python_coder.symbols.locations import Diagnostic

_TOLD_SEVERITIES = {"error", "warning"}
_UNREADABLE = "io"
"""Said of files that are not UTF-8, whatever the edit."""
_MISSING_MODULE = {"import-not-found", "unresolved-import"}

Texts = Mapping[str, str | None]
_Place = tuple[str, int, str, str]


class TypeWatch:
    """Compares the type checker's findings with those before the edits whose consequences are not known yet.

    The edited files come first, then those that import them. What is found is told once, as soon as it is there, and
    only while it is true of the texts as they are by then. What stood before the session's first edit is never new.
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
        self._first: dict[str, str | None] = {}
        """By path: the text before the session's first edit."""
        self._now: dict[str, str] = {}
        """By path: the text after the last edit."""
        self._look: asyncio.Task[None] | None = None
        self._looks_at = "types"
        self._found: list[str] = []
        self._told: set[str] = set()
        """Findings of unfinished looks that were told, without their lines."""
        self._gone: set[str] = set()
        """Edited files that are not there any more."""
        self._complaint = ""

    def note(self, edits: Sequence[Edit]) -> None:
        """Files were edited: look at them and at those that import them, in the background. Only Python files count."""
        if not self._found:
            self._close()
        for edit in edits:
            if edit.path.endswith((".py", ".pyi")):
                self._before.setdefault(edit.path, edit.old_text)
                self._first.setdefault(edit.path, edit.old_text)
                self._now[edit.path] = edit.after.text if edit.after else ""
                (self._gone.discard if edit.after else self._gone.add)(edit.path)
        if self._look is not None:
            self._look.cancel()
        # What was found and not told is looked for again from the same start: nothing is lost, nothing is stale.
        self._found.clear()
        paths = tuple(edit.path for edit in edits)
        self._look = asyncio.create_task(self._judge(paths, dict(self._before))) if self._before else None

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
        """Findings in some files that they did not have with the texts of before, nor with the session's first."""
        after = {path: _told(found) for path, found in (await self._server.diagnostics_given({}, paths)).items()}
        flagged = [path for path, found in after.items() if found]
        fresh = await self._newer(after, flagged, before)
        first = {path: self._first[path] for path in before}
        if fresh and first != before:
            fresh &= await self._newer(after, flagged, first)
        return [
            f"{path}:{found.line}:{found.column + 1}: {found.code} {found.message}"
            for path in flagged
            for found in after[path]
            if _place(found, path) in fresh
        ]

    async def _newer(
        self, after: "Mapping[str, Sequence[Diagnostic]]", flagged: Sequence[str], before: Texts
    ) -> set[_Place]:
        """Places of what there was less of before, on changed lines first, and of what names a module that is gone."""
        known = [path for path in flagged if before.get(path, "") is not None]
        texts = {path: text for path, text in before.items() if text is not None}
        old = await self._server.diagnostics_given(texts, known) if known else {}
        # Only what is on disk is a module to the checker, so it misses what was deleted before as well as after.
        gone = [path.rpartition("/")[2].partition(".")[0] for path in self._gone]
        lost = {_place(one, path) for path in flagged for one in after[path] if _is_about(one, gone)}
        counts = Counter((one.path, *one.key) for path in known for one in _sightings(path, _told(old.get(path, ()))))
        seen = [one for path in flagged for one in _sightings(path, after[path])]
        change = change_of_texts({path: (before[path], self._now[path]) for path in flagged if path in before})
        return lost | {(one.path, one.line, one.rule, one.message) for one in excess(seen, counts, change)}


def _told(found: "Sequence[Diagnostic]") -> "Sequence[Diagnostic]":
    return [each for each in found if each.severity in _TOLD_SEVERITIES and each.code != _UNREADABLE]


def _sightings(path: str, found: "Sequence[Diagnostic]") -> Iterator[Sighting]:
    for one in found:
        yield Sighting(path=path, line=one.line, end_line=one.line, rule=one.code, message=one.message)


def _place(found: "Diagnostic", path: str) -> _Place:
    return path, found.line, found.code, found.message


def _is_about(found: "Diagnostic", gone: Sequence[str]) -> bool:
    return found.code in _MISSING_MODULE and any(name in found.message for name in gone)


def _without_place(line: str) -> str:
    place, _, said = line.partition(": ")
    return f"{place.partition(':')[0]}: {said}"
