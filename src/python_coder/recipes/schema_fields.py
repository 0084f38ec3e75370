# src/python_coder/recipes/schema_fields.py — a field as an attribute of Pydantic and SQLModel schemas
from dataclasses import dataclass
from typing import Literal

from python_coder.recipes.columns import factory, python_value, sqlmodel_column_arguments
from python_coder.recipes.fields import (
    DECIMAL_DIGITS,
    DECIMAL_PLACES,
    INT_MAX,
    INT_MIN,
    FieldSpec,
    FieldType,
    Generated,
)
from python_coder.recipes.names import pascal
from python_coder.recipes.plan import Plan
from python_coder.recipes.values import example

SchemaMode = Literal["create", "update", "read"]


@dataclass(frozen=True)
class SchemaField:
    """Writes one field for the schemas of one project."""

    plan: Plan
    spec: FieldSpec
    is_table: bool = False
    """Whether the schema is the base of an SQLModel table, so that it declares the column as well."""
    has_server_default: bool = False

    @property
    def annotation(self) -> str:
        """Type of the value when it is not null."""
        if self.spec.type is FieldType.FLOAT:
            return "FiniteFloat"
        if self.spec.type is FieldType.DATETIME:
            return "Annotated[datetime, AfterValidator(as_utc)]"
        return self.plan.python_type(self.spec)

    @property
    def constraints(self) -> list[str]:
        """Arguments of `Field` that limit the value."""
        spec = self.spec
        if spec.type is FieldType.STR:
            return [f"max_length={spec.max_length}"] if spec.max_length else []
        if spec.type is FieldType.DECIMAL:
            return [f"max_digits={DECIMAL_DIGITS}", f"decimal_places={DECIMAL_PLACES}"]
        if spec.type is FieldType.INT:
            return [f"ge={INT_MIN:_}", f"le={INT_MAX:_}"]
        if spec.type is FieldType.REFERENCE and self.annotation == "int":
            return ["ge=1", f"le={INT_MAX:_}"]
        return []

    @property
    def examples(self) -> str:
        """The argument of `Field` that shows a value in the OpenAPI document."""
        value = example(self.plan, self.spec)
        return f'schema_extra={{"examples": [{value}]}}' if self.plan.is_sqlmodel else f"examples=[{value}]"

    def line(self, mode: SchemaMode) -> str:
        """An attribute with everything in its `Field`."""
        is_null = self.spec.is_optional or mode == "update"
        annotation = f"{self.annotation} | None" if is_null else self.annotation
        constraints = [] if mode == "read" else self.constraints
        column = (
            sqlmodel_column_arguments(self.plan, self.spec, has_server_default=self.has_server_default)
            if self.is_table
            else []
        )
        arguments = [*self._default(mode), *constraints, *column, self.examples]
        return f"{self.spec.name}: {annotation} = Field({', '.join(arguments)})"

    def _default(self, mode: SchemaMode) -> list[str]:
        value = self.spec.default
        if mode == "update":
            return ["default=None"]
        if mode == "read" and not self.is_table:
            return []
        if isinstance(value, Generated):
            return [f"default_factory={factory(value)}"]
        if value is not None:
            return [f"default={python_value(self.plan, self.spec, value)}"]
        return ["default=None"] if self.spec.is_optional else []

    @property
    def alias(self) -> str:
        """Name of the type that schemas share, such as `ProductName`."""
        return f"{self.plan.naming.name}{pascal(self.spec.name)}{'Field' if self.spec.type is FieldType.ENUM else ''}"

    def alias_line(self) -> str:
        """`ProductName = Annotated[str, Field(max_length=50, examples=["Desk"])]`."""
        arguments = ", ".join([*self.constraints, self.examples])
        inner = self.annotation
        if inner.startswith("Annotated["):
            return f"{self.alias} = {inner[:-1]}, Field({arguments})]"
        return f"{self.alias} = Annotated[{inner}, Field({arguments})]"

    def aliased_line(self, mode: SchemaMode) -> str:
        """An attribute that uses the shared type."""
        name, value = self.spec.name, self.spec.default
        if mode == "update":
            return f"{name}: {self.alias} | None = None"
        annotation = f"{self.alias} | None" if self.spec.is_optional else self.alias
        if mode == "read":
            return f"{name}: {annotation}"
        if isinstance(value, Generated):
            return f"{name}: {annotation} = Field(default_factory={factory(value)})"
        if value is not None:
            return f"{name}: {annotation} = {python_value(self.plan, self.spec, value)}"
        return f"{name}: {annotation}" + (" = None" if self.spec.is_optional else "")


AS_UTC = '''\
def as_utc(moment: datetime) -> datetime:
    """Read a moment without a zone as UTC, and turn any other into UTC."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is out of range") from error
'''


def null_validator(names: list[str]) -> list[str]:
    """Lines of a validator: these fields of a partial change may be left out, but not set to null."""
    listed = ", ".join(f'"{name}"' for name in names)
    return [
        f"    @field_validator({listed})",
        "    @classmethod",
        "    def _refuse_null(cls, value: object) -> object:",
        "        if value is None:",
        '            raise ValueError("may be left out, but not null")',
        "        return value",
    ]
