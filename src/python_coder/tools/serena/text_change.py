# src/python_coder/tools/serena/text_change.py — the difference of texts in the form in which gates weigh a change
import difflib
from collections.abc import Mapping

from python_coder.symbols.text_file import split_lines, with_newline
from python_coder.workspace.changes import Change, ChangedFile


def change_of_texts(texts: Mapping[str, tuple[str | None, str]]) -> Change:
    """The change from texts before to texts after, by path; `None` before stands for a new file."""
    files = (_changed(path, before, after) for path, (before, after) in sorted(texts.items()))
    return Change(base_tree="", tree="", files=tuple(files))


def _changed(path: str, before: str | None, after: str) -> ChangedFile:
    old, new = _lines(before or ""), _lines(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    edits = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    hunks = []
    for _, old_start, old_end, new_start, new_end in edits:
        hunks.append(f"@@ -{_side(old_start, old_end)} +{_side(new_start, new_end)} @@\n")
        hunks += [f"-{line}" for line in old[old_start:old_end]] + [f"+{line}" for line in new[new_start:new_end]]
    return ChangedFile(
        path=path,
        old_path=path,
        status="added" if before is None else "modified",
        added_lines=frozenset(line + 1 for *_, start, end in edits for line in range(start, end)),
        removed_lines=frozenset(line + 1 for _, start, end, *_ in edits for line in range(start, end)),
        patch="".join(hunks),
    )


def _lines(text: str) -> list[str]:
    return split_lines(with_newline(text, "\n") + ("" if text.endswith(("\n", "\r")) else "\n")) if text else []


def _side(start: int, end: int) -> str:
    """One side of a hunk's head; an empty one is counted from the line before it."""
    return f"{start + (end > start)},{end - start}"
