# src/python_coder/postgres/schema_json.py — a schema as JSON, without what is empty
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from python_coder.postgres.schema import DatabaseSchema, Table
from python_coder.postgres.schema_text import summary_lines


def table_json(table: Table) -> Mapping[str, Any]:
    """One table. Left out is what is empty, but never `is_nullable`, `is_valid` and `rows`, where `null` is unknown."""
    return {**_full(asdict(table)), "rows": table.rows}


def schema_json(schema: DatabaseSchema, *, most_chars: int, skip: int = 0) -> str:
    """The summary, the types, and as many tables as there is room for; always a whole document.

    Args:
        schema: What was read.
        most_chars: Most characters of the answer, unless one table alone is longer.
        skip: How many tables earlier answers had.

    Returns:
        JSON with `summary`, `enums`, `domains`, `sequences`, `tables`, and `left` when tables are left.
    """
    whole = _full(asdict(replace(schema, tables=(), note=""))) if not skip else {}
    for name in ("enums", "domains", "sequences"):
        if len(_text(whole.get(name))) > most_chars // 4:
            whole[name] = f"{len(whole[name])}; ask with `schema` or `table` for those of a part"
    document = {"summary": list(summary_lines(schema))} | whole | {"tables": []}
    room = most_chars - len(_text(document)) - len(_text(_left(len(schema.tables), len(schema.tables))))
    shown: list[str] = []
    for table in schema.tables[skip:]:
        text = _text(table_json(table))
        room -= len(text) + 1
        if room < 0 and shown:
            break
        shown.append(text)
    if left := len(schema.tables) - skip - len(shown):
        document |= _left(left, skip + len(shown))
    head, tail = _text(document).split('"tables":[]', 1)
    return f'{head}"tables":[{",".join(shown)}]{tail}'


def _left(number: int, skip: int) -> dict[str, Any]:
    return {"left": {"tables": number, "go on with skip": skip}}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _full(value: Any) -> Any:
    """A value without members that are empty texts or lists, or false."""
    if isinstance(value, dict):
        kept = {name: _full(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in ("", [], None) or name == "is_nullable"}
    return [_full(item) for item in value] if isinstance(value, list | tuple) else value
