# src/python_coder/tools/postgres/query_tool.py — query: one statement, its rows as compact JSON
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from python_coder.errors import ToolRefusedError
from python_coder.postgres.query_cells import Page
from python_coder.postgres.query_check import CheckedStatement, check_statement
from python_coder.postgres.query_run import QueryResult, QueryRunner
from python_coder.tools.answers import limit_of

_MOST_ROWS = 1_000
_MOST_PARAMETERS = 100
_LONGEST_CELL, _SHORTEST_CELL = 2_000, 40
_HEAD_CHARS = 400
"""Room for all but columns and rows."""


@dataclass(frozen=True, kw_only=True)
class QueryTools:
    """Asks one database. Each public method is one tool."""

    runner: Callable[[], Awaitable[QueryRunner]]
    """Opens the database at the first need."""
    record: Callable[[str, int], None]
    """Told of each statement that wrote, and how many rows."""

    async def query(
        self,
        sql: str,
        parameters: list[Any] | None = None,
        limit: int = 100,
        offset: int = 0,
        max_answer_chars: int = -1,
    ) -> str:
        """Run one SQL statement on the development database and answer with JSON rows.

        Reads only: SELECT, VALUES, TABLE, WITH, EXPLAIN and SHOW, with builtin functions, in a transaction that is
        rolled back. INSERT, UPDATE and DELETE, to seed rows, are taken where the user allowed it; a refusal says so.
        Columns that hold secrets or e-mail addresses are masked. Use ORDER BY when you want more than one page.

        Args:
            sql: One statement in PostgreSQL's SQL. Give values as $1, $2 and so on, and put them into `parameters`.
            parameters: Values for $1, $2 and so on, in order: texts, numbers, booleans, null, lists for
                arrays, objects for JSON. Write $1::int where the server cannot tell the type.
            limit: Most rows of this page, 1 to 1,000.
            offset: How many rows earlier pages had; an answer that is cut tells the next one.
            max_answer_chars: Most characters of the answer.

        Returns:
            JSON with `columns` (name and type), `rows`, `row_count`, `truncated`, and where they are due `next_offset`,
            `written` and `notes`.

        Raises:
            ToolRefusedError: The statement is refused, or the server answers with an error.
        """
        runner = await self.runner()
        if not 1 <= limit <= _MOST_ROWS or offset < 0:
            raise ToolRefusedError(f"limit is 1 to {_MOST_ROWS}, offset 0 or more.")
        values = _texts(parameters or [])
        statement = check_statement(sql, may_write=runner.writer is not None)
        most_chars = limit_of(max_answer_chars)
        cell = max(_SHORTEST_CELL, min(_LONGEST_CELL, most_chars // 4))
        page = Page(limit=limit, offset=offset, most_cell_chars=cell)
        result = await runner.run(statement, values, page, most_chars=max(0, most_chars - _HEAD_CHARS))
        if result.written is not None:
            self.record(statement.sql, result.written)
        return _answer(statement, result, offset)


def _texts(values: Sequence[Any]) -> list[str | None]:
    """Parameters as PostgreSQL writes them, so that the server alone decides on their types, as the statement asks."""
    if len(values) > _MOST_PARAMETERS:
        raise ToolRefusedError(f"There are {len(values)} parameters; {_MOST_PARAMETERS} are the most.")
    return [_text(value) for value in values]


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool() | int() | float() | dict():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return "{" + ",".join(map(_element, value)) + "}"
    if "\0" in str(value):
        raise ToolRefusedError("A parameter holds the character 0, which PostgreSQL does not take.")
    return str(value)


def _element(value: Any) -> str:
    """Source: PostgreSQL 17 documentation, 8.15.6, "Array Input and Output Syntax"."""
    text = _text(value)
    if text is None or isinstance(value, list):
        return text or "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _answer(statement: CheckedStatement, result: QueryResult, offset: int) -> str:
    notes = [*result.notes]
    if result.has_more and statement.kind == "rows" and not statement.is_ordered:
        notes.append("Without ORDER BY the next page may hold rows of this one again.")
    if result.has_more and statement.kind == "write":
        notes.append("All rows were written; not all of them are shown.")
    head: dict[str, Any] = {"row_count": len(result.rows), "truncated": result.has_more}
    if result.has_more and statement.kind != "write":
        head["next_offset"] = offset + len(result.rows)
    if result.written is not None:
        head["written"] = result.written
    if notes:
        head["notes"] = notes
    columns = json.dumps([[column.name, column.type] for column in result.columns], ensure_ascii=False)
    rows = ",\n".join(f"[{','.join(cells)}]" for cells in result.rows)
    return f'{{"columns":{columns},"rows":[{rows}],{json.dumps(head, ensure_ascii=False)[1:]}'
