# src/python_coder/recipes/model_code.py — the table of a new resource, built like its sibling's
import re

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.columns import mapped_attribute
from python_coder.recipes.fields import FieldType
from python_coder.recipes.layout import flat
from python_coder.recipes.plan import Plan, member_name
from python_coder.recipes.schema_fields import SchemaField
from python_coder.recipes.sqlmodel_types import with_typed_column
from python_coder.service_map.source import ClassFact, code, small_statements


def enum_lines(plan: Plan) -> list[str]:
    """Classes of the enum fields, ready to stand in front of the table."""
    lines: list[str] = []
    for spec in plan.fields:
        if spec.type is FieldType.ENUM:
            base = "StrEnum" if plan.house.python >= (3, 11) else "str, Enum"
            lines += [f"class {plan.enum_class(spec)}({base}):"]
            lines += [f'    """What the {spec.name.replace("_", " ")} of {plan.naming.with_article} can be."""', ""]
            lines += [f'    {member_name(member)} = "{member}"' for member in spec.members]
            lines += ["", ""]
    return lines


def model_lines(plan: Plan) -> list[str]:
    """Logical lines of the table's class.

    Raises:
        RecipeRefusedError: The sibling's class does something that cannot be followed.
    """
    fact = plan.sibling.model.found.fact
    _check_followable(plan, fact)
    header = flat(code(fact.node.with_changes(body=cst.IndentedBlock(body=[]), leading_lines=[])))
    head = plan.renamer.code(header.partition(":")[0]) + ":"
    lines = [head, f'    """{plan.naming.with_article.capitalize()}, one row each."""', ""]
    before, after, has_fields = _own_lines(plan, fact)
    new = [] if plan.is_sqlmodel and not has_fields else _field_lines(plan)
    lines += [*before, *new, *after]
    return lines[:-1] if lines[-1] == "" else lines


def _field_lines(plan: Plan) -> list[str]:
    if plan.is_sqlmodel:
        return [f"    {SchemaField(plan, spec, is_table=True).line('create')}" for spec in plan.fields]
    return [f"    {mapped_attribute(plan, spec, has_server_default=False)}" for spec in plan.fields]


def _own_lines(plan: Plan, fact: ClassFact) -> tuple[list[str], list[str], bool]:
    """Carried statements before and after the place of the fields, and whether the class declares fields at all."""
    before: list[str] = []
    after: list[str] = []
    has_fields = False
    for small in small_statements(fact.node.body.body):
        target = before if not has_fields else after
        if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
            name = small.target.value
            if name in plan.client_fields:
                has_fields = True
            elif name in plan.carried:
                target.append(f"    {plan.renamer.code(with_typed_column(small))}")
        elif isinstance(small, cst.Assign):
            text = flat(code(small))
            if text.startswith("__tablename__"):
                target += [f'    __tablename__ = "{plan.table}"', ""]
            elif text.startswith("__") and not _mentions_fields(plan, text):
                target.append(f"    {plan.renamer.code(text)}")
    return before, after, has_fields


def _mentions_fields(plan: Plan, text: str) -> bool:
    return any(re.search(rf"\b{re.escape(name)}\b", text) for name in plan.client_fields)


def _check_followable(plan: Plan, fact: ClassFact) -> None:
    where = f"`{fact.name}` in {plan.model_file.path}:{fact.first_line}"
    if plan.sibling.model.orm == "column":
        raise RecipeRefusedError(f"{where} uses plain `Column` attributes. Only `Mapped` and SQLModel can be followed.")
    if fact.node.decorators or any("dataclass" in base.lower() for base in fact.bases):
        raise RecipeRefusedError(f"{where} is a decorated or dataclass model, which cannot be followed.")
    if "id" not in plan.carried:
        raise RecipeRefusedError(f"{where} has no column `id` of its own making, which a new table would need.")
