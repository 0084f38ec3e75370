# src/python_coder/recipes/columns.py — a field as a column of a model: SQLAlchemy and SQLModel
import re
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from python_coder.recipes.fields import DECIMAL_DIGITS, DECIMAL_PLACES, Default, FieldSpec, FieldType, Generated
from python_coder.recipes.plan import Plan, member_name
from python_coder.service_map.source import code, dotted


def python_value(plan: Plan, spec: FieldSpec, value: Default) -> str:
    """A default as a Python expression; generated ones have none."""
    if spec.type is FieldType.ENUM:
        return f"{plan.enum_class(spec)}.{member_name(str(value))}"
    if isinstance(value, datetime):
        return f"datetime({', '.join(map(str, value.timetuple()[:6]))}, tzinfo=UTC)"
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    if isinstance(value, Decimal | UUID):
        return f"{type(value).__name__}({quoted(str(value))})"
    return quoted(value) if isinstance(value, str) else repr(value)


def factory(value: Generated) -> str:
    """The function that makes a generated default."""
    return {
        Generated.NOW: "lambda: datetime.now(UTC)",
        Generated.TODAY: "lambda: datetime.now(UTC).date()",
        Generated.NEW_UUID: "uuid4",
    }[value]


def quoted(text: str) -> str:
    """A string literal in double quotes."""
    inner = repr(text)[1:-1].replace("\\'", "'")
    return '"' + (inner.replace('"', '\\"') if '"' in inner and '\\"' not in inner else inner) + '"'


def server_value(plan: Plan, spec: FieldSpec, value: Default) -> str:
    """A default as the `server_default` of a column; empty when the database cannot make it.

    Plain strings fit every database and let SQLite add the column without copying the table.
    """
    if isinstance(value, Generated):
        return _SERVER_FUNCTIONS.get(value, "")
    if isinstance(value, bool):
        return '"1"' if value else '"0"'
    if isinstance(value, datetime):
        return quoted(value.strftime("%Y-%m-%d %H:%M:%S+00:00"))
    if isinstance(value, UUID):
        # Without dashes, as SQLAlchemy stores UUIDs on SQLite; PostgreSQL reads both.
        return quoted(value.hex)
    return quoted(plan.stored(str(value)) if spec.type is FieldType.ENUM else str(value))


def model_server_value(plan: Plan, spec: FieldSpec, value: Default) -> str:
    """The same as a model says it.

    Where Alembic compares defaults, it reads some plain texts back as different; a literal it compares as it is.
    """
    env = plan.house.migrations.env if plan.house.migrations is not None else None
    is_compared = env is not None and "compare_server_default" in env.text
    if is_compared and spec.type is FieldType.STR and not re.fullmatch(r"[^'(][^']*", str(value)):
        doubled = str(value).replace("'", "''")
        return "literal_column({})".format(quoted(f"'{doubled}'"))
    return server_value(plan, spec, value)


_SERVER_FUNCTIONS = {Generated.NOW: "func.now()", Generated.TODAY: "func.current_date()"}


def moment_type(plan: Plan) -> str:
    """Column type that the project gives its moments, such as `UtcDateTime` or `DateTime(timezone=True)`."""
    for model in plan.house.reader.models.values():
        for column in model.columns.values():
            if column.annotation.startswith("datetime") and column.call is not None and not plan.is_sqlmodel:
                first = next((arg.value for arg in column.call.args if arg.keyword is None), None)
                text = code(first)
                if text and "func" not in text and dotted(first).split(".")[-1:] != [""]:
                    return text
                if text.startswith("DateTime("):
                    return text
    return "DateTime(timezone=True)"


def column_type(plan: Plan, spec: FieldSpec) -> str:
    """SQLAlchemy type as a model names it; empty when the annotation says enough."""
    if spec.type is FieldType.ENUM:
        values = "values_callable=lambda members: [member.value for member in members]"
        return f"Enum({plan.enum_class(spec)}, name={quoted(plan.enum_type(spec))}, {values})"
    return {
        FieldType.STR: f"String({spec.max_length})" if spec.max_length else "String",
        FieldType.FLOAT: "Float",
        FieldType.DECIMAL: f"Numeric({DECIMAL_DIGITS}, {DECIMAL_PLACES})",
        FieldType.DATETIME: moment_type(plan),
        FieldType.REFERENCE: _foreign_key(plan, spec) if spec.type is FieldType.REFERENCE else "",
    }.get(spec.type, "")


def _foreign_key(plan: Plan, spec: FieldSpec) -> str:
    rule = plan.delete_rule(spec)
    return f'ForeignKey("{plan.target_table(spec)}.id"' + (f', ondelete="{rule}")' if rule else ")")


def mapped_attribute(plan: Plan, spec: FieldSpec, *, has_server_default: bool) -> str:
    """A line such as `sku: Mapped[str] = mapped_column(String(20), unique=True)`."""
    annotation = f"Mapped[{plan.python_type(spec)}{' | None' if spec.is_optional else ''}]"
    arguments = [argument for argument in (column_type(plan, spec),) if argument]
    arguments += ["unique=True"] if spec.is_unique else []
    arguments += ["index=True"] if is_indexed(spec) else []
    if spec.default is not None:
        arguments += _defaults(plan, spec, spec.default, has_server_default=has_server_default)
    return f"{spec.name}: {annotation}" + (f" = mapped_column({', '.join(arguments)})" if arguments else "")


def _defaults(plan: Plan, spec: FieldSpec, value: Default, *, has_server_default: bool) -> list[str]:
    if isinstance(value, Generated):
        server = model_server_value(plan, spec, value)
        return [f"default={factory(value)}", *([f"server_default={server}"] if server and has_server_default else [])]
    server = model_server_value(plan, spec, value) if has_server_default else ""
    return [f"default={python_value(plan, spec, value)}", *([f"server_default={server}"] if server else [])]


def is_indexed(spec: FieldSpec) -> bool:
    """Whether the column gets an index: asked for, or a reference, which PostgreSQL does not index by itself."""
    return spec.is_index or (spec.type is FieldType.REFERENCE and not spec.is_unique)


def sqlmodel_column_arguments(plan: Plan, spec: FieldSpec, *, has_server_default: bool) -> list[str]:
    """Arguments of SQLModel's `Field` that concern the table."""
    arguments = [f'foreign_key="{plan.target_table(spec)}.id"'] if spec.type is FieldType.REFERENCE else []
    if spec.type is FieldType.REFERENCE and (rule := plan.delete_rule(spec)):
        arguments.append(f'ondelete="{rule}"')
    arguments += ["sa_type=DateTime(timezone=True)"] if spec.type is FieldType.DATETIME else []
    arguments += ["unique=True"] if spec.is_unique else []
    arguments += ["index=True"] if is_indexed(spec) else []
    if has_server_default and spec.default is not None and (server := model_server_value(plan, spec, spec.default)):
        arguments += [f'sa_column_kwargs={{"server_default": {server}}}']
    return arguments
