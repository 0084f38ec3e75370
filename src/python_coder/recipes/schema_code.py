# src/python_coder/recipes/schema_code.py — the schemas of a new resource, class by class like its sibling's
import re

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.fields import FieldSpec, FieldType
from python_coder.recipes.layout import flat
from python_coder.recipes.plan import Plan
from python_coder.recipes.schema_fields import AS_UTC, SchemaField, SchemaMode, null_validator
from python_coder.recipes.sqlmodel_types import without_narrowed_base
from python_coder.service_map.models import FoundClass
from python_coder.service_map.source import AttributeFact, ClassFact, code, small_statements


def alias_lines(plan: Plan) -> list[str]:
    """Types that the schemas share, when the sibling's do; ready to stand in front of them."""
    if not uses_aliases(plan):
        return []
    return [*(SchemaField(plan, spec).alias_line() for spec in plan.fields), "", ""]


def helper_lines(plan: Plan) -> list[str]:
    """Functions that the schemas need, ready to stand in front of them."""
    if any(spec.type is FieldType.DATETIME for spec in plan.fields):
        return [*AS_UTC.rstrip("\n").split("\n"), "", ""]
    return []


def family(plan: Plan) -> list[ClassFact]:
    """The sibling's schema classes in its schema file, in order."""
    name, resource = plan.sibling.model.name, plan.sibling
    wanted = {resource.create.fact.name, name}
    wanted |= {found.fact.name for found in (resource.update, resource.read, resource.listing) if found is not None}
    above = [
        base for found in (resource.create, resource.update, resource.read) if found for base in parents(plan, found)
    ]
    wanted |= {found.fact.name for found in above if found.fact.name.startswith(name)}
    for found in (resource.update, resource.read, resource.listing):
        if found is not None and found.source is not plan.schema_file:
            raise RecipeRefusedError(
                f"The schemas of `{name}` are spread over {plan.schema_file.path} and {found.source.path}; "
                "they can be followed only in one file."
            )
    return [fact for fact in plan.schema_file.classes if fact.name in wanted - {name}]


def parents(plan: Plan, found: FoundClass) -> list[FoundClass]:
    """Project classes above a class."""
    return plan.house.reader.index.ancestors(found)[0]


def uses_aliases(plan: Plan) -> bool:
    """Whether the sibling's schemas share named types, such as `ItemName = Annotated[…]`."""
    create = plan.house.reader.index.attributes(plan.sibling.create)
    bare = [fact.annotation.partition("|")[0].strip() for fact in create.values()]
    return any(name in plan.schema_file.assigns and name.startswith(plan.sibling.model.name) for name in bare)


def is_table_base(plan: Plan, fact: ClassFact) -> bool:
    """Whether an SQLModel schema also declares the columns of the table."""
    return plan.is_sqlmodel and any(found.fact.name == fact.name for found in parents(plan, plan.sibling.model.found))


def mode_of(plan: Plan, fact: ClassFact) -> SchemaMode:
    """What a schema is for."""
    if plan.sibling.update is not None and fact.name == plan.sibling.update.fact.name:
        return "update"
    if plan.sibling.read is not None and fact.name == plan.sibling.read.fact.name:
        return "read"
    return "create"


def field_line(plan: Plan, spec: FieldSpec, fact: ClassFact, *, has_server_default: bool = False) -> str:
    """A field as one class of the family has it."""
    field = SchemaField(plan, spec, is_table=is_table_base(plan, fact), has_server_default=has_server_default)
    mode = mode_of(plan, fact)
    return field.aliased_line(mode) if uses_aliases(plan) else field.line(mode)


def names_nullable(plan: Plan) -> bool:
    """Whether partial changes list the fields that may be null in a class variable `nullable`."""
    update = plan.sibling.update
    return update is not None and "nullable" in plan.house.reader.index.attributes(update)


def class_lines(plan: Plan, fact: ClassFact) -> list[str]:
    """Logical lines of one class of the family, for the new resource."""
    rename = plan.renamer
    node = without_narrowed_base(plan, fact)
    header = flat(code(node.with_changes(body=cst.IndentedBlock(body=[]), leading_lines=[], decorators=[])))
    lines = [rename.code(header.partition(":")[0]) + ":", f'    """{_docstring(plan, fact)}"""', ""]
    body: list[str] = []
    is_replaced = False
    for small in small_statements(fact.node.body.body):
        if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
            name = small.target.value
            if name in plan.client_fields and name != "nullable":
                body += [] if is_replaced else [f"    {field_line(plan, spec, fact)}" for spec in plan.fields]
                is_replaced = True
            elif name != "nullable":
                body.append(f"    {rename.code(flat(code(small)))}")
        elif isinstance(small, cst.Assign):
            body += _assign_lines(plan, small)
    lines += _nullable_lines(plan, fact) + body
    if is_replaced and mode_of(plan, fact) == "update" and not names_nullable(plan):
        required = [spec.name for spec in plan.fields if not spec.is_optional]
        lines += ["", *null_validator(required)] if required else []
    return lines[:-1] if lines[-1] == "" else lines


def _nullable_lines(plan: Plan, fact: ClassFact) -> list[str]:
    optional = [spec.name for spec in plan.fields if spec.is_optional]
    if mode_of(plan, fact) != "update" or not names_nullable(plan) or not optional:
        return []
    listed = ", ".join(f'"{name}"' for name in optional)
    return [f"    nullable: ClassVar[frozenset[str]] = frozenset({{{listed}}})", ""]


def _assign_lines(plan: Plan, small: cst.Assign) -> list[str]:
    text = flat(code(small))
    # Examples of the sibling would be wrong here; each field brings its own.
    text = re.sub(r",?\s*json_schema_extra=\{.*\}(?=[,)])", "", text)
    text = re.sub(r",?\s*[\"']json_schema_extra[\"']: \{.*\}(?=[,}])", "", text)
    mentioned = any(re.search(rf"[\"']{re.escape(name)}[\"']", text) for name in plan.client_fields)
    is_empty = re.fullmatch(r"model_config = (\w+\(\)|\{\})", text) is not None
    return [] if mentioned or is_empty else [f"    {plan.renamer.code(text)}", ""]


def _docstring(plan: Plan, fact: ClassFact) -> str:
    resource, naming = plan.sibling, plan.naming
    if resource.listing is not None and fact.name == resource.listing.fact.name:
        return f"A page of {naming.spoken_many}."
    return {
        "update": f"Changes to {naming.with_article}.",
        "read": f"{naming.with_article.capitalize()} as it is stored.",
        "create": f"A new {naming.spoken}."
        if fact.name == resource.create.fact.name
        else f"What all forms of {naming.with_article} share.",
    }[mode_of(plan, fact)]


def own_attributes(fact: ClassFact) -> list[AttributeFact]:
    """Annotated attributes that are fields: no class variables."""
    return [attribute for attribute in fact.attributes if not attribute.annotation.startswith("ClassVar")]
