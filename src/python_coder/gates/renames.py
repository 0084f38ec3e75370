# src/python_coder/gates/renames.py — changed lines that merely rename an identifier
import keyword
import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from python_coder.workspace.changes import ChangedFile

_TOKEN = re.compile(r"[A-Za-z_]\w*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|\S")
_NAME = re.compile(r"[A-Za-z_]\w*$")
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@", re.MULTILINE)
_ORDER = " -+"

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
    """Changed lines with what they replaced, where both have the same shape."""
    line = 0
    for hunk in _HUNK.finditer(patch):
        line = int(hunk.group(1))
        body = patch[hunk.end() :].partition("\n@@ ")[0].splitlines()[1:]
        for run in _runs(body):
            line += sum(1 for text in run if text.startswith(" "))
            removed = [text[1:] for text in run if text.startswith("-")]
            added = [text[1:] for text in run if text.startswith("+")]
            shapes = SequenceMatcher(None, [_shape(text) for text in removed], [_shape(text) for text in added])
            for before, after, size in shapes.get_matching_blocks():
                for offset in range(size):
                    yield line + after + offset, removed[before + offset], added[after + offset]
            line += len(added)


def _runs(body: Sequence[str]) -> Iterator[list[str]]:
    """Lines of a hunk, cut into runs of context and runs of removed lines followed by added ones."""
    run: list[str] = []
    for text in body:
        if run and _ORDER.find(text[:1] or " ") < _ORDER.find(run[-1][:1] or " "):
            yield run
            run = []
        run.append(text or " ")
    if run:
        yield run


def _renamed(before: str, after: str) -> frozenset[tuple[str, str]]:
    """The pairs of names in which two lines differ; empty when they differ in anything else."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) != len(new):
        return frozenset()
    pairs = {(a, b) for a, b in zip(old, new, strict=True) if a != b}
    is_plain = all(_is_name(a) and _is_name(b) for a, b in pairs)
    return frozenset(pairs) if is_plain else frozenset()


def _shape(line: str) -> tuple[str, ...]:
    return tuple("name" if _is_name(token) else token for token in _TOKEN.findall(line))


def _is_name(token: str) -> bool:
    return bool(_NAME.match(token)) and not keyword.iskeyword(token)
