# tests/services/test_schema_equals_inspector.py — the schema that is read is the one that SQLAlchemy's inspector sees
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from schema_samples import SAMPLES
from sqlalchemy import Connection, Inspector, create_engine, inspect, text
from sqlalchemy.dialects import postgresql

from python_coder.postgres.schema import DatabaseSchema, ForeignKey, Table
from python_coder.postgres.schema_reading import read_schema
from python_coder.skeleton.write import write_service

pytestmark = pytest.mark.postgres

Facts = dict[str, object]
"""What is known of a database: `schema.table`, then the kind of fact and the name, to the fact."""


def make(dsn: str, sql: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql)  # type: ignore[call-overload]


async def read(dsn: str, **asked: str) -> DatabaseSchema:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        await connection.execute("SET TRANSACTION READ ONLY")
        return await read_schema(connection, **asked)


def inspected(dsn: str) -> Facts:
    """Everything that SQLAlchemy's inspector can tell, with names of `public` written out as ours are."""
    engine = create_engine(
        dsn.replace("postgresql://", "postgresql+psycopg://"),
        connect_args={"options": "-csearch_path=pg_catalog"},
    )
    try:
        with engine.connect() as connection:
            inspector = inspect(connection)
            names = [name for name in inspector.get_schema_names() if name != "information_schema"]
            return {key: fact for name in names for key, fact in _of_schema(connection, inspector, name)}
    finally:
        engine.dispose()


def _of_schema(connection: Connection, inspector: Inspector, schema: str) -> Iterator[tuple[str, object]]:
    tables, views = inspector.get_table_names(schema), inspector.get_view_names(schema)
    for kind, names in (("table", tables), ("view", views), ("view", inspector.get_materialized_view_names(schema))):
        for name in names:
            at = f"{schema}.{name}"
            yield f"{at} kind", kind
            yield f"{at} comment", inspector.get_table_comment(name, schema)["text"] or ""
            yield from _columns(connection, inspector, schema, name)
            yield from _rules(inspector, schema, name)
            if kind == "view":
                yield f"{at} query", _bare(inspector.get_view_definition(name, schema) or "").strip()
    for enum in inspector.get_enums(schema):  # type: ignore[attr-defined]
        yield f"{schema}.{enum['name']} labels", tuple(enum["labels"])
    for domain in inspector.get_domains(schema):  # type: ignore[attr-defined]
        yield f"{schema}.{domain['name']} domain", (domain["type"], domain["nullable"])
    yield f"{schema} sequences", sorted(inspector.get_sequence_names(schema))


DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def _columns(connection: Connection, inspector: Inspector, schema: str, name: str) -> Iterator[tuple[str, object]]:
    columns = inspector.get_columns(name, schema)
    types = _as_postgres_writes([column["type"].compile(dialect=DIALECT) for column in columns], connection)
    yield f"{schema}.{name} order", [column["name"] for column in columns]
    for column, kind in zip(columns, types, strict=True):
        at, identity = f"{schema}.{name}.{column['name']}", column.get("identity")
        yield f"{at} type", kind
        yield f"{at} null", column["nullable"]
        yield f"{at} default", "" if column.get("computed") else column["default"] or ""
        yield f"{at} generated", (column.get("computed") or {}).get("sqltext", "")
        yield f"{at} identity", "" if identity is None else "always" if identity["always"] else "by default"
        yield f"{at} comment", column["comment"] or ""


def _as_postgres_writes(types: Sequence[str], connection: Connection) -> list[str]:
    """SQLAlchemy's spelling of types in PostgreSQL's own, by asking it."""
    listed = ", ".join(f"c{number} {kind}" for number, kind in enumerate(types))
    connection.execute(text(f"CREATE TEMPORARY TABLE spelled ({listed})"))
    query = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'spelled'::regclass"
    rows = connection.execute(text(f"{query} AND attnum > 0 ORDER BY attnum")).scalars().all()
    connection.execute(text("DROP TABLE spelled"))
    return [row.removeprefix("public.") for row in rows]


def _rules(inspector: Inspector, schema: str, name: str) -> Iterator[tuple[str, object]]:
    at, primary = f"{schema}.{name}", inspector.get_pk_constraint(name, schema)
    yield f"{at} primary key", (primary["name"], tuple(primary["constrained_columns"])) if primary["name"] else None
    for key in inspector.get_foreign_keys(name, schema):
        options = key["options"]
        yield (
            f"{at} foreign key {key['name']}",
            (
                tuple(key["constrained_columns"]),
                f"{key['referred_schema']}.{key['referred_table']}",
                tuple(key["referred_columns"]),
                options.get("ondelete", ""),
                options.get("onupdate", ""),
                bool(options.get("deferrable")),
                options.get("initially") == "DEFERRED",
            ),
        )
    for unique in inspector.get_unique_constraints(name, schema):
        yield f"{at} unique {unique['name']}", tuple(unique["column_names"])
    for check in inspector.get_check_constraints(name, schema):
        yield f"{at} check {check['name']}", _bare(check["sqltext"])
    for index in inspector.get_indexes(name, schema):
        options, keys = index.get("dialect_options", {}), index.get("expressions") or index["column_names"]
        yield (
            f"{at} index {index['name']}",
            (
                [_bare(str(key)) for key in keys],
                index["unique"],
                options.get("postgresql_using", "btree"),
                options.get("postgresql_where", ""),
                tuple(options.get("postgresql_include", ())),
            ),
        )


def _bare(expression: str) -> str:
    """Without parentheses, of which one side writes more than the other."""
    return expression.replace("(", "").replace(")", "")


def told(schema: DatabaseSchema) -> Facts:
    """The same facts from what we read."""
    facts: Facts = {f"{name} sequences": [] for name in (*schema.schemas, "public")}
    for table in schema.tables:
        facts |= dict(_told_of(table))
    facts |= {f"{enum.schema}.{enum.name} labels": enum.labels for enum in schema.enums}
    for domain in schema.domains:
        # The inspector leaves the length out.
        facts[f"{domain.schema}.{domain.name} domain"] = (domain.type.partition("(")[0], domain.is_nullable)
    for name in (*schema.schemas, "public"):
        facts[f"{name} sequences"] = sorted(one.name for one in schema.sequences if one.schema == name)
    return facts


def _told_of(table: Table) -> Iterator[tuple[str, object]]:
    at = f"{table.schema}.{table.name}"
    yield f"{at} kind", "view" if "view" in table.kind else "table"
    yield f"{at} comment", table.comment
    yield f"{at} order", [column.name for column in table.columns]
    for column in table.columns:
        yield f"{at}.{column.name} type", column.type
        yield f"{at}.{column.name} null", column.is_nullable
        yield f"{at}.{column.name} default", column.default
        yield f"{at}.{column.name} generated", column.generated
        yield f"{at}.{column.name} identity", column.identity
        yield f"{at}.{column.name} comment", column.comment
    primary = table.primary_key
    yield f"{at} primary key", (primary.name, primary.columns) if primary else None
    if "view" in table.kind:
        yield f"{at} query", _bare(table.definition)
    for rule in table.constraints:
        if isinstance(rule, ForeignKey):
            target = f"{rule.target_schema}.{rule.target_table}"
            actions = (rule.on_delete, rule.on_update, rule.is_deferrable, rule.is_deferred)
            yield f"{at} foreign key {rule.name}", (rule.columns, target, rule.target_columns, *actions)
        elif rule.kind == "unique":
            yield f"{at} unique {rule.name}", rule.columns
        elif rule.kind == "check":
            yield f"{at} check {rule.name}", _bare(re.sub(r"^CHECK | NOT VALID$", "", rule.definition))
    for index in table.indexes:
        if index.constraint and index.constraint == (primary.name if primary else ""):
            continue  # The inspector tells of it as the primary key alone.
        keys = [_bare(key) for key in index.keys]
        yield f"{at} index {index.name}", (keys, index.is_unique, index.method, index.predicate, index.included)


@pytest.mark.parametrize("sql", SAMPLES.values(), ids=SAMPLES)
async def test_schema_equals_what_sqlalchemys_inspector_sees(sql: str, postgres_database: str) -> None:
    make(postgres_database, sql)
    assert_same(told(await read(postgres_database)), inspected(postgres_database))


def assert_same(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    assert len(theirs) > 20
    differing = {key: (ours.get(key), theirs.get(key)) for key in ours | theirs if ours.get(key) != theirs.get(key)}
    # The only thing that we do not tell.
    masked = differing.pop("auth.principal.api_token default", ("'[redacted]'::character varying",))
    assert masked[0] == "'[redacted]'::character varying"
    assert differing == {}


@pytest.fixture
def written_database(tmp_path: Path, postgres_database: str) -> str:
    """After the migrations of a service that `new` has written."""
    written = write_service(tmp_path / "desk", "desk", defaults=True)
    env = {**os.environ, "DATABASE_URL": postgres_database.replace("postgresql://", "postgresql+asyncpg://")}
    argv = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(argv, cwd=written.folder, env=env, check=True, capture_output=True)
    return postgres_database


@pytest.mark.slow
async def test_schema_equals_for_a_written_service_after_its_migrations(written_database: str) -> None:
    schema = await read(written_database)
    assert {table.name for table in schema.tables} == {"alembic_version", "items"}
    assert_same(told(schema), inspected(written_database))
