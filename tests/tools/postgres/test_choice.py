# tests/tools/postgres/test_choice.py — which database is meant
from pathlib import Path

import pytest

from python_coder.errors import UsageError
from python_coder.tools.postgres.choice import choose_address, project_variables

LOCAL = "postgresql://u:p@localhost/one"
PARTS = {"POSTGRES_SERVER": "localhost", "POSTGRES_DB": "parts", "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "p"}
CASES = {
    "named-in-environment": ({"MY_URL": LOCAL, "DATABASE_URL": "postgresql://h/two"}, {}, "MY_URL", "one"),
    "named-in-project": ({}, {"MY_URL": LOCAL}, "MY_URL", "one"),
    "environment-first": ({"DATABASE_URL": LOCAL}, {"DATABASE_URL": "postgresql://h/two"}, "", "one"),
    "project": ({}, {"DATABASE_URL": LOCAL}, "", "one"),
    "project-by-another-name": ({}, {"APP_DSN": "postgresql+asyncpg://u@localhost/two"}, "", "two"),
    "database-url-before-others": ({}, {"A": "postgresql://h/two", "DATABASE_URL": LOCAL}, "", "one"),
    "parts": ({}, PARTS, "", "parts"),
    "sqlite-is-none": ({"DATABASE_URL": "sqlite:///x.db"}, {"DATABASE_URL": "sqlite:///x.db"}, "", None),
    "nothing": ({}, {}, "", None),
}


@pytest.mark.parametrize(("environ", "project", "name", "database"), CASES.values(), ids=CASES)
def test_address_is_chosen(environ: dict[str, str], project: dict[str, str], name: str, database: str | None) -> None:
    address = choose_address(environ, project, name=name)
    assert (address.database if address else None) == database


def test_named_variable_must_be_set() -> None:
    with pytest.raises(UsageError, match="MY_URL, which is set neither"):
        choose_address({"DATABASE_URL": LOCAL}, {}, name="MY_URL")


def test_settings_of_the_project_are_read(tmp_path: Path) -> None:
    assert project_variables(tmp_path) == {}
    (tmp_path / ".env").write_text(f"A=1\nDATABASE_URL='{LOCAL}'\n")
    assert project_variables(tmp_path) == {"A": "1", "DATABASE_URL": LOCAL}
