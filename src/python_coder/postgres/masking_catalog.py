# src/python_coder/postgres/masking_catalog.py — tables and views of a statement, and which of their columns are hidden
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from pglast import ast, parser

from python_coder.postgres.connection import PostgresConnection
from python_coder.postgres.masking import MaskingPolicy
from python_coder.postgres.masking_origin import Columns, Output, output_columns
from python_coder.postgres.query_check import CheckedStatement, nodes

_HARMLESS_TYPES = (
    *("bool", "int2", "int4", "int8", "oid", "date", "time", "timetz", "timestamp", "timestamptz", "interval"),
    *("float4", "float8"),
)
"""A column of such a type holds no secret, though its name sounds like one: `email_verified`, `tokens_used`."""
_NUMBERS_THAT_TELL = ("card", "pan", "cvv", "cvc", "pin", "ssn", "otp", "iban", "cc_num")
_COLUMNS = """
SELECT a.attname::text, t.typname::text, CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE c.oid = pg_catalog.to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
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
        cursor = await self.connection.execute(_COLUMNS.encode(), [quoted])
        rows = await cursor.fetchall()
        columns = [Output(column, is_hidden_column(self.policy, column, kind)) for column, kind, _ in rows]
        if rows and rows[0][2] and depth < _DEEPEST_VIEW:
            made = await self._view(rows[0][2], depth + 1)
            if len(made) != len(columns):
                return [Output(output.name, is_hidden=True) for output in columns]
            columns = [
                Output(one.name, one.is_hidden or other.is_hidden) for one, other in zip(columns, made, strict=True)
            ]
        return columns if rows else None

    async def _view(self, definition: str, depth: int) -> Columns:
        tree = parser.parse_sql(definition)[0].stmt
        inside = {(n.schemaname or "", n.relname or "") for n, _ in nodes(tree) if isinstance(n, ast.RangeVar)}
        await self.learn(inside, depth)
        return output_columns(tree, self.columns, self.policy.hides)

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
