# src/python_coder/symbols/symbol.py — what a symbol is, and what a file holds of them
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class SymbolKind(StrEnum):
    """Kind of a symbol, in the order of the Language Server Protocol, whose numbers count from 1.

    The index itself tells classes, functions, methods, properties, variables and constants apart; the others are here
    so that a client may name any kind in a filter.

    Source: Language Server Protocol 3.17, `SymbolKind`.
    """

    FILE = "file"
    MODULE = "module"
    NAMESPACE = "namespace"
    PACKAGE = "package"
    CLASS = "class"
    METHOD = "method"
    PROPERTY = "property"
    FIELD = "field"
    CONSTRUCTOR = "constructor"
    ENUM = "enum"
    INTERFACE = "interface"
    FUNCTION = "function"
    VARIABLE = "variable"
    CONSTANT = "constant"
    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    ARRAY = "array"
    OBJECT = "object"
    KEY = "key"
    NULL = "null"
    ENUM_MEMBER = "enum_member"
    STRUCT = "struct"
    EVENT = "event"
    OPERATOR = "operator"
    TYPE_PARAMETER = "type_parameter"

    @property
    def lsp(self) -> int:
        """Number of this kind in the Language Server Protocol, 1..26."""
        return KINDS.index(self) + 1


KINDS = tuple(SymbolKind)
"""All kinds; the place in this tuple is the protocol's number less one."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One definition in a Python file. Lines are 1-based, ends are included."""

    name: str
    name_path: str
    """Names from the outermost symbol down to this one, `Class/method`. One that shares its name with a neighbour in
    the same scope carries its place among them: `f[0]`, `f[1]`."""
    kind: SymbolKind
    path: str
    """File relative to the project, with `/` between names."""
    first_line: int
    """Line of the first decorator, else of the definition."""
    def_line: int
    """Line of `def`, `async`, `class`, or of the assignment."""
    last_line: int
    name_line: int
    name_column: int
    """0-based, in code points."""
    start_byte: int
    """Place in the file as it is on disk; decorators belong to the symbol."""
    end_byte: int
    signature: str
    """The definition's head on one line, without decorators and body."""
    children: tuple["Symbol", ...] = field(default=(), repr=False)

    def walk(self) -> Iterator["Symbol"]:
        """This symbol, then all below it, in the order of the file."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class FileSymbols:
    """The symbols of one file."""

    path: str
    symbols: tuple[Symbol, ...]
    """Outermost symbols, in the order of the file."""
    error_lines: tuple[int, ...] = ()
    """1-based lines at which the file does not parse; empty if it does. Its symbols are then as good as can be told."""
    unparsed_because: str = ""
    """Why the file was not looked into, for example its size; empty as a rule."""

    def walk(self) -> Iterator[Symbol]:
        """All symbols of the file, each before the ones inside it."""
        for symbol in self.symbols:
            yield from symbol.walk()
