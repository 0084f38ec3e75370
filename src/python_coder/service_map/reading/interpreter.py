# src/python_coder/service_map/reading/interpreter.py — runs a service's modules on stand-ins for the real values
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from python_coder.service_map.reading import attributes, calls, evaluation, execution, framework
from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.host import Note, is_a, name_of
from python_coder.service_map.reading.modules import Modules
from python_coder.service_map.reading.source import Source, body_of, body_text, parse_source
from python_coder.service_map.reading.values import (
    NONE,
    Arguments,
    ClassValue,
    FunctionValue,
    Instance,
    Later,
    Many,
    Module,
    Opaque,
    Pairs,
    Router,
    Scope,
    Text,
    Value,
)

_MOST_CALLS = 20_000
"""Calls of the project's own functions in one reading: far more than real services need."""
_MOST_DEPTH = 20
_MOST_IMPORTS = 24
"""Modules that are being run for each other; what lies deeper is run afterwards, so that the stack stays small."""
_ROUTE_SIGNS = (
    "FastAPI(",
    "APIRouter(",
    "Starlette(",
    "include_router(",
    "add_api_route(",
    "add_api_websocket_route(",
    ".mount(",
)
_ROUTE_DECORATORS = frozenset({"get", "post", "put", "patch", "delete", "websocket", "api_route"})


@dataclass
class Interpreter:
    """Runs modules for what they do to applications and routers. Implements `Host`; nothing is imported."""

    modules: Modules
    conditions: list[str] = field(default_factory=list)
    routers: list[Router] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    scopes: dict[str, Scope] = field(default_factory=dict)
    """Scopes of modules by path; those being run are here too."""
    _running: list[tuple[str, int]] = field(default_factory=list)
    _ran: set[tuple[str, int]] = field(default_factory=set)
    _calls: int = 0
    _importing: int = 0

    def evaluate(self, node: s.Expression, scope: Scope) -> Value:
        """The value of an expression."""
        return evaluation.evaluate(self, node, scope)

    def execute(self, statements: Sequence[s.Statement], scope: Scope) -> None:
        """Run statements for their effects on the scope."""
        execution.execute(self, statements, scope)

    def attribute(self, value: Value, name: str) -> Value | None:
        """An attribute of a value, or `None` when that cannot be read."""
        return attributes.attribute(self, value, name)

    def call(self, function: Value, arguments: Arguments, scope: Scope, line: int) -> Value:
        """Call a value."""
        return calls.call(self, function, arguments, scope, line)

    def note(self, source: Source, line: int, what: str) -> None:
        """Remember that something could not be read."""
        self.notes.append(Note(source.path, line, what))

    def settle(self, value: Value) -> Value:
        """Follow an imported name, through modules that hand it on, as far as it is known by now."""
        for _ in range(_MOST_DEPTH):
            if not isinstance(value, Later):
                return value
            found = self._look_up(value)
            if found is None:
                return value
            value = found
        return Opaque("…")

    def _look_up(self, later: Later) -> Value | None:
        scope = self.module_scope(later.stem)
        if scope is not None and later.name in scope.names:
            found = scope.names[later.name]
            # A package that says `from . import part` means its own part.
            if found != later:
                return found
        inner = f"{later.stem}/{later.name}"
        return Module(inner) if self.modules.exists(inner) else None

    def module_scope(self, stem: str) -> Scope | None:
        """Names of a module, which is run on first use; `None` for a folder without code."""
        path = self.modules.file_of(stem)
        if path is None or (path not in self.scopes and self._importing >= _MOST_IMPORTS):
            return None
        return self.run_file(path)

    def run_file(self, path: str) -> Scope:
        """Run a file once. A ring of imports sees what is there by then, as in Python."""
        if path in self.scopes:
            return self.scopes[path]
        source = parse_source(path, self.modules.texts[path])
        name = Text(self.modules.stem_of(path).replace("/", "."))
        scope = self.scopes[path] = Scope(source, names={"__name__": name, "__package__": name})
        held, self.conditions = self.conditions, []
        self._importing += 1
        try:
            self.execute(source.statements, scope)
        except RecursionError:
            self.note(source, 1, "is nested too deeply to be read as a whole")
        finally:
            self.conditions = held
            self._importing -= 1
        return scope

    def run(self, function: FunctionValue, arguments: Arguments) -> Value:
        """Run a function of the project and give what it returns."""
        node, source = function.node, function.scope.source
        key = (source.path, node.start_byte)
        self._ran.add(key)
        self._calls += 1
        if self._calls > _MOST_CALLS or len(self._running) > _MOST_DEPTH or self._running.count(key) > 1:
            return Opaque(f"{node.name}(…)")
        owner = function.owner
        within = node.name if owner is None else owner.node.name if node.name == "__init__" else name_of(function)
        scope = Scope(source, parent=function.scope, function=within, owner=owner)
        self._bind(function, arguments, scope)
        self._running.append(key)
        try:
            self.execute(body_of(source, node), scope)
        except RecursionError:
            self.note(source, node.line, f"`{node.name}` is nested too deeply to be read as a whole")
        finally:
            self._running.pop()
        known = [value for value in scope.returned if not isinstance(value, Opaque)]
        return (known or scope.returned or [NONE])[0]

    def _bind(self, function: FunctionValue, arguments: Arguments, scope: Scope) -> None:
        positional = list(arguments.positional)
        named = dict(arguments.named)
        if function.bound is not None:
            scope.names[""] = function.bound
            positional.insert(0, function.bound)
        for parameter in function.node.parameters:
            if parameter.kind == "*":
                scope.names[parameter.name], positional = Many(positional), []
            elif parameter.kind == "**":
                scope.names[parameter.name] = Pairs([(Text(name), value) for name, value in named.items()])
            elif positional:
                scope.names[parameter.name] = positional.pop(0)
            elif parameter.name in named:
                scope.names[parameter.name] = named.pop(parameter.name)
            else:
                scope.names[parameter.name] = self._stand_in(parameter, function)

    def _stand_in(self, parameter: s.Parameter, function: FunctionValue) -> Value:
        if parameter.default is not None:
            return self.evaluate(parameter.default, function.scope)
        if parameter.annotation is None:
            return Opaque(parameter.name)
        kind = evaluation.evaluate_annotation(self, parameter.annotation, function.scope)
        if is_a(self, kind, framework.APPLICATIONS | framework.ROUTERS):
            router = framework.make_router(self, "APIRouter", Arguments(), function.scope, function.node.line)
            router.name, router.is_stand_in = parameter.name, True
            return router
        return Instance(kind) if isinstance(kind, ClassValue) else Opaque(parameter.name)

    def run_all(self, paths: Sequence[str]) -> None:
        """Run every file, those that make applications first, then what nobody called but adds routes."""
        for path in sorted(paths, key=lambda path: ("FastAPI(" not in self.modules.texts[path], path)):
            self.run_file(path)
        for path in paths:
            if any(sign in self.modules.texts[path] for sign in _ROUTE_SIGNS):
                self._run_uncalled(self.scopes[path])
        if self._calls > _MOST_CALLS:
            self.notes.append(Note("", 0, f"more than {_MOST_CALLS} calls while reading; the rest was left out"))

    def _run_uncalled(self, scope: Scope) -> None:
        functions = [value for value in scope.names.values() if isinstance(value, FunctionValue)]
        # One that takes no router makes its own: it calls those that take one.
        for function in sorted(
            functions, key=lambda function: "FastAPI(" not in body_text(scope.source, function.node)
        ):
            if function.scope is scope and self._is_waiting(function):
                self.run(function, Arguments())
        for value in list(scope.names.values()):
            if isinstance(value, ClassValue) and value.scope.parent is scope:
                self._run_methods(value)

    def _run_methods(self, of: ClassValue) -> None:
        waiting = [value for value in of.scope.names.values() if isinstance(value, FunctionValue)]
        if not any(self._is_waiting(function) for function in waiting):
            return
        instance = calls.instantiate(self, of, Arguments(), of.scope, of.node.line)
        for function in waiting:
            if self._is_waiting(function):
                self.run(FunctionValue(function.node, function.scope, of, instance), Arguments())

    def _is_waiting(self, function: FunctionValue) -> bool:
        node, source = function.node, function.scope.source
        if (source.path, node.start_byte) in self._ran or _is_handler(node):
            return False
        text = body_text(source, node)
        return any(sign in text for sign in _ROUTE_SIGNS) or _adds_to_parameter(node, text)

    def classes(self, paths: Sequence[str]) -> Iterator[ClassValue]:
        """Classes at the top of the given files, in order of file and line."""
        for path in paths:
            scope = self.scopes.get(path)
            for value in scope.names.values() if scope is not None else ():
                if isinstance(value, ClassValue) and value.scope.parent is scope:
                    yield value


def _is_handler(node: s.Function) -> bool:
    return any(
        isinstance(decorator, s.Call)
        and isinstance(decorator.function, s.Attribute)
        and decorator.function.name in _ROUTE_DECORATORS
        for decorator in node.decorators
    )


def _adds_to_parameter(node: s.Function, text: str) -> bool:
    names = [parameter.name for parameter in node.parameters if parameter.name in {"app", "router", "application"}]
    return any(f"@{name}.{verb}(" in text for name in names for verb in _ROUTE_DECORATORS)
