# src/python_coder/symbols/fatal.py — what an edit breaks at once, by ruff's fatal rules
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from python_coder.symbols.syntax import NEWEST, RuffFinding, is_python, ruff_findings
from python_coder.symbols.text_file import split_lines


@dataclass(frozen=True)
class FatalFinding:
    """A fault that an edit brought in, such as a name that is not defined."""

    path: str
    line: int
    """1-based, in the text after the edit."""
    column: int
    """1-based, in characters."""
    code: str
    message: str

    def __str__(self) -> str:
        """One line for an answer."""
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.message}"


def fatal_findings(
    before: str | None, after: str, path: str, *, target_version: str = NEWEST
) -> tuple[FatalFinding, ...]:
    """What ruff's fatal rules (E9, F63, F7, F82) say of the text after an edit and did not say before.

    Takes about 15 ms: both texts are looked at side by side, and the last few are remembered.

    Args:
        before: Text before the edit; `None` for a new file.
        after: Text after it.
        path: Name of the file; nothing is said of what is no Python.
        target_version: Oldest Python that the project supports, as ruff writes it.

    Returns:
        The new findings, ordered by place.
    """
    if not is_python(path):
        return ()
    with ThreadPoolExecutor(2) as pool:
        old, new = pool.map(lambda text: ruff_findings(text, path, target_version), (before or "", after))
    left = Counter(_identity(finding) for finding in new) - Counter(_identity(finding) for finding in old)
    stood = Counter(_with_line(finding, before or "") for finding in old)
    # Of findings alike, those on lines that were flagged before are the old ones.
    fresh = []
    for finding in sorted(new, key=lambda found: _with_line(found, after) in stood):
        if left[_identity(finding)] > 0:
            left[_identity(finding)] -= 1
            fresh.append(finding)
    return tuple(FatalFinding(path, f.line, f.column, f.code, f.message) for f in sorted(fresh))


def _identity(finding: RuffFinding) -> tuple[str, str]:
    return finding.code, finding.message


def _with_line(finding: RuffFinding, text: str) -> tuple[str, str, str]:
    lines: Sequence[str] = split_lines(text)
    line = lines[finding.line - 1].strip() if finding.line <= len(lines) else ""
    return finding.code, finding.message, line
