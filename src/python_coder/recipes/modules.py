# src/python_coder/recipes/modules.py — puts a new resource's classes and endpoints into files, with their imports
import builtins
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.fields import FieldType
from python_coder.recipes.handler_code import HandlerWriter
from python_coder.recipes.imports import Import, wanted_names
from python_coder.recipes.layout import flat
from python_coder.recipes.model_code import enum_lines, model_lines
from python_coder.recipes.plan import KNOWN_IMPORTS, Plan
from python_coder.recipes.schema_code import alias_lines, class_lines, family, helper_lines
from python_coder.service_map.source import ImportFact, SourceFile, code, small_statements

_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class ModuleWriter:
    """Writes the resource's code into the files where its sibling's code is, or into new files beside them."""

    plan: Plan

    def target(self, source: SourceFile) -> str:
        """Path of the file that holds what `source` holds for the sibling."""
        return self.plan.path(source.path)

    def sources(self) -> list[SourceFile]:
        """The sibling's files: table, schemas, endpoints; each once."""
        every = [self.plan.model_file, self.plan.schema_file, self.plan.router_file]
        return list({source.path: source for source in every}.values())

    def write(self, source: SourceFile) -> tuple[str, str]:
        """Path and new text of the file that corresponds to one of the sibling's."""
        path = self.target(source)
        if path == source.path:
            return path, self._extend(source)
        if path in self.plan.house.project.paths:
            raise RecipeRefusedError(f"`{path}` exists already, so {self.plan.naming.name} cannot be written there.")
        return path, self._create(source, path)

    def _classes(self, source: SourceFile) -> list[str]:
        plan = self.plan
        lines: list[str] = []
        names = {fact.name for fact in family(plan)} if source is plan.schema_file else set()
        if source is plan.model_file:
            lines += enum_lines(plan)
        if source is plan.schema_file:
            lines += [*(helper_lines(plan) if not self._has_helper(source) else []), *alias_lines(plan)]
        for fact in source.classes:
            if fact.name in names:
                lines += [*class_lines(plan, fact), "", ""]
            elif source is plan.model_file and fact.name == plan.sibling.model.name:
                lines += [*model_lines(plan), "", ""]
        return lines[:-2]

    def _has_helper(self, source: SourceFile) -> bool:
        return self.target(source) == source.path and any(found.name == "as_utc" for found in source.functions)

    def _handlers(self, source: SourceFile) -> list[str]:
        if source is not self.plan.router_file:
            return []
        writer = HandlerWriter(self.plan)
        return [*writer.helper_lines(), *writer.lines()]

    def _create(self, source: SourceFile, path: str) -> str:
        plan = self.plan
        classes, handlers = self._classes(source), self._handlers(source)
        body = [*classes, *(["", ""] if classes and handlers else []), *handlers]
        assigns = self._assigns(source, plan.style.lay_out(body))
        text = plan.style.lay_out([*assigns, *(["", ""] if assigns else []), *body])
        imports = plan.importer.block(self._imports(source, path, text))
        purpose = plan.renamer.sentence(source.text.partition("\n")[0].partition(" — ")[2]) or plan.naming.spoken_many
        header = plan.house.banner(path, purpose)
        docstring = source.tree.get_docstring()
        if docstring:
            header.append(f'"""{plan.renamer.sentence(docstring.splitlines()[0])}"""')
        gap = [""] if imports and docstring else []
        after = ["", ""] if text.startswith(("class ", "def ", "async def ", "@")) else [""]
        return plan.style.lay_out([*header, *gap, *imports, *after]) + text

    def _assigns(self, source: SourceFile, text: str) -> list[str]:
        wanted = wanted_names(text)
        lines: list[str] = []
        for small in small_statements(source.tree.body):
            if isinstance(small, cst.Assign | cst.AnnAssign):
                target = small.target if isinstance(small, cst.AnnAssign) else small.targets[0].target
                name = code(target)
                if self.plan.renamer.identifier(name) in wanted and source is self.plan.router_file:
                    lines.append(self.plan.renamer.code(flat(code(small))))
        return lines

    def _extend(self, source: SourceFile) -> str:
        plan = self.plan
        classes, handlers = self._classes(source), self._handlers(source)
        names = {fact.name for fact in family(plan)} | {plan.sibling.model.name}
        lines = source.text.splitlines(keepends=True)
        ends = [fact.last_line for fact in source.classes if fact.name in names]
        inserts: list[tuple[int, str]] = []
        if classes:
            inserts.append((max(ends), plan.style.lay_out(["", "", *classes])))
        if handlers:
            last = max(endpoint.function.last_line for endpoint in plan.sibling.endpoints.values())
            inserts.append((last, plan.style.lay_out(["", "", *handlers])))
        for at, text in sorted(inserts, reverse=True):
            head = lines[:at]
            if head and not head[-1].endswith("\n"):
                head[-1] += "\n"
            lines = [*head, text, *lines[at:]]
        text = "".join(lines)
        added = "\n".join(text for _, text in inserts)
        return plan.importer.add(source, text, self._imports(source, source.path, added))

    def imports_for(self, source: SourceFile, added: str) -> Iterable[Import]:
        """What lines that were added to a file need imported there."""
        return self._imports(source, source.path, added)

    @cached_property
    def symbols(self) -> dict[str, Import]:
        """Where the new resource's classes live."""
        plan = self.plan
        module_name = plan.house.project.module_name
        model = module_name(self.target(plan.model_file))
        schema = module_name(self.target(plan.schema_file))
        found = {plan.naming.name: Import(model, plan.naming.name)}
        for spec in plan.fields:
            if spec.type is FieldType.ENUM:
                found[plan.enum_class(spec)] = Import(model, plan.enum_class(spec))
        for fact in family(plan):
            name = plan.renamer.identifier(fact.name)
            found[name] = Import(schema, name)
        return found

    def _imports(self, source: SourceFile, path: str, text: str) -> Iterable[Import]:
        """What `text` needs imported at `path`."""
        own = self.plan.house.project.module_name(path)
        defined = _defined(text) | (_defined(source.text) if path == source.path else set())
        for name in sorted(wanted_names(text) - defined):
            found = self._import(source, name)
            if found is not None and found.module != own:
                yield found

    def _import(self, source: SourceFile, name: str) -> Import | None:
        if name in self.symbols:
            return self.symbols[name]
        found = self._from_sibling(source, name)
        if found is not None:
            return found
        if name == "Field":
            return Import("sqlmodel" if self.plan.is_sqlmodel else "pydantic", name)
        target = self.plan.house.reader.models.get(name)
        if target is not None:
            return Import(target.found.source.module_name, name)
        return None if name in _BUILTINS else KNOWN_IMPORTS.get(name)

    def _from_sibling(self, source: SourceFile, name: str) -> Import | None:
        """What the sibling's file imports or defines under this name, or under the name that became this one."""
        for fact in source.imports.values():
            if name in {fact.name, self.plan.renamer.identifier(fact.name)}:
                is_renamed = name != fact.name
                module = self.plan.module(fact.module) if is_renamed else self._module(fact)
                original = self.plan.renamer.identifier(fact.original) if is_renamed else fact.original
                bound = "" if name == original or (not original and name == module.split(".")[0]) else name
                return Import(module, original, bound)
        is_function = any(found.name == name for found in source.functions)
        return Import(source.module_name, name) if is_function and self.target(source) != source.path else None

    def _module(self, fact: ImportFact) -> str:
        """Where a name that both resources use comes from: `from items import models` moves, all else stays."""
        own = {source.module_name for source in self.sources()}
        moves = f"{fact.module}.{fact.original}" in own
        return self.plan.module(fact.module) if moves else fact.module


def _defined(text: str) -> set[str]:
    source = SourceFile("", "", text)
    names = {fact.name for fact in source.classes} | {found.name for found in source.functions} | set(source.assigns)
    for function in source.functions:
        names |= {parameter.name for parameter in function.parameters} | _bound_inside(function.node)
    for fact in source.classes:
        names |= set(fact.attribute_names)
    return names


def _bound_inside(node: cst.CSTNode) -> set[str]:
    names: set[str] = set()
    if isinstance(node, cst.AssignTarget | cst.CompFor | cst.For) and isinstance(node.target, cst.Name | cst.Tuple):
        names |= set(wanted_names(code(node.target)))
    if isinstance(node, cst.AsName):
        names |= set(wanted_names(code(node.name)))
    for child in node.children:
        names |= _bound_inside(child)
    return names
