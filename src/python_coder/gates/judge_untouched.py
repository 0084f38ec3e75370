# src/python_coder/gates/judge_untouched.py — gate `judge-untouched`: a change does not rewire what judges it
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from python_coder.evidence.verdict import Finding, GateResult, Severity, judge
from python_coder.gates.additions import Sight, additions
from python_coder.gates.context import GateContext
from python_coder.gates.judge_config import UnreadableConfigError, changed_parts
from python_coder.gates.judge_files import (
    hides_source,
    is_check_script,
    is_ci,
    is_judge,
    is_runner,
    runs_at_start,
    sets_judges,
    shadowed,
    speaks_of_tests,
    starts_checks,
)
from python_coder.gates.judging_files import EMPTY_TREE, is_judging_file
from python_coder.gates.names import dotted_name
from python_coder.gates.statements import Source, walk
from python_coder.gates.tool_run import not_applicable
from python_coder.workspace.changes import ChangedFile

_LEAVE = "put it back as the base has it"
_PATCHES = {"monkeypatch", "mocker", "patch", "setattr", "setitem", "MonkeyPatch"}
_COLLECTING = {"pytest_plugins", "collect_ignore", "collect_ignore_glob"}
_REGISTERING = re.compile(r"(^|\.)(pluginmanager|pm)\.(register|unregister|set_blocked|import_plugin|add_hookspecs)$")
_HOOK_NAME = re.compile(r"^pytest_(runtest|collect|report|pyfunc|session|configure|unconfigure|generate|make|fixture)")


@dataclass(frozen=True)
class JudgeUntouchedGate:
    """Configuration of checkers, hooks of pytest, CI and start-up files stay as the base revision has them.

    Source: DESIGN, rule 1. The judged tree has the base's configuration anyway; this names the attempt.
    """

    name: str = "judge-untouched"

    async def check(self, context: GateContext) -> GateResult:
        """Compare every changed file that has power over the judges."""
        if context.change.base_tree == EMPTY_TREE:
            return not_applicable(self.name, "there is no base revision")
        findings = [
            *(finding for file in context.change.files for finding in _files(file, context)),
            *(_finding(file, sight) for file, sight in additions(context, _scan)),
        ]
        return judge(self.name, tuple(findings), "nothing that judges was touched")


def _files(file: ChangedFile, context: GateContext) -> Iterator[Finding]:
    for path in dict.fromkeys((file.path, file.old_path)):
        if is_judging_file(path):
            yield from _config(path, context)
            return
    if is_judge(file.path) or is_judge(file.old_path):
        yield Finding(path=file.path, rule="judge-changed", message=f"it configures a checker; {_LEAVE}")
    elif is_ci(file.path) or is_ci(file.old_path):
        is_new = file.status == "added"
        message = "the change adds a CI job" if is_new else f"it tells CI what to run; {_LEAVE}"
        severity = Severity.NOTE if is_new else Severity.BLOCKING
        yield Finding(path=file.path, rule="ci-changed", message=message, severity=severity)
    elif is_runner(file.path):
        severity = Severity.BLOCKING if speaks_of_tests(file.patch) and file.status != "added" else Severity.NOTE
        message = f"its commands changed; {_LEAVE} where they run tests or checkers"
        yield Finding(path=file.path, rule="commands-changed", message=message, severity=severity)
    elif runs_at_start(file.path) and file.status != "deleted":
        message = "Python or pytest loads a file of this name by itself, before any test; remove it"
        yield Finding(path=file.path, rule="runs-at-start", message=message)
    elif file.status in {"added", "renamed"} and (taken := shadowed(file.path, context)):
        message = f"it takes the place of `{taken}` on the import path; give it another name"
        yield Finding(path=file.path, rule="shadows-module", message=message)
    else:
        yield from _beside(file, context)


def _beside(file: ChangedFile, context: GateContext) -> Iterator[Finding]:
    """Scripts, settings and stubs that reach the checkers from beside."""
    if is_check_script(file.path) and file.status != "added" and starts_checks(file.patch):
        message = f"its commands changed; {_LEAVE} where they run tests or checkers"
        yield Finding(path=file.path, rule="commands-changed", message=message)
    elif sets_judges(file.path, file.patch):
        message = "it sets a variable by which tests and checkers take their options; remove it"
        yield Finding(path=file.path, rule="judge-changed", message=message)
    elif file.status in {"added", "renamed"} and hides_source(file.path, context):
        message = "type checkers read this stub in place of the source beside it; write the types into the source"
        yield Finding(path=file.path, rule="stub-hides-source", message=message)


def _config(path: str, context: GateContext) -> Iterator[Finding]:
    before = context.trees.read(context.change.base_tree, path)
    after = context.trees.read(context.change.tree, path)
    try:
        judging, others = changed_parts(path, before, after)
    except UnreadableConfigError as error:
        yield Finding(path=path, rule="judge-changed", message=f"{error}; {_LEAVE}")
        return
    if judging:
        yield Finding(path=path, rule="judge-changed", message=f"it changes {', '.join(judging[:5])}; {_LEAVE}")
    if others:
        message = f"it changes {', '.join(others[:5])}, which judges nothing"
        yield Finding(path=path, rule="manifest-changed", message=message, severity=Severity.NOTE)


def _scan(source: Source) -> Iterator[Sight]:
    for node in source.nodes:
        if isinstance(node, cst.FunctionDef):
            yield from _in_function(node, source)
        elif isinstance(node, (cst.Assign, cst.AnnAssign, cst.AugAssign)):
            yield from _in_assignment(node, source)
        elif isinstance(node, cst.Call) and _REGISTERING.search(dotted_name(node.func)):
            code = dotted_name(node.func)
            message = f"`{code}` changes what plugins pytest has; remove it"
            yield Sight(rule="pytest-hook", line=source.line(node), message=message, what=code, code=code)


def _in_function(node: cst.FunctionDef, source: Source) -> Iterator[Sight]:
    name, line = node.name.value, source.line(node.name)
    code = source.module.code_for_node(node.with_changes(leading_lines=())).strip()
    if name.startswith("pytest_") and _is_hook(node):
        message = f"the hook `{name}` can rewrite what tests say; remove it"
        yield Sight(rule="pytest-hook", line=line, message=message, what=code, code=code)
    if _is_autouse(node):
        patches = any(isinstance(part, cst.Name) and part.value in _PATCHES for part in walk(node))
        rule = "autouse-patch" if patches else "autouse-fixture"
        message = (
            f"the fixture `{name}` {'changes the service' if patches else 'runs'} for every test without being asked"
        )
        yield Sight(rule=rule, line=line, message=message, what=code, code=code)


def _in_assignment(node: cst.Assign | cst.AnnAssign | cst.AugAssign, source: Source) -> Iterator[Sight]:
    targets = [target.target for target in node.targets] if isinstance(node, cst.Assign) else [node.target]
    for target in targets:
        if isinstance(target, cst.Name) and target.value in _COLLECTING:
            code = source.module.code_for_node(node).strip()
            message = f"`{target.value}` decides what pytest loads and collects; {_LEAVE}"
            yield Sight(rule="collection-changed", line=source.line(node), message=message, what=code, code=code)
        elif isinstance(target, cst.Name) and _HOOK_NAME.match(target.value):
            message = f"the hook `{target.value}` can rewrite what tests say; remove it"
            yield Sight(rule="pytest-hook", line=source.line(node), message=message, what=target.value)


def _is_hook(node: cst.FunctionDef) -> bool:
    decorators = [part.value for decorator in node.decorators for part in walk(decorator) if isinstance(part, cst.Name)]
    return "fixture" not in decorators


def _is_autouse(node: cst.FunctionDef) -> bool:
    return any(
        isinstance(part, cst.Arg)
        and part.keyword is not None
        and part.keyword.value == "autouse"
        and _is_on(part.value)
        for decorator in node.decorators
        for part in walk(decorator)
    )


def _is_on(value: cst.BaseExpression) -> bool:
    return not (isinstance(value, cst.Name) and value.value == "False")


def _finding(file: ChangedFile, sight: Sight) -> Finding:
    # In a test module such a fixture reaches the tests of that module only; the base's own run without it.
    is_local = sight.rule == "autouse-patch" and posixpath.basename(file.path) != "conftest.py"
    severity = Severity.NOTE if is_local or sight.rule == "autouse-fixture" else Severity.BLOCKING
    return Finding(path=file.path, line=sight.line, rule=sight.rule, message=sight.message, severity=severity)
