# src/python_coder/gates/suppressions.py — gate `suppressions`: a change silences no checker
import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from python_coder.evidence.verdict import Finding, GateResult, judge
from python_coder.gates.additions import Sight, additions, unread
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import not_run
from python_coder.gates.judging_files import EMPTY_TREE
from python_coder.gates.names import dotted_name, last_name, text_of
from python_coder.gates.statements import Source, walk
from python_coder.gates.tool_run import not_applicable

_DIRECTIVE = re.compile(
    r"(?P<whole>"
    r"type:\s*ignore(\[[^\]]*\])?|(ruff|flake8)\s*:\s*(noqa|ignore|disable)[^#]*|noqa\b(\s*:\s*[A-Z]+[0-9]+[^#]*)?"
    r"|pragma[:\s]\s*no\s*[-_]?\s*(cover|branch)\w*|no.?cov(er)?\b|nosec\b[^#]*|nosemgrep|NOSONAR"
    r"|fmt:\s*(off|skip)|yapf:\s*disable|isort:\s*(skip\w*|off)|pyright:[^#]*|basedpyright:[^#]*|mypy:[^#]*"
    r"|pylint:\s*(disable|skip)[^#]*|pyre-(ignore|fixme|unsafe|placeholder)[^#]*|(ty|pyrefly):\s*ignore[^#]*"
    r"|noinspection\s[^#]*|pytype:\s*(disable|skip)[^#]*|lint-(ignore|fixme)[^#]*|noqa-\w+|autopep8:\s*off|codespell:ignore"
    r")",
    re.IGNORECASE,
)
_DECORATORS = {"no_type_check", "no_type_check_decorator"}


@dataclass(frozen=True)
class SuppressionsGate:
    """No file may have more comments or calls that silence a checker than the base revision had."""

    name: str = "suppressions"

    async def check(self, context: GateContext) -> GateResult:
        """Compare what silences checkers, file by file; what only moved does not count."""
        if context.change.base_tree == EMPTY_TREE:
            return not_applicable(self.name, "there is no base revision")
        if not context.change.python_files:
            return not_applicable(self.name, "the change touches no Python file")
        findings = tuple(
            Finding(path=file.path, line=sight.line, rule=sight.rule, message=sight.message)
            for file, sight in additions(context, _scan)
        )
        if not findings and (paths := unread(context)):
            return not_run(self.name, f"{paths[0]} could not be parsed", "mend its syntax")
        return judge(self.name, findings, "no checker is silenced")


def _scan(source: Source) -> Iterator[Sight]:
    lines = source.module.code.splitlines()

    def code_at(line: int) -> str:
        return lines[line - 1].partition("#")[0].strip() if 0 < line <= len(lines) else ""

    for comment in source.comments:
        line = source.line(comment)
        yield from _in_comment(comment.value, line, code_at(line))
    for node in source.nodes:
        what = _silencing_code(node)
        if what is not None:
            line = source.line(node)
            yield _sight(what[0], line, what[1], code_at(line))


def _silencing_code(node: cst.CSTNode) -> tuple[str, str] | None:
    if isinstance(node, cst.Decorator) and last_name(node.decorator) in _DECORATORS:
        return "type-check-off", f"@{last_name(node.decorator)}"
    if what := _unchecked(node):
        return "type-check-off", what
    if isinstance(node, cst.Call) and _silences_warnings(node):
        return "warnings-silenced", "a filter that ignores warnings"
    if isinstance(node, cst.AssignTarget) and dotted_name(node.target) in {"warnings.showwarning", "warnings.warn"}:
        return "warnings-silenced", f"a new {dotted_name(node.target)}"
    return None


def _unchecked(node: cst.CSTNode) -> str:
    """What keeps code from the type checker's eyes without a comment."""
    if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
        names = (last_name(alias.name) for alias in node.names if alias.asname is not None)
        return next((f"{name} under another name" for name in names if name in _DECORATORS), "")
    if isinstance(node, cst.Call):
        if last_name(node.func) in _DECORATORS:
            return f"a call of {last_name(node.func)}"
        is_cast = last_name(node.func) == "cast" and bool(node.args)
        return (
            "a cast to Any" if is_cast and "Any" in (last_name(node.args[0].value), text_of(node.args[0].value)) else ""
        )
    if isinstance(node, (cst.If, cst.IfExp)):
        return _hidden_branch(node)
    return ""


def _hidden_branch(node: cst.If | cst.IfExp) -> str:
    """Functions that only exist where `TYPE_CHECKING` is false, or a condition that mixes it with another."""
    test = node.test
    is_named = any(isinstance(part, cst.Name) and part.value in {"TYPE_CHECKING", "MYPY"} for part in walk(test))
    if not is_named or isinstance(node, cst.IfExp):
        return "a value that depends on TYPE_CHECKING" if is_named else ""
    if isinstance(test, cst.BooleanOperation):
        return "a condition that mixes TYPE_CHECKING with another"
    unseen = node.body if isinstance(test, cst.UnaryOperation) else node.orelse
    holds_code = unseen is not None and any(
        isinstance(part, (cst.FunctionDef, cst.ClassDef, cst.Lambda)) for part in walk(unseen)
    )
    return "code that the type checker never sees" if holds_code else ""


def _in_comment(text: str, line: int, code: str) -> Iterator[Sight]:
    for match in _DIRECTIVE.finditer(text):
        directive = "# " + re.sub(r"\s+", " ", match["whole"]).strip().rstrip(" -–—")
        yield _sight("suppression-added", line, directive, code)


def _sight(rule: str, line: int, what: str, code: str) -> Sight:
    message = f"the change adds {what}; mend what the checker says instead"
    return Sight(rule=rule, line=line, message=message, what=what.partition(" -- ")[0], code=code)


def _silences_warnings(call: cst.Call) -> bool:
    """`warnings.simplefilter("ignore")`, `filterwarnings("ignore…")` and the pytest mark of that name."""
    if last_name(call.func) not in {"filterwarnings", "simplefilter", "catch_warnings"} or not call.args:
        return False
    action = next((arg.value for arg in call.args if arg.keyword and arg.keyword.value == "action"), call.args[0].value)
    return isinstance(action, cst.SimpleString) and str(action.evaluated_value).startswith("ignore")
