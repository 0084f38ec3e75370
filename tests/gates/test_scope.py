# tests/gates/test_scope.py — paths that a change may and may not touch
import asyncio
from dataclasses import replace

import pytest
from courtroom import Court

from python_coder.evidence.verdict import GateResult, Severity
from python_coder.gates.scope import ScopeGate
from python_coder.gates.scope_rule import WIDEN_TOOL
from python_coder.workspace.changes import change_between
from python_coder.workspace.files import SYMLINK, hash_blob
from python_coder.workspace.git import write_blobs
from python_coder.workspace.trees import Entry, tree_with


async def test_both_names_of_a_moved_file_count(court: Court) -> None:
    text = "x = 1\n" * 30
    result = await court.judge(
        ScopeGate(), {"a.py": text}, {"a.py": None, "b.py": text}, scope=("b.py",), with_baseline=False
    )
    assert [(finding.path, finding.rule) for finding in result.findings] == [("a.py", "out-of-scope")]


BASE = {"app/a.py": "import app.b\n", "app/b.py": "", "app/c.py": "", "pyproject.toml": ""}
WIDENED: dict[str, tuple[tuple[str, ...], tuple[str, ...], list[str]]] = {
    "not-asked-for": (("app/b.py",), (), ["app/b.py"]),
    "added": (("app/b.py", "tests/test_a.py"), ("app/b.py", "tests/test_a.py"), []),
    "another-was-added": (("app/b.py",), ("tests/test_a.py",), ["app/b.py"]),
    # A record that names what the rule refuses does not help.
    "no-neighbour": (("app/c.py",), ("app/c.py",), ["app/c.py"]),
    "pattern": (("app/c.py",), ("**", "app"), ["app/c.py"]),
    "judging-file": (("pyproject.toml",), ("pyproject.toml",), ["pyproject.toml"]),
    "sixth": (
        tuple(f"tests/test_{number}.py" for number in range(6)),
        tuple(f"tests/test_{number}.py" for number in range(6)),
        ["tests/test_5.py"],
    ),
}


@pytest.mark.parametrize(("changed", "widened", "outside"), WIDENED.values(), ids=WIDENED)
async def test_what_was_added_to_the_scope_is_weighed_again(
    court: Court, changed: tuple[str, ...], widened: tuple[str, ...], outside: list[str]
) -> None:
    files = {"app/a.py": "import app.b\nx = 1\n", **dict.fromkeys(changed, "y = 1\n")}
    result = await court.judge(ScopeGate(), BASE, files, scope=("app/a.py",), widened=widened, with_baseline=False)
    found = [finding for finding in result.findings if finding.rule == "out-of-scope"]
    assert [finding.path for finding in found] == outside
    assert all(WIDEN_TOOL in finding.message for finding in found)


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
