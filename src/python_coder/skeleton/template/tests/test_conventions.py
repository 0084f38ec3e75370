# tests/test_conventions.py — the rules of this code base that no linter knows
import doctest
import importlib
import pkgutil
from pathlib import Path
from typing import Any

from fastapi import FastAPI

import app as package
from tests.databases import ROOT


def test_first_line_names_file_and_purpose() -> None:
    paths = [path for folder in ("app", "migrations", "tests") for path in (ROOT / folder).rglob("*.py")]
    wrong = [name for name in map(_relative, paths) if not _first_line(ROOT / name).startswith(f"# {name} — ")]
    assert wrong == []


def test_examples_in_docstrings_are_true() -> None:
    names = [module.name for module in pkgutil.walk_packages(package.__path__, "app.")]
    results = [doctest.testmod(importlib.import_module(name)) for name in names]
    assert sum(result.failed for result in results) == 0
    assert sum(result.attempted for result in results) > 0


def test_every_documented_field_has_an_example(app: FastAPI) -> None:
    schemas: dict[str, Any] = app.openapi()["components"]["schemas"]
    missing = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        if "examples" not in schema
        for field, described in schema.get("properties", {}).items()
        if not _has_example(described)
    ]
    assert missing == []


def _has_example(described: dict[str, Any]) -> bool:
    if described.get("type") == "array" or "$ref" in described:
        return True
    return "examples" in described or any("examples" in choice for choice in described.get("anyOf", []))


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0]
