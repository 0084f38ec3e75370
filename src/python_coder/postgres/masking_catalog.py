# src/python_coder/postgres/masking_catalog.py — tables and views of a statement, and which of their columns are hidden
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from pglast import ast, parser

from python_coder.errors import ToolRefusedError
from python_coder.postgres.allowed_functions import EXTENSION_FUNCTIONS
from python_coder.postgres.connection import PostgresConnection
from python_coder.postgres.masking import MaskingPolicy
from python_coder.postgres.masking_origin import Columns, Output, copied_columns, output_columns
from python_coder.postgres.query_check import CheckedStatement, nodes, words

_HARMLESS_TYPES = (
    *("bool", "int2", "int4", "int8", "oid", "date", "time", "timetz", "timestamp", "timestamptz", "interval"),
    *("float4", "float8"),
)
"""A column of such a type holds no secret, though its name sounds like one: `email_verified`, `tokens_used`."""
_NUMBERS_THAT_TELL = ("card", "pan", "cvv", "cvc", "pin", "ssn", "otp", "iban", "cc_num")
_COLUMNS = """
SELECT a.attname::text, t.typname::text, CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END,
       CASE WHEN a.attgenerated <> '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END,
       (SELECT r.typrelid FROM pg_catalog.pg_type AS r
        WHERE r.oid IN (t.oid, t.typelem, t.typbasetype) AND r.typtype = 'c' LIMIT 1)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.oid = coalesce(pg_catalog.to_regclass(%s), %s::pg_catalog.oid)
  AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_OPAQUE = """
SELECT DISTINCT p.proname::text FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_type AS t ON t.oid = p.prorettype
WHERE p.proname = ANY(%s) AND p.pronamespace::pg_catalog.regnamespace::text NOT IN ('pg_catalog', 'information_schema')
  AND NOT t.typname = ANY(%s)
"""
"""The database's own functions read what they like, so that their values cannot be followed."""
_DEEPEST_VIEW = 10


@dataclass(frozen=True)
class ResultColumn:
    """One column of an answer, as the server describes it."""

    name: str
    type: str
    """As PostgreSQL writes it, such as `character varying(20)`."""
    kind: str
    """The type's name in `pg_type`, such as `varchar`."""
    origin: str = ""
    """Name of the table's column that it is, whatever it is called here; empty for what is computed."""


@dataclass(frozen=True)
class HiddenColumns:
    """Places, 0-based, in an answer."""

    hidden: frozenset[int] = frozenset()
    shown: frozenset[int] = frozenset()
    """Columns that the user wants to see whatever is in them."""


@dataclass
class _Catalog:
    connection: PostgresConnection
    policy: MaskingPolicy
    known: dict[tuple[str, str], Columns | None] = field(default_factory=dict)

    async def learn(self, names: Collection[tuple[str, str]], depth: int = 0) -> None:
        """Read the columns of relations; a view's are followed to the tables below it."""
        for schema, name in names:
            if (schema, name) not in self.known:
                self.known[schema, name] = None
                self.known[schema, name] = await self._columns(schema, name, depth)

    async def _columns(self, schema: str, name: str, depth: int) -> Columns | None:
        quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name) if part)
        cursor = await self.connection.execute(_COLUMNS.encode(), [quoted, None])
        rows = await cursor.fetchall()
        columns = [
            Output(column, is_hidden_column(self.policy, column, kind) or await self._holds_hidden(composite))
            for column, kind, _, _, composite in rows
        ]
        if rows and rows[0][2] and depth < _DEEPEST_VIEW:
            made = await self._view(rows[0][2], depth + 1)
            if len(made) != len(columns):
                return [Output(output.name, is_hidden=True) for output in columns]
            columns = [
                Output(one.name, one.is_hidden or other.is_hidden) for one, other in zip(columns, made, strict=True)
            ]
        self.known[schema, name] = columns
        generated = [self._is_made_of_hidden(expression, quoted) for _, _, _, expression, _ in rows]
        columns = [Output(one.name, one.is_hidden or made) for one, made in zip(columns, generated, strict=True)]
        return columns if rows else None

    def _is_made_of_hidden(self, expression: str | None, table: str) -> bool:
        """Whether a generated column is computed from a hidden one."""
        if not expression:
            return False
        asked = f"SELECT {expression} FROM {table}"  # noqa: S608 - only read, never run  # nosec B608
        tree = parser.parse_sql(asked)[0].stmt
        return output_columns(tree, self.columns, self.policy.hides)[0].is_hidden

    async def _holds_hidden(self, relation: int | None, depth: int = 0) -> bool:
        """Whether a composite type has a hidden field, so that a value of it as a whole is hidden."""
        if not relation or depth > _DEEPEST_VIEW:
            return False
        cursor = await self.connection.execute(_COLUMNS.encode(), [None, relation])
        return any(
            [
                is_hidden_column(self.policy, name, kind) or await self._holds_hidden(composite, depth + 1)
                for name, kind, _, _, composite in await cursor.fetchall()
            ]
        )

    async def _view(self, definition: str, depth: int) -> Columns:
        tree = parser.parse_sql(definition)[0].stmt
        found = [node for node, _ in nodes(tree)]
        inside = {(n.schemaname or "", n.relname or "") for n in found if isinstance(n, ast.RangeVar)}
        await self.learn(inside, depth)
        calls = {words(node.funcname)[-1] for node in found if isinstance(node, ast.FuncCall)} - EXTENSION_FUNCTIONS
        cursor = await self.connection.execute(_OPAQUE.encode(), [sorted(calls), list(_HARMLESS_TYPES)])
        opaque = frozenset(name for (name,) in await cursor.fetchall())
        return output_columns(tree, self.columns, self.policy.hides, opaque=opaque)

    def columns(self, schema: str, name: str) -> Columns | None:
        """What was learnt."""
        return self.known.get((schema, name))


async def hidden_columns(
    connection: PostgresConnection,
    statement: CheckedStatement,
    columns: Sequence[ResultColumn],
    policy: MaskingPolicy,
) -> HiddenColumns:
    """Find out which columns of an answer are hidden.

    Args:
        connection: In a transaction that reads.
        statement: What was asked.
        columns: What the server says that it answers with.
        policy: The user's wishes.
    """
    if not policy.is_on:
        return HiddenColumns(shown=frozenset(range(len(columns))))
    catalog = _Catalog(connection, policy)
    try:
        await catalog.learn(statement.relations)
        made = output_columns(statement.tree, catalog.columns, policy.hides)
    except (RecursionError, parser.ParseError):
        return HiddenColumns(hidden=frozenset(range(len(columns))))
    hidden = _placed(columns, made)
    for place, column in enumerate(columns):
        if any(is_hidden_column(policy, name, column.kind) for name in (column.name, column.origin)):
            hidden.add(place)
    shown = {place for place, column in enumerate(columns) if column.origin.lower() in policy.shown}
    return HiddenColumns(hidden=frozenset(hidden - shown), shown=frozenset(shown))


async def refuse_copies(connection: PostgresConnection, statement: CheckedStatement, policy: MaskingPolicy) -> None:
    """Refuse a statement that would write hidden values where they could be read.

    Raises:
        ToolRefusedError: It would. The message names the columns.
    """
    if not policy.is_on:
        return
    catalog = _Catalog(connection, policy)
    await catalog.learn(statement.relations)
    if copied := copied_columns(statement.tree, catalog.columns, policy.hides):
        raise ToolRefusedError(
            f"It would copy masked values into {', '.join(copied)}, where they could be read. Write plain values, or "
            "columns that are not masked."
        )


def is_hidden_column(policy: MaskingPolicy, name: str, kind: str) -> bool:
    """Whether a table's column is hidden.

    Args:
        policy: The user's wishes.
        name: The column's own name.
        kind: The name of its type in `pg_type`; empty if it is not known.
    """
    if not policy.hides(name):
        return False
    lowered = name.lower()
    return kind not in _HARMLESS_TYPES or lowered in policy.hidden or any(w in lowered for w in _NUMBERS_THAT_TELL)


def _placed(columns: Sequence[ResultColumn], made: Columns) -> set[int]:
    """Places of the hidden columns: by order, or by name where the two lists do not fit together."""
    fits = len(made) == len(columns) and all(
        output.name in {"", column.name} or not output.name for output, column in zip(made, columns, strict=True)
    )
    if fits:
        return {place for place, output in enumerate(made) if output.is_hidden}
    hidden = {output.name for output in made if output.is_hidden}
    known = {output.name for output in made}
    nameless = "" in hidden
    return {
        place
        for place, column in enumerate(columns)
        if column.name in hidden or (nameless and column.name not in known)
    }
