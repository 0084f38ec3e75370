# src/python_coder/gates/reaching.py — code that reaches into the interpreter, the judge, or other people's modules
from collections.abc import Callable, Iterable, Iterator

import libcst as cst

from python_coder.gates.additions import Scan, Sight
from python_coder.gates.names import Aliases, aliases_in, dotted_name, imported_modules, last_name, real_name, text_of
from python_coder.gates.statements import Source

Probe = tuple[str, str, str]
"""Rule, the thing seen, and the message."""
Look = Callable[[cst.CSTNode, Aliases], Probe | None]

_INSIDE = {
    *("inspect.stack", "inspect.currentframe", "inspect.trace", "inspect.getouterframes", "sys._getframe"),
    *(
        "sys._current_frames",
        "sys.settrace",
        "sys.setprofile",
        "sys.gettrace",
        "sys.addaudithook",
        "threading.settrace",
    ),
    *(
        "traceback.extract_stack",
        "traceback.walk_stack",
        "traceback.format_stack",
        "gc.get_objects",
        "gc.get_referrers",
    ),
    *("gc.get_referents", "sys.monitoring", "faulthandler._sigsegv"),
}
_INSIDE_MODULES = {"gc", "ctypes", "__main__", "_ctypes", "_testcapi"}
_JUDGE_INSIDES = ("_pytest.runner", "_pytest.reports", "_pytest.main", "_pytest.terminal", "_pytest.python", "pluggy._")
_TABLES = {"sys.modules", "sys.meta_path", "sys.path_hooks", "sys.path_importer_cache"}
_ENDINGS = {"os._exit", "os.abort", "os.kill", "os.killpg", "atexit.register", "signal.raise_signal"}
_UNDERSCORED = {
    "__subclasses__",
    "__globals__",
    "__builtins__",
    "__closure__",
    "__mro__",
    "f_back",
    "f_globals",
    "f_locals",
}
_SETTINGS = ("logging.", "sys.excepthook", "sys.tracebacklimit", "warnings.")
"""Attributes of modules that are made to be set."""
_COMPARISONS = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__instancecheck__"}


def look_through(source: Source, looks: Iterable[Look]) -> Iterator[Sight]:
    """Everything that these looks see in a file, docstrings left out."""
    seen: set[tuple[int, Probe]] = set()
    aliases = aliases_in(source)
    docstrings = {part.value for part in source.nodes if isinstance(part, cst.Expr) and _is_text_alone(part)}
    for node in source.nodes:
        for look in looks:
            found = look(node, aliases)
            if found is None or node in docstrings:
                continue
            line = source.line(node)
            if (line, found) not in seen:
                seen.add((line, found))
                rule, what, message = found
                yield Sight(rule=rule, line=line, message=message, what=what, code=what)


def reaching(source: Source) -> Iterator[Sight]:
    """What neither tests nor source may do: walk frames and objects, or touch pytest from inside."""
    return look_through(source, (_inside, _hidden_attribute, _judge_insides, _swapped))


def reaching_further(packages: Iterable[str]) -> Scan:
    """What source may not do beyond that: change modules that are loaded, other people's classes, or end the process.

    Args:
        packages: The project's own top-level packages, whose classes it may change.
    """
    own = tuple(packages)

    def scan(source: Source) -> Iterator[Sight]:
        return look_through(source, (_tables, _endings, lambda node, aliases: _patched(node, aliases, own)))

    return scan


def always_equal(source: Source) -> Iterator[Sight]:
    """Comparison methods that give the same answer whatever they are asked."""
    for definition in source.definitions:
        node = definition.node
        if not isinstance(node, cst.FunctionDef) or node.name.value not in _COMPARISONS:
            continue
        statements = [
            s for s in node.body.body if not (isinstance(s, cst.SimpleStatementLine) and _is_text_alone(s.body[0]))
        ]
        only = statements[0] if len(statements) == 1 else None
        simple = only.body[0] if isinstance(only, cst.SimpleStatementLine) else only
        if isinstance(simple, cst.Return) and simple.value is not None and last_name(simple.value) in {"True", "False"}:
            message = f"`{definition.name}` gives one answer whatever it is compared with"
            line = source.line(node.name)
            yield Sight(rule="always-equal", line=line, message=message, what=definition.name, code=definition.name)


def _inside(node: cst.CSTNode, aliases: Aliases) -> Probe | None:
    names = [name for name in imported_modules(node) if name in _INSIDE_MODULES or name in _INSIDE]
    if isinstance(node, cst.Attribute) and real_name(node, aliases) in _INSIDE:
        names = [real_name(node, aliases)]
    if not names:
        return None
    return "reaches-inside", names[0], f"`{names[0]}` looks at or changes what runs around the code; do without it"


def _hidden_attribute(node: cst.CSTNode, aliases: Aliases) -> Probe | None:
    """`__subclasses__`, `f_back` and the like, written out or as text for `getattr`."""
    name = ""
    if isinstance(node, cst.Attribute) and node.attr.value in _UNDERSCORED:
        name = node.attr.value
    elif isinstance(node, cst.Name) and node.value == "__builtins__":
        name = node.value
    elif isinstance(node, cst.Call) and last_name(node.func) in {"getattr", "attrgetter"}:
        texts = {text_of(arg.value) for arg in node.args}
        hidden = _UNDERSCORED | {inside.rpartition(".")[2] for inside in _INSIDE} | {"_exit"}
        name = next((text for text in texts if text in hidden), "") or ""
    return ("reaches-inside", name, f"`{name}` reaches into the interpreter; do without it") if name else None


def _judge_insides(node: cst.CSTNode, _: Aliases) -> Probe | None:
    name = next((name for name in imported_modules(node) if name.startswith(_JUDGE_INSIDES)), "")
    return ("reaches-inside", name, f"`{name}` is the inside of the judge; leave it alone") if name else None


def _swapped(node: cst.CSTNode, aliases: Aliases) -> Probe | None:
    """Writing to builtins, to the test tools, or to the code of functions."""
    for target in _written(node):
        name = real_name(target, aliases)
        is_judge = name.startswith(("builtins.", "__builtins__", "pytest.", "_pytest.", "unittest.", "pluggy."))
        if is_judge or last_name(target) in {"__code__", "__class__"}:
            return "patches-at-run-time", name, f"writing to `{name}` changes other code while it runs"
    return None


def _tables(node: cst.CSTNode, aliases: Aliases) -> Probe | None:
    if isinstance(node, cst.Attribute) and real_name(node, aliases) in _TABLES:
        name = real_name(node, aliases)
        return "reaches-inside", name, f"`{name}` tells and changes what is loaded; do without it"
    name = next((name for name in imported_modules(node) if name in _TABLES), "")
    return ("reaches-inside", name, f"`{name}` tells and changes what is loaded; do without it") if name else None


def _endings(node: cst.CSTNode, aliases: Aliases) -> Probe | None:
    names = [name for name in imported_modules(node) if name in _ENDINGS]
    if isinstance(node, cst.Call) and real_name(node.func, aliases) in _ENDINGS:
        names = [real_name(node.func, aliases)]
    return ("reaches-inside", names[0], f"`{names[0]}` ends or outlives the process; do without it") if names else None


def _patched(node: cst.CSTNode, aliases: Aliases, own: tuple[str, ...]) -> Probe | None:
    """Setting an attribute of a class that belongs to somebody else, so that it answers as tests expect."""
    for target in _written(node):
        name = real_name(target, aliases)
        first, *inner = name.split(".")
        is_class = any(part[:1].isupper() for part in [first, *inner][:-1])
        is_module = len(inner) == 1 and first == aliases.get(dotted_name(target).partition(".")[0])
        is_foreign = bool(first) and first not in own and _is_imported(target, aliases)
        if (is_class or is_module) and is_foreign and not name.startswith(_SETTINGS):
            return "patches-at-run-time", name, f"writing to `{name}` changes somebody else's code for everyone"
    return None


def _written(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What an assignment, a deletion or `setattr` writes to, where that is an attribute."""
    if isinstance(node, cst.Assign):
        yield from (target.target for target in node.targets if isinstance(target.target, cst.Attribute))
    elif isinstance(node, (cst.AugAssign, cst.AnnAssign, cst.Del)) and isinstance(node.target, cst.Attribute):
        yield node.target
    elif isinstance(node, cst.Call) and last_name(node.func) in {"setattr", "delattr"} and len(node.args) > 1:
        text = text_of(node.args[1].value)
        owner = node.args[0].value
        if isinstance(owner, (cst.Name, cst.Attribute)):
            yield cst.Attribute(value=owner, attr=cst.Name(text if text and text.isidentifier() else "_"))


def _is_imported(target: cst.CSTNode, aliases: Aliases) -> bool:
    while isinstance(target, cst.Attribute):
        target = target.value
    return isinstance(target, cst.Name) and target.value in aliases and not aliases[target.value].startswith(".")


def _is_text_alone(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.BaseString)
