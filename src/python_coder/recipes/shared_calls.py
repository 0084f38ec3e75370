# src/python_coder/recipes/shared_calls.py — calls of code that all resources share: its parameters keep their names
import re
from collections.abc import Sequence

import libcst as cst

from python_coder.recipes.plan import Plan
from python_coder.service_map.source import SourceFile, dotted

_MARK = "kept"
_MARKED = re.compile(rf"\b{_MARK}((?:[0-9a-f]{{2}})+)\b")


def with_marked_keywords(plan: Plan, source: SourceFile, body: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """Statements whose `items=` in `Page(items=items)` no renaming finds; `without_marks` brings it back."""
    marker = _Marker(plan, source)
    return [found for node in body if isinstance(found := node.visit(marker), cst.CSTNode)]


def without_marks(line: str) -> str:
    """A line with the keywords as they were."""
    return _MARKED.sub(lambda found: bytes.fromhex(found[1]).decode(), line)


class _Marker(cst.CSTTransformer):
    def __init__(self, plan: Plan, source: SourceFile) -> None:
        super().__init__()
        self.plan, self.source = plan, source

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:  # noqa: N802 - libcst's name
        names = self._parameters(original_node)
        arguments = [
            argument.with_changes(keyword=cst.Name(_MARK + argument.keyword.value.encode().hex()))
            if argument.keyword is not None and argument.keyword.value in names
            else argument
            for argument in updated_node.args
        ]
        return updated_node.with_changes(args=arguments)

    def _parameters(self, call: cst.Call) -> set[str]:
        """Parameters of a shared function, or fields of a shared class, of the project itself."""
        func = call.func.value if isinstance(call.func, cst.Subscript) else call.func
        head, _, rest = dotted(func).partition(".")
        known = self.source.imports.get(head)
        if known is None or self.plan.renamer.identifier(dotted(func)) != dotted(func):
            return set()
        project = self.plan.house.project
        path, _, name = f"{known.module}.{known.original}{'.' if rest else ''}{rest}".rpartition(".")
        module = project.module(path)
        if module is None:
            return set()
        functions = [each for each in module.functions if each.name == name]
        found = {parameter.name for each in functions for parameter in each.parameters}
        return found | {field for fact in module.classes if fact.name == name for field in fact.attribute_names}
