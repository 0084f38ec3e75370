# src/python_coder/recipes/samples.py — bodies that existing endpoints accept, read from their schemas
import re
from dataclasses import dataclass, field

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.columns import quoted
from python_coder.service_map.models import Column
from python_coder.service_map.resources import Resource, ResourceReader
from python_coder.service_map.source import AttributeFact, SourceFile, calls_in, code, dotted, keyword_argument, text_of

_PLAIN = {
    "int": "1",
    "float": "1.5",
    "bool": "True",
    "Decimal": '"12.50"',
    "date": '"2030-01-31"',
    "datetime": '"2030-01-31T09:30:00Z"',
    "AwareDatetime": '"2030-01-31T09:30:00Z"',
    "UUID": '"6f1c2e5a-0d4b-4c8e-9a7f-3b2d1e0c9a88"',
    "HttpUrl": '"https://example.com/"',
    "AnyUrl": '"https://example.com/"',
    "FiniteFloat": "1.5",
    "Any": "1",
}
_LONGEST = 32


@dataclass(frozen=True, kw_only=True)
class SampleBody:
    """A body for an endpoint that creates: expressions by field, and the resources it refers to."""

    values: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    """Class name of the resource that a field must point to, by field."""


@dataclass(frozen=True)
class Sampler:
    """Makes bodies for existing resources."""

    reader: ResourceReader

    def body(self, resource: Resource) -> SampleBody:
        """The least body that the endpoint accepts.

        Raises:
            RecipeRefusedError: A field's type or rule is not known.
        """
        values: dict[str, str] = {}
        references: dict[str, str] = {}
        for name, fact in self.reader.index.attributes(resource.create).items():
            if fact.annotation.startswith("ClassVar") or self._has_default(fact):
                continue
            column = resource.model.columns.get(name)
            target = self._target(column)
            if target:
                references[name] = target
            else:
                values[name] = self._value(resource, fact, column)
        return SampleBody(values=values, references=references)

    def _target(self, column: Column | None) -> str:
        table = column.foreign_key.partition(".")[0] if column is not None else ""
        return next((name for name, model in self.reader.models.items() if table and model.table == table), "")

    def _has_default(self, fact: AttributeFact) -> bool:
        value = fact.value
        if value is None:
            return False
        if isinstance(value, cst.Call) and dotted(value.func).split(".")[-1] == "Field":
            first = next((arg.value for arg in value.args if arg.keyword is None), None)
            if first is not None:
                return code(first) != "..."
            return any(keyword_argument(value, name) is not None for name in ("default", "default_factory"))
        return True

    def _value(self, resource: Resource, fact: AttributeFact, column: Column | None) -> str:
        annotation, rules = self._resolve(resource.create.source, fact.annotation)
        if isinstance(fact.value, cst.Call):
            rules = [*rules, fact.value]
        is_unique = column is not None and column.is_unique
        found = self._of_type(resource.create.source, annotation, rules, is_unique=is_unique)
        if found is None:
            raise RecipeRefusedError(
                f"A value for `{fact.name}: {fact.annotation}` of `{resource.create.fact.name}` in "
                f"{resource.create.source.path}:{fact.first_line} could not be made up, and tests need one."
            )
        return found

    def _resolve(self, source: SourceFile, annotation: str) -> tuple[str, list[cst.Call]]:
        """The plain type behind aliases and `Annotated`, and the calls that limit it."""
        node = self._alias(source, annotation)
        text = code(node) if node is not None else annotation
        found = re.match(r"(?:\w+\.)?Annotated\[", text)
        if not found:
            return text.partition("|")[0].strip(), []
        expression = cst.parse_expression(text)
        calls = list(calls_in(expression))
        inner = code(expression.slice[0]).rstrip(",").strip() if isinstance(expression, cst.Subscript) else text
        deeper, more = self._resolve(source, inner)
        return deeper, [*more, *calls]

    def _alias(self, source: SourceFile, name: str) -> cst.BaseExpression | None:
        if name in source.assigns:
            return source.assigns[name]
        known = source.imports.get(name)
        module = self.reader.project.module(known.module) if known is not None else None
        return module.assigns.get(known.original) if module is not None and known is not None else None

    def _of_type(self, source: SourceFile, annotation: str, rules: list[cst.Call], *, is_unique: bool) -> str | None:
        last = annotation.rpartition(".")[2]
        if last in {"str", "SecretStr"}:
            return self._text(rules, is_unique=is_unique)
        if last == "EmailStr":
            return 'f"{uuid4().hex}@example.com"'
        if found := re.match(r"""Literal\[(["'][^"']*["']|\d+)""", last):
            return found[1]
        if last in _PLAIN:
            return self._number(last, rules)
        enum = self.reader.index.find(source, annotation)
        if enum is not None and any("Enum" in base for base in enum.fact.bases):
            return next((code(value) for value in enum.fact.assigns.values()), None)
        return None

    def _text(self, rules: list[cst.Call], *, is_unique: bool) -> str | None:
        if any(keyword_argument(rule, name) is not None for rule in rules for name in ("pattern", "regex")):
            return _example(rules)
        longest = min([_LONGEST, *_numbers(rules, "max_length")])
        shortest = max([0, *_numbers(rules, "min_length")])
        if is_unique:
            return f"uuid4().hex[:{longest}]"
        text = "Sample text for tests only"[:longest].strip()
        return quoted(text.ljust(shortest, "x"))

    def _number(self, kind: str, rules: list[cst.Call]) -> str:
        least = [*_numbers(rules, "ge"), *(number + 1 for number in _numbers(rules, "gt"))]
        most = [*_numbers(rules, "le"), *(number - 1 for number in _numbers(rules, "lt"))]
        if kind not in {"int", "float", "Decimal", "FiniteFloat"} or not (least or most):
            return _PLAIN[kind]
        value = max(least) if least else min(most)
        return quoted(str(value)) if kind == "Decimal" else str(value)


def _numbers(rules: list[cst.Call], name: str) -> list[int]:
    texts = [code(keyword_argument(rule, name)).replace("_", "") for rule in rules]
    return [int(float(text)) for text in texts if re.fullmatch(r"-?\d+(\.\d+)?", text)]


def _example(rules: list[cst.Call]) -> str | None:
    for rule in rules:
        shown = keyword_argument(rule, "examples")
        if isinstance(shown, cst.List) and shown.elements:
            text = text_of(shown.elements[0].value)
            return quoted(text) if text is not None else None
    return None
