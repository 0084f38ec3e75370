# src/python_coder/recipes/wiring.py — the places that must know of a new resource: routers, packages, migrations
import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.imports import Import
from python_coder.recipes.layout import flat
from python_coder.recipes.modules import ModuleWriter
from python_coder.recipes.plan import Plan
from python_coder.service_map.routes import Inclusion
from python_coder.service_map.source import ImportFact, SourceFile, code


@dataclass(frozen=True)
class Wiring:
    """Finds where the sibling is registered, and registers the new resource right behind it."""

    plan: Plan
    modules: ModuleWriter

    def edits(self) -> Iterator[tuple[str, str]]:
        """Path and new text of every file that registers the sibling.

        Raises:
            RecipeRefusedError: The sibling's router has a file of its own, but nothing includes it.
        """
        own = {source.path for source in self.modules.sources()}
        inclusions = self._inclusions()
        if not inclusions and self.modules.target(self.plan.router_file) != self.plan.router_file.path:
            raise RecipeRefusedError(
                f"No `include_router` call for the router of {self.plan.router_file.path} was found, "
                "so a new router could not be wired in. Include that one first."
            )
        migrations = self.plan.house.migrations
        env = migrations.env if migrations is not None else None
        files = {source.path: source for source in [*self.plan.house.project.code, *([env] if env is not None else [])]}
        for source in files.values():
            if source.path in own:
                continue
            included = [found for found in inclusions if found.source is source]
            is_registry = bool(included) or source.path.endswith("__init__.py") or source is env
            text = self._registered(source, included) if is_registry else source.text
            if text != source.text:
                yield source.path, text

    def _inclusions(self) -> list[Inclusion]:
        endpoint = self.plan.sibling.endpoints["create"]
        child = (self.plan.router_file.module_name, endpoint.router)
        if self.modules.target(self.plan.router_file) == self.plan.router_file.path:
            return []
        return [found for found in self.plan.house.reader.routes.inclusions if found.child == child]

    def _registered(self, source: SourceFile, included: list[Inclusion]) -> str:
        text = self._include(source, included)
        text = self._exported(source, text)
        return self.plan.importer.add(source, text, self._imports(source))

    def _include(self, source: SourceFile, included: list[Inclusion]) -> str:
        lines = source.text.splitlines(keepends=True)
        for found in sorted(included, key=lambda each: source.span(each.call)[1], reverse=True):
            first, last = source.span(found.call)
            indent = re.match(r"\s*", lines[first - 1])
            statement = self.plan.renamer.registration(flat(code(found.call)))
            new = self.plan.style.lay_out([(indent[0] if indent else "") + statement])
            lines = [*lines[:last], new, *lines[last:]]
        return "".join(lines)

    def _exported(self, source: SourceFile, text: str) -> str:
        """Add the new names to `__all__` where the sibling's stand."""
        node = source.assigns.get("__all__")
        if not isinstance(node, cst.List | cst.Tuple):
            return text
        names = [
            str(element.value.evaluated_value)
            for element in node.elements
            if isinstance(element.value, cst.SimpleString)
        ]
        followed = [name for name in names if not self._is_left_out(name)]
        added = {self.plan.renamer.identifier(name) for name in followed} - set(names)
        if not added:
            return text
        is_sorted = names == sorted(names)
        every = sorted([*names, *added]) if is_sorted else [*names, *sorted(added)]
        opening, closing = ("[", "]") if isinstance(node, cst.List) else ("(", ")")
        old = source.tree.code_for_node(node)
        listed = ", ".join(f'"{name}"' for name in every)
        statement = f"__all__ = {opening}{listed}{closing}"
        new = self.plan.style.lay_out([statement]).rstrip("\n")
        if "\n" in old and "\n" not in new:
            new = f"__all__ = {opening}\n" + "".join(f'    "{name}",\n' for name in every) + closing
        return text.replace(f"__all__ = {old}", new, 1)

    def _imports(self, source: SourceFile) -> Iterator[Import]:
        own = {found.module_name for found in self.modules.sources()}
        for fact in source.imports.values():
            whole = f"{fact.module}.{fact.original}" if fact.original else fact.module
            is_about_sibling = fact.module in own or whole in own
            if is_about_sibling and (found := self._moved(fact)) is not None:
                yield found

    def _moved(self, fact: ImportFact) -> Import | None:
        rename = self.plan.renamer
        module, original = self.plan.module(fact.module), rename.identifier(fact.original)
        bound = rename.identifier(fact.name)
        if (module, original) == (fact.module, fact.original) or self._is_left_out(fact.original):
            return None
        if original == fact.original and bound == fact.name and fact.original:
            # The name stays while the module moves, as in `from items import models`: a second import would hide
            # the first, so the table is imported by its own name.
            table = self.modules.symbols[self.plan.naming.name]
            return Import(table.module, table.name, table.name) if table.module == f"{module}.{original}" else None
        plain = original or module.partition(".")[0]
        return Import(module, original, "" if bound == plain else bound)

    def _is_left_out(self, name: str) -> bool:
        """Whether a class of the sibling has no like among the new resource's."""
        is_class = any(name == fact.name for source in self.modules.sources() for fact in source.classes)
        return is_class and self.plan.renamer.identifier(name) not in self.modules.symbols
