# src/python_coder/recipes/grammar.py — the family of tasks that needs no model
from dataclasses import dataclass, field
from typing import Any, Literal

from python_coder.errors import NotUnderstoodError

RecipeName = Literal["add_resource", "add_field"]

UNDERSTOOD = """\
Without a model, two kinds of task are understood:
  Add resource NAME with FIELD, FIELD, …
  Add field FIELD to RESOURCE
A FIELD is `name: TYPE [unique] [index] [optional] [max N] [= DEFAULT]`; TYPE is str, int, float, bool, Decimal,
datetime, date, UUID, enum(a|b|c), or `-> Other` for a reference to another resource. Examples:
  Add resource Product with name: str, price: Decimal, sku: str unique, in_stock: bool = true
  Add field weight: float = 0.0 to Product"""


@dataclass(frozen=True, kw_only=True)
class RecipeRequest:
    """A task that a recipe can do."""

    recipe: RecipeName
    arguments: dict[str, Any] = field(default_factory=dict)
    """What `plan_recipe` takes; made of JSON values only."""


def parse_task(task: str) -> RecipeRequest | None:
    """Read a task in words.

    Returns:
        The request, or `None` when the task is not of this family at all.

    Raises:
        NotUnderstoodError: It is of the family, but a word in it cannot be read. Names the place and a mend.
        UsageError: It can be read, but asks for something that cannot be, such as a field named `class`.
    """
    if task.strip().lower().startswith(("add resource", "add field")):
        raise NotUnderstoodError("This task cannot be read yet.")
    return None
