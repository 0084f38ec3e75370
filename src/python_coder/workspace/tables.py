# src/python_coder/workspace/tables.py — TOML tables read without trust in their shape, and written back
import json
from collections.abc import Mapping


def table(values: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The table at `key`; empty when there is none or when something else stands there."""
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def strings(values: Mapping[str, object], key: str) -> tuple[str, ...]:
    """The texts of the array at `key`; anything else in it is passed over."""
    found = values.get(key)
    return tuple(item for item in found if isinstance(item, str)) if isinstance(found, list) else ()


def as_toml(values: Mapping[str, object]) -> str:
    """A document of `key = value` lines; nested tables are written in one line each."""
    return "".join(f"{json.dumps(key)} = {_value(value)}\n" for key, value in values.items())


def _value(value: object) -> str:
    if isinstance(value, bool | str | int | float):
        return json.dumps(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(str(value))
