# src/python_coder/service_map/source.py — one Python file and the facts that its syntax tree holds
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

_PLAIN = cst.Module([])
HTTP_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def code(node: cst.CSTNode | None) -> str:
    """Source text of a node, without the blanks around it; empty for `None`."""
    return "" if node is None else _PLAIN.code_for_node(node).strip()


def text_of(node: cst.CSTNode | None) -> str | None:
    """The value of a plain string literal, or `None` for anything else."""
    if isinstance(node, cst.SimpleString):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def dotted(node: cst.CSTNode | None) -> str:
    """`a.b.c` for names and attributes; empty for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr.value}" if head else ""
    return ""


def keyword_argument(call: cst.Call, name: str) -> cst.BaseExpression | None:
    """The value given for a keyword of a call."""
    return next((arg.value for arg in call.args if arg.keyword is not None and arg.keyword.value == name), None)


def calls_in(node: cst.CSTNode) -> Iterator[cst.Call]:
    """All calls below a node, in source order."""
    if isinstance(node, cst.Call):
        yield node
    for child in node.children:
        yield from calls_in(child)


@dataclass(frozen=True, kw_only=True)
class AttributeFact:
    """An annotated assignment in a class body, such as `name: Mapped[str] = mapped_column()`."""

    name: str
    annotation: str
    value: cst.BaseExpression | None
    first_line: int
    last_line: int


@dataclass(frozen=True, kw_only=True)
class ClassFact:
    """A class at the top of a module."""

    name: str
    path: str
    node: cst.ClassDef
    first_line: int
    last_line: int
    bases: tuple[str, ...]
    keywords: Mapping[str, str]
    attributes: tuple[AttributeFact, ...]
    assigns: Mapping[str, cst.BaseExpression]
    """Plain assignments in the body, such as `__tablename__ = "items"`."""

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """Names of the annotated attributes, in order."""
        return tuple(attribute.name for attribute in self.attributes)


@dataclass(frozen=True, kw_only=True)
class ParameterFact:
    """One parameter of a function."""

    name: str
    annotation: str
    default: str


@dataclass(frozen=True, kw_only=True)
class FunctionFact:
    """A function at the top of a module, or one level inside another function."""

    name: str
    path: str
    node: cst.FunctionDef
    first_line: int
    """1-based line of its first decorator or `def`."""
    def_line: int
    last_line: int
    is_async: bool
    parameters: tuple[ParameterFact, ...]
    returns: str


@dataclass(frozen=True, kw_only=True)
class ImportFact:
    """One imported name: `from module import original as name`."""

    name: str
    module: str
    """Absolute module as far as it could be resolved."""
    original: str
    """Empty for `import module`."""
    line: int


@dataclass(frozen=True)
class SourceFile:
    """One Python file, parsed on first use.

    Raises:
        libcst.ParserSyntaxError: On first use, when the file is no Python.
    """

    path: str
    module_name: str
    """Dotted name under which the project imports it."""
    text: str

    @cached_property
    def tree(self) -> cst.Module:
        """The concrete syntax tree."""
        return self._wrapper.module

    @cached_property
    def _wrapper(self) -> MetadataWrapper:
        return MetadataWrapper(cst.parse_module(self.text), unsafe_skip_copy=True)

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        found = self._wrapper.resolve(PositionProvider)
        return {node: place for node, place in found.items() if isinstance(place, CodeRange)}

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """First and last 1-based line of a node."""
        place = self._positions[node]
        return place.start.line, place.end.line

    @cached_property
    def statements(self) -> Sequence[cst.BaseStatement | cst.SimpleStatementLine]:
        """Statements at the top of the module."""
        return tuple(self.tree.body)

    @cached_property
    def classes(self) -> tuple[ClassFact, ...]:
        """Classes at the top of the module, in source order."""
        return tuple(self._class(node) for node in self.tree.body if isinstance(node, cst.ClassDef))

    @cached_property
    def functions(self) -> tuple[FunctionFact, ...]:
        """Functions at the top of the module and those directly inside them, in source order."""
        found: list[FunctionFact] = []
        for node in self.tree.body:
            if isinstance(node, cst.FunctionDef):
                found.append(self._function(node))
                found += [self._function(inner) for inner in node.body.body if isinstance(inner, cst.FunctionDef)]
        return tuple(found)

    @cached_property
    def assigns(self) -> Mapping[str, cst.BaseExpression]:
        """Values of plain and annotated assignments at the top of the module, by name."""
        found: dict[str, cst.BaseExpression] = {}
        for small in small_statements(self.tree.body):
            found.update(_assigned(small))
        return found

    @cached_property
    def import_nodes(self) -> tuple[cst.Import | cst.ImportFrom, ...]:
        """Import statements at the top of the module, in source order."""
        return tuple(
            small for small in small_statements(self.tree.body) if isinstance(small, cst.Import | cst.ImportFrom)
        )

    @cached_property
    def imports(self) -> Mapping[str, ImportFact]:
        """Names that imports bind at the top of the module."""
        found: dict[str, ImportFact] = {}
        for node in self.import_nodes:
            found.update({fact.name: fact for fact in self._imported(node)})
        return found

    def _imported(self, node: cst.Import | cst.ImportFrom) -> Iterator[ImportFact]:
        line = self.span(node)[0]
        if isinstance(node, cst.Import):
            for alias in node.names:
                name = dotted(alias.name)
                bound = dotted(alias.asname.name) if alias.asname else name.split(".")[0]
                yield ImportFact(name=bound, module=name, original="", line=line)
        elif not isinstance(node.names, cst.ImportStar):
            module = self.absolute_module(node)
            for alias in node.names:
                original = dotted(alias.name)
                bound = dotted(alias.asname.name) if alias.asname else original
                yield ImportFact(name=bound, module=module, original=original, line=line)

    def absolute_module(self, node: cst.ImportFrom) -> str:
        """The module of an import statement, with its leading dots resolved."""
        name = dotted(node.module)
        if not node.relative:
            return name
        parts = self.module_name.split(".")
        is_package = self.path.endswith("__init__.py")
        keep = len(parts) - len(node.relative) + (1 if is_package else 0)
        return ".".join([*parts[: max(keep, 0)], *([name] if name else [])])

    def _class(self, node: cst.ClassDef) -> ClassFact:
        first, last = self.span(node)
        keywords = {arg.keyword.value: code(arg.value) for arg in node.keywords if arg.keyword is not None}
        attributes: list[AttributeFact] = []
        assigns: dict[str, cst.BaseExpression] = {}
        for small in small_statements(node.body.body):
            if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                start, end = self.span(small)
                attributes.append(
                    AttributeFact(
                        name=small.target.value,
                        annotation=code(small.annotation.annotation),
                        value=small.value,
                        first_line=start,
                        last_line=end,
                    )
                )
            assigns.update(_assigned(small) if isinstance(small, cst.Assign) else {})
        return ClassFact(
            name=node.name.value,
            path=self.path,
            node=node,
            first_line=first,
            last_line=last,
            bases=tuple(code(arg.value) for arg in node.bases),
            keywords=keywords,
            attributes=tuple(attributes),
            assigns=assigns,
        )

    def _function(self, node: cst.FunctionDef) -> FunctionFact:
        start, last = self.span(node)
        first = self.span(node.decorators[0])[0] if node.decorators else start
        every = (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params)
        return FunctionFact(
            name=node.name.value,
            path=self.path,
            node=node,
            first_line=min(first, start),
            def_line=self.span(node.name)[0],
            last_line=last,
            is_async=node.asynchronous is not None,
            parameters=tuple(
                ParameterFact(
                    name=param.name.value,
                    annotation=code(param.annotation.annotation) if param.annotation else "",
                    default=code(param.default),
                )
                for param in every
            ),
            returns=code(node.returns.annotation) if node.returns else "",
        )


def small_statements(body: Sequence[cst.CSTNode]) -> Iterator[cst.BaseSmallStatement]:
    """The simple statements of a body, in order; compound statements are left out."""
    for node in body:
        if isinstance(node, cst.SimpleStatementLine):
            yield from node.body


def _assigned(small: cst.BaseSmallStatement) -> dict[str, cst.BaseExpression]:
    if isinstance(small, cst.Assign):
        return {target.target.value: small.value for target in small.targets if isinstance(target.target, cst.Name)}
    if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name) and small.value is not None:
        return {small.target.value: small.value}
    return {}
