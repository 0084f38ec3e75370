# src/python_coder/recipes/values.py — values for examples and tests: good ones, others, and bad ones
from dataclasses import dataclass

from python_coder.recipes.columns import quoted
from python_coder.recipes.fields import INT_MAX, FieldSpec, FieldType, Generated, default_text
from python_coder.recipes.plan import Plan

_LONGEST_UNIQUE = 32
_SHORTEST_RANDOM = 8
_PLAIN = {
    FieldType.INT: ("3", "4"),
    FieldType.FLOAT: ("1.5", "2.25"),
    FieldType.BOOL: ("True", "False"),
    FieldType.DECIMAL: ('"12.50"', '"7.25"'),
    FieldType.DATETIME: ('"2030-01-31T09:30:00Z"', '"2031-02-28T18:00:00Z"'),
    FieldType.DATE: ('"2030-01-31"', '"2031-02-28"'),
    FieldType.UUID: ('"6f1c2e5a-0d4b-4c8e-9a7f-3b2d1e0c9a88"', '"0b9e8d7c-6a5f-4e3d-8c2b-1a0f9e8d7c6b"'),
}
_BAD = {
    FieldType.STR: (("not-text", "7"),),
    FieldType.INT: (("not-a-number", '"many"'), ("beyond-column", str(INT_MAX + 1))),
    FieldType.FLOAT: (("not-a-number", '"much"'),),
    FieldType.BOOL: (("not-a-bool", '"maybe"'),),
    FieldType.DECIMAL: (
        ("not-a-number", '"much"'),
        ("fraction-of-a-cent", '"0.001"'),
        ("beyond-column", '"10000000000.00"'),
    ),
    FieldType.DATETIME: (("not-a-moment", '"someday"'), ("out-of-range", '"0001-01-01T00:00:00+14:00"')),
    FieldType.DATE: (("no-such-day", '"2030-02-30"'),),
    FieldType.UUID: (("not-a-uuid", '"6f1c"'),),
    FieldType.ENUM: (("no-such-value", '"no such value"'),),
}


@dataclass(frozen=True, kw_only=True)
class BadValue:
    """A value that the service must refuse."""

    name: str
    field: str
    expression: str


def good_values(spec: FieldSpec) -> tuple[str, str]:
    """Two different values as Python expressions of JSON; equal for an enum with one value."""
    if spec.type is FieldType.STR:
        limit = spec.max_length or _LONGEST_UNIQUE
        spoken = spec.name.replace("_", " ")
        first, second = f"First {spoken}", f"Second {spoken}"
        return quoted(first[:limit].strip()), quoted(second[:limit].strip())
    if spec.type is FieldType.ENUM:
        return quoted(spec.members[0]), quoted(spec.members[-1])
    return _PLAIN.get(spec.type, ("1", "2"))


def example(plan: Plan, spec: FieldSpec) -> str:
    """The value shown in the OpenAPI document."""
    if spec.type is FieldType.REFERENCE:
        return "1" if plan.target_id_type(spec) == "int" else _PLAIN[FieldType.UUID][0]
    if spec.default is not None and not isinstance(spec.default, Generated):
        return default_json(spec)
    if spec.type is FieldType.STR:
        return quoted(good_values(spec)[0][1:-1].removeprefix("First ").capitalize())
    return good_values(spec)[0]


def default_json(spec: FieldSpec) -> str:
    """A default as a Python expression of the JSON that the service answers; empty for a generated one."""
    value = spec.default
    if value is None or isinstance(value, Generated):
        return "None" if value is None else ""
    if isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    text = default_text(value)
    return quoted(text.replace("+00:00", "Z") if spec.type is FieldType.DATETIME else text)


def unique_value(spec: FieldSpec) -> tuple[str, str]:
    """An expression that is new at each call, and the name it needs imported from `uuid`."""
    expressions = {
        FieldType.STR: f"uuid4().hex[:{min(spec.max_length or _LONGEST_UNIQUE, _LONGEST_UNIQUE)}]",
        FieldType.INT: "uuid4().int % 2_000_000_000",
        FieldType.FLOAT: "float(uuid4().int % 2_000_000_000)",
        FieldType.DECIMAL: 'f"{uuid4().int % 2_000_000_000}.50"',
        FieldType.DATETIME: 'datetime.fromtimestamp(uuid4().int % 4_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")',
        FieldType.DATE: "date.fromordinal(uuid4().int % 3_000_000 + 1).isoformat()",
        FieldType.UUID: "str(uuid4())",
    }
    if spec.type is FieldType.STR and spec.max_length is not None and spec.max_length < _SHORTEST_RANDOM:
        return f"str(next(NUMBERS)).zfill({spec.max_length})", "NUMBERS"
    return expressions[spec.type], "uuid4"


def bad_values(plan: Plan, spec: FieldSpec) -> list[BadValue]:
    """Values that break one rule each."""
    bad = list(_BAD.get(spec.type, ()))
    if spec.type is FieldType.STR and spec.max_length is not None:
        bad.append(("too-long", f'"x" * {spec.max_length + 1}'))
    if spec.type is FieldType.REFERENCE:
        bad.append(("not-an-id", '"no id"'))
    del plan
    return [
        BadValue(name=f"{spec.name.replace('_', '-')}-{name}", field=spec.name, expression=expression)
        for name, expression in bad
    ]
