# src/python_coder/evidence/canonical.py — one spelling of JSON, so that equal facts have equal digests
import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


def canonical_json(value: Json) -> bytes:
    """The only spelling of a JSON value: keys sorted, no spaces, pure ASCII.

    ASCII keeps lone surrogates (undecodable bytes of a process's output) and line separators harmless.

    Raises:
        ValueError: A number is not finite. JSON has no word for it.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def digest_of(value: Json) -> str:
    """SHA-256 of the canonical spelling, hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def as_json(value: object) -> Json:
    """Turn the package's own values into JSON: dataclasses, enums, paths, mappings, sequences and sets.

    Raises:
        TypeError: The value, or something inside it, has no JSON form.
    """
    plain = value.value if isinstance(value, Enum) else value
    match plain:
        case None | bool() | int() | float() | str():
            return plain
        case PurePath():
            return str(plain)
        case Mapping():
            return {str(as_json(key)): as_json(item) for key, item in plain.items()}
        case list() | tuple():
            return [as_json(item) for item in plain]
        case Set():
            return sorted((as_json(item) for item in plain), key=canonical_json)
        case _ if is_dataclass(plain) and not isinstance(plain, type):
            return {field.name: as_json(getattr(plain, field.name)) for field in fields(plain)}
    raise TypeError(f"{type(value).__name__} has no JSON form; pass a dataclass, a mapping or plain values.")


def text_at(data: Mapping[str, Json], key: str) -> str:
    """The text under a key; empty when there is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""


def items_at(data: Mapping[str, Json], key: str) -> list[Json]:
    """The list under a key; empty when there is none."""
    value = data.get(key)
    return value if isinstance(value, list) else []


def texts_at(data: Mapping[str, Json], key: str) -> tuple[str, ...]:
    """The texts of the list under a key."""
    return tuple(str(item) for item in items_at(data, key))


def mapping_at(data: Mapping[str, Json], key: str) -> Mapping[str, Json]:
    """The mapping under a key; empty when there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}
