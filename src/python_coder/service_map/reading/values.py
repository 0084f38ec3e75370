# src/python_coder/service_map/reading/values.py — what names in a service stand for, as far as reading tells
from dataclasses import dataclass, field
from typing import TypeAlias

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.source import Source


@dataclass(eq=False)
class Scope:
    """Names and what they stand for: of a module, a class or a running function."""

    source: Source
    parent: "Scope | None" = None
    names: dict[str, "Value"] = field(default_factory=dict)
    is_class: bool = False
    function: str = ""
    """Name of the running function; empty in modules and classes."""
    owner: "ClassValue | None" = None
    """Class of the running method."""
    branches: int = 0
    """How many branches are open: in a branch, a known value is not replaced."""
    returned: "list[Value]" = field(default_factory=list)
    """What a running function has returned so far."""

    def find(self, name: str) -> "Value | None":
        """The nearest value of a name; the scopes of classes are only seen from inside them."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope.names[name]
            scope = scope.parent
        return None

    def bind(self, name: str, value: "Value") -> None:
        """Give a name a value. Inside a branch, one that is known already stays."""
        old = self.names.get(name)
        is_better = isinstance(old, External) and not isinstance(value, External | Opaque)
        if self.branches and old is not None and not isinstance(old, Opaque) and not is_better:
            return
        self.names[name] = value


@dataclass(frozen=True)
class Text:
    """A string; the parts that cannot be read are in angle brackets, and then it is not exact."""

    text: str
    is_exact: bool = True

    def __add__(self, other: "Text") -> "Text":
        """Both, one after the other."""
        return Text(self.text + other.text, self.is_exact and other.is_exact)


@dataclass(frozen=True)
class Opaque:
    """Something that reading cannot tell; its source text."""

    text: str


@dataclass(eq=False)
class Many:
    """A list, tuple or set."""

    items: "list[Value]"
    is_whole: bool = True


@dataclass(eq=False)
class Pairs:
    """A dictionary."""

    pairs: "list[tuple[Value, Value]]"


@dataclass(frozen=True)
class Module:
    """A module of the project, by its stem."""

    stem: str


@dataclass(frozen=True)
class Later:
    """An imported name, looked up only when somebody needs it."""

    stem: str
    name: str


@dataclass(frozen=True)
class External:
    """Something of another package or of Python, by its dotted name."""

    name: str

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    @property
    def package(self) -> str:
        """The first part of the name."""
        return self.name.partition(".")[0]


@dataclass(eq=False)
class Made:
    """The result of calling something external."""

    maker: External
    arguments: "Arguments"
    source: Source
    line: int
    router: "Router | None" = None
    """Stands in when routes are added to it."""


@dataclass(eq=False)
class FunctionValue:
    """A function of the project, or a method with the object it is bound to."""

    node: s.Function
    scope: Scope
    """Where it is defined."""
    owner: "ClassValue | None" = None
    bound: "Value | None" = None
    maker: str = ""
    """Name of the function around it, when it was made by a call."""


@dataclass(eq=False)
class ClassValue:
    """A class of the project."""

    node: s.Class
    scope: Scope
    """Its own names."""
    bases: "tuple[Value, ...]"


@dataclass(eq=False)
class Instance:
    """An object of a class of the project."""

    of: ClassValue
    attributes: "dict[str, Value]" = field(default_factory=dict)


@dataclass(eq=False)
class Member:
    """A method of a router, a string or a list: something that reading knows how to call."""

    of: "Value"
    name: str


@dataclass(eq=False)
class SuperOf:
    """`super()` inside a method."""

    owner: ClassValue
    bound: "Value"


@dataclass(eq=False)
class Depend:
    """`Depends(target)` or `Security(target)`; no target stands for the annotated type."""

    target: "Value | None"
    is_security: bool


@dataclass(eq=False)
class AnnotatedType:
    """`Annotated[of, …]`."""

    of: "Value"
    metadata: "tuple[Value, ...]"


@dataclass(eq=False)
class TypeOf:
    """A generic or a union: what it is made from, and its parts."""

    origin: "Value"
    parts: "tuple[Value, ...]"


@dataclass(eq=False)
class RouteCall:
    """`router.get("/x", …)`: waits for the handler."""

    router: "Router"
    entry: "RouteEntry"


@dataclass(eq=False)
class Router:
    """A FastAPI application or a router while the map is read."""

    is_application: bool
    prefix: Text
    dependencies: "list[Value]"
    source: Source
    line: int
    name: str = ""
    of: ClassValue | None = None
    attributes: "dict[str, Value]" = field(default_factory=dict)
    entries: "list[Entry]" = field(default_factory=list)
    is_stand_in: bool = False
    """Whether it stands for a parameter that nobody readable passes."""


@dataclass(eq=False, kw_only=True)
class RouteEntry:
    """One route on a router."""

    path: Text
    methods: tuple[str, ...]
    options: "Arguments"
    handler: "Value"
    source: Source
    line: int
    conditions: tuple[str, ...]


@dataclass(eq=False, kw_only=True)
class IncludeEntry:
    """One `include_router` or `mount`."""

    child: "Value"
    path: Text
    dependencies: "list[Value]"
    is_mount: bool
    text: str
    """The child as the source has it."""
    source: Source
    line: int
    conditions: tuple[str, ...]


Entry: TypeAlias = RouteEntry | IncludeEntry


@dataclass(eq=False)
class Arguments:
    """Evaluated arguments of a call."""

    positional: "list[Value]" = field(default_factory=list)
    named: "dict[str, Value]" = field(default_factory=dict)
    nodes: dict[str, s.Expression] = field(default_factory=dict)
    """The arguments' source, by name or position."""

    def get(self, name: str, position: int = -1) -> "Value | None":
        """An argument by its name or its 0-based position."""
        if name in self.named:
            return self.named[name]
        return self.positional[position] if 0 <= position < len(self.positional) else None

    def text(self, name: str, position: int = -1) -> str:
        """Source text of an argument; empty when it is not given."""
        return s.text_of(self.nodes.get(name) or self.nodes.get(str(position)))


Value: TypeAlias = (
    Text
    | Opaque
    | Many
    | Pairs
    | Module
    | Later
    | External
    | Made
    | FunctionValue
    | ClassValue
    | Instance
    | Member
    | SuperOf
    | Depend
    | AnnotatedType
    | TypeOf
    | RouteCall
    | Router
    | RouteEntry
    | IncludeEntry
)
NONE = Opaque("None")
UNKNOWN = Opaque("…")
"""What a call gives of which nothing is known; whoever sees the call puts its text in place."""
