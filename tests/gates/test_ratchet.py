# tests/gates/test_ratchet.py — which findings are new, and which only moved
from collections import Counter

import pytest

from python_coder.gates.ratchet import Sighting, excess, new_findings
from python_coder.workspace.changes import Change, ChangedFile


def seen(line: int, end: int | None = None, *, message: str = "bad", path: str = "a.py") -> Sighting:
    return Sighting(path=path, line=line, end_line=end or line, rule="R1", message=message)


def changed(patch: str, *, added: set[int], removed: set[int], old_path: str = "a.py") -> Change:
    file = ChangedFile(
        path="a.py",
        old_path=old_path,
        status="modified" if old_path == "a.py" else "renamed",
        added_lines=frozenset(added),
        removed_lines=frozenset(removed),
        patch=patch,
    )
    return Change(base_tree="b", tree="t", files=(file,))


INSERTED = changed("@@ -3,0 +4,2 @@\n+x\n+y\n", added={4, 5}, removed=set())
REPLACED = changed("@@ -1,4 +1,4 @@\n a\n-b\n+B\n c\n d\n", added={2}, removed={2})
TWO_EDITS = changed("@@ -1,5 +1,5 @@\n-a\n b\n c\n d\n e\n+f\n", added={5}, removed={1})
LAST_LINE = changed(
    "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+A\n\\ No newline at end of file\n", added={1}, removed={1}
)
DELETED = changed("@@ -2,2 +1,0 @@\n-x\n-y\n", added=set(), removed={2, 3})
RENAMED = changed("@@ -2 +2 @@\n-b\n+B\n", added={2}, removed={2}, old_path="old.py")

CASES: dict[str, tuple[Change, list[Sighting], list[Sighting], list[int]]] = {
    "new-on-an-added-line": (INSERTED, [seen(4)], [], [4]),
    "old-on-an-unchanged-line": (INSERTED, [seen(9)], [seen(7)], []),
    "new-on-an-unchanged-line": (INSERTED, [seen(9)], [], [9]),
    "second-of-a-kind-stands-on-the-added-line": (INSERTED, [seen(1), seen(5)], [seen(1)], [5]),
    "replaced-in-place": (REPLACED, [seen(2)], [seen(2)], []),
    "replaced-without-a-newline-at-the-end": (LAST_LINE, [seen(1)], [seen(1)], []),
    "replaced-by-two": (REPLACED, [seen(2), seen(2)], [seen(2)], [2]),
    "another-message-in-place": (REPLACED, [seen(2, message="worse")], [seen(2)], [2]),
    "same-message-but-for-numbers": (REPLACED, [seen(2, message="13 > 10")], [seen(2, message="12 > 10")], []),
    "two-edits-do-not-pay-for-each-other": (TWO_EDITS, [seen(5)], [seen(1)], [5]),
    "old-span-that-grew": (INSERTED, [seen(2, 8)], [seen(2, 6)], []),
    "reported-where-it-touches-the-change": (INSERTED, [seen(1, 8)], [], [4]),
    "deletion-moves-lines": (DELETED, [seen(2)], [seen(4)], []),
    "renamed-file": (RENAMED, [seen(2), seen(7)], [seen(2, path="old.py"), seen(7, path="old.py")], []),
    "other-file": (INSERTED, [seen(4, path="c.py")], [], []),
}


@pytest.mark.parametrize(("change", "judged", "base", "expected"), CASES.values(), ids=CASES)
def test_finds_what_is_new(change: Change, judged: list[Sighting], base: list[Sighting], expected: list[int]) -> None:
    assert [finding.line for finding in new_findings(judged, base, change)] == expected


EXCESS: dict[str, tuple[list[Sighting], Counter[tuple[str, str, str]], list[int]]] = {
    "none": ([seen(1)], Counter({("a.py", "R1", "bad"): 1}), []),
    "more-than-before": ([seen(1), seen(4)], Counter({("a.py", "R1", "bad"): 1}), [4]),
    "elsewhere": ([seen(3, path="far.py")], Counter(), [3]),
    "changed-lines-first": ([seen(1), seen(4)], Counter(), [4, 1]),
    "numbers-do-not-count": ([seen(4, message="line 7")], Counter({("a.py", "R1", "line #"): 1}), []),
}


@pytest.mark.parametrize(("judged", "base", "expected"), EXCESS.values(), ids=EXCESS)
def test_counts_over_the_whole_tree(
    judged: list[Sighting], base: Counter[tuple[str, str, str]], expected: list[int]
) -> None:
    assert [sighting.line for sighting in excess(judged, base, INSERTED)] == expected
