# src/python_coder/gates/source_probes.py — source that asks whether it is being tested, or reaches for the judge
import re
from collections.abc import Iterator

import libcst as cst

from python_coder.gates.additions import Sight
from python_coder.gates.names import dotted_name, imported_modules, last_name, text_of, texts_in
from python_coder.gates.statements import Source, walk

_JUDGE_MODULES = re.compile(r"^(_?pytest|unittest|mock|coverage|pluggy|hypothesis|nose\d?|tests?|conftest)(\.|$)")
_REACHING_MODULES = re.compile(r"^(gc|ctypes|inspect\.(stack|currentframe|trace)|builtins|faulthandler)(\.|$)")
_FRAMES = {
    *("inspect.stack", "inspect.currentframe", "inspect.trace", "inspect.getouterframes", "sys._getframe"),
    *("sys._current_frames", "traceback.extract_stack", "traceback.walk_stack", "traceback.format_stack"),
    *("gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys.settrace", "sys.setprofile", "sys.gettrace"),
    *("threading.settrace", "sys.addaudithook", "os._exit", "os.abort", "os.kill", "os.killpg", "atexit.register"),
}
_HIDDEN = {"exec", "eval", "compile", "__import__"}
_SPEAKS = re.compile(
    r"pytest|unittest|conftest|PYTEST_CURRENT_TEST|\btest_\w+\.py|^(\.{0,2}/)?tests?/[\w*]+(\.|/|$)", re.IGNORECASE
)
_ASKED_NAME = re.compile(
    r"^((is_|under_|in_|running_)?(testing|unit_?tests?|test_mode|pytest)|(is|in|under|running)_tests?)$", re.IGNORECASE
)
_ASKED_VARIABLE = re.compile(r"test|^CI$|coverage", re.IGNORECASE)
_STAGE_NAME = re.compile(r"(^|_)(env|environment|mode|stage|profile)$", re.IGNORECASE)
_STAGES = {"test", "tests", "testing", "ci", "pytest"}
_COMPARISONS = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__instancecheck__"}

Probe = tuple[str, str, str]
_PROSE = 200
"""Texts longer than this many characters are prose."""


def probes(source: Source) -> Iterator[Sight]:
    """Everything in a source file by which it could behave in one way for tests and in another for users."""
    seen: set[tuple[int, Probe]] = set()
    docstrings = {
        node.value
        for node in walk(source.module)
        if isinstance(node, cst.Expr) and isinstance(node.value, cst.BaseString)
    }
    for node in walk(source.module):
        for look in (_imports, _calls, _modules_table, _variables, _questions, _assignments, _texts):
            found = look(node) if node not in docstrings else None
            line = source.line(node)
            if found is not None and (line, found) not in seen:
                seen.add((line, found))
                rule, what, message = found
                yield Sight(rule=rule, line=line, message=message, what=what, code=what)
    yield from _early_exits(source)


def always_equal(source: Source) -> Iterator[Sight]:
    """Comparison methods that give the same answer whatever they are asked."""
    for definition in source.definitions:
        node = definition.node
        if not isinstance(node, cst.FunctionDef) or node.name.value not in _COMPARISONS:
            continue
        statements = [s for s in node.body.body if not _is_docstring(s)]
        only = statements[0] if len(statements) == 1 else None
        simple = only.body[0] if isinstance(only, cst.SimpleStatementLine) else only
        if isinstance(simple, cst.Return) and simple.value is not None and last_name(simple.value) in {"True", "False"}:
            message = f"`{definition.name}` gives one answer whatever it is compared with"
            line = source.line(node.name)
            yield Sight(rule="always-equal", line=line, message=message, what=definition.name, code=definition.name)


def _imports(node: cst.CSTNode) -> Probe | None:
    modules = imported_modules(node)
    for name in modules:
        if _JUDGE_MODULES.match(name):
            return "imports-the-judge", name, f"source imports `{name}`; only tests may"
        if _REACHING_MODULES.match(name) or name in _FRAMES or name == "sys.modules":
            return "reaches-inside", name, f"source imports `{name}`, by which it can find or change who calls it"
    return None


def _calls(node: cst.CSTNode) -> Probe | None:
    if not isinstance(node, cst.Call):
        return None
    name = dotted_name(node.func)
    if name in _FRAMES:
        return "reaches-inside", name, f"`{name}` looks at or changes what runs around the code; do without it"
    if name in _HIDDEN:
        return "hidden-code", name, f"`{name}` runs code that no gate can read; write it out"
    is_import = last_name(node.func) in {"import_module", "find_spec"}
    if is_import and any(_JUDGE_MODULES.match(text) for text in texts_in(node)):
        return "imports-the-judge", name, "source reaches for the test tools; only tests may"
    return None


def _modules_table(node: cst.CSTNode) -> Probe | None:
    if isinstance(node, cst.Attribute) and dotted_name(node) in {"sys.modules", "sys.meta_path", "sys.path_hooks"}:
        name = dotted_name(node)
        return "reaches-inside", name, f"`{name}` tells and changes what is loaded; do without it"
    return None


def _texts(node: cst.CSTNode) -> Probe | None:
    text = text_of(node)
    if text is None or len(text) > _PROSE or not _SPEAKS.search(text):
        return None
    return "speaks-of-tests", text, f"source must not know of its tests, and {text!r} names them"


def _variables(node: cst.CSTNode) -> Probe | None:
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


def _questions(node: cst.CSTNode) -> Probe | None:
    """A condition on whether tests are running: a setting, a stage, the command line."""
    if not isinstance(node, (cst.If, cst.IfExp, cst.BooleanOperation, cst.While, cst.Comparison, cst.Assert)):
        return None
    test = node if isinstance(node, (cst.BooleanOperation, cst.Comparison)) else node.test
    names = {dotted_name(part) for part in walk(test) if isinstance(part, (cst.Name, cst.Attribute))}
    asked = next((name for name in sorted(names) if _ASKED_NAME.match(name.rpartition(".")[2])), "")
    if not asked and any(_STAGE_NAME.search(name) for name in names) and _STAGES.intersection(texts_in(test)):
        asked = next(name for name in sorted(names) if _STAGE_NAME.search(name))
    if not asked and "sys.argv" in names:
        asked = "sys.argv"
    if asked:
        return "asks-if-tested", asked, f"the code asks for `{asked}`, so tests would see other behaviour than users"
    return None


def _assignments(node: cst.CSTNode) -> Probe | None:
    """Writing to builtins, to the code of functions, or to the class of things."""
    if not isinstance(node, cst.Assign):
        return None
    for target in node.targets:
        name = dotted_name(target.target)
        if name.startswith(("builtins.", "__builtins__", "sys.std", "sys.exit")) or last_name(target.target) in {
            "__code__",
            "__class__",
        }:
            return "patches-at-run-time", name, f"writing to `{name}` changes other code while it runs"
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


def _is_docstring(node: cst.CSTNode) -> bool:
    only = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
    return isinstance(only, cst.Expr) and isinstance(only.value, cst.BaseString)
