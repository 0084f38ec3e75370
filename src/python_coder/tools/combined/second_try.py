# src/python_coder/tools/combined/second_try.py — what stands where an edit failed, for a correct second try
import difflib
from collections.abc import Sequence

from python_coder.symbols.text_file import split_lines, with_newline, without_end
from python_coder.tools.combined.edit_forms import EditCall
from python_coder.tools.serena.context import SerenaContext
from python_coder.tools.serena.sources import find_source

_MOST_LINES = 30
_LEAST_LIKENESS = 0.5
_MOST_COMPARED_LINES = 5_000


def what_stands_there(context: SerenaContext, call: EditCall, edited: str | None) -> Sequence[str]:
    """The passage of a file that is most like the text that was not found in it, or what else would help.

    Args:
        context: The session, after everything was taken back.
        call: The edit that failed.
        edited: The file's text as the edits before it left it; `None` if they did not touch it.
    """
    if call.tool == "safe_delete_symbol":
        return ["Its uses can go in the same call, in edits before this one."]
    if call.tool != "replace_content":
        return ()
    text = edited if edited is not None else _text(context, call.path)
    needle = with_newline(call.arguments["needle"], "\n")
    plain = with_newline(text or "", "\n")
    if not plain or needle in plain:
        return ()
    lines = [without_end(line) for line in split_lines(plain)]
    wanted = needle.strip("\n").split("\n")
    start, likeness = _nearest(lines, wanted)
    if likeness < _LEAST_LIKENESS:
        return ["Nothing like it stands in the file."]
    passage = lines[start : start + min(len(wanted), _MOST_LINES)]
    return [f"What stands there, from line {start + 1}:", "```", *passage, "```"]


def _nearest(lines: Sequence[str], wanted: Sequence[str]) -> tuple[int, float]:
    """Where the lines that are most like the wanted ones begin, 0-based, and how alike they are, 0..1."""
    stripped, sought = [line.strip() for line in lines[:_MOST_COMPARED_LINES]], [line.strip() for line in wanted]
    best, best_likeness = 0, 0.0
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2("\n".join(sought))
    words = {line for line in sought if line}
    for start in range(max(1, len(stripped) - len(sought) + 1)):
        window = stripped[start : start + len(sought)]
        # Comparing characters is slow, so only where a line is the same, or where there is but one to compare.
        if len(sought) > 1 and words.isdisjoint(window):
            continue
        matcher.set_seq1("\n".join(window))
        if matcher.real_quick_ratio() > best_likeness and matcher.quick_ratio() > best_likeness:
            likeness = matcher.ratio()
            if likeness > best_likeness:
                best, best_likeness = start, likeness
    return best, best_likeness


def _text(context: SerenaContext, path: str) -> str | None:
    source = find_source(context, path)
    return source.text if source else None
