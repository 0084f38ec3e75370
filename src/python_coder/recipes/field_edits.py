# src/python_coder/recipes/field_edits.py — puts a new field into the files of a resource that is there
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.columns import mapped_attribute
from python_coder.recipes.fields import FieldSpec
from python_coder.recipes.handler_edits import HandlerEdits, check_rows_are_made
from python_coder.recipes.layout import flat
from python_coder.recipes.model_code import enum_lines
from python_coder.recipes.modules import ModuleWriter
from python_coder.recipes.plan import Plan
from python_coder.recipes.schema_code import (
    alias_lines,
    family,
    field_line,
    helper_lines,
    mode_of,
    names_nullable,
    own_attributes,
)
from python_coder.recipes.schema_fields import SchemaField, null_validator
from python_coder.service_map.source import ClassFact, SourceFile, calls_in, code, dotted

_INDENT = "    "


@dataclass
class _Draft:
    """New lines of one file, each block after a 1-based line of the old text; 0 is the top."""

    source: SourceFile
    blocks: list[tuple[int, list[str]]] = field(default_factory=list)
    swaps: list[tuple[int, int, list[str]]] = field(default_factory=list)
    """First and last line that give way to others."""


@dataclass(frozen=True)
class FieldEdits:
    """Writes one field into table, schemas and endpoints, next to the fields that are there."""

    plan: Plan
    spec: FieldSpec

    def edits(self) -> Iterator[tuple[str, str]]:
        """Path and new text of every file that changes."""
        drafts: dict[str, _Draft] = {}

        def draft(source: SourceFile) -> _Draft:
            return drafts.setdefault(source.path, _Draft(source))

        self._model(draft(self.plan.model_file))
        self._schemas(draft(self.plan.schema_file))
        for source in self.plan.house.project.code:
            if found := list(self._constructors(source)):
                draft(source).swaps += found
        for first, last, block in HandlerEdits(self.plan, self.spec).swaps():
            draft(self.plan.router_file).swaps.append((first, last, block))
        check_rows_are_made(self.plan)
        for each in drafts.values():
            yield each.source.path, self._text(each)

    def _model(self, draft: _Draft) -> None:
        plan, spec = self.plan, self.spec
        fact = plan.sibling.model.found.fact
        if lines := enum_lines(plan):
            users = [fact, *(each for each in family(plan) if plan.schema_file is plan.model_file)]
            first = min(each.first_line for each in users)
            draft.blocks.append((_above_comments(draft.source, first), lines))
        own = [each.last_line for each in fact.attributes if each.name in plan.client_fields]
        if plan.is_sqlmodel:
            if own:
                table = SchemaField(plan, spec, is_table=True, has_server_default=True)
                draft.blocks.append((max(own), [f"{_INDENT}{table.line('create')}"]))
            return
        columns = [each.last_line for each in fact.attributes if each.name in plan.sibling.model.columns]
        if not columns:
            raise RecipeRefusedError(f"`{fact.name}` in {draft.source.path} declares no column to stand beside.")
        line = f"{_INDENT}{mapped_attribute(plan, spec, has_server_default=plan.house.migrations is not None)}"
        draft.blocks.append((max(own or columns), [line]))

    def _schemas(self, draft: _Draft) -> None:
        plan, spec = self.plan, self.spec
        classes = family(plan)
        has_helper = any(function.name == "as_utc" for function in draft.source.functions)
        if (head := helper_lines(plan)) and not has_helper:
            at = self._before_types(draft.source, classes)
            above = draft.source.text.splitlines()[:at][-2:]
            draft.blocks.append((at, [*([""] if any(above) else []), *head]))
        if aliases := alias_lines(plan)[:1]:
            draft.blocks.append((self._after_aliases(draft.source), aliases))
        placed = 0
        for fact in classes:
            own = [each.last_line for each in own_attributes(fact) if each.name in plan.client_fields]
            if own:
                placed += 1
                line = field_line(plan, spec, fact, has_server_default=plan.house.migrations is not None)
                draft.blocks.append((max(own), [f"{_INDENT}{line}"]))
                self._nulls(draft, fact)
        if not placed:
            raise RecipeRefusedError(
                f"No schema of `{plan.sibling.model.name}` in {draft.source.path} declares fields to stand beside."
            )

    def _nulls(self, draft: _Draft, fact: ClassFact) -> None:
        """Say in the schema for changes whether the field may be null."""
        plan, spec = self.plan, self.spec
        if mode_of(plan, fact) != "update":
            return
        if not names_nullable(plan):
            if not spec.is_optional:
                self._refuse_null(draft, fact)
            return
        if not spec.is_optional:
            return
        listed = next((each for each in fact.attributes if each.name == "nullable"), None)
        if listed is None:
            first = min(each.first_line for each in fact.attributes)
            line = f'{_INDENT}nullable: ClassVar[frozenset[str]] = frozenset({{"{spec.name}"}})'
            draft.blocks.append((first - 1, [line, ""]))
            return
        text = flat("\n".join(draft.source.text.splitlines()[listed.first_line - 1 : listed.last_line]).strip())
        new = re.sub(r"\}\)$", f', "{spec.name}"}})', text)
        if new == text:
            raise RecipeRefusedError(f"`nullable` in {draft.source.path}:{listed.first_line} could not be extended.")
        draft.swaps.append((listed.first_line, listed.last_line, [f"{_INDENT}{new}"]))

    def _refuse_null(self, draft: _Draft, fact: ClassFact) -> None:
        """One more name for the validator that is there, or a validator."""
        for node in fact.node.body.body:
            if isinstance(node, cst.FunctionDef) and node.name.value == "_refuse_null":
                decorator = node.decorators[0]
                first, last = draft.source.span(decorator)
                new = re.sub(r"\)$", f', "{self.spec.name}")', flat(code(decorator)))
                draft.swaps.append((first, last, [f"{_INDENT}{new}"]))
                return
        draft.blocks.append((fact.last_line, ["", *null_validator([self.spec.name])]))

    def _constructors(self, source: SourceFile) -> Iterator[tuple[int, int, list[str]]]:
        """Statements that build a row field by field, `Item(name=body.name, …)`, with the new field as well."""
        name, read = self.spec.name, self.plan.sibling.read
        built = {self.plan.sibling.model.name, *([read.fact.name] if read is not None else [])}
        for statement in _lines_of_code(source.tree):
            for call in calls_in(statement):
                if dotted(call.func).rpartition(".")[2] not in built:
                    continue
                passed = [arg for arg in call.args if _passes_on(arg) and code(arg.keyword) in self.plan.client_fields]
                if not passed:
                    continue
                last = passed[-1]
                owner = code(last.value).rpartition(".")[0]
                old = f"{code(last.keyword)}={code(last.value)}"
                first, end = source.span(statement)
                lines = source.text.splitlines()[first - 1 : end]
                indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
                text = flat("\n".join(lines).strip())
                yield first, end, [indent + text.replace(old, f"{old}, {name}={owner}.{name}", 1)]

    def _before_types(self, source: SourceFile, classes: list[ClassFact]) -> int:
        firsts = [fact.first_line for fact in classes]
        aliases = [place[0] for place in self._alias_places(source)]
        return _above_comments(source, min([*firsts, *aliases]))

    def _after_aliases(self, source: SourceFile) -> int:
        return max(place[1] for place in self._alias_places(source))

    def _alias_places(self, source: SourceFile) -> list[tuple[int, int]]:
        prefix = self.plan.sibling.model.name
        return [
            source.span(statement)
            for statement in source.tree.body
            for small in (statement.body if isinstance(statement, cst.SimpleStatementLine) else ())
            if isinstance(small, cst.Assign) and code(small.targets[0].target).startswith(prefix)
        ]

    def _text(self, draft: _Draft) -> str:
        plan, lines = self.plan, draft.source.text.splitlines(keepends=True)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        at_line: dict[int, list[str]] = {}
        for at, block in draft.blocks:
            at_line.setdefault(at, []).extend(block)
        edits = [(at, at, block) for at, block in at_line.items()]
        edits += [(first - 1, last, block) for first, last, block in draft.swaps]
        added = ""
        for first, last, block in sorted(edits, key=lambda edit: edit[:2], reverse=True):
            laid_out = plan.style.lay_out(block)
            # Blocks come from different depths; each is a statement of its own, but for a decorator alone.
            if "def " in laid_out or not laid_out.lstrip().startswith("@"):
                added = textwrap.dedent(laid_out) + added
            lines[first:last] = [laid_out]
        wanted = ModuleWriter(plan).imports_for(draft.source, added)
        return plan.importer.add(draft.source, "".join(lines), wanted)


def _above_comments(source: SourceFile, line: int) -> int:
    """The last line before a statement and the comments that stand right above it."""
    lines = source.text.splitlines()
    at = line - 1
    while at > 0 and lines[at - 1].startswith("#"):
        at -= 1
    return at


def _lines_of_code(node: cst.CSTNode) -> Iterator[cst.SimpleStatementLine]:
    if isinstance(node, cst.SimpleStatementLine):
        yield node
        return
    for child in node.children:
        yield from _lines_of_code(child)


def _passes_on(arg: cst.Arg) -> bool:
    """Whether an argument hands a field through: `name=body.name`."""
    value = arg.value
    return arg.keyword is not None and isinstance(value, cst.Attribute) and value.attr.value == arg.keyword.value
