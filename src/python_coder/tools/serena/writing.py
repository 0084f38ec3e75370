# src/python_coder/tools/serena/writing.py — the one way in which the serena tools change files
import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from python_coder.errors import ToolRefusedError
from python_coder.symbols.syntax import refuse_broken
from python_coder.symbols.text_file import new_file
from python_coder.tools.files import ABSENT, digest_of
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.edit_check import check_edits
from python_coder.tools.serena.sources import Source, find_source, plain_path, read_source

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
