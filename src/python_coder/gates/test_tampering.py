# src/python_coder/gates/test_tampering.py — gate `test-tampering`: tests keep running, keep checking, and go unnoticed
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import libcst as cst

from python_coder.evidence.verdict import Finding, GateResult, Severity, judge
from python_coder.gates.additions import additions, unread
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import is_test_path, not_run
from python_coder.gates.judging_files import EMPTY_TREE
from python_coder.gates.names import last_name
from python_coder.gates.reaching import always_equal, reaching, reaching_further
from python_coder.gates.smuggled import smuggled
from python_coder.gates.source_probes import probes
from python_coder.gates.statements import Definition, Source, parse, walk
from python_coder.gates.test_functions import TestFunction, body_text, definitions_of_tests
from python_coder.gates.test_silencing import silencing
from python_coder.gates.tool_run import not_applicable
from python_coder.gates.vacuous import strength
from python_coder.workspace.changes import ChangedFile

_SNAPSHOT = re.compile(
    r"(^|/)(__snapshots__|snapshots?|golden|cassettes|goldens|expected)/|\.(snap|ambr|golden|approved\.\w+)$"
)
_CHECK = re.compile(r"^(assert|fail$|raises$|warns$)|^(check|verify|expect)_")
_TOLERANT = {"approx", "isclose", "allclose", "assertAlmostEqual"}


@dataclass(frozen=True)
class TestTamperingGate:
    """Tests are not skipped, deleted, hollowed out or regenerated, and source does not ask whether it is tested.

    Source: DESIGN, rule 1.
    """

    __test__ = False
    name: str = "test-tampering"

    async def check(self, context: GateContext) -> GateResult:
        """Compare tests with the base's, and look through changed source for code that knows of its tests."""
        if context.change.base_tree == EMPTY_TREE:
            return not_applicable(self.name, "there is no base revision")
        findings = (*_added(context), *smuggled(context), *_removed(context), *_snapshots(context))
        result = judge(self.name, findings, "no test was weakened and no source asks whether it is tested")
        if not findings and (paths := unread(context)):
            return not_run(self.name, f"{paths[0]} could not be parsed", "mend its syntax")
        return result


def _added(context: GateContext) -> Iterator[Finding]:
    is_test = is_test_path(context)
    for scan, select in (
        (silencing, is_test),
        (always_equal, lambda _: True),
        (reaching, lambda _: True),
        (reaching_further(context.known_good.packages), lambda path: not is_test(path)),
        (probes, lambda path: not is_test(path)),
    ):
        for file, sight in additions(context, scan, select):
            yield Finding(path=file.path, line=sight.line, rule=sight.rule, message=sight.message)


def _removed(context: GateContext) -> Iterator[Finding]:
    is_test = is_test_path(context)
    files = [file for file in context.change.files if file.status != "added" and is_test(file.old_path)]
    kept = {
        body_text(definition.node, source.module)
        for file in context.change.python_files
        if is_collected(file.path) and (source := parse(context.trees.read(context.judged_tree, file.path)))
        for definition in definitions_of_tests(source)
    }
    for file in files:
        old = parse(context.trees.read(context.change.base_tree, file.old_path)) if file.is_python else None
        if old is not None:
            yield from _compared(file, old, kept, context)


def is_collected(path: str) -> bool:
    """Whether pytest looks into a file of this name for tests, by its default patterns."""
    name = path.rpartition("/")[2]
    return name.endswith("_test.py") or (name.startswith("test") and name.endswith(".py"))


def _compared(file: ChangedFile, old: Source, kept: set[str], context: GateContext) -> Iterator[Finding]:
    is_there = file.status != "deleted" and is_collected(file.path)
    new = parse(context.trees.read(context.judged_tree, file.path)) if is_there else None
    for before in definitions_of_tests(old):
        is_redefined = new is not None and _count(new, before.name) > _count(old, before.name)
        if body_text(before.node, old.module) in kept and not is_redefined:
            continue
        after = new.find(before.name) if new else None
        nodeid = f"{file.old_path}::{before.name.replace('.', '::')}"
        severity = Severity.NOTE if _is_allowed(nodeid, context) else Severity.BLOCKING
        if after is None or new is None:
            message = f"`{before.name}` is gone; put it back, since only the user may drop a test"
            yield Finding(path=file.old_path, rule="test-deleted", message=message, severity=severity)
            continue
        line = new.line(after.node.name)
        if checks_in(after.node) < checks_in(before.node):
            left = f"{checks_in(after.node)} checks of {checks_in(before.node)}"
            message = f"`{before.name}` checks less than on the base ({left})"
            yield Finding(path=file.path, line=line, rule="assertion-removed", message=message, severity=severity)
        elif strength(TestFunction(file.path, after, new)).is_less_than(
            strength(TestFunction(file.old_path, before, old))
        ):
            message = f"`{before.name}` checks less firmly or less exactly than on the base; put its checks back"
            yield Finding(path=file.path, line=line, rule="assertion-weakened", message=message, severity=severity)
        elif _tolerance(after, new) != _tolerance(before, old):
            message = f"`{before.name}` compares with another tolerance than on the base"
            yield Finding(path=file.path, line=line, rule="tolerance-changed", message=message, severity=Severity.NOTE)


def _count(source: Source, name: str) -> int:
    """How many definitions have a name; the last one hides the others."""
    return sum(definition.name == name for definition in source.definitions)


def checks_in(node: cst.CSTNode) -> int:
    """How many assertions, checking calls and expected errors a function has."""
    return sum(
        1
        for part in walk(node)
        if isinstance(part, cst.Assert) or (isinstance(part, cst.Call) and _CHECK.search(last_name(part.func)))
    )


def _tolerance(definition: Definition, source: Source) -> list[str]:
    calls = (part for part in walk(definition.node) if isinstance(part, cst.Call) and last_name(part.func) in _TOLERANT)
    return [source.module.code_for_node(call) for call in calls]


def _is_allowed(nodeid: str, context: GateContext) -> bool:
    prefix = "" if context.known_good.project_root == "." else context.known_good.project_root.rstrip("/") + "/"
    name = nodeid.removeprefix(prefix)
    return any(
        fnmatchcase(name, pattern) or fnmatchcase(nodeid, pattern) for pattern in context.policy.may_change_tests
    )


def _snapshots(context: GateContext) -> Iterator[Finding]:
    is_test = is_test_path(context)
    for file in context.change.files:
        if file.status == "added" or file.is_python or not is_test(file.old_path):
            continue
        is_snapshot = bool(_SNAPSHOT.search(file.old_path))
        has_changed = bool(file.removed_lines) or file.is_binary or file.status == "deleted"
        if has_changed and not _is_allowed(file.old_path, context):
            what = "a snapshot" if is_snapshot else "test data"
            message = f"{what} that the base's tests compare with was rewritten; put it back and mend the source"
            severity = Severity.BLOCKING if is_snapshot else Severity.NOTE
            yield Finding(path=file.old_path, rule="snapshot-changed", message=message, severity=severity)
