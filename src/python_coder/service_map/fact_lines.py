# src/python_coder/service_map/fact_lines.py — one line for each fact of a service
from collections.abc import Sequence

from python_coder.service_map.facts import Dependency, MappedRoute, Need
from python_coder.service_map.map import ServiceMap
from python_coder.service_map.settings_classes import Setting, SettingsClass
from python_coder.service_map.tables import Schema, Table, TableColumn

_ORIGINS = {"parameter": "", "class": "class:", "route": "route:", "router": "router:", "include": "include:"}


def route_line(service: ServiceMap, route: MappedRoute, *, has_file: bool = False) -> str:
    """A route: method, path, handler and its 1-based line, models, dependencies."""
    place = f"{route.file}:{route.line}" if has_file else f"{route.line}"
    request = f" takes {', '.join(route.request_models)}" if route.request_models else ""
    response = f" -> {route.response_model}" if route.response_model else ""
    status = f" {route.status_code}" if route.status_code not in {0, 200} else ""
    needs = f" needs {', '.join(need_names(service, route.needs))}" if route.needs else ""
    condition = f" only if {' and '.join(route.conditions)}" if route.conditions else ""
    orphan = "" if route.application else " (not included)"
    methods = "|".join(route.methods)
    return f"{methods} {route.path} {route.handler} {place}{request}{response}{status}{needs}{condition}{orphan}"


def need_names(service: ServiceMap, needs: Sequence[Need]) -> Sequence[str]:
    """Short names of needs: the alias where there is one, with the level when it is not a parameter."""
    return list(dict.fromkeys(_ORIGINS.get(need.origin, "app:") + _name(service, need) for need in needs))


def _name(service: ServiceMap, need: Need) -> str:
    known = service.dependencies.get(need.key)
    return need.alias or (known.name if known is not None else need.key)


def dependency_line(service: ServiceMap, known: Dependency) -> str:
    """A dependency: what it is, where, what it needs itself, and how many routes use it."""
    users = sum(known.key in keys for keys in service.route_keys.values())
    place = f" {known.path}:{known.line}" if known.path else " (external)"
    kind = " yield" if known.is_yield else "" if known.kind in {"function", "external"} else f" {known.kind}"
    needs = f" needs {', '.join(need_names(service, known.needs))}" if known.needs else ""
    return f"{known.name}{place}{kind}{needs}: {users} of {len(service.routes)} routes"


def table_line(table: Table) -> str:
    """A table: its columns with keys, and its relations."""
    columns = ", ".join(_column_text(column) for column in table.columns)
    relations = "".join(
        f"; {relation.name} -> {relation.target}{'[]' if relation.is_many else ''}" for relation in table.relations
    )
    name = f" ({table.table})" if table.table else ""
    return f"{table.name}{name} {table.path}:{table.line}: {columns}{relations}"


def _column_text(column: TableColumn) -> str:
    marks = "".join(
        mark
        for mark, is_set in (
            ("*", column.is_primary_key),
            ("!", column.is_unique),
            ("#", column.has_index),
            ("?", column.is_nullable and "None" not in column.type),
        )
        if is_set
    )
    key = f" -> {column.foreign_key}" if column.foreign_key else ""
    return f"{column.name}{marks}: {column.type}{key}"


def schema_line(schema: Schema) -> str:
    """A schema with its own fields."""
    return f"{schema.name}({', '.join(schema.bases)}) {schema.path}:{schema.line}: {', '.join(schema.fields)}"


def settings_line(found: SettingsClass) -> str:
    """A settings class, required variables first."""
    required = [setting.variables[0] for setting in found.settings if setting.is_required]
    others = [setting.variables[0] for setting in found.settings if not setting.is_required]
    needed = f"required {', '.join(required)}; " if required else ""
    return f"{found.name} {found.path}:{found.line}: {needed}with defaults {', '.join(others) or 'none'}"


def setting_line(found: SettingsClass, setting: Setting) -> str:
    """One setting in full."""
    default = f" = {setting.default}" if setting.default else " (required)"
    place = f"{found.path}:{setting.line}"
    return f"{found.name}.{setting.name}: {setting.annotation}{default} from {' or '.join(setting.variables)} {place}"
