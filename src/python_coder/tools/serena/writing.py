# src/python_coder/tools/serena/writing.py — the one way in which the serena tools change files
import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from python_coder.errors import ToolRefusedError
from python_coder.symbols.fatal import fatal_findings
from python_coder.symbols.syntax import refuse_broken
from python_coder.symbols.text_file import new_file
from python_coder.tools.files import ABSENT, digest_of
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.sources import Source, find_source, plain_path, read_source

__all__ = ["Edit", "check_edits", "source_to_edit", "take_back", "whole_file", "write_edits"]

_MOST_FINDINGS = 20
_MOST_JUDGES = 4


def source_to_edit(context: SerenaContext, relative_path: str) -> Source:
    """A text file that is about to be changed.

    Raises:
        ToolRefusedError: It is not there, or it changed since this session read it.
    """
    source = read_source(context, relative_path)
    _refuse_stale(context, source)
    return source


def whole_file(context: SerenaContext, relative_path: str, content: str) -> Edit:
    """The edit that gives a file a whole new text, written with the line ends that the file has.

    Raises:
        ToolRefusedError: It changed since this session read it.
    """
    source = find_source(context, relative_path)
    if source is None:
        return Edit(plain_path(relative_path), None, new_file(content))
    _refuse_stale(context, source)
    return Edit(source.path, source, source.file.with_whole_text(content))


async def write_edits(context: SerenaContext, edits: Sequence[Edit], done: str) -> str:
    """Write all of the edits or none, and tell what they break.

    Args:
        context: The session.
        edits: At most one for each file.
        done: First line of the answer.

    Raises:
        ToolRefusedError: A file would not parse, or is not the tools' to write, or was changed meanwhile.
    """
    await asyncio.to_thread(_write_all, context, edits)
    for edit in edits:
        context.index.update(edit.path)
    if context.batch is not None:
        context.batch.add(edits)
        return done
    return "\n".join([done, *await check_edits(context, edits)])


def take_back(context: SerenaContext, edits: Sequence[Edit]) -> Sequence[str]:
    """Put files back to what they were before edits, the last first.

    Returns:
        Paths that somebody else has changed since, which stay as they are.
    """
    kept = []
    for edit in reversed(edits):
        try:
            _take_back(context, edit)
        except ToolRefusedError:
            kept.append(edit.path)
        context.index.update(edit.path)
    return kept


def _write_all(context: SerenaContext, edits: Sequence[Edit]) -> None:
    if len(edits) > 1:
        # Judged side by side, and before the first of them is written; a single one is judged when it is.
        with ThreadPoolExecutor(_MOST_JUDGES) as pool:
            list(pool.map(lambda edit: _refuse_broken(context, edit), edits))
    written: list[Edit] = []
    try:
        for edit in edits:
            _put(context, edit)
            written.append(edit)
    except BaseException:
        take_back(context, written)
        raise


def _refuse_broken(context: SerenaContext, edit: Edit) -> None:
    if edit.after is not None:
        version = context.files.target_version(edit.path)
        refuse_broken(edit.old_text, edit.after.text, edit.path, target_version=version)


def _put(context: SerenaContext, edit: Edit) -> None:
    if edit.after is None:
        context.files.delete(edit.path, expected_digest=edit.before.digest if edit.before else ABSENT)
        context.project.seen.pop(edit.path, None)
        return
    if edit.before is None:
        context.files.write(edit.path, edit.after.text, expected_digest=ABSENT)
    else:
        context.files.save(edit.before.opened, edit.after.text)
    context.note_seen(edit.path, edit.after.data)


def _take_back(context: SerenaContext, edit: Edit) -> None:
    """Put one file back to what it was.

    Raises:
        ToolRefusedError: Somebody else has changed it since.
    """
    expected = digest_of(edit.after.data) if edit.after else ABSENT
    if edit.before is None:
        context.files.delete(edit.path, expected_digest=expected)
        context.project.seen.pop(edit.path, None)
        return
    context.files.put_back(edit.path, edit.before.data, expected_digest=expected)
    context.note_seen(edit.path, edit.before.data)


def _refuse_stale(context: SerenaContext, source: Source) -> None:
    known = context.project.seen.get(source.path)
    if known is not None and known != source.digest:
        raise ToolRefusedError(
            f"Not written: {source.path} was changed by someone else since you read it. "
            "Read the part that you want to edit again, then repeat the edit."
        )


async def check_edits(context: SerenaContext, edits: Sequence[Edit]) -> Sequence[str]:
    """What edits that are written break: by ruff's rules now, by the type checker if it answers soon, else later.

    Args:
        context: The session, which is told whether anything new was found.
        edits: At most one for each file.

    Returns:
        Lines for an answer.
    """
    watch = context.project.type_watch
    watch.note(
        {edit.path: edit.old_text for edit in edits}, deleted={edit.path for edit in edits if edit.after is None}
    )
    found = await asyncio.to_thread(lambda: [line for edit in edits for line in _fatal(context, edit)])
    types, looks_at = await watch.within(context.type_wait_seconds)
    places = {line.partition(": ")[0] for line in found}
    found += [line for line in types if line.partition(": ")[0] not in places]
    context.told_findings(bool(found))
    more = [f"… {len(found) - _MOST_FINDINGS} more"] if len(found) > _MOST_FINDINGS else []
    late = [f"Still being checked: {looks_at}; what is found comes with a later answer."] if looks_at else []
    if not found:
        return [*(["No new findings so far."] if looks_at else ["No new findings."]), *late]
    return ["New findings:", *(f"  {line}" for line in (*found[:_MOST_FINDINGS], *more)), *late]


def _fatal(context: SerenaContext, edit: Edit) -> Sequence[str]:
    if edit.after is None:
        return []
    version = context.files.target_version(edit.path)
    return list(map(str, fatal_findings(edit.old_text, edit.after.text, edit.path, target_version=version)))
