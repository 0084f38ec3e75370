# src/python_coder/tools/serena/editing.py — edits of whole files and of passages
import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from python_coder.errors import ToolRefusedError
from python_coder.symbols.content_edits import Passage, find_passages, replace_content, with_passages
from python_coder.symbols.text_file import line_number, split_lines, with_newline
from python_coder.tools.answers import Group, counted, paged, trimmed
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.searching import matching_paths
from python_coder.tools.serena.sources import Source, find_source
from python_coder.tools.serena.writing import source_to_edit, whole_file, write_edits

_WIDEST_PASSAGE = 100


@dataclass(frozen=True)
class EditingTools:
    """Edits of text. Each public method is one tool.

    A Python file that would not parse afterwards is not written; the answer tells the findings that the edit causes.
    """

    context: SerenaContext

    async def create_text_file(self, relative_path: str, content: str) -> str:
        """Write a whole text file: a new one, or one whose every line you mean to replace."""
        edit = whole_file(self.context, relative_path, content)
        verb = "Replaced" if edit.before else "Created"
        return await write_edits(
            self.context, [edit], f"{verb} {edit.path}, {counted(len(split_lines(content)), 'line')}."
        )

    async def delete_file(self, relative_path: str) -> str:
        """Delete a text file."""
        source = source_to_edit(self.context, relative_path)
        return await write_edits(self.context, [Edit(source.path, source, None)], f"Deleted {source.path}.")

    async def replace_content(
        self,
        relative_path: str,
        needle: str,
        repl: str,
        mode: Literal["literal", "regex"] = "literal",
        allow_multiple_occurrences: bool = False,  # noqa: FBT001, FBT002 - the specification's parameters
    ) -> str:
        r"""Replace a passage that stands in a file once. A regex is Python's, with DOTALL; `\1` in repl is a group."""
        source = source_to_edit(self.context, relative_path)
        text = await asyncio.to_thread(
            replace_content, source.text, needle, repl, mode=mode, allow_multiple=allow_multiple_occurrences
        )
        edit = Edit(source.path, source, source.file.with_text(text))
        return await write_edits(self.context, [edit], f"Replaced in {source.path}.")

    async def replace_in_files(  # noqa: PLR0913, PLR0917 - the later versions' parameters
        self,
        needle: str,
        repl: str,
        mode: Literal["literal", "regex"] = "literal",
        relative_path: str = "",
        paths_include_glob: str = "",
        paths_exclude_glob: str = "",
        dry_run: bool = False,  # noqa: FBT001, FBT002 - the later versions' parameters
        occurrence_ids: list[str] | None = None,
        expected_count: int = -1,
        max_answer_chars: int = -1,
        skip: int = 0,
    ) -> str:
        """Replace in many files, all or none. dry_run shows every place with the id to choose it by."""
        found = await self._places(needle, repl, mode, relative_path, (paths_include_glob, paths_exclude_glob))
        chosen = _chosen(found, occurrence_ids)
        count = sum(len(places) for _, places in chosen)
        if dry_run:
            for source, _ in chosen:
                self.context.note_seen(source.path, source.data)
            groups = [Group(source.path, [_shown(place) for place in places]) for source, places in chosen]
            title = f"{counted(count, 'place')} in {counted(len(chosen), 'file')} would change; nothing was written"
            return paged(groups, noun="places", title=title, max_answer_chars=max_answer_chars, skip=skip)
        if expected_count not in {-1, count}:
            raise ToolRefusedError(
                f"Nothing was written: {count} places match, not {expected_count}. Look at them with dry_run=true."
            )
        edits = []
        for source, places in chosen:
            fresh = source_to_edit(self.context, source.path)
            if fresh.data != source.data:
                raise ToolRefusedError(f"Nothing was written: {source.path} was changed meanwhile. Try again.")
            text = with_passages(source.text, [place.passage for place in places])
            edits.append(Edit(source.path, source, source.file.with_text(text)))
        names = ", ".join(edit.path for edit in edits[:10]) + (" …" if len(edits) > 10 else "")  # noqa: PLR2004
        return await write_edits(self.context, edits, f"Replaced {counted(count, 'place')} in {names}.")

    async def _places(
        self, needle: str, repl: str, mode: Literal["literal", "regex"], below: str, globs: tuple[str, str]
    ) -> "Sequence[tuple[Source, Sequence[_Place]]]":
        paths = matching_paths(self.context, below, *globs)
        with self.context.searching(len(paths)):
            sources = [source for path in paths if (source := _readable(self.context, path))]
            found = await asyncio.to_thread(find_passages, [s.text for s in sources], needle, repl, mode=mode)
        places = [
            (source, list(_numbered(source, passages)))
            for source, passages in zip(sources, found, strict=True)
            if passages
        ]
        if not places:
            raise ToolRefusedError(f"Nothing was written: {needle!r:.80} is in none of {len(sources)} files.")
        return places


@dataclass(frozen=True)
class _Place:
    """One passage that may be replaced."""

    id: str
    """`path:line`, and `#2` and so on for the next ones of that line."""
    line: int
    old: str
    passage: Passage


def _numbered(source: Source, passages: Sequence[Passage]) -> Iterator[_Place]:
    plain = with_newline(source.text, "\n")
    counts: dict[int, int] = {}
    for passage in passages:
        line = line_number(plain, passage.start)
        counts[line] = counts.get(line, 0) + 1
        number = f"#{counts[line]}" if counts[line] > 1 else ""
        yield _Place(f"{source.path}:{line}{number}", line, plain[passage.start : passage.end], passage)


def _chosen(
    found: Sequence[tuple[Source, Sequence[_Place]]], ids: Sequence[str] | None
) -> Sequence[tuple[Source, Sequence[_Place]]]:
    if ids is None:
        return found
    known = {place.id for _, places in found for place in places}
    if unknown := [each for each in ids if each not in known]:
        raise ToolRefusedError(f"Nothing was written: there is no place {unknown[0]!r}. dry_run=true shows the ids.")
    if not ids:
        raise ToolRefusedError("Nothing was written: no place was chosen. dry_run=true shows the ids.")
    wanted = [(source, [place for place in places if place.id in ids]) for source, places in found]
    return [(source, places) for source, places in wanted if places]


def _shown(place: _Place) -> str:
    number = place.id.rpartition(":")[2]
    old, new = (trimmed(text.replace("\n", "⏎"), _WIDEST_PASSAGE) for text in (place.old, place.passage.new))
    return f"{number}: {old} → {new or '(nothing)'}"


def _readable(context: SerenaContext, path: str) -> Source | None:
    try:
        return find_source(context, path)
    except ToolRefusedError:
        return None
