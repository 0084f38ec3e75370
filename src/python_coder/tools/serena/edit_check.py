# src/python_coder/tools/serena/edit_check.py — what edits break, told in their answer
import asyncio
import re
from collections.abc import Sequence

from python_coder.errors import PythonCoderError
from python_coder.symbols.fatal import fatal_findings
from python_coder.tools.serena.batch import Edit
from python_coder.tools.serena.context import SerenaContext

_MOST_FINDINGS = 20
_QUOTED = re.compile(r"`([^`]+)`")


async def check_edits(context: SerenaContext, edits: Sequence[Edit]) -> Sequence[str]:
    """What edits that are written break: by ruff's rules now, by the type checker if it answers soon, else later.

    Args:
        context: The session, which is told what a gate is sure to find, too.
        edits: At most one for each file.

    Returns:
        Lines for an answer.
    """
    watch = context.project.type_watch
    watch.note(edits)
    found = list(await asyncio.to_thread(_by_ruff, context, edits))
    # The type checker here is not the gate's own: what it alone says may be no error there.
    context.told_findings(tuple(found))
    types, looks_at = await watch.within(context.type_wait_seconds)
    found += [line for line in types if not any(_are_one(line, other) for other in found)]
    more = [f"… {len(found) - _MOST_FINDINGS} more"] if len(found) > _MOST_FINDINGS else []
    late = [f"Still being checked: {looks_at}; what is found comes with a later answer."] if looks_at else []
    if not found:
        return [*(["No new findings so far."] if looks_at else ["No new findings."]), *late]
    return ["New findings:", *(f"  {line}" for line in (*found[:_MOST_FINDINGS], *more)), *late]


def _by_ruff(context: SerenaContext, edits: Sequence[Edit]) -> Sequence[str]:
    """By the rules of the gate; by the fatal ones alone where ruff cannot follow the project's configuration."""
    try:
        return context.project.ruff_watch.new_in(edits)
    except PythonCoderError:
        return [line for edit in edits for line in _fatal(context, edit)]


def _fatal(context: SerenaContext, edit: Edit) -> Sequence[str]:
    if edit.after is None:
        return []
    version = context.files.target_version(edit.path)
    return list(map(str, fatal_findings(edit.old_text, edit.after.text, edit.path, target_version=version)))


def _are_one(line: str, other: str) -> bool:
    """Whether two checkers say the same: of one line, about one name."""
    if line.split(":", 2)[:2] != other.split(":", 2)[:2]:
        return False
    return not set(_QUOTED.findall(line)).isdisjoint(_QUOTED.findall(other))
