# src/python_coder/recipes/clashes.py — names of a change that mean something else where it would write them
from collections.abc import Iterator

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.imports import wanted_names
from python_coder.recipes.plan import Plan
from python_coder.recipes.schema_code import family
from python_coder.service_map.source import ClassFact, SourceFile, code, small_statements


def check_resource_words(plan: Plan) -> None:
    """Be sure that code about the new resource hides no name which the followed code uses, as `status` may.

    Raises:
        RecipeRefusedError: It would.
    """
    naming = plan.naming
    new = {naming.one, naming.many, naming.name, naming.name_many}
    for source in {each.path: each for each in (plan.model_file, plan.schema_file, plan.router_file)}.values():
        kept = {name for name in _names_of(source) if plan.renamer.identifier(name) == name}
        if clash := sorted(new & kept):
            raise RecipeRefusedError(
                f"`{naming.name}` cannot be added: `{clash[0]}` means something else in {source.path}, which the code "
                f"about it would hide. Choose another name, such as `{naming.name}Entry`."
            )


def _names_of(source: SourceFile) -> Iterator[str]:
    yield from source.imports
    yield from source.assigns
    for function in source.functions:
        yield function.name
        yield from wanted_names(code(function.node))


def check_field_words(plan: Plan) -> None:
    """Be sure that no field hides a name which the class around it uses, as `now` may.

    Raises:
        RecipeRefusedError: One does.
    """
    for fact in (plan.sibling.model.found.fact, *family(plan)):
        if plan.client_fields.isdisjoint(fact.attribute_names):
            continue  # the fields are stated elsewhere
        used = _used_inside(plan, fact)
        for spec in plan.fields:
            if spec.name in used:
                raise RecipeRefusedError(
                    f"`{spec.name}` cannot name a field: `{fact.name}` in {fact.path}:{fact.first_line} uses something "
                    f"of that name. Choose another name, such as `{spec.name}_value`."
                )


def _used_inside(plan: Plan, fact: ClassFact) -> set[str]:
    used: set[str] = set()
    for small in small_statements(fact.node.body.body):
        if isinstance(small, cst.AnnAssign) and code(small.target) not in plan.client_fields:
            used |= wanted_names(code(small.annotation.annotation))
        if isinstance(small, cst.AnnAssign | cst.Assign) and small.value is not None:
            used |= wanted_names(code(small.value))
    return used
