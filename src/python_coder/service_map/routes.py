# src/python_coder/service_map/routes.py — the HTTP routes of a service, read from its source
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from python_coder.service_map.project import Project
from python_coder.service_map.source import (
    HTTP_METHODS,
    FunctionFact,
    SourceFile,
    calls_in,
    dotted,
    keyword_argument,
    text_of,
)


@dataclass(frozen=True, order=True, kw_only=True)
class Route:
    """One HTTP route as the source declares it."""

    path: str
    """Full path with every prefix that could be read."""
    method: str
    """Upper case."""
    handler: str
    file: str
    line: int
    """1-based line of the handler's `def`."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A route with its syntax."""

    route: Route
    function: FunctionFact
    decorator: cst.Call
    source: SourceFile
    router: str
    """Name of the router or application variable in its file."""
    local_path: str
    """Path as the decorator has it, without prefixes."""


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """One `include_router` call."""

    source: SourceFile
    call: cst.Call
    parent: str
    """Variable that includes, in this file."""
    child: tuple[str, str]
    """Module and variable of the router that is included."""
    prefix: str


@dataclass(frozen=True)
class RouteReader:
    """Reads routers, their inclusions and their endpoints in one project."""

    project: Project

    @cached_property
    def prefixes(self) -> Mapping[tuple[str, str], str]:
        """Own prefix of each router, by module and variable."""
        found: dict[tuple[str, str], str] = {}
        for source in self.project.code:
            for name, value in source.assigns.items():
                if isinstance(value, cst.Call) and dotted(value.func).split(".")[-1] in {"APIRouter", "FastAPI"}:
                    found[source.module_name, name] = self.literal(source, keyword_argument(value, "prefix"))
        return found

    def literal(self, source: SourceFile, node: cst.BaseExpression | None) -> str:
        """A string expression as far as it can be read: literals, f-strings, constants, defaults of settings."""
        if node is None:
            return ""
        value = text_of(node)
        if value is not None:
            return value
        if isinstance(node, cst.FormattedString):
            return "".join(
                part.value if isinstance(part, cst.FormattedStringText) else self.literal(source, part.expression)
                for part in node.parts
                if isinstance(part, cst.FormattedStringText | cst.FormattedStringExpression)
            )
        if isinstance(node, cst.Name) and node.value in source.assigns:
            return text_of(source.assigns[node.value]) or ""
        return self._constants.get(dotted(node).split(".")[-1], "")

    @cached_property
    def _constants(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for source in self.project.code:
            for owner in source.classes:
                pairs = [(fact.name, fact.value) for fact in owner.attributes] + list(owner.assigns.items())
                found.update({name: value for name, node in pairs if (value := text_of(node)) is not None})
            found.update({name: value for name, node in source.assigns.items() if (value := text_of(node)) is not None})
        return found

    @cached_property
    def inclusions(self) -> tuple[Inclusion, ...]:
        """All `include_router` calls whose router could be resolved."""
        return tuple(found for source in self.project.code for found in self._inclusions(source))

    def _inclusions(self, source: SourceFile) -> Iterator[Inclusion]:
        if "include_router" not in source.text:
            return
        for call in calls_in(source.tree):
            if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "include_router" or not call.args:
                continue
            child = self._resolve(source, call.args[0].value)
            if child is not None:
                yield Inclusion(
                    source=source,
                    call=call,
                    parent=dotted(call.func.value),
                    child=child,
                    prefix=self.literal(source, keyword_argument(call, "prefix")),
                )

    def _resolve(self, source: SourceFile, node: cst.BaseExpression) -> tuple[str, str] | None:
        name = dotted(node)
        head, _, rest = name.partition(".")
        known = source.imports.get(head)
        if known is None:
            return (source.module_name, name) if name in source.assigns else None
        module = f"{known.module}.{known.original}" if known.original else known.module
        if rest:
            whole = f"{module}.{rest}" if known.original else f"{known.module.split('.')[0]}.{rest}"
            return whole.rpartition(".")[0], whole.rpartition(".")[2]
        return self._follow(known.module, known.original)

    def _follow(self, module: str, name: str) -> tuple[str, str]:
        # A package may hand on a router that one of its modules makes.
        source = self.project.module(module)
        handed_on = source.imports.get(name) if source is not None else None
        if handed_on is not None and handed_on.original and source is not None and name not in source.assigns:
            return handed_on.module, handed_on.original
        return module, name

    def full_prefixes(self, module: str, router: str) -> list[str]:
        """Every prefix under which a router is reachable; its own when nothing includes it."""
        return self._full_prefixes((module, router), frozenset())

    def _full_prefixes(self, key: tuple[str, str], seen: frozenset[tuple[str, str]]) -> list[str]:
        own = self.prefixes.get(key, "")
        parents = [found for found in self.inclusions if found.child == key and key not in seen]
        if not parents:
            return [own]
        result: list[str] = []
        for parent in parents:
            above = (parent.source.module_name, parent.parent)
            known = above in self.prefixes
            heads = self._full_prefixes(above, seen | {key}) if known else [""]
            result += [head + parent.prefix + own for head in heads]
        return result

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All endpoints, ordered by file and line."""
        return tuple(found for source in self.project.code for found in self._endpoints(source))

    def _endpoints(self, source: SourceFile) -> Iterator[Endpoint]:
        for function in source.functions:
            for decorator in function.node.decorators:
                call = decorator.decorator
                if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
                    continue
                method, router = call.func.attr.value, dotted(call.func.value)
                if method not in HTTP_METHODS or not router:
                    continue
                first = call.args[0].value if call.args and call.args[0].keyword is None else None
                local = self.literal(source, first or keyword_argument(call, "path"))
                for prefix in self.full_prefixes(source.module_name, router):
                    yield Endpoint(
                        route=Route(
                            path=prefix + local or "/",
                            method=method.upper(),
                            handler=function.name,
                            file=source.path,
                            line=function.def_line,
                        ),
                        function=function,
                        decorator=call,
                        source=source,
                        router=router,
                        local_path=local,
                    )
