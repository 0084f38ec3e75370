# src/python_coder/recipes/migration_code.py — the Alembic revision of a change: up, and down again
import hashlib
import posixpath
import re
from dataclasses import dataclass

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.columns import is_indexed, quoted, server_value
from python_coder.recipes.fields import DECIMAL_DIGITS, DECIMAL_PLACES, FieldSpec, FieldType, Generated
from python_coder.recipes.layout import flat
from python_coder.recipes.plan import Plan
from python_coder.service_map.alembic import MigrationStyle, slug
from python_coder.service_map.models import Column
from python_coder.service_map.source import SourceFile, calls_in, code, dotted, keyword_argument, text_of

_INDENT = "    "
_REVISION_LENGTH = 12
_NEW_UUID = [
    "# What gen_random_uuid() is to PostgreSQL, SQLite puts together from random bytes.",
    'THREE_DIGITS = "substr(hex(randomblob(2)), 2)"',
    'SIX_BYTES = "hex(randomblob(6))"',
    "NEW_UUID = f\"lower({SIX_BYTES} || '4' || {THREE_DIGITS} || 'a' || {THREE_DIGITS} || {SIX_BYTES})\"",
]


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A revision file, ready to be written."""

    path: str
    text: str


@dataclass(frozen=True)
class MigrationWriter:
    """Writes revisions as the project's newest one is written."""

    plan: Plan
    style: MigrationStyle

    def create_table(self) -> Revision:
        """The revision that makes the table of a new resource."""
        plan = self.plan
        columns = [*(self._carried(column) for column in self._carried_first()), *map(self.column, plan.fields)]
        columns += [self._carried(column) for column in self._carried_last()]
        inner = [*columns, *self._constraints()]
        ups = [f"op.create_table({quoted(plan.table)}, {', '.join(inner)})"]
        ups += [self._create_index(spec) for spec in plan.fields if is_indexed(spec)]
        downs = [self._drop_index(spec) for spec in reversed(plan.fields) if is_indexed(spec)]
        downs += [f"op.drop_table({quoted(plan.table)})", *self._drop_enums()]
        return self._revision(f"create the table of {plan.naming.spoken_many}", ups, downs)

    def add_column(self, spec: FieldSpec) -> Revision:
        """The revision that adds one column to an existing table; rows that are there keep their data."""
        return self._revision(f"add {spec.name} to {self.plan.naming.spoken_many}", *self._add_column(spec))

    def _add_column(self, spec: FieldSpec) -> tuple[list[str], list[str]]:
        table = quoted(self.plan.table)
        ups = [*self._create_enum(spec)]
        if is_backfilled_by_hand(spec):
            ups += self._backfill(spec)
        # SQLite adds no column whose default is worked out, such as the present time, but copies it in a batch.
        is_worked_out = spec.default in {Generated.NOW, Generated.TODAY}
        is_constrained = spec.type is FieldType.REFERENCE or (spec.is_unique and not is_indexed(spec))
        needs_batch = is_constrained or is_worked_out
        if not needs_batch:
            ups += [] if is_backfilled_by_hand(spec) else [f"op.add_column({table}, {self.column(spec, is_new=True)})"]
            ups += [self._create_index(spec)] if is_indexed(spec) else []
            downs = [self._drop_index(spec)] if is_indexed(spec) else []
            return ups, [*downs, f"op.drop_column({table}, {quoted(spec.name)})", *self._drop_enums()]
        return self._in_batch(spec, ups)

    def _in_batch(self, spec: FieldSpec, ups: list[str]) -> tuple[list[str], list[str]]:
        # SQLite cannot add a constraint to a table; in a batch Alembic copies the table instead.
        head = f"with op.batch_alter_table({quoted(self.plan.table)}) as batch_op:"
        up, down = [], []
        if not is_backfilled_by_hand(spec):
            up.append(f"batch_op.add_column({self.column(spec, is_new=True)})")
        if spec.type is FieldType.REFERENCE:
            target = self.plan.target_table(spec)
            name = self._named("fk", spec, target)
            ends = f'{quoted(target)}, ["{spec.name}"], ["id"]{self._delete_rule(spec)}'
            up.append(f"batch_op.create_foreign_key({name}, {ends})")
            down.append(f'batch_op.drop_constraint({name}, type_="foreignkey")')
        if spec.is_unique:
            up.append(f'batch_op.create_unique_constraint({self._named("uq", spec)}, ["{spec.name}"])')
            down.append(f'batch_op.drop_constraint({self._named("uq", spec)}, type_="unique")')
        if is_indexed(spec):
            up.append(f'batch_op.create_index({self._named("ix", spec)}, ["{spec.name}"]{self._unique_index(spec)})')
            down.insert(0, f"batch_op.drop_index({self._named('ix', spec)})")
        down.append(f"batch_op.drop_column({quoted(spec.name)})")
        ups = [*ups, head, *(_INDENT + line for line in up)]
        return ups, [head, *(_INDENT + line for line in down), *self._drop_enums()]

    def _backfill(self, spec: FieldSpec) -> list[str]:
        """Add the column empty, give every row a UUID of its own, then refuse empty ones."""
        table, name = quoted(self.plan.table), quoted(spec.name)
        lines = [
            f"op.add_column({table}, sa.Column({name}, {self.type_of(spec)}, nullable=True))",
            f"rows = sa.table({table}, sa.column({name}))",
            'is_postgresql = op.get_context().dialect.name == "postgresql"',
            'new_uuid = sa.text("gen_random_uuid()" if is_postgresql else NEW_UUID)',
            f"op.execute(rows.update().values({{{name}: new_uuid}}))",
        ]
        if spec.is_optional:
            return lines
        return [
            *lines,
            f"with op.batch_alter_table({table}) as batch_op:",
            f"{_INDENT}batch_op.alter_column({name}, existing_type={self.type_of(spec)}, nullable=False)",
        ]

    def column(self, spec: FieldSpec, *, is_new: bool = False) -> str:
        """`sa.Column(…)` of a field."""
        arguments = [quoted(spec.name), self.type_of(spec, is_new=is_new)]
        if is_new and spec.default is not None and (server := server_value(self.plan, spec, spec.default)):
            arguments.append(f"server_default={server.replace('func.', 'sa.func.')}")
        arguments.append(f"nullable={spec.is_optional}")
        return f"sa.Column({', '.join(arguments)})"

    def type_of(self, spec: FieldSpec, *, is_new: bool = False) -> str:
        """SQLAlchemy type of a field, as revisions write it."""
        if spec.type is FieldType.ENUM:
            values = ", ".join(quoted(self.plan.stored(member)) for member in spec.members)
            name = quoted(self.plan.enum_type(spec))
            if is_new:
                made = f"postgresql.ENUM({values}, name={name}, create_type=False)"
                return f'sa.Enum({values}, name={name}).with_variant({made}, "postgresql")'
            return f"sa.Enum({values}, name={name})"
        if spec.type is FieldType.REFERENCE:
            return "sa.Integer()" if self.plan.target_id_type(spec) == "int" else "sa.Uuid()"
        return {
            FieldType.STR: f"sa.String(length={spec.max_length})" if spec.max_length else "sa.String()",
            FieldType.INT: "sa.Integer()",
            FieldType.FLOAT: "sa.Float()",
            FieldType.BOOL: "sa.Boolean()",
            FieldType.DECIMAL: f"sa.Numeric(precision={DECIMAL_DIGITS}, scale={DECIMAL_PLACES})",
            FieldType.DATETIME: "sa.DateTime(timezone=True)",
            FieldType.DATE: "sa.Date()",
            FieldType.UUID: "sa.Uuid()",
        }[spec.type]

    def _carried_first(self) -> list[Column]:
        return [column for name, column in self.plan.carried.items() if name == "id"]

    def _carried_last(self) -> list[Column]:
        return [column for name, column in self.plan.carried.items() if name != "id"]

    def _carried(self, column: Column) -> str:
        """A carried column, as the sibling's own `create_table` has it."""
        for source in self.plan.house.project.migrations:
            for call in calls_in(source.tree):
                if (
                    dotted(call.func) == "op.create_table"
                    and text_of(call.args[0].value) == self.plan.sibling.model.table
                ):
                    found = _column_in(call, column.name)
                    if found and self._is_final(column.name, source):
                        return found
        return self._derived(column)

    def _is_final(self, name: str, source: SourceFile) -> bool:
        """Whether no other revision touches the column."""
        return not any(
            f'"{name}"' in other.text.replace("'", '"') and self.plan.sibling.model.table in other.text
            for other in self.plan.house.project.migrations
            if other is not source
        )

    def _derived(self, column: Column) -> str:
        annotation = column.annotation.replace("| None", "").strip()
        last = annotation.rpartition(".")[2]
        arguments = f"{code(column.call)}" if column.call is not None else ""
        has_zone = "timezone=True" in arguments or "Utc" in arguments
        kind = {
            "int": "sa.Integer()",
            "UUID": "sa.Uuid()",
            "datetime": "sa.DateTime(timezone=True)" if has_zone else "sa.DateTime()",
            "str": "sa.String()",
            "bool": "sa.Boolean()",
        }.get(last)
        if kind is None:
            raise RecipeRefusedError(
                f"The column `{column.name}` of `{self.plan.sibling.model.name}` has type {annotation!r}, "
                "which a migration cannot be written for."
            )
        is_primary = "primary_key=True" in arguments
        nullable = keyword_argument(column.call, "nullable") if column.call is not None else None
        is_nullable = code(nullable) == "True" if nullable is not None else column.is_nullable and not is_primary
        server = keyword_argument(column.call, "server_default") if column.call is not None else None
        shown = re.sub(r"^(func|text)", r"sa.\1", code(server))
        default = f", server_default={shown}" if shown else ""
        return f"sa.Column({quoted(column.name)}, {kind}{default}, nullable={is_nullable})"

    def _constraints(self) -> list[str]:
        plan = self.plan
        found = [f'sa.PrimaryKeyConstraint("id"{self._suffix("pk", "id")})']
        for column in plan.carried.values():
            if column.foreign_key:
                table, _, key = column.foreign_key.partition(".")
                ondelete = text_of(keyword_argument(column.call, "ondelete")) if column.call is not None else None
                rest = (f', ondelete="{ondelete}"' if ondelete else "") + self._suffix("fk", column.name, table)
                found.append(f'sa.ForeignKeyConstraint(["{column.name}"], ["{table}.{key}"]{rest})')
        for spec in plan.fields:
            if spec.type is FieldType.REFERENCE:
                table = plan.target_table(spec)
                rest = self._delete_rule(spec) + self._suffix("fk", spec.name, table)
                found.append(f'sa.ForeignKeyConstraint(["{spec.name}"], ["{table}.id"]{rest})')
        for spec in plan.fields:
            if spec.is_unique and not is_indexed(spec):
                found.append(f'sa.UniqueConstraint("{spec.name}"{self._suffix("uq", spec.name)})')
        return found

    def _delete_rule(self, spec: FieldSpec) -> str:
        rule = self.plan.delete_rule(spec)
        return f', ondelete="{rule}"' if rule else ""

    def _suffix(self, kind: str, column: str, referred: str = "") -> str:
        # Without a naming convention the database names constraints by itself, as it does for the models.
        if not self.plan.house.naming.get(kind):
            return ""
        return f", name=op.f({quoted(self.plan.constraint(kind, column, referred))})"

    def _named(self, kind: str, spec: FieldSpec, referred: str = "") -> str:
        return f"op.f({quoted(self.plan.constraint(kind, spec.name, referred))})"

    def _unique_index(self, spec: FieldSpec) -> str:
        return f", unique={spec.is_unique}"

    def _create_index(self, spec: FieldSpec) -> str:
        name = self._named("ix", spec)
        return f'op.create_index({name}, {quoted(self.plan.table)}, ["{spec.name}"]{self._unique_index(spec)})'

    def _drop_index(self, spec: FieldSpec) -> str:
        return f"op.drop_index({self._named('ix', spec)}, table_name={quoted(self.plan.table)})"

    def _create_enum(self, spec: FieldSpec) -> list[str]:
        if spec.type is not FieldType.ENUM:
            return []
        values = ", ".join(f"'{self.plan.stored(member)}'" for member in spec.members)
        return [
            'if op.get_context().dialect.name == "postgresql":',
            f'{_INDENT}op.execute("CREATE TYPE {self.plan.enum_type(spec)} AS ENUM ({values})")',
        ]

    def _drop_enums(self) -> list[str]:
        names = [self.plan.enum_type(spec) for spec in self.plan.fields if spec.type is FieldType.ENUM]
        drops = [f'{_INDENT}op.execute("DROP TYPE {name}")' for name in names]
        return ['if op.get_context().dialect.name == "postgresql":', *drops] if drops else []

    def _revision(self, message: str, ups: list[str], downs: list[str]) -> Revision:
        head = self.style.head
        content = "\n".join([head, message, *ups, *downs])
        number = str(self.style.count + 1).zfill(len(head) or 4)
        revision = number if self.style.is_numbered else hashlib.sha256(content.encode()).hexdigest()[:_REVISION_LENGTH]
        path = posixpath.join(self.style.folder, self._file_name(revision, message))
        lines = [*self.plan.house.banner(path, message), *self._header(revision, message, ups, downs)]
        lines += ["", "", *self._function("upgrade", "Apply this migration.", ups)]
        lines += ["", "", *self._function("downgrade", "Undo this migration.", downs)]
        return Revision(path=path, text=self.plan.style.lay_out(lines))

    def _file_name(self, revision: str, message: str) -> str:
        template = self.style.file_template or "%(rev)s_%(slug)s"
        latest = posixpath.basename(self.style.latest.path) if self.style.latest is not None else ""
        if re.search(r"%\((year|month|day|hour|minute|second|epoch)\)", template):
            stamp = latest.partition(self.style.head)[0]
            return f"{stamp}{revision}_{slug(message)}.py"
        return template.replace("%(rev)s", revision).replace("%(slug)s", slug(message)) + ".py"

    def _function(self, name: str, docstring: str, body: list[str]) -> list[str]:
        latest = self.style.latest
        function = next((each for each in latest.functions if each.name == name), None) if latest is not None else None
        has_docstring = function is None or function.node.get_docstring() is not None
        lines = [f"def {name}() -> None:", *([f'{_INDENT}"""{docstring}"""'] if has_docstring else [])]
        return lines + [_INDENT + line for line in body]

    def _header(self, revision: str, message: str, ups: list[str], downs: list[str]) -> list[str]:
        latest, head = self.style.latest, self.style.head
        text = "\n".join([*ups, *downs])
        values = {"revision": quoted(revision), "down_revision": quoted(head) if head else "None"}
        names = ("revision", "down_revision", "branch_labels", "depends_on")
        assigns = [f"{name}{_annotation(latest, name)} = {values.get(name, 'None')}" for name in names]
        imports = _imports(latest, "\n".join([text, *assigns]))
        if "postgresql.ENUM" in text:
            imports = [*imports, "from sqlalchemy.dialects import postgresql"]
        constant = ["", *_NEW_UUID] if "NEW_UUID" in text else []
        return [*self._docstring(revision, message), "", *imports, "", *assigns, *constant]

    def _docstring(self, revision: str, message: str) -> list[str]:
        latest = self.style.latest
        old = latest.tree.get_docstring(clean=False) if latest is not None else None
        sentence = f"{message[0].upper()}{message[1:]}."
        if not old or "Revision ID" not in old:
            return [f'"""{sentence}"""']
        created = re.search(r"Create Date: (.*)", old)
        lines = [f'"""{sentence}', "", f"Revision ID: {revision}", f"Revises: {self.style.head}"]
        lines += [f"Create Date: {created[1]}"] if created else []
        return ["\n".join([*lines, "", '"""'])]


def is_backfilled_by_hand(spec: FieldSpec) -> bool:
    """Whether every existing row needs a value of its own."""
    return spec.default is Generated.NEW_UUID


def _column_in(call: cst.Call, name: str) -> str:
    for found in calls_in(call):
        if dotted(found.func) == "sa.Column" and found.args and text_of(found.args[0].value) == name:
            return flat(code(found))
    return ""


def _imports(latest: SourceFile | None, text: str) -> list[str]:
    """Import lines as the newest revision has them, without those that `text` does not need."""
    lines = latest.text.splitlines() if latest is not None else []
    spans = [latest.span(node) for node in latest.import_nodes] if latest is not None else []
    if latest is None or not spans:
        return ["import sqlalchemy as sa", "from alembic import op"]
    unused = {
        latest.span(node)[0] - 1
        for node in latest.import_nodes
        for fact in latest.imports.values()
        if fact.line == latest.span(node)[0] and (fact.name == "postgresql" or not re.search(rf"\b{fact.name}\b", text))
    }
    block = range(spans[0][0] - 1, spans[-1][1])
    return [lines[number] for number in block if number not in unused]


def _annotation(latest: SourceFile | None, name: str) -> str:
    found = re.search(rf"^{name}(: .+?)? =", latest.text, re.MULTILINE) if latest is not None else None
    return (found[1] or "") if found else ""
