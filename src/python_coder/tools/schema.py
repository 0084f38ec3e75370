# src/python_coder/tools/schema.py — what a model is told of a tool, and what a caller may give it
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from python_coder.errors import ToolRefusedError
from python_coder.tools.table import Tool

_UNTOLD = frozenset({"max_answer_chars", "skip"})
"""Parameters of many tools that need no words: an answer that is cut says what to pass."""
_SECTION = re.compile(r"^(?:Args|Returns|Raises|Source|Yields|Examples?):\s*$", re.MULTILINE)
_ARGUMENT = re.compile(r"^ {4}(\w+): ")


@dataclass(frozen=True, kw_only=True)
class ToolSchema:
    """All that a model reads about one tool."""

    name: str
    description: str
    """The docstring down to its first section; `Returns` and `Raises` are for readers of the code."""
    parameters: Mapping[str, Any]
    """JSON schema of the arguments, an object."""


def tool_schema(tool: Tool) -> ToolSchema:
    """The schema of a tool, made from its function's docstring and types."""
    document = inspect.getdoc(tool.function) or ""
    told = dict(_arguments_told(document))
    signature = inspect.signature(tool.function)
    properties = {
        name: {**_schema_of(kind), **({"description": told[name]} if name in told else {})}
        for name, kind in _kinds(tool).items()
    }
    required = [name for name, item in signature.parameters.items() if item.default is inspect.Parameter.empty]
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        parameters["required"] = required
    return ToolSchema(name=tool.name, description=_SECTION.split(document)[0].strip(), parameters=parameters)


def checked_arguments(tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments ready to call the tool's function with: own names, right types; `null` stands for a default.

    Raises:
        ToolRefusedError: A name is unknown or missing, or a value has the wrong type.
    """
    signature = inspect.signature(tool.function)
    arguments = {
        name: value
        for name, value in tool.arguments(given).items()
        if value is not None or name not in signature.parameters or signature.parameters[name].default is None
    }
    unknown = [name for name in arguments if name not in signature.parameters]
    required = [name for name, item in signature.parameters.items() if item.default is inspect.Parameter.empty]
    missing = [name for name in required if name not in arguments]
    if unknown or missing:
        wrong = f"does not take {', '.join(unknown)}" if unknown else f"needs {', '.join(missing)}"
        raise ToolRefusedError(f"{_short(tool)} {wrong}. Its parameters: {', '.join(signature.parameters)}.")
    kinds = _kinds(tool)
    return {name: _checked(tool, name, kinds[name], value) for name, value in arguments.items()}


def _checked(tool: Tool, name: str, kind: Any, value: object) -> object:
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as error:
        why = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise ToolRefusedError(f"{_short(tool)}: {name} is {value!r:.80}: {why}.") from error


def _arguments_told(document: str) -> Iterator[tuple[str, str]]:
    _, _, section = document.partition("\nArgs:\n")
    section = _SECTION.split(section)[0]
    for entry in re.split(r"\n(?= {4}\w+: )", "\n" + section):
        if (found := _ARGUMENT.match(entry)) and found.group(1) not in _UNTOLD:
            yield found.group(1), " ".join(entry[found.end() :].split())


def _short(tool: Tool) -> str:
    return tool.name.rpartition("__")[2]


def _kinds(tool: Tool) -> Mapping[str, Any]:
    return {name: kind for name, kind in get_type_hints(tool.function, include_extras=True).items() if name != "return"}


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def _schema_of(kind: Any) -> Mapping[str, Any]:
    # A value may always be left out, so `null` is not worth telling.
    given = [part for part in get_args(kind) if part is not NoneType] if get_origin(kind) is UnionType else [kind]
    return _adapter(given[0] if len(given) == 1 else kind).json_schema()
