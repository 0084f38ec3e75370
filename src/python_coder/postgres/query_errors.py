# src/python_coder/postgres/query_errors.py — what a model is told of an error of the server
import re
from collections.abc import Sequence

import psycopg

from python_coder.errors import ToolRefusedError
from python_coder.postgres.masking import MASK, MaskingPolicy, mask_text

_VALUE = re.compile(r"""(?<=")(?:.+)(?=")|(?<=\()(?:.+)(?=\))|(?<=: )[^"(].*|'.*'|\d[\d.,-]*""", re.DOTALL)
"""Where a message may hold a value: from its first quote to its last, since a value may hold quotes; behind a colon;
figures."""
_MOST_CHARS = 600
_NO_VALUES = ("08", "25", "53", "55", "57")
"""Classes of errors that are about the connection, locks and room, and quote no values."""
_OF_A_PARAMETER = "portal parameter"
_MENDS = {
    "57014": "It ran into the time limit. Ask for less: a filter, an aggregate, or a smaller range.",
    "25006": "This tool only reads.",
    "42501": "The role that reads may not do that.",
    "55P03": "Somebody else holds a lock on it. Try again later.",
    "53400": "It wrote too much to temporary files. Sort or join fewer rows.",
    "53200": "It needs too much memory. Ask for less.",
    "42P01": "get_schema tells which tables there are.",
    "42703": "get_schema tells the columns of a table.",
    "57P01": "Somebody ended the connection. Ask again.",
    "08000": "The line to the server broke while it worked: the server may have ended. Ask again, and for less.",
    "42P18": "Say the parameter's type, such as $1::int.",
}


def told(error: psycopg.Error, sql: str, policy: MaskingPolicy, *, is_of_values: bool) -> ToolRefusedError:
    """An error of the server as a refusal: its SQLSTATE, message, place and hint.

    Args:
        error: What psycopg raised.
        sql: The statement as it was given.
        policy: Whether anything is masked.
        is_of_values: Whether it came while rows were read, so that it may tell what a hidden column holds, as in
            `invalid input syntax for type integer: "…"`. One from before quotes nothing but the statement.
    """
    diagnostic, state = error.diag, error.sqlstate or "08000"
    is_of_values &= (
        policy.is_on and not state.startswith(_NO_VALUES) and _OF_A_PARAMETER not in (diagnostic.context or "")
    )
    names = [diagnostic.constraint_name, diagnostic.table_name, diagnostic.column_name, diagnostic.datatype_name]

    def masked(*texts: str | None) -> str:
        parts = [_masked(text, names if is_of_values else None).rstrip(".") for text in texts if text]
        return ". ".join(parts) + "." if parts else ""

    place = 0 if is_of_values else int(diagnostic.statement_position or 0)
    hint = masked(diagnostic.message_hint)
    parts = [
        f"{state}: {masked(diagnostic.message_primary or ' '.join(str(error).split()), diagnostic.message_detail)}",
        f"At character {place}." if 0 < place <= len(sql) else "",
        f"Hint: {hint}" if hint else "",
        _MENDS.get(state, ""),
    ]
    return ToolRefusedError(" ".join(part for part in parts if part)[:_MOST_CHARS])


def _masked(text: str, names: Sequence[str | None] | None) -> str:
    """A message without values.

    Args:
        text: The server's.
        names: What may be told of one that could hold values; `None` where it cannot.
    """
    if names is None:
        return mask_text(text)
    known = "|".join(re.escape(f'"{name}"') for name in names if name)
    parts = re.split(f"({known})", text) if known else [text]
    return "".join(part if place % 2 else _VALUE.sub(MASK, part) for place, part in enumerate(parts))
