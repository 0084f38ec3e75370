# src/python_coder/tools/postgres/static_drift.py — a database beside models that were only read, never imported
from collections.abc import Iterator, Sequence

from python_coder.postgres.drift import Difference
from python_coder.postgres.schema import VERSION_TABLE, DatabaseSchema, Table
from python_coder.service_map.tables import Table as Model

LIMITS = "tables, columns by attribute name, null and single foreign keys; no types, no indexes"
"""What a comparison with the source can tell."""


def static_differences(live: DatabaseSchema, models: Sequence[Model]) -> tuple[Difference, ...]:
    """What plainly differs between a database and the models in the source.

    Args:
        live: The database, read as a whole.
        models: From the service map; those whose table's name is made at run time are passed over.
    """
    there = {table.name: table for table in live.tables if table.is_stored}
    asked = {model.table.rpartition(".")[2]: model for model in models if model.table}
    found = [Difference(place=name, message="the table is missing") for name in asked.keys() - there.keys()]
    for name, table in there.items():
        if name in asked:
            found += _of_table(table, asked[name])
        elif name != VERSION_TABLE and not table.partition_bound:
            found.append(Difference(place=table.full_name, message="no model has this table", is_minor=True))
    return tuple(sorted(found))


def _of_table(table: Table, model: Model) -> Iterator[Difference]:
    place, columns = table.full_name, {column.name: column for column in table.columns}
    asked = {column.name: column for column in model.columns}
    targets = {key.columns[0]: key.target_table for key in table.foreign_keys if len(key.columns) == 1}
    for name, wanted in asked.items():
        if name not in columns:
            yield Difference(place=f"{place}.{name}", message=f"is missing ({model.path}:{model.line})")
            continue
        if columns[name].is_nullable != wanted.is_nullable:
            now, then = ("null", "not null") if columns[name].is_nullable else ("not null", "null")
            yield Difference(place=f"{place}.{name}", message=f"{now}, should be {then}")
        target = wanted.foreign_key.rpartition(".")[0].rpartition(".")[2]
        if target and targets.get(name) != target:
            yield Difference(place=f"{place}.{name}", message=f"lacks the foreign key to {wanted.foreign_key}")
    for name in columns.keys() - asked.keys():
        yield Difference(place=f"{place}.{name}", message="no model has this column")
