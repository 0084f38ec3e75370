# tests/recipes/test_field_text.py — one field in words: every type, modifier and default, and what is said of bad ones
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from python_coder.errors import NotUnderstoodError, UsageError
from python_coder.recipes.field_text import MAX_STRING, parse_field
from python_coder.recipes.fields import FieldSpec, FieldType, Generated

FIXED = UUID("6f1c2e5a-0d4b-4c8e-9a7f-3b2d1e0c9a88")
FIELDS = {
    "str": ("name: str", FieldSpec(name="name", type=FieldType.STR)),
    "int": ("count: int", FieldSpec(name="count", type=FieldType.INT)),
    "float": ("weight: float", FieldSpec(name="weight", type=FieldType.FLOAT)),
    "bool": ("is_open: bool", FieldSpec(name="is_open", type=FieldType.BOOL)),
    "Decimal": ("price: Decimal", FieldSpec(name="price", type=FieldType.DECIMAL)),
    "decimal-in-lower-case": ("price: decimal", FieldSpec(name="price", type=FieldType.DECIMAL)),
    "datetime": ("sent_at: datetime", FieldSpec(name="sent_at", type=FieldType.DATETIME)),
    "date": ("due: date", FieldSpec(name="due", type=FieldType.DATE)),
    "UUID": ("code: UUID", FieldSpec(name="code", type=FieldType.UUID)),
    "enum": ("state: enum(a|b-c)", FieldSpec(name="state", type=FieldType.ENUM, members=("a", "b-c"))),
    "enum-with-commas": ("state: enum(a, b)", FieldSpec(name="state", type=FieldType.ENUM, members=("a", "b"))),
    "reference": ("owner: -> User", FieldSpec(name="owner_id", type=FieldType.REFERENCE, target="User")),
    "reference-with-its-own-ending": (
        "owner_id: -> user",
        FieldSpec(name="owner_id", type=FieldType.REFERENCE, target="User"),
    ),
    "reference-that-is-no-keyword-in-the-end": (
        "class: -> SchoolClass",
        FieldSpec(name="class_id", type=FieldType.REFERENCE, target="SchoolClass"),
    ),
    "unique": ("sku: str unique", FieldSpec(name="sku", type=FieldType.STR, is_unique=True)),
    "index": ("sku: str indexed", FieldSpec(name="sku", type=FieldType.STR, is_index=True)),
    "optional": ("sku: str optional", FieldSpec(name="sku", type=FieldType.STR, is_optional=True)),
    "nullable": ("sku: str nullable", FieldSpec(name="sku", type=FieldType.STR, is_optional=True)),
    "or-none": ("sku: str | None = None", FieldSpec(name="sku", type=FieldType.STR, is_optional=True)),
    "max": ("sku: str max 20", FieldSpec(name="sku", type=FieldType.STR, max_length=20)),
    "longest-max": (f"sku: str max {MAX_STRING}", FieldSpec(name="sku", type=FieldType.STR, max_length=MAX_STRING)),
    "all-at-once": (
        "sku: str max 20 optional unique index",
        FieldSpec(name="sku", type=FieldType.STR, max_length=20, is_optional=True, is_unique=True, is_index=True),
    ),
    "text": ('name: str = "a, \\"b\\""', FieldSpec(name="name", type=FieldType.STR, default='a, "b"')),
    "text-in-single-quotes": ("name: str = 'x'", FieldSpec(name="name", type=FieldType.STR, default="x")),
    "empty-text": ('name: str = ""', FieldSpec(name="name", type=FieldType.STR, default="")),
    "number": ("count: int = -3", FieldSpec(name="count", type=FieldType.INT, default=-3)),
    "largest-number": ("count: int = 2147483647", FieldSpec(name="count", type=FieldType.INT, default=2_147_483_647)),
    "exponent": ("weight: float = 1e3", FieldSpec(name="weight", type=FieldType.FLOAT, default=1000.0)),
    "false": ("is_open: bool = False", FieldSpec(name="is_open", type=FieldType.BOOL, default=False)),
    "cents": ("price: Decimal = 9.9", FieldSpec(name="price", type=FieldType.DECIMAL, default=Decimal("9.90"))),
    "now": ("at: datetime = now", FieldSpec(name="at", type=FieldType.DATETIME, default=Generated.NOW)),
    "moment": (
        "at: datetime = 2024-01-31T12:00:00+02:00",
        FieldSpec(name="at", type=FieldType.DATETIME, default=datetime(2024, 1, 31, 10, tzinfo=UTC)),
    ),
    "today": ("due: date = today", FieldSpec(name="due", type=FieldType.DATE, default=Generated.TODAY)),
    "day": ("due: date = 2024-01-31", FieldSpec(name="due", type=FieldType.DATE, default=date(2024, 1, 31))),
    "new-uuid": (
        "code: UUID unique = uuid4()",
        FieldSpec(name="code", type=FieldType.UUID, is_unique=True, default=Generated.NEW_UUID),
    ),
    "fixed-uuid": (f"code: UUID = {FIXED}", FieldSpec(name="code", type=FieldType.UUID, default=FIXED)),
    "member": (
        "state: enum(a|b) = b",
        FieldSpec(name="state", type=FieldType.ENUM, members=("a", "b"), default="b"),
    ),
}


@pytest.mark.parametrize(("text", "field"), FIELDS.values(), ids=FIELDS)
def test_field_is_read_and_told_again(text: str, field: FieldSpec) -> None:
    assert parse_field(text) == field
    assert parse_field(field.text) == field


NOT_READ = {
    "unknown-type": ("name: frob", "Known types: str, int, float, bool, Decimal, datetime, date, UUID, enum(a|b|c)"),
    "unknown-type-says-references-too": ("name: frob", "`-> Other`"),
    "misspelt-type": ("name: flaot", "Did you mean `float`?"),
    "type-of-another-language": ("name: varchar", "Did you mean `str`?"),
    "foreign-key": ("owner: fk", "Did you mean `-> Other`?"),
    "no-type": ("name", "`name: TYPE`"),
    "no-name": (": str", "`name: TYPE`"),
    "nothing": ("", "`name: TYPE`"),
    "misspelt-modifier": ("name: str uniqe", "Did you mean `unique`?"),
    "modifier-that-is-not-there": ("name: str frob", "`unique`, `index`, `optional`, `max N`, `= DEFAULT`"),
    "max-without-number": ("name: str max", "`max` needs a whole number of characters from 1"),
    "max-of-nothing": ("name: str max 0", "`max` needs a whole number"),
    "max-below-nothing": ("name: str max -1", "`max` needs a whole number"),
    "max-beyond-the-database": (f"name: str max {MAX_STRING + 1}", f"from 1 to {MAX_STRING}"),
    "max-twice": ("name: str max 2 max 3", "twice"),
    "default-missing": ("name: str =", "comes after `=`"),
    "default-twice": ("count: int = 1 = 2", "two defaults"),
    "enum-without-values": ("state: enum", "such as `enum(draft|published)`"),
    "enum-with-no-value": ("state: enum()", "at least one value"),
    "enum-value-digit-first": ("state: enum(1st)", "starts with a letter"),
    "enum-value-with-space": ("state: enum(in play)", "`|` or `)` comes next"),
    "enum-not-closed": ("state: enum(a|b", "`|` or `)` comes next"),
    "reference-to-nothing": ("owner: ->", "such as `-> Category`"),
    "or-something-else": ("name: str | int", "only `None` can follow `|`"),
}


@pytest.mark.parametrize(("text", "says"), NOT_READ.values(), ids=NOT_READ)
def test_what_cannot_be_read_is_named(text: str, says: str) -> None:
    with pytest.raises(NotUnderstoodError) as refused:
        parse_field(text)
    assert says in str(refused.value)
    assert "at character" in str(refused.value)


NO_SENSE = {
    "id": ("id: int", "every resource has an `id` already"),
    "keyword": ("class: str", "`class` cannot name a field: it is a Python keyword"),
    "builtin": ("list: str", "shadow a Python builtin"),
    "capital": ("Name: str", "such as `name`"),
    "max-of-a-number": ("count: int max 5", "`max` is for `str` fields only; `count` is int"),
    "unique-bool": ("is_open: bool unique", "too few values"),
    "unique-enum": ("state: enum(a|b) unique", "too few values"),
    "unique-with-constant": ('sku: str unique = "x"', "the second row would clash"),
    "unique-with-now": ("at: datetime unique = now", "the second row would clash"),
    "unique-with-fixed-uuid": (f"code: UUID unique = {FIXED}", "the second row would clash"),
    "enum-values-that-differ-in-case": ("state: enum(a|A)", "must differ in more than case and dashes"),
    "enum-values-that-differ-in-dashes": ("state: enum(in-play|in_play)", "must differ in more than case and dashes"),
    "enum-value-twice": ("state: enum(a|b|a)", "must differ"),
    "no-member": ("state: enum(a|b) = c", "`c` is not one of a, b"),
    "text-without-quotes": ("name: str = new", 'expected text in quotes, such as `= "new"`'),
    "text-too-long": ('name: str max 2 = "abc"', "longer than max 2"),
    "text-with-control": ('name: str = "a\tb"', "does not fit"),
    "no-number": ("count: int = many", "expected a whole number from -2147483648 to 2147483647"),
    "number-in-quotes": ('count: int = "3"', 'got `"3"`, expected a whole number'),
    "number-beyond-the-column": ("count: int = 2147483648", "expected a whole number"),
    "fraction": ("count: int = 1.5", "expected a whole number"),
    "not-finite": ("weight: float = nan", "expected a finite number"),
    "too-large": ("weight: float = 1e999", "expected a finite number"),
    "no-bool": ("is_open: bool = yes", "expected `= true` or `= false`"),
    "fraction-of-a-cent": ("price: Decimal = 0.001", "at most 12 digits, 2 of them after the point"),
    "too-many-digits": ("price: Decimal = 10000000000", "at most 12 digits"),
    "no-moment": ("at: datetime = soon", "expected `= now`, or a time such as `= 2024-01-31T12:00:00`"),
    "no-day": ("due: date = 2024-02-30", "expected `= today`, or a day such as `= 2024-01-31`"),
    "no-uuid": ("code: UUID = 6f1c", "a UUID in full"),
    "none-where-needed": ("name: str = None", "only an optional field can be empty"),
    "default-of-a-reference": ("owner: -> User = 1", "a reference has no default"),
}


@pytest.mark.parametrize(("text", "says"), NO_SENSE.values(), ids=NO_SENSE)
def test_what_makes_no_sense_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_field(text)
    assert says in str(refused.value)
