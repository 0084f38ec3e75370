# src/python_coder/service_map/reading/syntax.py — the small part of Python's syntax that reading a service needs
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Name:
    """A name by itself."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value.name`."""

    value: "Expression"
    name: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; `name` is empty for a positional one, `*` or `**` for unpacked ones."""

    name: str
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """A call."""

    function: "Expression"
    arguments: tuple[Argument, ...]
    line: int
    """1-based."""


@dataclass(frozen=True, slots=True)
class String:
    """A string literal, its parts joined and its escapes read."""

    text: str


@dataclass(frozen=True, slots=True)
class Formatted:
    """An f-string: its literal and its computed parts in order."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, tuple or set display."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary display; a key of `None` stands for `**value`."""

    pairs: tuple[tuple["Expression | None", "Expression"], ...]


@dataclass(frozen=True, slots=True)
class Index:
    """`value[items]`, generic types too."""

    value: "Expression"
    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`, also `and` and `or`."""

    left: "Expression"
    operator: str
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Choice:
    """`first if test else second`."""

    first: "Expression"
    second: "Expression"


@dataclass(frozen=True, slots=True)
class Star:
    """`*value` inside a display."""

    value: "Expression"


@dataclass(frozen=True, slots=True)
class Other:
    """Any other expression: constants, comprehensions, comparisons. Only its text is kept."""

    text: str


Expression: TypeAlias = (
    Name | Attribute | Call | String | Formatted | Sequence | Dictionary | Index | Binary | Choice | Star | Other
)


@dataclass(frozen=True, slots=True)
class Assign:
    """An assignment; without a value it is a mere annotation."""

    targets: tuple[Expression, ...]
    annotation: Expression | None
    value: Expression | None
    line: int


@dataclass(frozen=True, slots=True)
class Extend:
    """`target += value`."""

    target: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression on a line of its own."""

    value: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Import:
    """One name that an import binds."""

    bound: str
    """The name in this module; `*` for a star import."""
    module: str
    """Without leading dots."""
    level: int
    """Count of leading dots."""
    original: str
    """Name inside the module; empty for `import module`."""
    line: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function; `kind` is `*` or `**` for the collecting ones."""

    name: str
    annotation: Expression | None
    default: Expression | None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function definition. Its body is read only when somebody needs it."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    decorators: tuple[Expression, ...]
    is_async: bool
    line: int
    """1-based line of `def`."""
    last_line: int
    start_byte: int
    """Of the `def`, in UTF-8."""
    end_byte: int


@dataclass(frozen=True, slots=True)
class Class:
    """A class definition."""

    name: str
    bases: tuple[Expression, ...]
    keywords: tuple[Argument, ...]
    decorators: tuple[Expression, ...]
    body: tuple["Statement", ...]
    line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Branch:
    """`if test: body`, with the `elif` and `else` parts as further branches in `otherwise`."""

    test: Expression
    body: tuple["Statement", ...]
    otherwise: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """A `for` loop."""

    target: Expression
    iterable: Expression
    body: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Statements that run in place: of `with`, `try`, `while`, `match`. `is_spare` for handlers of errors."""

    body: tuple["Statement", ...]
    is_spare: bool


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`."""

    value: Expression | None


Statement: TypeAlias = Assign | Extend | Evaluate | Import | Function | Class | Branch | Loop | Block | Return


def text_of(node: Expression | None) -> str:
    """An expression as short source text, for people."""
    if node is None:
        return ""
    if isinstance(node, Name | Other):
        return node.name if isinstance(node, Name) else node.text
    if isinstance(node, Attribute):
        return f"{text_of(node.value)}.{node.name}"
    if isinstance(node, Call):
        return f"{text_of(node.function)}({', '.join(_argument_text(argument) for argument in node.arguments)})"
    return _compound_text(node)


def _argument_text(argument: Argument) -> str:
    name = argument.name if argument.name.startswith("*") or not argument.name else f"{argument.name}="
    return name + text_of(argument.value)


def _compound_text(node: Expression) -> str:
    match node:
        case String():
            text = repr(node.text)
        case Formatted():
            text = 'f"' + "".join(p.text if isinstance(p, String) else f"{{{text_of(p)}}}" for p in node.parts) + '"'
        case Sequence():
            text = f"[{', '.join(map(text_of, node.items))}]"
        case Index():
            text = f"{text_of(node.value)}[{', '.join(map(text_of, node.items))}]"
        case Binary():
            text = f"{text_of(node.left)} {node.operator} {text_of(node.right)}"
        case Choice():
            text = f"{text_of(node.first)} if … else {text_of(node.second)}"
        case Star():
            text = f"*{text_of(node.value)}"
        case _:
            text = "{…}"
    return text
