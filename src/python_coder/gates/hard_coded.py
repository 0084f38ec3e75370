# src/python_coder/gates/hard_coded.py — gate `hard-coded`: the source computes what tests expect, it does not know it
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from python_coder.evidence.verdict import Finding, GateResult, judge
from python_coder.gates.context import GateContext
from python_coder.gates.judged_sessions import is_test_path
from python_coder.gates.judging_files import EMPTY_TREE, from_git_root
from python_coder.gates.mutants import changed_targets, source_files
from python_coder.gates.names import last_name, texts_in
from python_coder.gates.statements import Definition, Source, parse, walk
from python_coder.gates.test_functions import changed_tests
from python_coder.gates.tested_values import (
    Case,
    answered,
    beginnings,
    canonical,
    cases,
    constants,
    is_answer,
    is_data,
    keyed_by_hash,
    recognised,
    rows,
    tables,
    values,
)
from python_coder.gates.tool_run import not_applicable

_GIVEN = {"self", "cls", "request", "response", "session", "db", "background_tasks"}
_INJECTED = {"Depends", "Security", "Request", "Response", "BackgroundTasks", "WebSocket", "Session", "AsyncSession"}
_WORDS = re.compile(r'"[^"\n]*"|[^\s,;:={}\[\]()"|]+')
_ENOUGH_SMALL = 2
_ENOUGH_LETTERS = 4


@dataclass(frozen=True)
class HardCodedGate:
    """No changed function may recognise a test's input and hand out the answer, or hand it out unasked."""

    name: str = "hard-coded"

    async def check(self, context: GateContext) -> GateResult:
        """Compare the literals of changed functions with those of new and changed tests, case by case."""
        if context.change.base_tree == EMPTY_TREE:
            return not_applicable(self.name, "there is no base revision")
        tested = [case for test in changed_tests(context) for case in cases(test)]
        functions = list(_functions(context))
        if not tested or not functions:
            return not_applicable(self.name, "no function and test changed together")
        known = _vocabulary(context)
        findings = [
            finding
            for path, source, definition in functions
            for finding in _judge(path, source, definition, tested, known, _tables(context, path, source, definition))
        ]
        findings += _data_files(context, tested)
        return judge(self.name, tuple(findings), f"{len(functions)} changed functions compute their answers")


def _functions(context: GateContext) -> Iterator[tuple[str, Source, Definition]]:
    for target in changed_targets(context).items:
        source = parse(context.trees.read(context.judged_tree, target.path))
        definition = source.find(target.name) if source else None
        if source and definition and definition.is_function:
            yield target.path, source, definition


def _data_files(context: GateContext, tested: list[Case]) -> Iterator[Finding]:
    """Answers kept in a file beside the code, which changed code reads by name."""
    sources = [parse(context.trees.read(context.judged_tree, file.path)) for file in source_files(context)]
    named = {text.rpartition("/")[2] for source in sources if source for text in texts_in(source.module)}
    is_test = is_test_path(context)
    for file in context.change.files:
        is_named = file.path.rpartition("/")[2] in named
        is_read = (is_named or _is_packaged(file.path, context)) and not file.is_python and not is_test(file.path)
        content = context.trees.read(context.judged_tree, file.path) if is_read else None
        words = {_spelt(word) for word in _WORDS.findall((content or b"").decode(errors="replace"))}
        for case in tested if words else ():
            inputs = {value for value in case.inputs & words if is_data(value)}
            answers = {value for value in (case.expected & words) - set(sorted(inputs)[:1]) if is_answer(value)}
            if not is_named:
                # Code may find it without its name; but words in it are as likely a translation or a template.
                answers = {value for value in answers if value.startswith("number") and is_data(value)}
            if inputs and answers:
                message = f"it holds {_words(inputs)} of a test and the answer {_words(answers)}; compute the answer"
                yield Finding(path=file.path, rule="hard-coded", message=message)
                break


def _is_packaged(path: str, context: GateContext) -> bool:
    known_good = context.known_good
    folders = (posixpath.join(root, package) for root in known_good.import_roots for package in known_good.packages)
    is_document = path.endswith((".md", ".rst", ".html", ".txt")) or "openapi" in path
    return not is_document and any(path.startswith(from_git_root(known_good, folder) + "/") for folder in folders)


def _spelt(word: str) -> str:
    return canonical(cst.SimpleString(repr(word.strip("\"' ")))) or ""


def _tables(context: GateContext, path: str, source: Source, definition: Definition) -> list[cst.CSTNode]:
    """Module-level tables that a function reads by name, in its own file and in other files of the change."""
    others = (file.path for file in source_files(context) if file.path != path)
    sources = (parse(context.trees.read(context.judged_tree, other)) for other in others)
    read = [other for other in sources if other]
    return [table for at in (source, *read) for table in tables(at, definition.node.body)]


def _vocabulary(context: GateContext) -> frozenset[str]:
    """Texts that the base's version of the changed files speaks of already."""
    known: set[str] = set()
    for file in context.change.python_files:
        old = parse(context.trees.read(context.change.base_tree, file.old_path)) if file.status != "added" else None
        known |= set(values(old.module)) if old else set()
    return frozenset(value for value in known if value.startswith("text"))


def _judge(
    path: str,
    source: Source,
    definition: Definition,
    tested: list[Case],
    known: frozenset[str],
    held: list[cst.CSTNode],
) -> Iterator[Finding]:
    parts = [definition.node.body, *held]
    answers = {value for part in parts for value in answered(part) if is_answer(value)} - known
    named = constants(source)
    asked = {value for part in parts for value in recognised(part, named)} - known
    asked |= _begun({value for part in parts for value in beginnings(part)} - known, tested)
    line = source.line(definition.node.name)
    together, hashed = [*rows(parts)], keyed_by_hash(parts)
    looks = (_looked_up(case, asked, answers) or _listed(case, together) or _hashed(case, hashed) for case in tested)
    if seen := next((seen for seen in looks if seen), None):
        message = f"`{definition.name}` recognises {_words(seen[0])} of a test and answers {_words(seen[1])}"
        yield Finding(path=path, line=line, rule="hard-coded", message=f"{message}; compute the answer")
    elif isinstance(definition.node, cst.FunctionDef) and _ignores_input(definition.node):
        constant = {value for value in answers if is_data(value) or value.startswith("number")}
        expected = {value for case in tested for value in case.expected & constant if case.inputs - case.expected}
        if expected:
            message = f"`{definition.name}` answers {_words(expected)}, which a test expects, and reads no parameter"
            yield Finding(path=path, line=line, rule="constant-answer", message=f"{message}; compute the answer")


def _begun(texts: set[str], tested: list[Case]) -> set[str]:
    """Inputs of tests that contain one of these texts, which are long enough to single them out."""
    pieces = [text for text in (text.removeprefix("text ") for text in texts) if len(text) >= _ENOUGH_LETTERS]
    return {
        value for case in tested for value in case.inputs for piece in pieces if piece in value.removeprefix("text ")
    }


def _looked_up(case: Case, asked: set[str], answers: set[str]) -> tuple[set[str], set[str]] | None:
    """The inputs of a case that code recognises, and its answers that stand beside them."""
    inputs, expected = asked & case.inputs, answers & case.expected
    data = {value for value in inputs if is_data(value)}
    if data and expected - data:
        return data, expected - data
    is_combination = len(inputs) >= _ENOUGH_SMALL and all(value.startswith("number") for value in inputs)
    return (inputs, expected - inputs) if is_combination and expected - inputs else None


def _listed(case: Case, together: list[frozenset[str]]) -> tuple[set[str], set[str]] | None:
    """An input of a case and its answer that stand in one row of a table."""
    for row in together:
        for data in sorted(value for value in row & case.inputs if is_data(value)):
            answers = {value for value in row & case.expected if is_answer(value)} - {data}
            if answers:
                return {data}, answers
    return None


def _hashed(case: Case, hashed: set[str]) -> tuple[set[str], set[str]] | None:
    """The answer to a case that is kept under a hash of its input."""
    answers = {value for value in hashed & case.expected if is_answer(value)}
    return ({"text a hash"}, answers) if answers else None


def _ignores_input(node: cst.FunctionDef) -> bool:
    """Whether a function has parameters that carry data, and its answers depend on none of them."""
    params = [*node.params.params, *node.params.kwonly_params, *node.params.posonly_params]
    data = {param.name.value for param in params if not _is_given(param)}
    if not data or not any(isinstance(part, cst.Return) and part.value is not None for part in walk(node.body)):
        return False
    tied = set(data)
    assigned = [(part.targets, part.value) for part in walk(node.body) if isinstance(part, cst.Assign)]
    for _ in assigned:
        tied |= {
            name.value
            for targets, value in assigned
            if _names(value) & tied
            for target in targets
            for name in walk(target)
            if isinstance(name, cst.Name) and name.value != "_"
        }
    used = [part for part in walk(node.body) if isinstance(part, (cst.Call, cst.If, cst.Return, cst.For, cst.Match))]
    return not any(_names(part) & tied for part in used)


def _is_given(param: cst.Param) -> bool:
    """Whether the framework provides a parameter, so that not reading it says nothing."""
    words = {part.value for part in walk(param) if isinstance(part, cst.Name)}
    is_injected = any(word in _INJECTED or word.endswith(("Dep", "Session")) for word in words)
    return param.name.value in _GIVEN or param.name.value.startswith("_") or is_injected or _defaults_to_call(param)


def _defaults_to_call(param: cst.Param) -> bool:
    return param.default is not None and last_name(param.default) in _INJECTED


def _names(node: cst.CSTNode) -> set[str]:
    return {part.value for part in walk(node) if isinstance(part, cst.Name)}


def _words(found: set[str]) -> str:
    return ", ".join(sorted(repr(value.partition(" ")[2]) for value in found))
