# src/python_coder/gates/test_silencing.py — what in a test file keeps tests from running or from failing
from collections.abc import Iterator

import libcst as cst

from python_coder.gates.additions import Sight
from python_coder.gates.names import dotted_name, last_name, text_of
from python_coder.gates.statements import Source

_SKIPS = {"skip", "skipif", "skipIf", "skipUnless", "skipTest", "importorskip", "xfail", "expectedFailure"}
_OWNERS = {"pytest", "mark", "unittest", "self", ""}
_EXITS = {"sys.exit", "os._exit", "os.abort", "os.kill", "os.killpg", "pytest.exit", "exit", "quit", "_exit", "abort"}
_EXCEPTIONS = {"SkipTest", "SystemExit", "KeyboardInterrupt", "Skipped", "Exit", "GeneratorExit"}


def silencing(source: Source) -> Iterator[Sight]:
    """Marks, calls and assignments that skip tests, expect them to fail, or end the session."""
    for node in source.nodes:
        found = _mark(node) or _exit(node) or _switch(node)
        if found is not None:
            rule, what, message = found
            line = source.line(node)
            yield Sight(rule=rule, line=line, message=message, what=what, code=_around(source, line))


def _mark(node: cst.CSTNode) -> tuple[str, str, str] | None:
    """`pytest.mark.skip`, `pytest.skip(…)`, `unittest.skip`, `self.skipTest(…)`, imported under whatever name."""
    if isinstance(node, cst.Attribute) and node.attr.value in _SKIPS and last_name(node.value) in _OWNERS:
        what = node.attr.value
    elif isinstance(node, cst.ImportFrom):
        names = [] if isinstance(node.names, cst.ImportStar) else [last_name(alias.name) for alias in node.names]
        what = next((name for name in names if name in _SKIPS | {"SkipTest"}), "")
    elif isinstance(node, cst.Call) and last_name(node.func) == "getattr" and len(node.args) > 1:
        is_owner = last_name(node.args[0].value) in {"pytest", "mark", "unittest"}
        what = (text_of(node.args[1].value) or "a mark by its text") if is_owner else ""
    else:
        what = ""
    return (
        ("test-skipped", what, f"the change adds `{what}`; a test that does not run proves nothing") if what else None
    )


def _exit(node: cst.CSTNode) -> tuple[str, str, str] | None:
    """A call or exception that ends the process or the session."""
    what = ""
    if isinstance(node, cst.Call) and dotted_name(node.func) in _EXITS:
        what = dotted_name(node.func)
    elif isinstance(node, cst.Raise) and node.exc is not None and last_name(node.exc) in _EXCEPTIONS:
        what = f"raise {last_name(node.exc)}"
    return ("session-ended", what, f"the change adds `{what}`, which ends or skips tests; remove it") if what else None


def _switch(node: cst.CSTNode) -> tuple[str, str, str] | None:
    """`__test__ = False` hides a class or module; writing to `__code__` swaps what runs."""
    if not isinstance(node, cst.Assign):
        return None
    names = {last_name(target.target) for target in node.targets}
    if "__test__" in names:
        return "test-hidden", "__test__", "`__test__` hides tests from pytest; remove it"
    if "__code__" in names:
        return "code-swapped", "__code__", "writing to `__code__` swaps what runs; remove it"
    return None


def _around(source: Source, line: int) -> str:
    """Name of the definition that a line lies in, or that it decorates."""
    holding = [d.name for d in source.definitions if d.holds(line)]
    return holding[-1] if holding else ""
