# src/python_coder/service_map/tables.py — SQLAlchemy and SQLModel tables, and pydantic schemas
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.host import Host, bases_of, find_member, is_a
from python_coder.service_map.reading.values import ClassValue, External, Made, Text, Value

_COLUMNS = frozenset({"mapped_column", "Column", "Field", "column_property", "deferred"})
_RELATIONS = frozenset({"relationship", "Relationship", "dynamic_loader"})
_DECLARATIVE = frozenset({"DeclarativeBase", "DeclarativeBaseNoMeta", "MappedAsDataclass", "SQLModel"})
_MADE_BASES = frozenset({"declarative_base", "automap_base", "generate_base"})
_SCHEMAS = frozenset({"BaseModel", "RootModel", "GenericModel", "SQLModel"})
_MANY = frozenset({"list", "List", "set", "Set", "Sequence", "Iterable", "WriteOnlyMapped", "DynamicMapped"})
_MAPPED = frozenset({"Mapped", "WriteOnlyMapped", "DynamicMapped"})


@dataclass(frozen=True, order=True)
class TableColumn:
    """One column."""

    name: str
    type: str
    """As the source has it."""
    is_primary_key: bool
    foreign_key: str
    """`table.column`; empty when it is none."""
    is_nullable: bool
    is_unique: bool
    has_index: bool


@dataclass(frozen=True, order=True)
class Relation:
    """One relation to another table's class."""

    name: str
    target: str
    is_many: bool


@dataclass(frozen=True, order=True)
class Table:
    """A class that stands for a table."""

    name: str
    table: str
    """Name in the database; empty when it is made at run time."""
    path: str
    line: int
    columns: tuple[TableColumn, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True, order=True)
class Schema:
    """A pydantic model that is no table."""

    name: str
    path: str
    line: int
    bases: tuple[str, ...]
    fields: tuple[str, ...]
    """Names of its own fields."""


def is_table(host: Host, found: ClassValue) -> bool:
    """Whether a class stands for a table."""
    if _literal(found, "__abstract__") == "True":
        return False
    bases = bases_of(host, found)
    names = {base.last for base in bases if isinstance(base, External)}
    made = {base.maker.last for base in bases if isinstance(base, Made)}
    if "SQLModel" in names:
        return any(keyword.name == "table" and s.text_of(keyword.value) == "True" for keyword in found.node.keywords)
    if isinstance(found.scope.names.get("__tablename__"), Text) or "__table__" in found.scope.names:
        return True
    # What inherits from it directly is the base of the tables.
    if any(isinstance(base, External) and base.last in _DECLARATIVE for base in map(host.settle, found.bases)):
        return False
    is_mapped = bool(names & _DECLARATIVE or made & _MADE_BASES)
    return is_mapped and any(True for _ in _columns(found, is_model=False))


def read_tables(host: Host, classes: Iterable[ClassValue]) -> Iterator[Table]:
    """The tables among some classes."""
    for found in classes:
        if not is_table(host, found):
            continue
        chain = [base for base in reversed(bases_of(host, found)) if isinstance(base, ClassValue)]
        is_model = is_a(host, found, frozenset({"SQLModel"}))
        columns = {column.name: column for owner in [*chain, found] for column in _columns(owner, is_model=is_model)}
        relations = {relation.name: relation for owner in [*chain, found] for relation in _relations(owner)}
        yield Table(
            name=found.node.name,
            table=_table_name(host, found),
            path=found.scope.source.path,
            line=found.node.line,
            columns=tuple(columns.values()),
            relations=tuple(relations.values()),
        )


def read_schemas(host: Host, classes: Iterable[ClassValue]) -> Iterator[Schema]:
    """The pydantic models among some classes, without tables and settings."""
    for found in classes:
        if not is_a(host, found, _SCHEMAS) or is_a(host, found, frozenset({"BaseSettings"})) or is_table(host, found):
            continue
        fields = [node.targets[0] for node in _assigns(found) if node.annotation is not None]
        yield Schema(
            name=found.node.name,
            path=found.scope.source.path,
            line=found.node.line,
            bases=tuple(map(s.text_of, found.node.bases)),
            fields=tuple(field.name for field in fields if isinstance(field, s.Name) and field.name != "model_config"),
        )


def _table_name(host: Host, found: ClassValue) -> str:
    known = find_member(host, found, "__tablename__")
    value: Value | None = host.settle(known[1]) if known is not None else None
    if isinstance(value, Text):
        return value.text
    return found.node.name.lower() if is_a(host, found, frozenset({"SQLModel"})) else ""


def _assigns(found: ClassValue) -> Iterator[s.Assign]:
    for node in found.node.body:
        if isinstance(node, s.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], s.Name):
            yield node


def _literal(found: ClassValue, name: str) -> str:
    return next((s.text_of(node.value) for node in _assigns(found) if node.targets[0] == s.Name(name)), "")


def _callee(node: s.Expression | None) -> str:
    return s.text_of(node.function).rpartition(".")[2] if isinstance(node, s.Call) else ""


def _head(node: s.Expression | None) -> str:
    return s.text_of(node.value).rpartition(".")[2] if isinstance(node, s.Index) else ""


def _columns(found: ClassValue, *, is_model: bool) -> Iterator[TableColumn]:
    for node in _assigns(found):
        head, callee = _head(node.annotation), _callee(node.value)
        if callee in _RELATIONS or head in {"ClassVar", "WriteOnlyMapped", "DynamicMapped"}:
            continue
        is_field = is_model and node.annotation is not None and node.targets[0] != s.Name("model_config")
        if callee in _COLUMNS - {"Field"} or head == "Mapped" or is_field:
            yield _column(node)


def _column(node: s.Assign) -> TableColumn:
    call = node.value if isinstance(node.value, s.Call) else s.Call(s.Name(""), (), 0)
    inner = next((a.value for a in call.arguments if a.name == "sa_column" and isinstance(a.value, s.Call)), None)
    arguments = (*call.arguments, *(inner.arguments if inner is not None else ()))
    options = {argument.name: s.text_of(argument.value) for argument in arguments if argument.name}
    annotation = node.annotation
    shown = annotation.items[0] if isinstance(annotation, s.Index) and _head(annotation) in _MAPPED else annotation
    positional = [argument.value for argument in arguments if not argument.name]
    kinds = [value for value in positional if not isinstance(value, s.String) and _callee(value) != "ForeignKey"]
    type_text = s.text_of(shown) if shown is not None else s.text_of(kinds[0] if kinds else None)
    is_primary = options.get("primary_key") == "True"
    has_none = "None" in type_text.replace("|", " ").split() or type_text.startswith("Optional[")
    return TableColumn(
        name=s.text_of(node.targets[0]),
        type=type_text,
        is_primary_key=is_primary,
        foreign_key=_foreign_key(positional, options),
        is_nullable=_is_nullable(options.get("nullable"), has_none=has_none or shown is None, is_primary=is_primary),
        is_unique=options.get("unique") == "True",
        has_index=options.get("index") == "True",
    )


def _is_nullable(option: str | None, *, has_none: bool, is_primary: bool) -> bool:
    return option == "True" if option is not None else has_none and not is_primary


def _foreign_key(positional: list[s.Expression], options: dict[str, str]) -> str:
    calls = [value for value in positional if isinstance(value, s.Call) and _callee(value) == "ForeignKey"]
    targets = [call.arguments[0].value for call in calls if call.arguments]
    text = next((node.text if isinstance(node, s.String) else s.text_of(node) for node in targets), "")
    return text or options.get("foreign_key", "").strip("'\"")


def _relations(found: ClassValue) -> Iterator[Relation]:
    for node in _assigns(found):
        if not isinstance(node.value, s.Call) or _callee(node.value) not in _RELATIONS:
            continue
        first = next((argument.value for argument in node.value.arguments if not argument.name), None)
        given = first.text if isinstance(first, s.String) else s.text_of(first)
        inner, is_many = _target(node.annotation)
        uselist = {argument.name: s.text_of(argument.value) for argument in node.value.arguments}.get("uselist")
        is_plain = node.annotation is None and uselist != "False"
        yield Relation(s.text_of(node.targets[0]), (given or inner).rpartition(".")[2], is_many or is_plain)


def _target(node: s.Expression | None) -> tuple[str, bool]:
    """The class inside an annotation such as `Mapped[list["Item"]]`, and whether there are many."""
    match node:
        case s.Index():
            inner, is_many = _target(node.items[0] if node.items else None)
            return inner, is_many or _head(node) in _MANY
        case s.Binary():
            left = _target(node.left)
            return _target(node.right) if left[0] in {"None", ""} else left
        case s.String(text):
            for name in _MANY:
                if text.startswith(f"{name}["):
                    return text[len(name) + 1 :].rstrip("]").strip("'\""), True
            return text.partition("|")[0].strip().strip("'\""), False
        case _:
            return s.text_of(node), False
