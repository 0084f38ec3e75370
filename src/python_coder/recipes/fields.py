# src/python_coder/recipes/fields.py — what a field of a resource is
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

DECIMAL_DIGITS = 12
DECIMAL_PLACES = 2
INT_MIN, INT_MAX = -2_147_483_648, 2_147_483_647


class FieldType(StrEnum):
    """The types a field can have; the value is the word in a task."""

    STR = "str"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    DECIMAL = "Decimal"
    DATETIME = "datetime"
    DATE = "date"
    UUID = "UUID"
    ENUM = "enum"
    REFERENCE = "->"


class Generated(StrEnum):
    """A default that is made anew for each row; the value is the word in a task."""

    NOW = "now"
    TODAY = "today"
    NEW_UUID = "uuid4"


Default = str | int | float | bool | Decimal | datetime | date | UUID | Generated


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """One field as the task asks for it. Checked when it was read: any combination here makes sense."""

    name: str
    """Attribute, column and JSON key; a reference ends in `_id`."""
    type: FieldType
    is_unique: bool = False
    is_index: bool = False
    is_optional: bool = False
    max_length: int | None = None
    """Longest text in characters; only for `str`."""
    members: tuple[str, ...] = ()
    """Values of an enum as they travel in JSON, in order."""
    target: str = ""
    """Class name of the resource that a reference points to."""
    default: Default | None = None
    """`None` when the task gives none."""

    @property
    def is_required(self) -> bool:
        """Whether a client must send it on creation."""
        return not self.is_optional and self.default is None

    @property
    def text(self) -> str:
        """The field in the words of a task; reading it gives this field again."""
        parts = [f"{self.name}: {self._type_text}"]
        parts += ["unique"] if self.is_unique else []
        parts += ["index"] if self.is_index else []
        parts += ["optional"] if self.is_optional else []
        parts += [f"max {self.max_length}"] if self.max_length is not None else []
        parts += [f"= {default_text(self.default)}"] if self.default is not None else []
        return " ".join(parts)

    @property
    def _type_text(self) -> str:
        if self.type is FieldType.ENUM:
            return f"enum({'|'.join(self.members)})"
        return f"-> {self.target}" if self.type is FieldType.REFERENCE else self.type.value


def default_text(default: Default) -> str:
    """A default in the words of a task."""
    if isinstance(default, bool):
        return "true" if default else "false"
    if isinstance(default, Generated):
        return default.value
    if isinstance(default, str):
        escaped = default.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return default.isoformat() if isinstance(default, date) else str(default)
