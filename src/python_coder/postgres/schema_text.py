# src/python_coder/postgres/schema_text.py — a schema as short lines for a reader with little room
from collections import Counter
from collections.abc import Iterator, Sequence

from python_coder.postgres.schema import Column, Constraint, DatabaseSchema, ForeignKey, Index, Table, plain_name

_BIGGEST = 5
_MOST_NAMES = 12
_MOST_LABELS = 12
LEGEND = "A column takes no null unless it says `null`."


def summary_lines(schema: DatabaseSchema) -> Iterator[str]:
    """What there is as a whole: counts, schemas, the biggest tables, tables without a key, types, extensions."""
    kinds = Counter(table.kind for table in schema.tables)
    counts = ", ".join(_counted(number, kind) for kind, number in kinds.most_common()) or "no tables"
    yield f"{schema.database} on PostgreSQL {schema.server_version}: {counts}"
    if schema.schemas not in {(), ("public",)}:
        held = Counter(table.schema for table in schema.tables)
        yield f"schemas: {', '.join(f'{name} ({held[name]})' for name in schema.schemas)}"
    yield from _sizes([table for table in schema.tables if table.is_stored or table.kind == "materialized view"])
    if keyless := [table.full_name for table in schema.tables if table.is_stored and table.primary_key is None]:
        yield f"without a primary key: {_some(keyless)}"
    if schema.enums:
        yield f"enums: {_some([_enum(plain_name(enum.schema, enum.name), enum.labels) for enum in schema.enums])}"
    if schema.domains:
        named = [f"{plain_name(domain.schema, domain.name)} {domain.type}" for domain in schema.domains]
        yield f"domains: {_some(named)}"
    if alone := [plain_name(one.schema, one.name) for one in schema.sequences if not one.owner]:
        yield f"sequences that no column owns: {_some(alone)}"
    if schema.extensions:
        yield f"extensions: {', '.join(schema.extensions)}"
    if schema.note:
        yield schema.note


def table_lines(table: Table) -> Iterator[str]:
    """All of one table, a line for each column, rule and index."""
    yield table_heading(table)
    yield from (f"  {line}" for line in _details(table))


def table_heading(table: Table) -> str:
    """Name, kind, rows, and what it is for."""
    kind = "" if table.kind == "table" else f" {table.kind}"
    comment = f": {_one_line(table.comment)}" if table.comment else ""
    return f"{table.full_name}{kind}{_rows(table)}{comment}"


def table_line(table: Table) -> str:
    """One table in one line: its columns by name, its keys."""
    return f"{table.full_name}{_kind(table)}({', '.join(_short_columns(table))}){_rows(table)}"


def table_count(table: Table) -> str:
    """One table in a few words, for a schema of hundreds."""
    targets = dict.fromkeys(key.target_table for key in table.foreign_keys)
    points = f" → {', '.join(targets)}" if targets else ""
    return f"{table.full_name}{_kind(table)} {len(table.columns)}{points}"


def _details(table: Table) -> Iterator[str]:
    keys = {key.columns[0]: key for key in table.foreign_keys if len(key.columns) == 1}
    primary = table.primary_key.columns if table.primary_key else ()
    if table.partition_key:
        yield f"partitioned by {table.partition_key}"
    if table.parents:
        how = f"partition {table.partition_bound} of" if table.partition_bound else "inherits from"
        yield f"{how} {', '.join(map(_without_public, table.parents))}"
    for column in table.columns:
        yield _column_line(column, is_key=primary == (column.name,), points=keys.get(column.name))
    for constraint in table.constraints:
        is_told = constraint.kind == "primary key" and len(constraint.columns) == 1
        if not is_told and constraint not in keys.values():
            yield _constraint_line(constraint)
    yield from (_index_line(index) for index in table.indexes if not index.constraint or not index.is_valid)
    if table.referenced_by:
        yield f"referenced by: {_some([_back(table, number) for number in range(len(table.referenced_by))])}"
    if table.definition:
        yield f"as {' '.join(table.definition.split())}"


def _column_line(column: Column, *, is_key: bool, points: ForeignKey | None) -> str:
    words = [column.name, column.type]
    words += ["primary key"] if is_key else []
    words += ["null"] if column.is_nullable else []
    words += [f"identity {column.identity}"] if column.identity else []
    words += [f"= {column.default}"] if column.default else []
    words += [f"generated as {column.generated}"] if column.generated else []
    words += [f"collate {column.collation}"] if column.collation else []
    words += [_arrow(points)] if points else []
    words += [f"-- {_one_line(column.comment)}"] if column.comment else []
    return " ".join(words)


def _arrow(key: ForeignKey) -> str:
    actions = f"{' on delete ' + key.on_delete if key.on_delete else ''}"
    actions += f"{' on update ' + key.on_update if key.on_update else ''}"
    actions += " deferrable" if key.is_deferrable else ""
    valid = "" if key.is_valid else " NOT VALID"
    return f"→ {plain_name(key.target_schema, key.target_table)}({', '.join(key.target_columns)}){actions}{valid}"


def _constraint_line(constraint: Constraint) -> str:
    comment = f" -- {_one_line(constraint.comment)}" if constraint.comment else ""
    if isinstance(constraint, ForeignKey):
        return f"{constraint.name}: FOREIGN KEY ({', '.join(constraint.columns)}) {_arrow(constraint)}{comment}"
    return f"{constraint.name}: {constraint.definition}{comment}"


def _index_line(index: Index) -> str:
    unique, broken = ("unique " if index.is_unique else ""), ("" if index.is_valid else " INVALID, was never finished")
    comment = f" -- {_one_line(index.comment)}" if index.comment else ""
    return f"{unique}index {index.name}: {index.definition}{broken}{comment}"


def _back(table: Table, number: int) -> str:
    reference = table.referenced_by[number]
    action = f" on delete {reference.on_delete}" if reference.on_delete else ""
    return f"{plain_name(reference.schema, reference.table)}({', '.join(reference.columns)}){action}"


def _short_columns(table: Table) -> Iterator[str]:
    primary = table.primary_key.columns if table.primary_key else ()
    keys = {key.columns[0]: key for key in table.foreign_keys if len(key.columns) == 1}
    for column in table.columns:
        points = f"→{keys[column.name].target_table}" if column.name in keys else ""
        yield f"{column.name}{'*' if column.name in primary else ''}{points}"


def _sizes(stored: Sequence[Table]) -> Iterator[str]:
    known = sorted((table for table in stored if table.rows), key=lambda table: -(table.rows or 0))
    if known:
        shown = ", ".join(f"{table.full_name} ~{table.rows:,}" for table in known[:_BIGGEST])
        yield f"most rows, estimated: {shown}"
    unknown = sum(table.rows is None for table in stored)
    if unknown:
        yield f"rows unknown, never analysed: {unknown} of {len(stored)}"


def _rows(table: Table) -> str:
    return "" if table.rows is None else f" ~{table.rows:,} rows"


def _kind(table: Table) -> str:
    return {"table": "", "partitioned table": " partitioned"}.get(table.kind, f" {table.kind}")


def _enum(name: str, labels: Sequence[str]) -> str:
    more = f", {len(labels) - _MOST_LABELS} more" if len(labels) > _MOST_LABELS else ""
    return f"{name}({', '.join(labels[:_MOST_LABELS])}{more})"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _without_public(name: str) -> str:
    return name.removeprefix("public.")


def _one_line(text: str) -> str:
    return " ".join(text.split())
