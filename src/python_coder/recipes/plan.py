# src/python_coder/recipes/plan.py — what both recipes work from: the house, the fields, the names
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.fields import FieldSpec, FieldType
from python_coder.recipes.imports import Import, Importer
from python_coder.recipes.layout import Style
from python_coder.recipes.names import pascal, plural, snake
from python_coder.recipes.rename import Naming, Renamer
from python_coder.service_map.conventions import Conventions
from python_coder.service_map.models import Column, FoundClass, Model
from python_coder.service_map.resources import Resource
from python_coder.service_map.source import SourceFile, code


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A resource with new fields: a new one written like its sibling, or an existing one (then both are the same)."""

    house: Conventions
    naming: Naming
    fields: tuple[FieldSpec, ...]

    @property
    def sibling(self) -> Resource:
        """The resource that is followed."""
        return self.house.sibling

    @cached_property
    def renamer(self) -> Renamer:
        """From the sibling's names to the resource's own."""
        others = frozenset(self.house.reader.models) - {self.sibling.model.name}
        return Renamer(Naming.of_resource(self.sibling), self.naming, others)

    def path(self, path: str) -> str:
        """Where the resource has what its sibling has in a file. Folders around the application keep their names."""
        kept = _shared_start(path.split("/"), posixpath.dirname(self.house.project.application.path).split("/"))
        return "/".join([*kept, *(self.renamer.statement(part) for part in path.split("/")[len(kept) :])])

    def module(self, name: str) -> str:
        """The same for a module's dotted name."""
        project = self.house.project
        around = project.module_name(posixpath.dirname(project.application.path))
        kept = _shared_start(name.split("."), around.split("."))
        return ".".join([*kept, *(self.renamer.statement(part) for part in name.split(".")[len(kept) :])])

    @cached_property
    def style(self) -> Style:
        """The project's formatting."""
        return Style(self.house.line_length, self.house.quote)

    @cached_property
    def importer(self) -> Importer:
        """Writes imports as the project sorts them."""
        return Importer(self.style, self.house.first_party)

    @property
    def is_sqlmodel(self) -> bool:
        """Whether tables are SQLModel classes."""
        return self.sibling.model.orm == "sqlmodel"

    @cached_property
    def client_fields(self) -> frozenset[str]:
        """Fields of the sibling that clients send."""
        return frozenset(self.house.reader.index.attributes(self.sibling.create)) - {"model_config"}

    @cached_property
    def carried(self) -> Mapping[str, Column]:
        """Columns that the service itself fills in: ids, times, owners. A new resource has them too."""
        return {name: found for name, found in self.sibling.model.columns.items() if name not in self.client_fields}

    @cached_property
    def owner(self) -> Column | None:
        """The carried column that ties a row to the user who made it."""
        return next((column for column in self.carried.values() if column.foreign_key), None)

    @property
    def model_file(self) -> SourceFile:
        """The file of the sibling's table."""
        return self.sibling.model.found.source

    @property
    def schema_file(self) -> SourceFile:
        """The file of the sibling's schemas."""
        return self.sibling.create.source

    @property
    def router_file(self) -> SourceFile:
        """The file of the sibling's endpoints."""
        return self.sibling.endpoints["create"].source

    @cached_property
    def table(self) -> str:
        """Name of the resource's table.

        Raises:
            RecipeRefusedError: The sibling's table name follows no rule that could be read.
        """
        old, words = self.sibling.model.table, self.sibling.words
        if old == words.many or (words.one != old == plural(words.one)):
            return self.naming.many
        if old == words.one:
            return self.naming.one
        if old == self.sibling.model.name.lower():
            return self.naming.name.lower()
        raise RecipeRefusedError(
            f"The table name {old!r} of `{self.sibling.model.name}` in {self.model_file.path} follows no rule that "
            f"could be read: expected {words.many!r} or {words.one!r}."
        )

    def target(self, spec: FieldSpec) -> Model:
        """The table that a reference points to.

        Raises:
            RecipeRefusedError: There is no such table.
        """
        model = self.house.reader.models.get(spec.target)
        if model is None or not model.table:
            known = ", ".join(sorted(self.house.reader.models)) or "none"
            raise RecipeRefusedError(
                f"`{spec.name}` points to `{spec.target}`, but there is no such table. Known: {known}."
            )
        return model

    def target_table(self, spec: FieldSpec) -> str:
        """Table that a reference points to; the resource itself is allowed."""
        return self.table if spec.target == self.naming.name else self.target(spec).table

    def target_id_type(self, spec: FieldSpec) -> str:
        """Python type of the ids that a reference holds: `int` or `UUID`."""
        model = self.sibling.model if spec.target == self.naming.name else self.target(spec)
        column = model.columns.get("id")
        annotation = column.annotation if column is not None else ""
        if "uuid" in annotation.lower():
            return "UUID"
        if annotation.replace("| None", "").strip() in {"int", "Optional[int]"}:
            return "int"
        raise RecipeRefusedError(
            f"`{spec.name}` points to `{spec.target}`, whose id is {annotation or 'not known'!r}, not int or UUID."
        )

    def delete_rule(self, spec: FieldSpec) -> str:
        """What the database does to rows that point to a deleted one, where the house says so; else it refuses."""
        columns = [column for model in self.house.reader.models.values() for column in model.columns.values()]
        if not any("ondelete=" in code(column.call) for column in columns if column.foreign_key):
            return ""
        return "SET NULL" if spec.is_optional else "CASCADE"

    def enum_class(self, spec: FieldSpec) -> str:
        """Class of an enum field, such as `ProductStatus`."""
        return f"{self.naming.name}{pascal(spec.name)}"

    def enum_type(self, spec: FieldSpec) -> str:
        """Name of its type in PostgreSQL."""
        name = self.enum_class(spec)
        return name.lower() if self.is_sqlmodel else snake(name)

    def stored(self, member: str) -> str:
        """What the database holds for an enum's value. SQLModel stores names, the others values."""
        return member_name(member) if self.is_sqlmodel else member

    def python_type(self, spec: FieldSpec) -> str:
        """Annotation of the field when it is not null."""
        if spec.type is FieldType.ENUM:
            return self.enum_class(spec)
        if spec.type is FieldType.REFERENCE:
            return self.target_id_type(spec)
        return spec.type.value

    def constraint(self, kind: str, column: str, referred: str = "") -> str:
        """Name of a constraint or index, by the project's naming convention, else as PostgreSQL names it."""
        template = self.house.naming.get(kind) or _DEFAULT_NAMES[kind]
        values = {
            "table_name": self.table,
            "column_0_name": column,
            "column_0_N_name": column,
            "column_0_label": f"{self.table}_{column}",
            "column_0_N_label": f"{self.table}_{column}",
            "referred_table_name": referred,
            "referred_column_0_name": "id",
        }
        try:
            name = template % values
        except (KeyError, ValueError) as error:
            raise RecipeRefusedError(
                f"The naming convention {template!r} uses {error}, which cannot be followed."
            ) from error
        if len(name) > _LONGEST_IDENTIFIER:
            raise RecipeRefusedError(
                f"The name {name!r} is longer than the {_LONGEST_IDENTIFIER} bytes that PostgreSQL keeps."
            )
        return name


def _shared_start(parts: list[str], others: list[str]) -> list[str]:
    return [part for part, _ in takewhile(lambda pair: pair[0] == pair[1], zip(parts, others, strict=False))]


_LONGEST_IDENTIFIER = 63
_DEFAULT_NAMES = {
    "uq": "%(table_name)s_%(column_0_name)s_key",
    "ix": "ix_%(column_0_label)s",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

KNOWN_IMPORTS = {
    "UTC": Import("datetime", "UTC"),
    "date": Import("datetime", "date"),
    "datetime": Import("datetime", "datetime"),
    "Decimal": Import("decimal", "Decimal"),
    "StrEnum": Import("enum", "StrEnum"),
    "Annotated": Import("typing", "Annotated"),
    "ClassVar": Import("typing", "ClassVar"),
    "Any": Import("typing", "Any"),
    "UUID": Import("uuid", "UUID"),
    "uuid4": Import("uuid", "uuid4"),
    "AfterValidator": Import("pydantic", "AfterValidator"),
    "FiniteFloat": Import("pydantic", "FiniteFloat"),
    "field_validator": Import("pydantic", "field_validator"),
    "IntegrityError": Import("sqlalchemy.exc", "IntegrityError"),
    "HTTPException": Import("fastapi", "HTTPException"),
    "Query": Import("fastapi", "Query"),
    "mapped_column": Import("sqlalchemy.orm", "mapped_column"),
    "Mapped": Import("sqlalchemy.orm", "Mapped"),
    "Enum": Import("sqlalchemy", "Enum"),
    **{
        name: Import("sqlalchemy", name)
        for name in (
            "Boolean",
            "Column",
            "Date",
            "DateTime",
            "Float",
            "ForeignKey",
            "Numeric",
            "String",
            "Uuid",
            "func",
            "literal_column",
        )
    },
}


def member_name(member: str) -> str:
    """Name of an enum's member: `in-progress` to `IN_PROGRESS`."""
    return member.upper().replace("-", "_")


def is_shared(plan: Plan, source: SourceFile) -> bool:
    """Whether a file holds more than one resource, so that a new one goes into it as well."""
    return plan.path(source.path) == source.path


def source_text(found: FoundClass) -> str:
    """Source of a class."""
    return code(found.fact.node)
