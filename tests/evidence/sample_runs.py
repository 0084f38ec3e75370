# tests/evidence/sample_runs.py — ledgers of small made-up runs, for the tests of what is built from them
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_coder.evidence.conclusion import Ending, end_run
from python_coder.evidence.contract import Contract, Status
from python_coder.evidence.facts import gate_data
from python_coder.evidence.ledger import EntryKind, Ledger
from python_coder.evidence.redaction import Redactor
from python_coder.evidence.verdict import CommandRecord, GateResult, Verdict

BASE, TREE, OTHER = "b" * 40, "a" * 40, "c" * 40


@dataclass(frozen=True, kw_only=True)
class File:
    """A changed file, as `workspace.changes.ChangedFile` shows it."""

    path: str
    old_path: str
    status: str
    added_lines: frozenset[int]
    removed_lines: frozenset[int]
    patch: str
    is_binary: bool = False


ITEMS = File(
    path="app/items.py",
    old_path="app/items.py",
    status="modified",
    added_lines=frozenset({1}),
    removed_lines=frozenset({1}),
    patch="""diff --git a/app/items.py b/app/items.py
--- a/app/items.py
+++ b/app/items.py
@@ -1 +1 @@
-old = 1
+new = 2
""",
)


def command(*argv: str, tree: str = TREE) -> CommandRecord:
    return CommandRecord(argv=argv, exit_code=0, seconds=0.1, output_digest="d" * 64, tree=tree)


def gate(name: str, verdict: Verdict = Verdict.PASSED, reason: str = "fine", **facts: float) -> GateResult:
    return GateResult(gate=name, verdict=verdict, reason=reason, facts=dict(facts), commands=(command(name, "--all"),))


PASSED = (gate("ruff-check"), gate("tests", reason="57 tests passed", passed=57), gate("mypy"))


def record_run(
    path: Path,
    *,
    status: Status = "proven",
    because: str = "proven",
    gates: Sequence[GateResult] = PASSED,
    gates_tree: str = TREE,
    delivered: str = TREE,
    report: dict[str, object] | None = None,
    gates_first: bool = True,
    files: tuple[File, ...] = (ITEMS,),
    secrets: tuple[str, ...] = (),
    reason: str = "",
    not_judged: tuple[str, ...] = ("mypy: the project has none.",),
) -> Contract:
    """Record one whole run and end it."""
    said = (
        report if report is not None else {"summary": "Renamed old.", "rationale": "Clearer.", "followups": ["Docs."]}
    )
    with Ledger.open(path, redactor=Redactor(secrets)) as ledger:
        ledger.append(
            EntryKind.RUN_STARTED,
            run_id="20260101-000000-abcdef",
            task="Rename old",
            repository="svc",
            base_commit="d" * 40,
            base_tree=BASE,
            project_root=".",
            model="offline",
            sandbox="bwrap",
            env_names=["DB_PASSWORD"],
            policy={"may_change_tests": ["tests/test_a.py::*"], "coverage_threshold": 0.9},
        )
        ledger.append(
            EntryKind.ENVIRONMENT_READY, python="3.11.7", digest="e" * 32, tools={"ruff": "0.17.6"}, commands=[]
        )
        ledger.append(
            EntryKind.BASELINE,
            tree=BASE,
            counts={"passed": 55, "failed": 2},
            commands=[command("pytest", "-q", tree=BASE)],
        )
        ledger.append(EntryKind.PLAN, kind="behaviour", scope=["app/**"], steps=["one"])
        ledger.append(EntryKind.TOOL_CALL, tool="mcp__coder__apply_recipe", arguments={}, outcome="done", tree=TREE)
        if not gates_first:
            ledger.append(EntryKind.CLAIM, tree=TREE, **said)
        for result in gates:
            ledger.append(EntryKind.GATE, tree=gates_tree, **gate_data(result))
        if gates_first and said:
            ledger.append(EntryKind.CLAIM, tree=TREE, **said)
        if delivered:
            ledger.append(
                EntryKind.DELIVERED, how="branch", branch="python-coder/x", patch="", commit="f" * 40, tree=delivered
            )
        return end_run(
            ledger,
            Ending(
                status=status,
                ended_because=because,
                reason=reason,
                tree=TREE if files else "",
                files=files,
                notes={"app/items.py": "router of items"},
                not_judged=not_judged,
                budget_limit=12,
                budget_used=3,
            ),
        )
