# tests/gates/test_scope.py — paths that a change may and may not touch
import asyncio
from dataclasses import replace

import pytest
from courtroom import Court

from python_coder.evidence.verdict import GateResult, Severity
from python_coder.gates.scope import ScopeGate, in_scope
from python_coder.workspace.changes import change_between
from python_coder.workspace.files import SYMLINK, hash_blob
from python_coder.workspace.git import write_blobs
from python_coder.workspace.trees import Entry, tree_with

PATTERNS = {
    "exact": ("app/x.py", ("app/x.py",), True),
    "other": ("app/y.py", ("app/x.py",), False),
    "star": ("app/a/b.py", ("app/*",), True),
    "two-stars": ("app/b.py", ("app/**/*.py",), True),
    "two-stars-deep": ("app/a/b.py", ("app/**",), True),
    "folder": ("app/a/b.py", ("app",), True),
    "folder-with-slash": ("app/a/b.py", ("app/",), True),
    "longer-name": ("application/b.py", ("app",), False),
    "empty-pattern": ("app/x.py", ("",), False),
    "nothing-planned": ("app/x.py", (), False),
}


@pytest.mark.parametrize(("path", "scope", "expected"), PATTERNS.values(), ids=PATTERNS)
def test_patterns(path: str, scope: tuple[str, ...], expected: bool) -> None:
    assert in_scope(path, scope) is expected


async def test_both_names_of_a_moved_file_count(court: Court) -> None:
    text = "x = 1\n" * 30
    result = await court.judge(
        ScopeGate(), {"a.py": text}, {"a.py": None, "b.py": text}, scope=("b.py",), with_baseline=False
    )
    assert [(finding.path, finding.rule) for finding in result.findings] == [("a.py", "out-of-scope")]


async def test_a_tracked_env_file_is_the_users_own_decision(court: Court) -> None:
    result = await court.judge(ScopeGate(), {".env": "A=1\n"}, {".env": "A=2\n"}, with_baseline=False)
    assert [finding.severity for finding in result.findings] == [Severity.NOTE]


async def test_a_workspace_lock_belongs_to_the_manifests_below(court: Court) -> None:
    changed = {"uv.lock": "2\n", "backend/pyproject.toml": "[project]\n"}
    result = await court.judge(ScopeGate(), {"uv.lock": "1\n"}, changed, with_baseline=False)
    assert result.findings == ()


LINKS = {
    "outside": ("data/link", "../../etc/passwd", "link-outside", Severity.BLOCKING),
    "absolute": ("link", "/etc/passwd", "link-outside", Severity.BLOCKING),
    "python": ("app/x.py", "data.txt", "linked-code", Severity.BLOCKING),
    "inside": ("docs/link", "../README.md", "link", Severity.NOTE),
}


@pytest.mark.parametrize(("path", "target", "rule", "severity"), LINKS.values(), ids=LINKS)
def test_links(court: Court, path: str, target: str, rule: str, severity: Severity) -> None:
    async def judge() -> GateResult:
        context = await court.context({"README.md": "x\n"}, {"y.txt": "y\n"}, with_baseline=False)
        base = context.change.base_tree
        write_blobs(court.git, [target.encode()])
        tree = tree_with(court.git, base, {path: Entry(SYMLINK, hash_blob(target.encode(), base))})
        return await ScopeGate().check(replace(context, change=change_between(court.git, base, tree)))

    result = asyncio.run(judge())
    assert [(finding.path, finding.rule, finding.severity) for finding in result.findings] == [(path, rule, severity)]
