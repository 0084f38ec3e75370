# src/python_coder/recipes/handler_edits.py — what a new field needs in the endpoints that are there
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.fields import FieldSpec, FieldType
from python_coder.recipes.handler_code import HandlerWriter, wrap_commit
from python_coder.recipes.plan import Plan
from python_coder.service_map.resources import Role
from python_coder.service_map.source import SourceFile, calls_in, code, dotted

Swap = tuple[int, int, list[str]]
"""First and last 1-based line to take out, and the logical lines to put there. `last` is `first - 1` to insert."""

_ROLES: tuple[Role, ...] = ("create", "update")


@dataclass(frozen=True)
class HandlerEdits:
    """Finds what to insert into the handlers that create and change rows."""

    plan: Plan
    spec: FieldSpec

    @cached_property
    def writer(self) -> HandlerWriter:
        """Knows the handlers' session and body."""
        return HandlerWriter(self.plan)

    def swaps(self) -> Iterator[Swap]:
        """Insertions into the router's file.

        Raises:
            RecipeRefusedError: The handlers do not hold what must be changed, such as a commit.
        """
        for role in _ROLES:
            if self.spec.type is FieldType.REFERENCE:
                yield self._reference_check(role)
            if self.spec.is_unique and not self.plan.house.handles_conflicts:
                yield from self._conflicts(role)

    def _statements(self, role: Role) -> list[cst.CSTNode]:
        node = self.plan.sibling.endpoints[role].function.node
        body = list(node.body.body)
        return body[1:] if node.get_docstring() is not None else body

    def _reference_check(self, role: Role) -> Swap:
        source, name = self.plan.router_file, self.writer.body_name.get(role)
        for statement in self._statements(role):
            if name is not None and re.search(rf"\b{name}\b", code(statement)):
                first = source.span(statement)[0]
                indent = _indent(source, first)
                return first, first - 1, [indent + line for line in self.writer.reference_checks(role)]
        function = self.plan.sibling.endpoints[role].function
        raise RecipeRefusedError(
            f"`{function.name}` in {function.path}:{function.def_line} never uses the body it gets."
        )

    def _conflicts(self, role: Role) -> Iterator[Swap]:
        source, session = self.plan.router_file, self.writer.session
        found = list(_commits(self._statements(role), session))
        function = self.plan.sibling.endpoints[role].function
        where = f"`{function.name}` in {function.path}:{function.def_line}"
        if "IntegrityError" in code(function.node):
            return
        if not found:
            raise RecipeRefusedError(
                f"{where} calls no `{session}.commit()` itself, so a taken `{self.spec.name}` finds no answer there. "
                "Add an exception handler for IntegrityError first, or leave `unique` out."
            )
        for statement in found:
            first, last = source.span(statement)
            line = _indent(source, first) + code(statement)
            yield first, last, wrap_commit([line], session, self.plan.naming)


def check_rows_are_made(plan: Plan) -> None:
    """Be sure that a new field of the body reaches the row.

    Raises:
        RecipeRefusedError: Rows are filled in a way that cannot be followed.
    """
    names = {plan.sibling.model.name}
    is_made = False
    for source in plan.house.project.code:
        for call in calls_in(source.tree):
            head, _, rest = dotted(call.func).rpartition(".")
            if rest in names or (head.rpartition(".")[2] in names and rest in {"model_validate", "from_orm"}):
                is_made = is_made or _takes_all(call) or rest not in names
        _check_assignments(plan, source)
    if not is_made:
        raise RecipeRefusedError(
            f"No place was found that makes a {plan.sibling.model.name} from a request: looked for "
            f"`{plan.sibling.model.name}(field=body.field, …)`, `(**body.model_dump())` and `.model_validate(body)`."
        )


def _takes_all(call: cst.Call) -> bool:
    passed = [arg for arg in call.args if arg.keyword is not None and isinstance(arg.value, cst.Attribute)]
    return bool(passed) or any(arg.star == "**" for arg in call.args)


def _check_assignments(plan: Plan, source: SourceFile) -> None:
    for function in source.functions:
        for line in code(function.node.body).splitlines():
            found = re.match(r"\s*(\w+)\.(\w+) = (\w+)\.(\w+)$", line)
            if found and found[2] == found[4] and found[2] in plan.client_fields and source is plan.router_file:
                raise RecipeRefusedError(
                    f"`{function.name}` in {function.path}:{function.def_line} sets fields one by one "
                    f"(`{line.strip()}`), which cannot be followed."
                )


def _commits(nodes: list[cst.CSTNode], session: str) -> Iterator[cst.CSTNode]:
    for node in nodes:
        if isinstance(node, cst.SimpleStatementLine):
            if re.fullmatch(rf"(await )?{session}\.(commit|flush)\(\)", code(node)):
                yield node
        elif not isinstance(node, cst.Try):
            yield from _commits(list(node.children), session)


def _indent(source: SourceFile, line: int) -> str:
    text = source.text.splitlines()[line - 1]
    return text[: len(text) - len(text.lstrip())]
