# src/python_coder/postgres/query_check.py — one statement, read by PostgreSQL's own grammar and held to allow-lists
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pglast import ast, parser

from python_coder.errors import ToolRefusedError
from python_coder.postgres.allowed_functions import (
    ALLOWED_FUNCTIONS,
    ALLOWED_SETTINGS,
    EXTENSION_FUNCTIONS,
    GROWING_FUNCTIONS,
    SEQUENCE_FUNCTIONS,
)
from python_coder.postgres.allowed_nodes import (
    CLOSED_RELATIONS,
    EXPLAIN_OPTIONS,
    READING_NODES,
    SAMPLE_METHODS,
    WRITING_NODES,
)

StatementKind = Literal["rows", "explain", "show", "write"]

_MOST_CHARS = 20_000
"""Longer ones could end the process: the parser recurses without looking at the stack."""
_MOST_LEVELS = 250
_MOST_GROWTH = 1_000_000
_WRITES = (ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt)


@dataclass(frozen=True, kw_only=True)
class CheckedStatement:
    """A statement that may run, and the names in it that the database must still resolve harmlessly."""

    kind: StatementKind
    sql: str
    """The one statement, without what stood around it."""
    tree: Any
    """Of `pglast.ast`."""
    functions: frozenset[str] = frozenset()
    """Called without `pg_catalog` before it."""
    operators: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    """Names behind a dot: a column, else a call of a function."""
    relations: frozenset[tuple[str, str]] = frozenset()
    """Schema, empty for none, and name; those of common table expressions among them."""
    is_ordered: bool = False
    returns_rows: bool = True


def check_statement(sql: str, *, may_write: bool = False) -> CheckedStatement:
    """Take one statement apart, and refuse all that is not known to be harmless.

    Args:
        sql: What somebody wants to run.
        may_write: Whether INSERT, UPDATE and DELETE are taken.

    Raises:
        ToolRefusedError: It is not one statement, or holds something that is not on the lists; the message names it.
    """
    statement = _parsed(sql)
    root = statement.stmt
    text = sql[statement.stmt_location :][: statement.stmt_len or None].strip()
    match root:
        case ast.SelectStmt():
            return _checked(root, text, kind="rows")
        case ast.ExplainStmt(query=ast.SelectStmt() as explained):
            _check_explain(root)
            return _checked(explained, text, kind="explain")
        case ast.VariableShowStmt():
            _check_setting(root.name or "?")
            return CheckedStatement(kind="show", sql=text, tree=root)
        case ast.InsertStmt() | ast.UpdateStmt() | ast.DeleteStmt() if may_write:
            _check_target(root.relation)
            return _checked(root, text, kind="write")
    raise ToolRefusedError(_not_taken(root, may_write=may_write))


def nodes(root: Any) -> Iterator[tuple[ast.Node, int]]:
    """Every node below and with `root`, with its level; in no order that matters."""
    waiting: list[tuple[Any, int]] = [(root, 0)]
    while waiting:
        item, level = waiting.pop()
        if isinstance(item, (tuple, list)):
            waiting += [(part, level) for part in item]
        elif isinstance(item, ast.Node):
            yield item, level
            waiting += [(getattr(item, name), level + 1) for name in item]


def words(names: Any) -> list[str]:
    """The texts of a list of names, such as `["pg_catalog", "lower"]`; `*` and subscripts left out."""
    return [str(part.sval) for part in names or () if isinstance(part, ast.String)]


def _parsed(sql: str) -> ast.RawStmt:
    if len(sql) > _MOST_CHARS:
        raise ToolRefusedError(f"The statement has {len(sql)} characters. {_MOST_CHARS} are the most: ask for less.")
    if "\0" in sql or sql != sql.encode(errors="replace").decode():
        # The parser stops at the first, and has no bytes for half a character.
        raise ToolRefusedError("The statement holds a character that PostgreSQL does not take. Leave it out.")
    try:
        statements = parser.parse_sql(sql)
    except parser.ParseError as error:
        place = f" at character {error.args[1] + 1}" if len(error.args) > 1 and error.args[1] is not None else ""
        raise ToolRefusedError(f"PostgreSQL does not understand the statement{place}: {error.args[0]}.") from None
    if len(statements) != 1:
        raise ToolRefusedError(f"Give one statement a call; this holds {len(statements)}.")
    return statements[0]


def _checked(root: Any, sql: str, *, kind: StatementKind) -> CheckedStatement:
    allowed = WRITING_NODES if kind == "write" else READING_NODES
    found: dict[str, set[Any]] = {"functions": set(), "operators": set(), "attributes": set(), "relations": set()}
    for node, level in nodes(root):
        if level > _MOST_LEVELS:
            raise ToolRefusedError(f"The statement is nested more than {_MOST_LEVELS} levels deep. Make it flatter.")
        name = type(node).__name__
        if name not in allowed or (isinstance(node, _WRITES) and node is not root):
            raise ToolRefusedError(_unknown_part(name))
        _check_node(node, kind)
        for where, what in _to_resolve(node):
            found[where].add(what)
    return CheckedStatement(
        kind=kind,
        sql=sql,
        tree=root,
        **{name: frozenset(values) for name, values in found.items()},
        is_ordered=bool(getattr(root, "sortClause", None)),
        returns_rows=kind != "write" or bool(root.returningClause),
    )


def _check_node(node: ast.Node, kind: StatementKind) -> None:
    match node:
        case ast.SelectStmt():
            if node.intoClause is not None or node.lockingClause:
                what = "INTO makes a table" if node.intoClause is not None else "FOR UPDATE and its like lock rows"
                raise ToolRefusedError(f"{what}, and this tool changes nothing. Leave it out.")
        case ast.FuncCall():
            _check_call(node, is_write=kind == "write")
        case ast.RangeVar():
            if node.relname in CLOSED_RELATIONS:
                raise ToolRefusedError(f"{node.relname} holds secrets of the server, so it is closed. Leave it out.")
        case ast.RangeTableSample():
            if words(node.method)[-1:] != words(node.method) or words(node.method)[0] not in SAMPLE_METHODS:
                raise ToolRefusedError("TABLESAMPLE takes BERNOULLI or SYSTEM here.")


def _check_call(call: ast.FuncCall, *, is_write: bool) -> None:
    schema, name = _split(words(call.funcname))
    allowed = ALLOWED_FUNCTIONS | (SEQUENCE_FUNCTIONS if is_write else frozenset())
    if not (name in allowed and schema in {"", "pg_catalog"}) and name not in EXTENSION_FUNCTIONS:
        shown = f"{schema}.{name}" if schema else name
        raise ToolRefusedError(
            f"The function {shown} is not on the list of harmless builtin functions, so no query calls it. "
            "Say it with builtin functions, or read the tables that it reads."
        )
    arguments = call.args or ()
    if name == "current_setting":
        first = arguments[0] if arguments else None
        _check_setting(_text(first) or "?")
    if name in GROWING_FUNCTIONS:
        _check_growth(name, arguments)


def _check_growth(name: str, arguments: Any) -> None:
    # What is computed is bounded by time alone; a plain figure is bounded here, before anything is made of it.
    for node, _ in nodes(arguments[GROWING_FUNCTIONS[name] :]):
        if isinstance(node, ast.A_Const):
            figure = getattr(node.val, "ival", None)
            if isinstance(node.val, ast.Float) or (isinstance(figure, int) and figure > _MOST_GROWTH):
                raise ToolRefusedError(f"{name} may make at most {_MOST_GROWTH:,} of something. Ask for less.")
        if isinstance(node, ast.FuncCall) and words(node.funcname)[-1] in GROWING_FUNCTIONS:
            raise ToolRefusedError(f"{name} of what grows itself is not taken. Ask for less.")
    for node, _ in nodes(arguments[:1]):
        if isinstance(node, ast.FuncCall) and words(node.funcname)[-1] in GROWING_FUNCTIONS:
            raise ToolRefusedError(f"{name} of what grows itself is not taken. Ask for less.")


def _check_target(relation: Any) -> None:
    # A superuser may write to the catalog, and break the database with one row.
    schema, name = relation.schemaname or "", relation.relname
    if schema.startswith("pg_") or schema == "information_schema" or (not schema and name.startswith("pg_")):
        raise ToolRefusedError(f"{name} belongs to PostgreSQL itself, so no statement writes to it.")


def _check_explain(statement: ast.ExplainStmt) -> None:
    for option in statement.options or ():
        if option.defname.lower() not in EXPLAIN_OPTIONS:
            raise ToolRefusedError(f"EXPLAIN takes {', '.join(sorted(EXPLAIN_OPTIONS))}, not {option.defname}.")


def _check_setting(name: str) -> None:
    if name.lower() not in ALLOWED_SETTINGS:
        raise ToolRefusedError(f"The setting {name} is not told, or is none. Give a plain name, such as search_path.")


def _to_resolve(node: ast.Node) -> Iterator[tuple[str, Any]]:
    match node:
        case ast.FuncCall():
            schema, name = _split(words(node.funcname))
            if schema != "pg_catalog":
                yield "functions", name
        case ast.A_Expr() | ast.SubLink():
            names = words(node.name if isinstance(node, ast.A_Expr) else node.operName)
            if names[:-1] != ["pg_catalog"]:
                yield from (("operators", name) for name in names[-1:])
        case ast.SortBy():
            yield from (("operators", name) for name in words(node.useOp)[-1:])
        case ast.ColumnRef():
            yield from (("attributes", name) for name in words(node.fields)[1:])
        case ast.A_Indirection():
            yield from (("attributes", name) for name in words(node.indirection))
        case ast.RangeVar():
            yield "relations", (node.schemaname or "", node.relname)


def _split(names: list[str]) -> tuple[str, str]:
    return ".".join(names[:-1]), names[-1] if names else ""


def _text(node: Any) -> str:
    if isinstance(node, ast.A_Const) and isinstance(node.val, ast.String):
        return str(node.val.sval)
    return ""


def _unknown_part(name: str) -> str:
    kind = name.removesuffix("Stmt")
    if name.endswith("Stmt"):
        return f"A statement inside of another may only read; this holds {kind.upper()}."
    return f"The statement holds a part ({kind}) that is not on the list of harmless ones. Say it without."


def _not_taken(root: Any, *, may_write: bool) -> str:
    kind = type(root).__name__.removesuffix("Stmt").upper()
    taken = "SELECT, VALUES, TABLE, WITH, EXPLAIN of those, SHOW"
    if may_write:
        return f"{kind} is not taken. Taken are {taken}, INSERT, UPDATE and DELETE; migrations change the schema."
    return f"{kind} is not taken: this tool only reads. Taken are {taken}."
