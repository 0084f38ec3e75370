# src/python_coder/postgres/schema.py — what a database holds, as its catalog tells it
from dataclasses import dataclass
from typing import Literal

TableKind = Literal["table", "partitioned table", "view", "materialized view", "foreign table"]
ConstraintKind = Literal["primary key", "unique", "check", "exclude", "foreign key"]
Identity = Literal["", "always", "by default"]
VERSION_TABLE = "alembic_version"
"""Where Alembic keeps the revision that a database stands at, unless a project names another table."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table or view."""

    name: str
    type: str
    """As PostgreSQL writes it, with its lengths; a type outside of `public` with its schema."""
    is_nullable: bool
    default: str = ""
    """Expression; empty when there is none. Literals under a secret's name are masked."""
    identity: Identity = ""
    generated: str = ""
    """Expression that the value is computed by; empty for a plain column."""
    collation: str = ""
    """Only where it is not the type's own."""
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """One rule that rows must follow."""

    name: str
    kind: ConstraintKind
    columns: tuple[str, ...]
    definition: str
    """As PostgreSQL writes it, such as `CHECK ((total >= 0))`."""
    is_valid: bool = True
    """False for one that was added `NOT VALID`: old rows may break it."""
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class ForeignKey(Constraint):
    """A constraint that points to another table."""

    target_schema: str
    target_table: str
    target_columns: tuple[str, ...]
    on_delete: str = ""
    """Such as `CASCADE`; empty for `NO ACTION`."""
    on_update: str = ""
    is_deferrable: bool = False
    is_deferred: bool = False
    """Whether it is checked at the end of the transaction unless told otherwise."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A foreign key of another table, seen from the table that it points to."""

    schema: str
    table: str
    columns: tuple[str, ...]
    on_delete: str = ""


@dataclass(frozen=True, kw_only=True)
class Index:
    """One index."""

    name: str
    method: str
    keys: tuple[str, ...]
    """Columns and expressions, in order."""
    definition: str
    """All of it from the method on, such as `btree (lower(email)) WHERE (deleted_at IS NULL)`."""
    is_unique: bool = False
    predicate: str = ""
    """Condition of a partial index."""
    included: tuple[str, ...] = ()
    constraint: str = ""
    """Name of the primary key, unique or exclusion constraint that it carries."""
    is_valid: bool = True
    """False where `CREATE INDEX CONCURRENTLY` broke off."""
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table, a view, or what else has columns and rows."""

    schema: str
    name: str
    kind: TableKind
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    referenced_by: tuple[Reference, ...] = ()
    rows: int | None = None
    """The planner's estimate; `None` when the table was never analysed, so that nobody knows."""
    parents: tuple[str, ...] = ()
    """Tables that it inherits from, or is a partition of, with their schemas."""
    partition_key: str = ""
    """For a partitioned table, such as `RANGE (created_at)`."""
    partition_bound: str = ""
    """For a partition, such as `FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`."""
    definition: str = ""
    """Query of a view."""
    comment: str = ""

    @property
    def full_name(self) -> str:
        """Name as queries take it: without `public`."""
        return plain_name(self.schema, self.name)

    @property
    def primary_key(self) -> Constraint | None:
        """The primary key, if it has one."""
        return next((constraint for constraint in self.constraints if constraint.kind == "primary key"), None)

    @property
    def foreign_keys(self) -> tuple[ForeignKey, ...]:
        """Its foreign keys, by name."""
        return tuple(constraint for constraint in self.constraints if isinstance(constraint, ForeignKey))

    @property
    def is_stored(self) -> bool:
        """Whether it holds rows of its own that a key could tell apart."""
        return self.kind in {"table", "partitioned table"}


@dataclass(frozen=True, kw_only=True)
class EnumType:
    """An enumeration."""

    schema: str
    name: str
    labels: tuple[str, ...]
    """In the order in which they sort."""
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A type with rules."""

    schema: str
    name: str
    type: str
    is_nullable: bool
    default: str = ""
    checks: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """A counter."""

    schema: str
    name: str
    type: str
    owner: str = ""
    """`schema.table.column` that it goes with; empty when it stands alone."""


@dataclass(frozen=True, kw_only=True)
class DatabaseSchema:
    """What a database holds, or the part of it that was asked for. Everything is in order of schema and name."""

    database: str
    server_version: str
    tables: tuple[Table, ...]
    enums: tuple[EnumType, ...] = ()
    domains: tuple[Domain, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    extensions: tuple[str, ...] = ()
    note: str = ""
    """What a reader must know of where the database comes from."""

    @property
    def schemas(self) -> tuple[str, ...]:
        """Schemas in which something was found."""
        found = [{one.schema for one in kind} for kind in (self.tables, self.enums, self.domains, self.sequences)]
        return tuple(sorted(set[str]().union(*found)))


def plain_name(schema: str, name: str) -> str:
    """A name with its schema, unless that is `public`."""
    return name if schema == "public" else f"{schema}.{name}"
