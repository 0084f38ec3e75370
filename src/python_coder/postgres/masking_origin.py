# src/python_coder/postgres/masking_origin.py — which output columns of a statement are made of hidden columns
"""Follows values, not names: through aliases, expressions, subqueries, common table expressions, unions and views.

What only compares or counts a hidden value is shown. Where something cannot be followed, all of it is hidden.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pglast import ast, enums

from python_coder.postgres.query_check import nodes, words

_COMPARISONS = frozenset(
    ("=", "<>", "!=", "<", ">", "<=", ">=", "~", "~*", "!~", "!~*", "~~", "~~*", "!~~", "!~~*", "@@", "@>", "<@", "&&")
)
_COUNTS = frozenset({"count", "row_number", "rank", "dense_rank", "ntile", "percent_rank", "cume_dist", "grouping"})
_NOT_VALUES = frozenset({"over", "agg_filter", "agg_order", "sortClause"})
"""Parts of a call that decide on order and choice, and are in no value."""
_ANY = "*"
"""Stands for the columns of a function whose names are not known."""
_PICKS = frozenset({"->", "->>", "#>", "#>>", "@?", "@@"})
_PATH = re.compile(r"[^\w\-]+")
_VALUE_SUBLINKS = frozenset({enums.SubLinkType.EXPR_SUBLINK, enums.SubLinkType.ARRAY_SUBLINK})
_VALUE_KINDS = frozenset({enums.A_Expr_Kind.AEXPR_NULLIF})
_PASSES_OF_RECURSION = 4


@dataclass(frozen=True)
class Output:
    """One column of a table, a subquery or an answer."""

    name: str
    is_hidden: bool


Columns = Sequence[Output]
RelationColumns = Callable[[str, str], Columns | None]
"""Columns of a table or view by schema, empty for none, and name; `None` for one that is not known."""


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """What names mean at one place of a statement."""

    relations: RelationColumns
    hides: Callable[[str], bool]
    tables: Mapping[str, Columns] = field(default_factory=dict)
    queries: Mapping[str, Columns] = field(default_factory=dict)
    opaque: frozenset[str] = frozenset()
    outer: "_Scope | None" = None

    def inside(
        self, tables: Mapping[str, Columns] | None = None, queries: Mapping[str, Columns] | None = None
    ) -> "_Scope":
        """What names mean one level deeper."""
        return replace(self, tables=tables or {}, queries=queries or {}, outer=self)

    def column(self, name: str, table: str = "") -> bool | None:
        """Whether a column is hidden; `None` when nothing here has it."""
        places = [self.tables[table]] if table in self.tables else [] if table else list(self.tables.values())
        found = [output.is_hidden for columns in places for output in columns if output.name == name]
        if found:
            return any(found)
        return self.outer.column(name, table) if self.outer else None

    def whole(self, table: str) -> bool | None:
        """Whether something in a whole row is hidden; `None` when there is no such table."""
        if table in self.tables:
            return any(output.is_hidden for output in self.tables[table])
        return self.outer.whole(table) if self.outer else None

    def query(self, name: str) -> Columns | None:
        """Columns of a common table expression."""
        return self.queries[name] if name in self.queries else self.outer.query(name) if self.outer else None


def output_columns(
    tree: Any, relations: RelationColumns, hides: Callable[[str], bool], *, opaque: frozenset[str] = frozenset()
) -> Columns:
    """The output columns of a statement, in order.

    Args:
        tree: A SELECT, or a statement that writes and returns.
        relations: Knows the database's tables and views.
        hides: Whether a name alone says that a column is hidden.
        opaque: Functions whose values nobody can follow, such as those of the database's own in a view.
    """
    scope = _Scope(relations=relations, hides=hides, opaque=opaque)
    if isinstance(tree, ast.SelectStmt):
        return _select(tree, scope)
    returning = getattr(tree.returningClause, "exprs", tree.returningClause)
    return _targets(returning or (), _writing(tree, scope))


def copied_columns(tree: Any, relations: RelationColumns, hides: Callable[[str], bool]) -> Sequence[str]:
    """Columns that a statement which writes would fill with hidden values, and that are not hidden themselves.

    Arguments are those of `output_columns`.
    """
    scope = _writing(tree, _Scope(relations=relations, hides=hides))
    columns = relations(tree.relation.schemaname or "", tree.relation.relname) or ()
    filled: list[Output] = []
    if isinstance(tree, ast.InsertStmt) and tree.selectStmt is not None:
        names = [str(target.name) for target in tree.cols or ()] or [column.name for column in columns]
        filled += _renamed(_select(tree.selectStmt, scope), names)
    conflict: Any = getattr(tree, "onConflictClause", None)
    for targets in (getattr(tree, "targetList", None), getattr(conflict, "targetList", None)):
        filled += [Output(str(target.name), _is_hidden(target.val, scope)) for target in targets or ()]
    hidden = {column.name for column in columns if column.is_hidden}
    return sorted({one.name for one in filled if one.is_hidden} - hidden)


def _writing(tree: Any, outer: _Scope) -> _Scope:
    """What names mean in a statement that writes."""
    scope = _with_queries(tree, outer)
    tables = dict(_range(tree.relation, scope))
    if isinstance(tree, ast.InsertStmt):
        tables["excluded"] = next(iter(tables.values()))
    for source in (*(getattr(tree, "fromClause", None) or ()), *(getattr(tree, "usingClause", None) or ())):
        tables |= _range(source, scope)
    return scope.inside(tables)


def _select(select: Any, outer: _Scope) -> Columns:
    scope = _with_queries(select, outer)
    if select.op != enums.SetOperation.SETOP_NONE:
        left, right = _select(select.larg, scope), _select(select.rarg, scope)
        return [Output(one.name, one.is_hidden or other.is_hidden) for one, other in zip(left, right, strict=False)]
    if select.valuesLists:
        rows = [[_is_hidden(cell, scope) for cell in row] for row in select.valuesLists]
        return [Output(f"column{place + 1}", any(cells)) for place, cells in enumerate(zip(*rows, strict=True))]
    inner = scope
    for source in select.fromClause or ():
        # Each may look at those before it: LATERAL, and functions.
        inner = scope.inside({**(inner.tables if inner is not scope else {}), **_range(source, inner)})
    return _targets(select.targetList or (), inner)


def _with_queries(statement: Any, scope: _Scope) -> _Scope:
    if not statement.withClause:
        return scope
    queries: dict[str, Columns] = {}
    for query in statement.withClause.ctes:
        here = scope.inside(queries=queries)
        body = query.ctequery
        passes = _PASSES_OF_RECURSION if statement.withClause.recursive else 1
        for _ in range(passes):
            columns = _renamed(_select(body, here), words(query.aliascolnames))
            queries[query.ctename] = [*columns, *_extra(query)]
    return scope.inside(queries=queries)


def _extra(query: Any) -> Columns:
    """Columns that SEARCH and CYCLE add. They hold whole keys, so they are hidden if they could hold anything."""
    names = []
    if query.search_clause:
        names.append(query.search_clause.search_seq_column)
    if query.cycle_clause:
        names += [query.cycle_clause.cycle_mark_column, query.cycle_clause.cycle_path_column]
    return [Output(name, is_hidden=False) for name in names]


def _range(source: Any, scope: _Scope) -> dict[str, Columns]:
    match source:
        case ast.RangeVar():
            name = source.relname or ""
            columns = None if source.schemaname else scope.query(name)
            if columns is None:
                columns = scope.relations(source.schemaname or "", name)
            return {_alias(source) or name: _renamed(columns or (), _alias_columns(source))}
        case ast.RangeSubselect():
            return {_alias(source): _renamed(_select(source.subquery, scope), _alias_columns(source))}
        case ast.JoinExpr():
            left = _range(source.larg, scope)
            tables = {**left, **_range(source.rarg, scope.inside({**scope.tables, **left}))}
            if source.join_using_alias:
                used = words(source.usingClause)
                tables[str(source.join_using_alias.aliasname)] = [
                    output for columns in tables.values() for output in columns if output.name in used
                ]
            if not _alias(source):
                return tables
            merged = [output for columns in tables.values() for output in columns]
            return {_alias(source): _renamed(merged, _alias_columns(source))}
        case ast.RangeTableSample():
            return _range(source.relation, scope)
    return {_alias(source): _made_by_function(source, scope)}


def _made_by_function(source: Any, scope: _Scope) -> Columns:
    """Columns of a function in FROM. What is made of something hidden is hidden, whatever the column's name."""
    is_hidden = _is_hidden(source, scope)
    name = _alias(source) or _function_name(source)
    definitions = [part.colname for part in getattr(source, "coldeflist", None) or ()]
    names = {*_alias_columns(source), *definitions, name, "ordinality", "key", "value", "unnest"}
    return [Output(part, is_hidden or scope.hides(part)) for part in sorted(names) if part] + [Output(_ANY, is_hidden)]


def _function_name(source: Any) -> str:
    groups: Any = getattr(source, "functions", None) or ()
    for group in groups:
        call: Any = group[0] if group else None
        if isinstance(call, ast.FuncCall):
            return words(call.funcname)[-1]
    return ""


def _targets(targets: Any, scope: _Scope) -> list[Output]:
    found: list[Output] = []
    for target in targets:
        value: Any = target.val
        fields: Any = value.fields if isinstance(value, ast.ColumnRef) else ("",)
        if isinstance(fields[-1], ast.A_Star):
            table = words(fields)[-1:]
            for name, columns in scope.tables.items():
                found += columns if not table or table[0] == name else ()
            continue
        name = target.name or _name_of(value)
        found.append(Output(name, _is_hidden(value, scope)))
    return found


def _name_of(value: Any) -> str:
    match value:
        case ast.ColumnRef():
            return (words(value.fields) or [""])[-1]
        case ast.FuncCall():
            return words(value.funcname)[-1]
        case ast.TypeCast():
            return _name_of(value.arg)
        case ast.A_Indirection():
            return (words(value.indirection) or [""])[-1] or _name_of(value.arg)
    return ""


def _is_hidden(node: Any, scope: _Scope) -> bool:
    """Whether the value of an expression, or of any expression in a list, is made of something hidden."""
    if isinstance(node, (tuple, list)):
        return any(_is_hidden(part, scope) for part in node)
    if not isinstance(node, ast.Node) or _is_verdict(node):
        return False
    match node:
        case ast.ColumnRef():
            return _column(words(node.fields), scope)
        case ast.SubLink():
            return any(output.is_hidden for output in _select(node.subselect, scope))
        case ast.SelectStmt():
            return any(output.is_hidden for output in _select(node, scope))
    # Of an ordered-set aggregate, such as `mode() WITHIN GROUP (ORDER BY x)`, the order is the argument.
    left_out = _NOT_VALUES - ({"agg_order"} if getattr(node, "agg_within_group", False) else set())
    parts = [getattr(node, name) for name in node if name not in left_out]
    return _tells_hidden(node, scope) or any(_is_hidden(part, scope) for part in parts)


def _is_verdict(node: ast.Node) -> bool:
    """Whether it only says how values compare, or how many there are."""
    match node:
        case ast.NullTest() | ast.BooleanTest():
            return True
        case ast.FuncCall():
            return words(node.funcname)[-1] in _COUNTS
        case ast.SubLink():
            return node.subLinkType not in _VALUE_SUBLINKS
        case ast.A_Expr():
            name = (words(node.name) or [""])[-1]
            return name in _COMPARISONS if node.kind == enums.A_Expr_Kind.AEXPR_OP else node.kind not in _VALUE_KINDS
    return False


def _column(names: Sequence[str], scope: _Scope) -> bool:
    if not names:
        return any(output.is_hidden for columns in scope.tables.values() for output in columns)
    found = scope.column(names[-1], names[-2] if len(names) > 1 else "")
    if found is not None:
        return found
    return bool(scope.whole(names[-1])) or bool(scope.column(_ANY)) or scope.hides(names[-1])


def _tells_hidden(node: ast.Node, scope: _Scope) -> bool:
    """Whether it picks a hidden key out of a row or a JSON value, or calls what nobody can follow."""
    match node:
        case ast.A_Indirection():
            return any(scope.hides(name) for name in words(node.indirection))
        case ast.A_Expr():
            taken: Any = node.rexpr if (words(node.name) or [""])[-1] in _PICKS else None
        case ast.FuncCall() if words(node.funcname)[-1] in scope.opaque:
            return True
        case ast.FuncCall():
            taken = node.args if "path" in words(node.funcname)[-1] else None
        case ast.JsonFuncExpr() | ast.JsonTable():
            taken = node
        case _:
            return False
    texts = [str(part.sval) for part, _ in nodes(taken) if isinstance(part, ast.String)]
    return any(scope.hides(key) for text in texts for key in _PATH.split(text))


def _alias(source: Any) -> str:
    return source.alias.aliasname if getattr(source, "alias", None) else ""


def _alias_columns(source: Any) -> list[str]:
    return words(source.alias.colnames) if getattr(source, "alias", None) else []


def _renamed(columns: Columns, names: Sequence[str]) -> Columns:
    return [
        Output(names[place] if place < len(names) else output.name, output.is_hidden)
        for place, output in enumerate(columns)
    ]
