# src/python_coder/recipes/defaults.py — default values in a task, read and checked against their type
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from python_coder.errors import UsageError
from python_coder.recipes.fields import (
    DECIMAL_DIGITS,
    DECIMAL_PLACES,
    INT_MAX,
    INT_MIN,
    Default,
    FieldType,
    Generated,
)

_EXAMPLES = {
    FieldType.STR: 'text in quotes, such as `= "new"`',
    FieldType.INT: f"a whole number from {INT_MIN} to {INT_MAX}, such as `= 1`",
    FieldType.FLOAT: "a finite number, such as `= 0.5`",
    FieldType.BOOL: "`= true` or `= false`",
    FieldType.DECIMAL: f"at most {DECIMAL_DIGITS} digits, {DECIMAL_PLACES} of them after the point, as in `= 9.99`",
    FieldType.DATETIME: "`= now`, or a time such as `= 2024-01-31T12:00:00`",
    FieldType.DATE: "`= today`, or a day such as `= 2024-01-31`",
    FieldType.UUID: "`= uuid4` for a new one each time, or a UUID in full",
}


def read_default(name: str, kind: FieldType, text: str, *, is_quoted: bool, members: tuple[str, ...]) -> Default:
    """The value that `text` stands for.

    Raises:
        UsageError: The text is no value of this type; the message shows one.
    """
    if kind is FieldType.REFERENCE:
        raise UsageError(f"The default of `{name}` does not fit: a reference has no default. Say `optional` instead.")
    if kind is FieldType.ENUM:
        return _read_member(name, text, members)
    value: Default | None = None
    if is_quoted == (kind is FieldType.STR):
        value = _READERS[kind](text)
    if value is None:
        shown = f'"{text}"' if is_quoted else text
        raise UsageError(f"The default of `{name}` does not fit: got `{shown}`, expected {_EXAMPLES[kind]}.")
    return value


def _read_member(name: str, text: str, members: tuple[str, ...]) -> str:
    if text in members:
        return text
    raise UsageError(f"The default of `{name}` does not fit: `{text}` is not one of {', '.join(members)}.")


def _read_text(text: str) -> str | None:
    return text if text.isprintable() else None


def _read_int(text: str) -> int | None:
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", text):
        return None
    return int(text) if INT_MIN <= int(text) <= INT_MAX else None


def _read_float(text: str) -> float | None:
    if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text):
        return None
    return float(text) if math.isfinite(float(text)) else None


def _read_bool(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _read_decimal(text: str) -> Decimal | None:
    if not re.fullmatch(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?", text):
        return None
    value = Decimal(text)
    cents = value.scaleb(DECIMAL_PLACES)
    fits = cents == cents.to_integral_value() and abs(cents) < Decimal(10) ** DECIMAL_DIGITS
    return value.quantize(Decimal(1).scaleb(-DECIMAL_PLACES)) if fits else None


def _read_datetime(text: str) -> datetime | Generated | None:
    if text.lower() in {"now", "now()"}:
        return Generated.NOW
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _read_date(text: str) -> date | Generated | None:
    if text.lower() in {"today", "today()", "now", "now()"}:
        return Generated.TODAY
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _read_uuid(text: str) -> UUID | Generated | None:
    if text.lower() in {"uuid4", "uuid4()", "new", "random"}:
        return Generated.NEW_UUID
    try:
        return UUID(text)
    except ValueError:
        return None


_READERS: dict[FieldType, Callable[[str], Default | None]] = {
    FieldType.STR: _read_text,
    FieldType.INT: _read_int,
    FieldType.FLOAT: _read_float,
    FieldType.BOOL: _read_bool,
    FieldType.DECIMAL: _read_decimal,
    FieldType.DATETIME: _read_datetime,
    FieldType.DATE: _read_date,
    FieldType.UUID: _read_uuid,
}
