# src/python_coder/postgres/drift.py — how one schema differs from the one that it should be
"""Both sides were read by `schema_reading` from a PostgreSQL server, so that it wrote all types and expressions itself.

What only its name tells apart, a default and a comment are minor: a program meets no difference until somebody names
the constraint or leaves the value out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from python_coder.postgres.schema import (
    VERSION_TABLE,
    Column,
    Constraint,
    DatabaseSchema,
    Domain,
    EnumType,
    ForeignKey,
    Index,
    Table,
    plain_name,
)


@dataclass(frozen=True, order=True, kw_only=True)
class Difference:
    """One thing that is not as it should be."""

    place: str
    """Table, `table.column`, or `enum name`."""
    message: str
    is_minor: bool = False
    is_extra: bool = False
    """Whether the database merely has more than it should."""

    def __str__(self) -> str:
        """`orders.total: is numeric(10,2), should be numeric(12,2)`."""
        return f"{self.place}: {self.message}{' (minor)' if self.is_minor else ''}"


def differences(actual: DatabaseSchema, expected: DatabaseSchema, *, is_whole: bool) -> tuple[Difference, ...]:
    """All that differs, by place.

    Args:
        actual: The database in question.
        expected: As it should be.
        is_whole: Whether `expected` tells of all that may be there. Models do not: of views, partitions, lone
            sequences, extensions and types that no table uses they say nothing, so those may be there.
    """
    mine, theirs = _tables(actual, is_whole=True), _tables(expected, is_whole=is_whole)
    if not is_whole:
        mine = {name: table for name, table in mine.items() if name in theirs or not _is_unspoken(table)}
    found = list(_presence(mine, theirs, "the table"))
    for name in mine.keys() & theirs.keys():
        found += _of_tables(mine[name], theirs[name])
    found += _of_types(actual, expected, is_whole=is_whole)
    return tuple(sorted(found))


def _tables(schema: DatabaseSchema, *, is_whole: bool) -> Mapping[str, Table]:
    return {
        table.full_name: table
        for table in schema.tables
        if table.name != VERSION_TABLE and (is_whole or not _is_unspoken(table))
    }


def _is_unspoken(table: Table) -> bool:
    return not table.is_stored or bool(table.partition_bound)


def _presence(mine: Iterable[str], theirs: Iterable[str], what: str, prefix: str = "") -> Iterator[Difference]:
    there, wanted = set(mine), set(theirs)
    yield from (Difference(place=f"{prefix}{name}", message=f"{what} is missing") for name in wanted - there)
    yield from (
        Difference(place=f"{prefix}{name}", message=f"{what} should not be there", is_extra=True)
        for name in there - wanted
    )


def _of_tables(actual: Table, expected: Table) -> Iterator[Difference]:
    place = expected.full_name
    yield from _unequal(place, "", actual.kind, expected.kind)
    yield from _unequal(place, "is partitioned by ", actual.partition_key, expected.partition_key)
    yield from _unequal(place, "as ", actual.definition, expected.definition)
    yield from _unequal(place, "has the comment ", actual.comment, expected.comment, is_minor=True)
    mine, theirs = ({column.name: column for column in table.columns} for table in (actual, expected))
    yield from _presence(mine, theirs, "the column", f"{place}.")
    for name in mine.keys() & theirs.keys():
        yield from _of_columns(f"{place}.{name}", mine[name], theirs[name])
    yield from _of_rules(place, actual.constraints, expected.constraints)
    yield from _of_indexes(place, actual.indexes, expected.indexes)


def _of_columns(place: str, actual: Column, expected: Column) -> Iterator[Difference]:
    yield from _unequal(place, "", actual.type, expected.type)
    yield from _unequal(place, "", *("null" if c.is_nullable else "not null" for c in (actual, expected)))
    yield from _unequal(place, "generated as ", actual.generated, expected.generated)
    yield from _unequal(place, "collate ", actual.collation, expected.collation, is_minor=True)
    yield from _unequal(place, "identity ", actual.identity, expected.identity, is_minor=True)
    yield from _unequal(place, "default ", actual.default, expected.default, is_minor=True)
    yield from _unequal(place, "has the comment ", actual.comment, expected.comment, is_minor=True)


def _unequal(place: str, what: str, actual: str, expected: str, *, is_minor: bool = False) -> Iterator[Difference]:
    if actual != expected:
        message = f"{what}{actual or 'none'}, should be {expected or 'none'}"
        yield Difference(place=place, message=message, is_minor=is_minor)


def _of_rules(place: str, actual: Iterable[Constraint], expected: Iterable[Constraint]) -> Iterator[Difference]:
    yield from _matched(place, {_meaning(rule): rule.name for rule in actual}, {_meaning(r): r.name for r in expected})
    broken = (rule for rule in actual if not rule.is_valid)
    yield from (Difference(place=place, message=f"{rule.name} is not valid for old rows") for rule in broken)


def _of_indexes(place: str, actual: Iterable[Index], expected: Iterable[Index]) -> Iterator[Difference]:
    mine, theirs = (
        {f"{'unique ' * index.is_unique}index {index.definition}": index.name for index in side if not index.constraint}
        for side in (actual, expected)
    )
    yield from _matched(place, mine, theirs)
    broken = (index for index in actual if not index.is_valid)
    yield from (Difference(place=place, message=f"index {index.name} was never finished") for index in broken)


def _matched(place: str, mine: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[Difference]:
    """Compare by what they do; then tell of other names."""
    yield from (Difference(place=place, message=f"lacks {what}") for what in theirs.keys() - mine.keys())
    yield from (
        Difference(place=place, message=f"has {what} too many", is_extra=True) for what in mine.keys() - theirs.keys()
    )
    for what in mine.keys() & theirs.keys():
        yield from _unequal(place, f"{what} is named ", mine[what], theirs[what], is_minor=True)


def _meaning(rule: Constraint) -> str:
    """What a constraint does, without its name."""
    if isinstance(rule, ForeignKey):
        target = f"{plain_name(rule.target_schema, rule.target_table)}({', '.join(rule.target_columns)})"
        actions = [f" on delete {rule.on_delete}" * bool(rule.on_delete)]
        actions += [f" on update {rule.on_update}" * bool(rule.on_update)]
        actions += [" deferrable" * rule.is_deferrable, " deferred" * rule.is_deferred]
        return f"foreign key ({', '.join(rule.columns)}) → {target}{''.join(actions)}"
    if rule.kind in {"primary key", "unique"}:
        columns = sorted(rule.columns) if rule.kind == "unique" else rule.columns
        return f"{rule.kind} ({', '.join(columns)})"
    return f"{rule.kind} {rule.definition.removesuffix(' NOT VALID').partition(' ')[2]}"


def _of_types(actual: DatabaseSchema, expected: DatabaseSchema, *, is_whole: bool) -> Iterator[Difference]:
    mine, theirs = _types(actual), _types(expected)
    for name in mine.keys() | theirs.keys():
        if name not in mine:
            yield Difference(place=name, message="is missing")
        elif name not in theirs:
            yield Difference(place=name, message="should not be there", is_minor=not is_whole, is_extra=True)
        else:
            yield from _unequal(name, "", mine[name], theirs[name])
    if is_whole:
        yield from _presence(_lone_sequences(actual), _lone_sequences(expected), "the sequence")
        yield from _presence(_extensions(actual), _extensions(expected), "the extension")


def _lone_sequences(schema: DatabaseSchema) -> set[str]:
    return {plain_name(one.schema, one.name) for one in schema.sequences if not one.owner}


def _extensions(schema: DatabaseSchema) -> set[str]:
    return {extension.partition(" ")[0] for extension in schema.extensions}


def _types(schema: DatabaseSchema) -> Mapping[str, str]:
    enums = {f"enum {_name(enum)}": f"({', '.join(enum.labels)})" for enum in schema.enums}
    return enums | {f"domain {_name(domain)}": _of_domain(domain) for domain in schema.domains}


def _of_domain(domain: Domain) -> str:
    null = "" if domain.is_nullable else " not null"
    return " ".join([f"{domain.type}{null}", *domain.checks])


def _name(one: EnumType | Domain) -> str:
    return plain_name(one.schema, one.name)
