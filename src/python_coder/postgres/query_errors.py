# src/python_coder/postgres/query_errors.py — what a model is told of an error of the server
import re

import psycopg

from python_coder.errors import ToolRefusedError
from python_coder.postgres.masking import MASK, MaskingPolicy, mask_text

_QUOTED = re.compile(r'"([^"]*)"|\(([^()]*)\)')
_MOST_CHARS = 600
_ABOUT_NAMES = "42"
"""Class of errors that quote names and never values."""
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


def told(error: psycopg.Error, sql: str, policy: MaskingPolicy, *, lead: int = 0) -> ToolRefusedError:
    """An error of the server as a refusal: its SQLSTATE, message, place and hint.

    Args:
        error: What psycopg raised.
        sql: The statement as it was given. Values that are quoted in the message and do not stand in it are masked:
            `invalid input syntax for type integer: "…"` would tell what a hidden column holds.
        policy: Whether anything is masked.
        lead: How many characters of ours stood before the statement.
    """
    diagnostic, state = error.diag, error.sqlstate or "08000"
    names = {
        *(diagnostic.constraint_name, diagnostic.table_name, diagnostic.column_name, diagnostic.schema_name),
        diagnostic.datatype_name,
    }
    known = sql + " ".join(name for name in names if name)
    about = state.startswith(_ABOUT_NAMES)

    def masked(*texts: str | None) -> str:
        parts = [_masked(text, known, policy, is_about_names=about).rstrip(".") for text in texts if text]
        return ". ".join(parts) + "." if parts else ""

    place = int(diagnostic.statement_position or 0) - lead
    hint = masked(diagnostic.message_hint)
    parts = [
        f"{state}: {masked(diagnostic.message_primary or ' '.join(str(error).split()), diagnostic.message_detail)}",
        f"At character {place}." if 0 < place <= len(sql) else "",
        f"Hint: {hint}" if hint else "",
        _MENDS.get(state, ""),
    ]
    return ToolRefusedError(" ".join(part for part in parts if part)[:_MOST_CHARS])


def _masked(text: str, known: str, policy: MaskingPolicy, *, is_about_names: bool) -> str:
    if not policy.is_on:
        return text
    if is_about_names:
        return mask_text(text)

    def kept(match: re.Match[str]) -> str:
        inside = match.group(1) or match.group(2) or ""
        return match.group() if inside in known or not inside else match.group().replace(inside, MASK)

    return mask_text(_QUOTED.sub(kept, text))
