# tests/workspace/test_poetry.py — Poetry's constraints and locks as plain requirement lines
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from python_coder.workspace.poetry import locked_versions, pep440, poetry_lines, poetry_python

CONSTRAINTS = {
    "^1.2.3": ">=1.2.3,<2",
    "^0.2.3": ">=0.2.3,<0.3",
    "^0.0.3": ">=0.0.3,<0.0.4",
    "^0": ">=0,<1",
    "^2": ">=2,<3",
    "~1.2.3": ">=1.2.3,<1.3",
    "~1": ">=1,<2",
    "~=1.4": "~=1.4",
    "1.2": "==1.2",
    "1.2.*": "==1.2.*",
    "*": "",
    ">=1.0,<2.0": ">=1.0,<2.0",
    ">= 1.0, < 2.0": ">=1.0,<2.0",
    ">=1.0 <2.0": ">=1.0,<2.0",
    "^3.8 || ^4.0": ">=3.8",
    "!=1.5": "!=1.5",
}


@pytest.mark.parametrize(("poetry", "expected"), CONSTRAINTS.items(), ids=CONSTRAINTS)
def test_constraint(poetry: str, expected: str) -> None:
    assert pep440(poetry) == expected
    SpecifierSet(expected)


LINES = {
    "text": ({"fastapi": "^0.115"}, ("fastapi >=0.115,<0.116",)),
    "python-left-out": ({"python": "^3.11"}, ()),
    "extras": ({"uvicorn": {"version": "*", "extras": ["standard"]}}, ("uvicorn[standard]",)),
    "optional": ({"psycopg": {"version": "*", "optional": True}}, ()),
    "folder": ({"core": {"path": "../core"}}, ()),
    "git": ({"x": {"git": "https://example.com/x", "rev": "abc"}}, ("x @ git+https://example.com/x@abc",)),
    "marker": (
        {"tomli": {"version": "2.0", "markers": "os_name == 'posix'", "python": "<3.11"}},
        ("tomli ==2.0 ; (os_name == 'posix') and python_version < \"3.11\"",),
    ),
    "several": ({"x": [{"version": "1", "python": "<3.9"}, {"version": "2", "python": ">=3.9"}]}, None),
}


@pytest.mark.parametrize(("table", "expected"), LINES.values(), ids=LINES)
def test_lines(table: dict[str, object], expected: tuple[str, ...] | None) -> None:
    lines = poetry_lines(table)
    assert len(lines) == 2 if expected is None else lines == expected


@pytest.mark.parametrize(
    ("python", "expected"), [("^3.10", ">=3.10,<4"), ("3.11", "==3.11.*"), ("~3.11", ">=3.11,<3.12")]
)
def test_python(python: str, expected: str) -> None:
    assert poetry_python({"dependencies": {"python": python}}) == expected


def test_locked_versions(tmp_path: Path) -> None:
    lock = tmp_path / "poetry.lock"
    lock.write_text(
        '[[package]]\nname = "Jinja2"\nversion = "3.1"\n'
        '[[package]]\nname = "twice"\nversion = "1"\n[[package]]\nname = "twice"\nversion = "2"\n'
        '[[package]]\nname = "forked"\nversion = "1"\n[package.source]\ntype = "git"\nurl = "x"\n'
        '[[package]]\nname = "private"\nversion = "4"\n[package.source]\ntype = "legacy"\nurl = "x"\n'
    )
    assert locked_versions(lock) == ("jinja2==3.1", "private==4")
