# src/python_coder/gates/renames.py — changed lines that merely rename an identifier
import keyword
import re
from collections.abc import Iterator, Sequence

from python_coder.workspace.changes import ChangedFile

_TOKEN = re.compile(r"[A-Za-z_]\w*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\S")
_NAME = re.compile(r"[A-Za-z_]\w*$")
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")

LineChange = tuple[int, str, str]


def rename_only_lines(file: ChangedFile, old_text: str, new_text: str) -> frozenset[int]:
    """1-based lines of the new file whose only change is that an identifier got another name.

    A name counts as renamed when the old one is gone from the file, the new one was not in it before, and every
    changed line agrees on the pair. Anything else that swaps two names may change what the code does.
    """
    old_names, new_names = set(_TOKEN.findall(old_text)), set(_TOKEN.findall(new_text))
    candidates = []
    for line, before, after in _paired_lines(file.patch):
        pairs = _renamed(before, after)
        if pairs and all(old not in new_names and new not in old_names for old, new in pairs):
            candidates.append((line, pairs))
    meaning: dict[str, set[str]] = {}
    for _, pairs in candidates:
        for old, new in pairs:
            meaning.setdefault(old, set()).add(new)
    taken = [next(iter(news)) for news in meaning.values() if len(news) == 1]
    clear = {old for old, news in meaning.items() if len(news) == 1 and taken.count(next(iter(news))) == 1}
    return frozenset(line for line, pairs in candidates if all(old in clear for old, _ in pairs))


def _paired_lines(patch: str) -> Iterator[LineChange]:
    """Changed lines with what they replaced, where a run of removed lines meets one of the same length."""
    removed: list[str] = []
    added: list[str] = []
    line = 0
    for text in [*patch.splitlines(), " "]:
        hunk = _HUNK.match(text)
        if text.startswith("-") and not added and not text.startswith("--- "):
            removed.append(text[1:])
        elif text.startswith("+") and not text.startswith("+++ "):
            added.append(text[1:])
        else:
            yield from _pairs(removed, added, line)
            line += len(added)
            removed, added = ([text[1:]] if text.startswith("-") and not text.startswith("--- ") else []), []
            line = int(hunk.group(1)) if hunk else line + (1 if text.startswith(" ") else 0)


def _pairs(removed: Sequence[str], added: Sequence[str], first_line: int) -> Iterator[LineChange]:
    if len(removed) == len(added):
        for offset, (before, after) in enumerate(zip(removed, added, strict=True)):
            yield first_line + offset, before, after


def _renamed(before: str, after: str) -> frozenset[tuple[str, str]]:
    """The pairs of names in which two lines differ; empty when they differ in anything else."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) != len(new):
        return frozenset()
    pairs = {(a, b) for a, b in zip(old, new, strict=True) if a != b}
    is_plain = all(_is_name(a) and _is_name(b) for a, b in pairs)
    return frozenset(pairs) if is_plain else frozenset()


def _is_name(token: str) -> bool:
    return bool(_NAME.match(token)) and not keyword.iskeyword(token)
