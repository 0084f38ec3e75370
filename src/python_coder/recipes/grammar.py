# src/python_coder/recipes/grammar.py — the family of tasks that needs no model
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from python_coder.errors import UsageError
from python_coder.recipes.field_text import fail_after_field, read_field
from python_coder.recipes.fields import FieldSpec
from python_coder.recipes.names import check_resource_name, read_class_name
from python_coder.recipes.tokens import TokenReader, tokenize

RecipeName = Literal["add_resource", "add_field"]

UNDERSTOOD = """\
Without a model, two kinds of task are understood:
  Add resource NAME with FIELD, FIELD, …
  Add field FIELD to RESOURCE
A FIELD is `name: TYPE [unique] [index] [optional] [max N] [= DEFAULT]`; TYPE is str, int, float, bool, Decimal,
datetime, date, UUID, enum(a|b|c), or `-> Other` for a reference to another resource. Examples:
  Add resource Product with name: str, price: Decimal, sku: str unique, in_stock: bool = true
  Add field weight: float = 0.0 to Product"""

MAX_FIELDS = 60

_FAMILY = re.compile(
    r"[\s`\"'“‘]*(?:please\s+)?(?:add|create)\s+(?:(?:a|an|the)\s+)?(?:new\s+)?(resource|fields?)(?![\w-])", re.I
)
_EXAMPLE = "such as `Add field weight: float = 0.0 to Product`"


@dataclass(frozen=True, kw_only=True)
class RecipeRequest:
    """A task that a recipe can do."""

    recipe: RecipeName
    arguments: dict[str, Any] = field(default_factory=dict)
    """What `plan_recipe` takes; made of JSON values only.

    `{"name": "Product", "fields": ["name: str", …]}` or `{"resource": "Product", "field": "weight: float = 0.0"}`.
    """


def parse_task(task: str) -> RecipeRequest | None:
    """Read a task in words.

    Returns:
        The request, or `None` when the task is not of this family at all.

    Raises:
        NotUnderstoodError: It is of the family, but a word in it cannot be read. Names the place and a mend.
        UsageError: It can be read, but asks for something that cannot be, such as a field named `class`.
    """
    family = _FAMILY.match(task)
    if family is None:
        return None
    reader = TokenReader(tokenize(task))
    while reader.next.kind != "end" and reader.take().at < family.start(1):
        pass
    return _read_add_resource(reader) if family[1].lower() == "resource" else _read_add_field(reader)


def check_fields(fields: tuple[FieldSpec, ...]) -> tuple[FieldSpec, ...]:
    """The same fields, when they can live in one resource.

    Raises:
        UsageError: Two of them share a name, or there are none or too many.
    """
    names = [spec.name for spec in fields]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"The field `{twice}` is there twice. Leave one out or rename it.")
    if not 0 < len(fields) <= MAX_FIELDS:
        raise UsageError(f"A resource has 1 to {MAX_FIELDS} fields, not {len(fields)}.")
    return fields


def _read_add_resource(reader: TokenReader) -> RecipeRequest:
    reader.skip_lines()
    reader.take_word("called", "named")
    problem = "a resource needs a name, such as `Add resource Product with name: str`."
    name = check_resource_name(_read_resource_name(reader, problem))
    reader.skip_lines()
    if not reader.take_word("with"):
        reader.fail(f"`with` and the fields come next, such as `Add resource {name} with name: str, price: Decimal`.")
    reader.take_word("the")
    reader.take_word("fields")
    reader.take_mark(":")
    reader.take_separators()
    fields = [read_field(reader)]
    while reader.take_separators() and reader.next.kind != "end":
        fields.append(read_field(reader))
    if reader.next.kind != "end":
        fail_after_field(reader, "a comma and the next field")
    texts = [spec.text for spec in check_fields(tuple(fields))]
    return RecipeRequest(recipe="add_resource", arguments={"name": name, "fields": texts})


def _read_add_field(reader: TokenReader) -> RecipeRequest:
    reader.skip_lines()
    spec = read_field(reader)
    reader.skip_lines()
    if reader.take_separators():
        reader.fail("one field at a time can be added; give each of the others a task of its own.")
    if not reader.take_word("to"):
        fail_after_field(reader, f"`to` and the resource, {_EXAMPLE}")
    reader.take_word("the")
    name = _read_resource_name(reader, f"the resource comes here, {_EXAMPLE}.")
    reader.take_word("resource", "model")
    if reader.next.kind != "end":
        reader.fail("nothing can follow the resource. Give each change a task of its own.")
    return RecipeRequest(recipe="add_field", arguments={"resource": name, "field": spec.text})


def _read_resource_name(reader: TokenReader, problem: str) -> str:
    if reader.next.kind != "word" or reader.next.text.lower() in {"with", "to"}:
        reader.fail(problem)
    return read_class_name(reader.take().text)
