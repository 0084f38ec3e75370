# src/python_coder/recipes/apply.py — from a request to the edits that carry it out
from typing import Any

from python_coder.errors import UsageError
from python_coder.recipes.add_field import add_field
from python_coder.recipes.add_resource import add_resource
from python_coder.recipes.edits import FileEdit, RecipeResult
from python_coder.recipes.field_text import parse_field
from python_coder.recipes.fields import FieldSpec
from python_coder.recipes.grammar import check_fields
from python_coder.recipes.names import check_resource_name, read_class_name
from python_coder.service_map.files import FileView, FolderView

__all__ = ["FileEdit", "FileView", "FolderView", "RecipeResult", "plan_recipe"]


def plan_recipe(files: FileView, recipe: str, arguments: dict[str, Any]) -> RecipeResult:
    """Work out the edits. Pure and deterministic: the same files and arguments give the same bytes.

    Args:
        files: The repository.
        recipe: `add_resource` with `{"name": "Product", "fields": ["name: str", …]}`, or
            `add_field` with `{"resource": "Product", "field": "weight: float = 0.0"}`.
        arguments: See `recipe`.

    Raises:
        RecipeRefusedError: The repository cannot be followed with certainty, or the request clashes with it.
        UsageError: The arguments do not make sense.
    """
    if recipe == "add_resource":
        return add_resource(files, check_resource_name(_resource(arguments, "name")), _fields(arguments))
    if recipe == "add_field":
        return add_field(files, _resource(arguments, "resource"), _field(arguments))
    raise UsageError(f"There is no recipe {recipe!r}. Known: add_resource, add_field.")


def _resource(arguments: dict[str, Any], key: str) -> str:
    name = arguments.get(key)
    if not isinstance(name, str):
        raise UsageError(f"The recipe needs `{key}`, the class name of a resource, such as `Product`.")
    return read_class_name(name)


def _fields(arguments: dict[str, Any]) -> tuple[FieldSpec, ...]:
    texts = arguments.get("fields")
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise UsageError('The recipe needs `fields`, a list of texts such as ["name: str", "sku: str unique"].')
    return check_fields(tuple(parse_field(text) for text in texts))


def _field(arguments: dict[str, Any]) -> FieldSpec:
    text = arguments.get("field")
    if not isinstance(text, str):
        raise UsageError("The recipe needs `field`, a text such as `weight: float = 0.0`.")
    return check_fields((parse_field(text),))[0]
