# src/python_coder/tools/combined/edit_files.py — tool edit_files: several edits in one call, all or none, one check
import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from python_coder.errors import PythonCoderError, ToolRefusedError
from python_coder.tools.combined.edit_forms import EDIT_FILES, EditCall, Edits, read_edits
from python_coder.tools.combined.second_try import what_stands_there
from python_coder.tools.serena.batch import Edit, EditBatch
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.edit_check import check_edits
from python_coder.tools.serena.editing import EditingTools
from python_coder.tools.serena.refactoring import RefactoringTools
from python_coder.tools.serena.sources import read_source
from python_coder.tools.serena.symbol_editing import SymbolEditingTools
from python_coder.tools.serena.writing import source_to_edit, take_back, write_edits
from python_coder.tools.table import InnerCall, Tool

TYPE_WAIT_SECONDS = 3.0
"""How long the check after all edits waits for the type checker: one check of many edits may take its time."""
_MOST_FAILURES = 4


@dataclass(frozen=True)
class EditFilesTool:
    """Several edits as one. The public method is the tool."""

    context: SerenaContext

    async def edit_files(self, edits: Edits) -> str:
        """Edit files, all edits or none, in order; the answer tells new findings of the check after the last one."""
        calls = read_edits(edits)
        batch = EditBatch()
        making = asyncio.ensure_future(self._made(calls, replace(self.context, batch=batch)))
        try:
            failures, formatted = await asyncio.shield(making)
        except BaseException:
            # What is being written cannot be stopped half-way.
            await asyncio.wait([making])
            await asyncio.to_thread(take_back, self.context, batch.edits)
            raise
        if failures:
            told = await asyncio.to_thread(self._failed, calls, failures, batch)
            raise ToolRefusedError(told)
        waiting = replace(self.context, type_wait_seconds=max(TYPE_WAIT_SECONDS, self.context.type_wait_seconds))
        changed = frozenset(edit.path for edit in batch.edits)
        return "\n".join([*_done(calls, changed, formatted), *await check_edits(waiting, batch.edits)])

    async def _made(
        self, calls: Sequence[EditCall], context: SerenaContext
    ) -> tuple[Mapping[int, str], Container[str]]:
        """Make the edits that can be made; what fails by its place, so that all of it can be mended at once.

        Returns:
            Failures, and paths of the files that were formatted when there are none.
        """
        editors, failures = _editors(context), dict[int, str]()
        for place, call in enumerate(calls):
            try:
                if "name_path" in call.arguments:
                    # A folder would do for the serena tools; rules are about files.
                    read_source(context, call.path)
                await editors[call.tool](**call.arguments)
            except PythonCoderError as error:
                failures[place] = str(error)
        return failures, frozenset() if failures else await _formatted(context)

    def _failed(self, calls: Sequence[EditCall], failures: Mapping[int, str], batch: EditBatch) -> str:
        """What is told of edits that failed, after all others were taken back."""
        texts = {path: edit.after.text for path, edit in batch.written.items() if edit.after}
        kept = take_back(self.context, batch.edits)
        lines = [f"Nothing was written: {len(failures)} of {len(calls)} edits failed. Mend them and send all again."]
        if kept:
            lines = [f"{len(failures)} edits failed. {', '.join(kept)} was changed by someone else: it stays so."]
        for place, why in list(failures.items())[:_MOST_FAILURES]:
            call = calls[place]
            lines.append(f"edit {place + 1} of {len(calls)} ({call.path}): {in_own_words(why)}")
            lines += what_stands_there(self.context, call, texts.get(call.path))
        return "\n".join(lines)


def edit_files_tool(context: SerenaContext, serena: Mapping[str, Tool]) -> Tool:
    """The tool, held to the session's modes.

    Args:
        context: The session.
        serena: Serena's own edit tools by short name; rules on them hold for the edits that stand for them.
    """

    def inner_calls(arguments: Mapping[str, Any]) -> Sequence[InnerCall]:
        try:
            calls = read_edits(arguments.get("edits") or ())
        except (ToolRefusedError, AttributeError, TypeError):
            # The tool refuses it as well, before anything is written.
            return ()
        return [InnerCall(tool=serena[call.tool], arguments=call.arguments) for call in calls]

    function = EditFilesTool(context).edit_files
    tool = Tool(name=EDIT_FILES, function=function, effect="edits", inner_calls=inner_calls)
    return context.modes.guard(tool)


def in_own_words(why: str) -> str:
    """A refusal of a serena tool, with what to do said for edit_files."""
    for theirs, ours in _OWN_WORDS:
        why = why.replace(theirs, ours)
    return why


_OWN_WORDS = (
    ("or pass allow_multiple_occurrences=True to replace them all", 'or "all": true'),
    ("pass allow_decorator_loss=True", '"force": true'),
    ("pass allow_rename=True", '"force": true'),
    ("pass allow_indentation_change=True", '"force": true'),
    ("pass allow_decorated=true", 'give "force": true'),
    ("Use rename_symbol, or", "Edit its uses in the same call, and give"),
    ("insert_before_symbol or insert_after_symbol", 'an edit with "before" or "after"'),
    ("Put what is new in with an edit with", "What is no definition goes in by an edit of its own, with"),
    ("use safe_delete_symbol", 'give "delete": true'),
    ("replace_content or replace_lines", '"old" and "new"'),
    ("replace_content", '"old" and "new"'),
    ("take the lines out with replace_lines", 'take the text out with "old" and "new": ""'),
    ("The needle", "That text"),
    ("0 places: nothing was changed.", "0 places."),
    ("0 places. Read the file again.", "0 places of the file."),
    ("Use substring_matching or search_for_pattern.", "Look for it with search_for_pattern."),
)


def _editors(context: SerenaContext) -> Mapping[str, Callable[..., Awaitable[str]]]:
    text, refactoring = EditingTools(context), RefactoringTools(context)
    symbols = SymbolEditingTools(context, allow_more=True)
    functions = (
        *(text.create_text_file, text.delete_file, text.replace_content),
        *(symbols.replace_symbol_body, symbols.insert_before_symbol, symbols.insert_after_symbol),
        refactoring.safe_delete_symbol,
    )
    return {function.__name__: function for function in functions}


async def _formatted(context: SerenaContext) -> Container[str]:
    """Format the files of a batch whose layout the gate would not take; layout is never a reason to refuse an edit."""
    done: set[str] = set()
    edits = context.batch.edits if context.batch else ()
    # The gate tells what stands in the way.
    with contextlib.suppress(PythonCoderError):
        texts = await asyncio.to_thread(context.project.ruff_layout.formatted, edits)
        for path, text in texts.items():
            source = source_to_edit(context, path)
            await write_edits(context, [Edit(path, source, source.file.with_text(text))], "")
            done.add(path)
    return done


def _done(calls: Sequence[EditCall], changed: Container[str], formatted: Container[str]) -> Sequence[str]:
    """One line for each file."""
    done: dict[str, list[str]] = {}
    for call in calls:
        done.setdefault(call.path, []).append(call.done)
    for path, verbs in done.items():
        if path in formatted:
            verbs.append("formatted")
    return [
        f"{path}: {', '.join(_counted(verbs))}{'' if path in changed else ' (it is as it was)'}"
        for path, verbs in done.items()
    ]


def _counted(verbs: Sequence[str]) -> Sequence[str]:
    return [verb if (count := verbs.count(verb)) == 1 else f"{verb} {count} times" for verb in dict.fromkeys(verbs)]
