# src/python_coder/gates/reaching.py — code that reaches into the interpreter, the judge, or other people's modules
from collections.abc import Callable, Iterable, Iterator

import libcst as cst

from python_coder.gates.additions import Scan, Sight
from python_coder.gates.names import Aliases, aliases_in, dotted_name, imported_modules, last_name, real_name, text_of
from python_coder.gates.statements import Source, walk

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
    *("gc.get_referents", "sys.monitoring", "faulthandler._sigsegv", "traceback.print_stack", "asyncio.all_tasks"),
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
    "findCaller",
    "get_stack",
    "get_coro",
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
    """Comparison methods whose answer does not depend on what they compare with."""
    for node in source.nodes:
        name, is_blind = "", False
        if isinstance(node, cst.FunctionDef):
            name, is_blind = node.name.value, _is_blind(node)
        elif isinstance(node, cst.Assign) and isinstance(node.value, cst.Lambda):
            name = next((n for target in node.targets if (n := last_name(target.target)) in _COMPARISONS), "")
            is_blind = not _reads_other(node.value.params, node.value.body)
        if name in _COMPARISONS and is_blind:
            message = f"`{name}` gives its answer without looking at what it is compared with"
            yield Sight(rule="always-equal", line=source.line(node), message=message, what=name, code=name)


def _is_blind(node: cst.FunctionDef) -> bool:
    answers = [part.value for part in walk(node.body) if isinstance(part, cst.Return) and part.value is not None]
    has_answer = any(last_name(answer) != "NotImplemented" for answer in answers)
    return has_answer and not _reads_other(node.params, node.body)


def _reads_other(params: cst.Parameters, body: cst.CSTNode) -> bool:
    """Whether the last positional parameter is read; without one there is nothing to tell."""
    given = [*params.posonly_params, *params.params]
    other = given[-1].name.value if given else ""
    return not other or any(isinstance(part, cst.Name) and part.value == other for part in walk(body))


def _inside(node: cst.CSTNode, aliases: Aliases) -> Probe | None:
    names = [name for name in imported_modules(node) if name in _INSIDE_MODULES or name in _INSIDE]
    if isinstance(node, cst.Attribute):
        names = [*names, *_among(real_name(node, aliases), _INSIDE)]
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
        if node.args and last_name(node.args[0].value) == "sys":
            hidden = hidden | {inside.rpartition(".")[2] for inside in _TABLES}
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
    name = next((name for name in imported_modules(node) if name in _TABLES), "")
    if isinstance(node, cst.Attribute):
        name = next(iter(_among(real_name(node, aliases), {*_TABLES, "sys.__dict__", "os.__dict__"})), "")
    elif isinstance(node, cst.Call) and real_name(node.func, aliases) == "vars" and node.args:
        name = next((f"vars({word})" for word in ("sys", "os") if last_name(node.args[0].value) == word), "")
    return ("reaches-inside", name, f"`{name}` tells and changes what is loaded; do without it") if name else None


def _endings(node: cst.CSTNode, aliases: Aliases) -> Probe | None:
    names = [name for name in imported_modules(node) if name in _ENDINGS]
    if isinstance(node, cst.Call):
        names = [*names, *_among(real_name(node.func, aliases), _ENDINGS)]
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


def _among(name: str, names: Iterable[str]) -> list[str]:
    """The one of these names that a dotted name is, also through another module: `logging.os._exit`."""
    return [known for known in names if name == known or name.endswith(f".{known}")]


def _is_imported(target: cst.CSTNode, aliases: Aliases) -> bool:
    while isinstance(target, cst.Attribute):
        target = target.value
    return isinstance(target, cst.Name) and target.value in aliases and not aliases[target.value].startswith(".")


def _is_text_alone(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.BaseString)
