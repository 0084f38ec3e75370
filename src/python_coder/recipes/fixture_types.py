# src/python_coder/recipes/fixture_types.py — types of the fixtures that tests are given, where the sibling's name none
import re

from python_coder.recipes.imports import Import
from python_coder.recipes.plan import Plan
from python_coder.service_map.source import FunctionFact, SourceFile, calls_in, code, dotted

_YIELDS = re.compile(r"(?:\w+\.)*(?:Async)?(?:Generator|Iterator|Iterable)\[([\w.]+)")
_CLIENTS = frozenset({"AsyncClient", "Client", "TestClient"})
ANY = Import("typing", "Any")


def fixture_type(plan: Plan, name: str) -> Import:
    """The type of what a fixture gives; `Any` where that cannot be read."""
    for source in plan.house.project.tests:
        for function in source.functions:
            if _is_fixture(function, name) and (found := _given(source, function)) is not None:
                return found
    return ANY


def _is_fixture(function: FunctionFact, name: str) -> bool:
    marks = [text for text in (code(each.decorator) for each in function.node.decorators) if "fixture" in text]
    named = [found[1] for text in marks if (found := re.search(r"""\bname=["'](\w+)["']""", text))]
    return name in (named or [function.name] if marks else [])


def _given(source: SourceFile, function: FunctionFact) -> Import | None:
    yielded = _YIELDS.match(function.returns)
    said = yielded[1] if yielded else function.returns
    made = [dotted(call.func) for call in calls_in(function.node)]
    for word in (said, *(name for name in made if name in _CLIENTS)):
        known = source.imports.get(word)
        if known is not None and known.original:
            return Import(known.module, known.original, "" if known.original == word else word)
    return None
