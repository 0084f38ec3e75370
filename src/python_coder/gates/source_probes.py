# src/python_coder/gates/source_probes.py — source that asks whether it is being tested, or reaches for the judge
import re
from collections.abc import Iterator

import libcst as cst

from python_coder.gates.additions import Sight
from python_coder.gates.names import (
    Aliases,
    dotted_name,
    imported_modules,
    last_name,
    real_name,
    text_of,
    texts_in,
)
from python_coder.gates.reaching import Probe, look_through
from python_coder.gates.statements import Source, walk
from python_coder.gates.surroundings import surroundings

_JUDGE_MODULES = re.compile(r"^(_?pytest|unittest|mock|coverage|pluggy|hypothesis|nose\d?|tests?|conftest)(\.|$)")
_RUNS_TEXT = {"exec", "eval", "compile", "__import__"}
_HIDDEN = {
    *_RUNS_TEXT,
    *(f"builtins.{name}" for name in _RUNS_TEXT),
    *("runpy.run_path", "runpy.run_module", "types.FunctionType", "types.CodeType", "marshal.loads"),
    *("importlib.util.spec_from_file_location", "importlib.machinery.SourceFileLoader", "code.interact"),
    *("code.InteractiveInterpreter", "imp.load_source", "importlib.machinery.SourcelessFileLoader"),
}
_SPEAKS = re.compile(
    r"pytest|unittest|conftest|testserver|testclient|PYTEST_CURRENT_TEST|\btest_\w+\.py|^(\.{0,2}/)?tests?/[\w*]+(\.|/|$)",
    re.IGNORECASE,
)
_ASKED_NAME = re.compile(
    r"^((is_|under_|in_|running_)?(testing|unit_?tests?|test_mode|pytest)|(is|in|under|running)_tests?)$", re.IGNORECASE
)
_ASKED_VARIABLE = re.compile(r"test|^CI$|coverage", re.IGNORECASE)
_STAGE_NAME = re.compile(r"(^|_)(env|environment|mode|stage|profile)$", re.IGNORECASE)
_STAGES = {"test", "tests", "testing", "ci", "pytest"}
_PROSE = 200
"""Texts longer than this many characters are prose."""


def probes(source: Source) -> Iterator[Sight]:
    """Everything in a source file by which it could behave in one way for tests and in another for users."""
    yield from look_through(source, (_imports, _loads, _handed_on, _variables, _questions, _texts, surroundings))
    yield from _early_exits(source)


def _imports(node: cst.CSTNode, _: Aliases) -> Probe | None:
    name = next((name for name in imported_modules(node) if _JUDGE_MODULES.match(name)), "")
    return ("imports-the-judge", name, f"source imports `{name}`; only tests may") if name else None


def _loads(node: cst.CSTNode, aliases: Aliases) -> Probe | None:
    """Importing by a name that is computed or written as text, and code that is written as text."""
    if not isinstance(node, cst.Call):
        return None
    name = real_name(node.func, aliases)
    if name in _HIDDEN:
        return "hidden-code", name, f"`{name}` runs code that no gate can read; write it out"
    is_import = last_name(node.func) in {"import_module", "find_spec"}
    if is_import and any(_JUDGE_MODULES.match(text) for text in texts_in(node)):
        return "imports-the-judge", name, "source reaches for the test tools; only tests may"
    return None


def _handed_on(node: cst.CSTNode, _: Aliases) -> Probe | None:
    """`run = eval`: such a function under another name."""
    value = getattr(node, "value", None) if isinstance(node, (cst.Assign, cst.AnnAssign, cst.Arg, cst.Return)) else None
    if isinstance(value, cst.Name) and value.value in _RUNS_TEXT:
        return "hidden-code", value.value, f"`{value.value}` runs code that no gate can read; write it out"
    return None


def _texts(node: cst.CSTNode, _: Aliases) -> Probe | None:
    text = text_of(node)
    if text is None or len(text) > _PROSE or not _SPEAKS.search(text):
        return None
    return "speaks-of-tests", text, f"source must not know of its tests, and {text!r} names them"


def _variables(node: cst.CSTNode, _: Aliases) -> Probe | None:
    """Reading an environment variable that tells of tests."""
    is_read = isinstance(node, cst.Call) and dotted_name(node.func).endswith(("environ.get", "getenv"))
    is_item = isinstance(node, cst.Subscript) and dotted_name(node.value).endswith("environ")
    is_asked = isinstance(node, cst.Comparison) and any(
        dotted_name(part.comparator).endswith("environ") for part in node.comparisons
    )
    if is_read or is_item or is_asked:
        asked = next((text for text in texts_in(node) if _ASKED_VARIABLE.search(text)), "")
        if asked:
            return "asks-if-tested", asked, f"the code reads `{asked}`, by which it could know that it is tested"
    return None


def _questions(node: cst.CSTNode, aliases: Aliases) -> Probe | None:
    """A condition on whether tests are running: a setting, a stage, the command line."""
    if not isinstance(node, (cst.If, cst.IfExp, cst.BooleanOperation, cst.While, cst.Comparison, cst.Assert)):
        return None
    test = node if isinstance(node, (cst.BooleanOperation, cst.Comparison)) else node.test
    names = {real_name(part, aliases) for part in walk(test) if isinstance(part, (cst.Name, cst.Attribute))}
    asked = next((name for name in sorted(names) if _ASKED_NAME.match(name.rpartition(".")[2])), "")
    if not asked and any(_STAGE_NAME.search(name) for name in names) and _STAGES.intersection(texts_in(test)):
        asked = next(name for name in sorted(names) if _STAGE_NAME.search(name))
    if not asked and "sys.argv" in names:
        asked = "sys.argv"
    if asked:
        return "asks-if-tested", asked, f"the code asks for `{asked}`, so tests would see other behaviour than users"
    return None


def _early_exits(source: Source) -> Iterator[Sight]:
    """`sys.exit` and its like at module level, outside `if __name__ == "__main__"`."""
    for first, _, node in source.statements:
        if not isinstance(node, cst.SimpleStatementLine) or source.innermost(first) is not None:
            continue
        for part in walk(node):
            is_exit = isinstance(part, cst.Call) and dotted_name(part.func) in {"sys.exit", "exit", "quit"}
            is_raise = isinstance(part, cst.Raise) and part.exc is not None and last_name(part.exc) == "SystemExit"
            if (is_exit or is_raise) and not _is_main(source, first):
                message = "importing this module would end the process; exit from a function"
                yield Sight(rule="exits-on-import", line=first, message=message, what="exit", code="exit")


def _is_main(source: Source, line: int) -> bool:
    for node in source.module.body:
        if isinstance(node, cst.If) and "__name__" in {p.value for p in walk(node.test) if isinstance(p, cst.Name)}:
            place = source.positions[node]
            if place.start.line <= line <= place.end.line:
                return True
    return False
