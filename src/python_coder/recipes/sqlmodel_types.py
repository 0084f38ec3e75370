# src/python_coder/recipes/sqlmodel_types.py — SQLModel as type checkers take it, where a sibling had them look away
"""A sibling may silence its type checker for what a new resource can say properly: no new code needs to be silenced."""

import libcst as cst

from python_coder.recipes.layout import flat
from python_coder.recipes.plan import Plan
from python_coder.service_map.source import ClassFact, code

_COLUMN_WORDS = frozenset(
    {"primary_key", "foreign_key", "unique", "nullable", "index", "ondelete", "sa_column_args", "sa_column_kwargs"}
)
"""Arguments of `Field` that SQLModel refuses beside `sa_column`."""


def without_narrowed_base(plan: Plan, fact: ClassFact) -> cst.ClassDef:
    """The sibling's schema of changes, free of a base whose fields it makes optional.

    `name: str | None` may not override `name: str`. What such a base adds is stated again by the schema anyway, so it
    takes over the base's own bases.
    """
    found = plan.sibling.update
    if found is None or found.fact.name != fact.name or plan.client_fields.isdisjoint(fact.attribute_names):
        return fact.node
    above = {
        parent.fact.name: parent.fact.node
        for parent in plan.house.reader.index.ancestors(found)[0]
        if parent.fact.attribute_names and plan.client_fields.issuperset(parent.fact.attribute_names)
    }
    bases: list[cst.Arg] = []
    for base in fact.node.bases:
        parent_node = above.get(code(base.value))
        bases += [base] if parent_node is None else parent_node.bases
    return fact.node.with_changes(bases=bases)


def with_typed_column(small: cst.AnnAssign) -> str:
    """The statement in one line; `sa_type`, which takes a class, handed over as a column where it got an instance."""
    call = small.value
    if not isinstance(call, cst.Call):
        return flat(code(small))
    words = {argument.keyword.value for argument in call.args if argument.keyword is not None}
    instance = next(
        (
            argument
            for argument in call.args
            if argument.keyword is not None
            and argument.keyword.value == "sa_type"
            and isinstance(argument.value, cst.Call)
        ),
        None,
    )
    if instance is None or words & _COLUMN_WORDS:
        return flat(code(small))
    annotation = code(small.annotation.annotation)
    nullable = "" if "None" in annotation or "Optional" in annotation else ", nullable=False"
    column = cst.parse_expression(f"Column({flat(code(instance.value))}{nullable})")
    changed = instance.with_changes(keyword=cst.Name("sa_column"), value=column)
    arguments = [changed if argument is instance else argument for argument in call.args]
    return flat(code(small.with_changes(value=call.with_changes(args=arguments))))
