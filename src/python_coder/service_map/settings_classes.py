# src/python_coder/service_map/settings_classes.py — settings from the environment: pydantic's BaseSettings
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.host import Host, bases_of, is_a
from python_coder.service_map.reading.values import ClassValue

_SECRET = re.compile(r"secret|password|passwd|token|api_?key|private|credential|dsn|salt", re.IGNORECASE)
_MOST_DEFAULT = 60
_CONFIG_NAMES = frozenset({"model_config", "Config"})


@dataclass(frozen=True, order=True)
class Setting:
    """One field of a settings class."""

    name: str
    variables: tuple[str, ...]
    """Names of the environment variables that it is read from."""
    annotation: str
    default: str
    """Source text; empty when there is none, `…` in place of what may be a secret."""
    line: int

    @property
    def is_required(self) -> bool:
        """Whether the service does not start without it."""
        return not self.default


@dataclass(frozen=True, order=True)
class SettingsClass:
    """A class whose fields come from the environment."""

    name: str
    path: str
    line: int
    settings: tuple[Setting, ...]


def read_settings(host: Host, classes: Iterable[ClassValue]) -> Iterator[SettingsClass]:
    """The settings classes among some classes."""
    for found in classes:
        if is_a(host, found, frozenset({"BaseSettings"})):
            chain = [found, *(base for base in bases_of(host, found) if isinstance(base, ClassValue))]
            prefix = next((prefix for prefix in map(_prefix, chain) if prefix), "")
            fields = {field.name: field for owner in reversed(chain) for field in _fields(owner, prefix)}
            yield SettingsClass(found.node.name, found.scope.source.path, found.node.line, tuple(fields.values()))


def _prefix(of: ClassValue) -> str:
    for statement in of.node.body:
        if isinstance(statement, s.Assign) and any(_is_config(target) for target in statement.targets):
            return _option(statement.value, "env_prefix")
        if isinstance(statement, s.Class) and statement.name in _CONFIG_NAMES:
            inner = [part for part in statement.body if isinstance(part, s.Assign)]
            named = [part.value for part in inner if part.targets == (s.Name("env_prefix"),)]
            return next((value.text for value in named if isinstance(value, s.String)), "")
    return ""


def _is_config(target: s.Expression) -> bool:
    return isinstance(target, s.Name) and target.name in _CONFIG_NAMES


def _option(node: s.Expression | None, name: str) -> str:
    if isinstance(node, s.Call):
        values = [argument.value for argument in node.arguments if argument.name == name]
    elif isinstance(node, s.Dictionary):
        values = [value for key, value in node.pairs if key == s.String(name)]
    else:
        values = []
    return next((value.text for value in values if isinstance(value, s.String)), "")


def _fields(of: ClassValue, prefix: str) -> Iterator[Setting]:
    for statement in of.node.body:
        if not isinstance(statement, s.Assign) or statement.annotation is None or len(statement.targets) != 1:
            continue
        target = statement.targets[0]
        annotation = s.text_of(statement.annotation)
        if not isinstance(target, s.Name) or target.name.startswith("_") or "ClassVar" in annotation:
            continue
        if target.name in _CONFIG_NAMES:
            continue
        yield Setting(
            name=target.name,
            variables=_variables(statement) or ((prefix + target.name).upper(),),
            annotation=annotation,
            default=_shown_default(target.name, statement.value),
            line=statement.line,
        )


def _variables(node: s.Assign) -> tuple[str, ...]:
    call = node.value
    if not isinstance(call, s.Call):
        return ()
    for name in ("validation_alias", "alias", "env"):
        given = next((argument.value for argument in call.arguments if argument.name == name), None)
        if isinstance(given, s.String):
            return (given.text.upper(),)
        if isinstance(given, s.Call | s.Sequence):
            parts = [argument.value for argument in given.arguments] if isinstance(given, s.Call) else given.items
            names = tuple(part.text.upper() for part in parts if isinstance(part, s.String))
            if names:
                return names
    return ()


def _shown_default(name: str, value: s.Expression | None) -> str:
    if isinstance(value, s.Call) and s.text_of(value.function).rpartition(".")[2] == "Field":
        named = {argument.name: argument.value for argument in value.arguments}
        value = named.get("") or named.get("default") or named.get("default_factory")
    text = s.text_of(value)
    if text in {"", "..."}:
        return ""
    has_secret = _SECRET.search(name) is not None or "://" in text
    is_plain = text in {"None", "True", "False", "''"} or text.isdigit()
    return "…" if has_secret and not is_plain else text[:_MOST_DEFAULT]
