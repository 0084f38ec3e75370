# src/python_coder/postgres/query_cells.py — the SQL around a query: one page of it, each cell as bounded JSON
from collections.abc import Sequence
from dataclasses import dataclass

from pglast import ast, parser

from python_coder.errors import ToolRefusedError
from python_coder.postgres.masking_catalog import ResultColumn

MOST_COLUMNS = 200
_SHOWN_BYTES = 16
_LONG = "pg_catalog.length({c}::text) > {most}"
_CUT = (
    "pg_catalog.to_json(pg_catalog.concat(pg_catalog.left({c}::text, {most}), "
    "'… (', pg_catalog.length({c}::text), ' characters)'))::text"
)
_BYTES = (
    "CASE WHEN {c} IS NOT NULL THEN pg_catalog.to_json(pg_catalog.concat('\\x', "
    "pg_catalog.encode(pg_catalog.substr({c}, 1, {shown}), 'hex'), CASE WHEN pg_catalog.octet_length({c}) > {shown} "
    "THEN '…' END, ' (', pg_catalog.octet_length({c}), ' bytes)'))::text END"
)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Which rows of an answer are wanted."""

    limit: int
    offset: int = 0
    most_cell_chars: int
    """A longer value is cut by the server, so that it never travels."""


def page_of(sql: str, columns: Sequence[ResultColumn], page: Page) -> str:
    """A statement that answers with one page of another: a JSON text a cell, one row more than the page has.

    Args:
        sql: One SELECT, checked.
        columns: Its output columns.
        page: Which part of it.

    Raises:
        ToolRefusedError: It has too many columns, or cannot stand inside another statement.
    """
    # What LIMIT and OFFSET stand on is computed once a row, however often a cell's expression names it.
    part = f"LIMIT {page.limit + 1} OFFSET {page.offset}"
    inner = f"SELECT * FROM ({sql}\n) AS statement {part}"  # noqa: S608 - a checked statement  # nosec B608
    return _one_select(_selected(inner, columns, page))


def returned_by(sql: str, columns: Sequence[ResultColumn], page: Page) -> str:
    """A statement that carries out another which writes and returns rows, as `page_of`; the count of rows comes first.

    All rows are written, whatever part of them is returned.
    """
    names = ", ".join(f"c{place}" for place in range(len(columns)))
    cells = ", ".join(_cell(f"c{place}", column, page) for place, column in enumerate(columns))
    return (
        f"WITH written({names}) AS ({sql}\n) "  # noqa: S608 - a checked statement  # nosec B608
        f"SELECT (SELECT pg_catalog.count(*) FROM written), {cells} FROM written LIMIT {page.limit + 1}"
    )


def _selected(inner: str, columns: Sequence[ResultColumn], page: Page) -> str:
    if len(columns) > MOST_COLUMNS:
        raise ToolRefusedError(
            f"The answer has {len(columns)} columns; {MOST_COLUMNS} are the most. Name those you need."
        )
    if not columns:
        return f"SELECT FROM ({inner}) AS page"  # nosec B608 - as above
    names = ", ".join(f"c{place}" for place in range(len(columns)))
    cells = ", ".join(_cell(f"c{place}", column, page) for place, column in enumerate(columns))
    return f"SELECT {cells} FROM ({inner}) AS page({names})"  # noqa: S608  # nosec B608


def _cell(name: str, column: ResultColumn, page: Page) -> str:
    if column.kind == "bytea":
        return _BYTES.format(c=name, shown=_SHOWN_BYTES)
    long, cut = (text.format(c=name, most=page.most_cell_chars) for text in (_LONG, _CUT))
    return f"CASE WHEN {long} THEN {cut} ELSE pg_catalog.to_json({name})::text END"


def _one_select(sql: str) -> str:
    try:
        statements = parser.parse_sql(sql)
    except parser.ParseError:
        statements = ()
    if len(statements) != 1 or not isinstance(statements[0].stmt, ast.SelectStmt):
        raise ToolRefusedError(
            "The statement cannot be read page by page. Put it into a subquery: SELECT * FROM (…) AS x"
        )
    return sql
