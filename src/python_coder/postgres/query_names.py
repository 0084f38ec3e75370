# src/python_coder/postgres/query_names.py — whether the names of a checked statement lead to harmless things only
from typing import Any

from python_coder.errors import ToolRefusedError
from python_coder.postgres.connection import PostgresConnection
from python_coder.postgres.query_check import CheckedStatement

_OWN = "AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = x.oid AND d.deptype = 'e')"
"""What an extension owns, somebody with the right to trust it installed."""
_FUNCTIONS = f"""
SELECT x.oid::regprocedure::text FROM pg_catalog.pg_proc AS x
WHERE x.proname = ANY(%s) AND x.pronamespace <> 'pg_catalog'::regnamespace {_OWN} LIMIT 1
"""  # noqa: S608 - nothing in it comes from outside  # nosec B608
_OPERATORS = f"""
SELECT x.oid::regoperator::text FROM pg_catalog.pg_operator AS x
WHERE x.oprname = ANY(%s) AND x.oprnamespace <> 'pg_catalog'::regnamespace {_OWN} LIMIT 1
"""  # noqa: S608 - nothing in it comes from outside  # nosec B608
_ATTRIBUTES = f"""
SELECT x.oid::regprocedure::text FROM pg_catalog.pg_proc AS x
JOIN pg_catalog.pg_type AS t ON t.oid = x.proargtypes[0]
WHERE x.proname = ANY(%s) AND x.pronamespace <> 'pg_catalog'::regnamespace AND t.typtype IN ('c', 'p')
  AND x.pronargs - x.pronargdefaults <= 1 {_OWN} LIMIT 1
"""  # noqa: S608 - nothing in it comes from outside  # nosec B608
_FOREIGN = """
WITH RECURSIVE used(oid) AS (
    SELECT pg_catalog.to_regclass(n.name)::oid FROM pg_catalog.unnest(%s::text[]) AS n(name)
    UNION SELECT r.oid FROM used JOIN LATERAL (
        SELECT d.refobjid FROM pg_catalog.pg_rewrite AS w
        JOIN pg_catalog.pg_depend AS d ON d.objid = w.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
          AND d.refclassid = 'pg_catalog.pg_class'::regclass
        JOIN pg_catalog.pg_class AS v ON v.oid = w.ev_class AND v.relkind = 'v'
        WHERE w.ev_class = used.oid
        UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = used.oid
    ) AS r(oid) ON true
) SELECT c.oid::regclass::text FROM used JOIN pg_catalog.pg_class AS c ON c.oid = used.oid
WHERE c.relkind = 'f' LIMIT 1
"""
"""Through views and partitions; what a materialized view keeps is here."""


async def refuse_own_names(connection: PostgresConnection, statement: CheckedStatement) -> None:
    """Refuse a statement in which a function or operator of the database's own could stand for a builtin one.

    PostgreSQL prefers the function whose arguments fit best, wherever it lies, so that `pg_catalog` at the head of the
    search path does not settle it. `x.name` calls a function, too, where no column has the name.

    A foreign table is refused, too: what it leads to is not this database.

    Raises:
        ToolRefusedError: There is one. The message says how to write the name so that the builtin one is meant.
    """
    checks: tuple[tuple[str, frozenset[str], str], ...] = (
        (_FUNCTIONS, statement.functions, "Write pg_catalog. before the name for the builtin function."),
        (_OPERATORS, statement.operators, "Write OPERATOR(pg_catalog.…) for the builtin operator, or another one."),
        (_ATTRIBUTES, statement.attributes, "Give the column another name in a subquery, or leave it out."),
    )
    for query, names, mend in checks:
        if names and (found := await _first(connection, query, sorted(names))):
            raise ToolRefusedError(f"The name {found} is this database's own, and may do anything. {mend}")
    tables = [
        ".".join('"' + part.replace('"', '""') + '"' for part in name if part) for name in sorted(statement.relations)
    ]
    if tables and (found := await _first(connection, _FOREIGN, tables)):
        raise ToolRefusedError(
            f"{found} is a foreign table: reading it leads to another server, file or program, where no read-only "
            "transaction holds. Ask without it, or read a materialized view of it."
        )


async def _first(connection: PostgresConnection, query: str, names: list[str]) -> Any:
    cursor = await connection.execute(query.encode(), [names])
    row = await cursor.fetchone()
    return row[0] if row else None
