# src/python_coder/service_map/reading/lowering.py — from tree-sitter's nodes to the small syntax
from collections.abc import Callable, Iterator, Mapping

from tree_sitter import Node

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.expressions import arguments, expression, source_text


def statements(node: Node) -> tuple[s.Statement, ...]:
    """The statements of a module or block, in order; those that cannot matter are left out."""
    return tuple(found for child in node.named_children for found in statement(child))


def statement(node: Node) -> Iterator[s.Statement]:
    """What one statement is made of."""
    lower = _STATEMENTS.get(node.type)
    if lower is not None:
        yield from lower(node, ())


def _expression_statement(node: Node, _: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    for child in node.named_children:
        if child.type == "assignment":
            yield _assignment(child)
        elif child.type == "augmented_assignment":
            yield from _extension(child)
        elif child.type in {"call", "await", "yield"}:
            yield s.Evaluate(expression(child), child.start_point.row + 1)


def _assignment(node: Node) -> s.Assign:
    targets = []
    right: Node | None = node
    annotation = node.child_by_field_name("type")
    while right is not None and right.type == "assignment":
        left = right.child_by_field_name("left")
        targets += [expression(left)] if left is not None else []
        right = right.child_by_field_name("right")
    return s.Assign(
        targets=tuple(targets),
        annotation=expression(annotation) if annotation is not None else None,
        value=expression(right) if right is not None else None,
        line=node.start_point.row + 1,
    )


def _extension(node: Node) -> Iterator[s.Statement]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is not None and right is not None:
        yield s.Extend(expression(left), expression(right))


def _type_alias(node: Node, _: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is not None and right is not None:
        yield s.Assign((expression(left),), None, expression(right), node.start_point.row + 1)


def _plain_import(node: Node, _: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    for child in node.children_by_field_name("name"):
        line = node.start_point.row + 1
        if child.type == "aliased_import":
            original, bound = (source_text(part) for part in child.named_children[:2])
            yield s.Import(bound, original, 0, "", line)
        else:
            whole = source_text(child)
            # `import a.b` binds `a`; `b` is then an attribute of it.
            yield s.Import(whole.partition(".")[0], whole.partition(".")[0], 0, "", line)


def _from_import(node: Node, _: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    module = node.child_by_field_name("module_name")
    written = source_text(module) if module is not None else ""
    name = written.lstrip(".")
    level, line = len(written) - len(name), node.start_point.row + 1
    for child in node.children_by_field_name("name"):
        parts = [source_text(part) for part in child.named_children] if child.type == "aliased_import" else []
        original = parts[0] if parts else source_text(child)
        yield s.Import(parts[-1] if parts else original, name, level, original, line)
    if any(child.type == "wildcard_import" for child in node.named_children):
        yield s.Import("*", name, level, "*", line)


def _decorated(node: Node, _: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    decorators = tuple(
        expression(child.named_children[0])
        for child in node.named_children
        if child.type == "decorator" and child.named_children
    )
    definition = node.child_by_field_name("definition")
    if definition is not None and definition.type in _DEFINITIONS:
        yield from _DEFINITIONS[definition.type](definition, decorators)


def _function(node: Node, decorators: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    name, parameters = node.child_by_field_name("name"), node.child_by_field_name("parameters")
    returns = node.child_by_field_name("return_type")
    if name is None:
        return
    yield s.Function(
        name=source_text(name),
        parameters=tuple(_parameters(parameters)) if parameters is not None else (),
        returns=expression(returns) if returns is not None else None,
        decorators=decorators,
        is_async=bool(node.children) and node.children[0].type == "async",
        line=node.start_point.row + 1,
        last_line=node.end_point.row + 1,
        start_byte=node.start_byte,
        end_byte=node.end_byte,
    )


def _parameters(node: Node) -> Iterator[s.Parameter]:
    for child in node.named_children:
        annotation, default = child.child_by_field_name("type"), child.child_by_field_name("value")
        target = child.child_by_field_name("name") or child
        if child.type == "typed_parameter" and child.named_children:
            target = child.named_children[0]
        if target.type not in {"identifier", "list_splat_pattern", "dictionary_splat_pattern"}:
            continue
        text = source_text(target)
        yield s.Parameter(
            name=text.lstrip("*"),
            annotation=expression(annotation) if annotation is not None else None,
            default=expression(default) if default is not None else None,
            kind="*" * (len(text) - len(text.lstrip("*"))),
        )


def _class(node: Node, decorators: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    superclasses = node.child_by_field_name("superclasses")
    given = tuple(arguments(superclasses)) if superclasses is not None else ()
    if name is None:
        return
    yield s.Class(
        name=source_text(name),
        bases=tuple(argument.value for argument in given if not argument.name),
        keywords=tuple(argument for argument in given if argument.name),
        decorators=decorators,
        body=statements(body) if body is not None else (),
        line=node.start_point.row + 1,
        last_line=node.end_point.row + 1,
    )


def _branch(node: Node, _: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    otherwise: tuple[s.Statement, ...] = ()
    for part in reversed(node.children_by_field_name("alternative")):
        otherwise = (_one_branch(part, otherwise),) if part.type == "elif_clause" else _in_blocks(part)
    yield _one_branch(node, otherwise)


def _one_branch(node: Node, otherwise: tuple[s.Statement, ...]) -> s.Branch:
    test, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    return s.Branch(
        test=expression(test) if test is not None else s.Other(""),
        body=statements(body) if body is not None else (),
        otherwise=otherwise,
    )


def _in_blocks(node: Node) -> tuple[s.Statement, ...]:
    blocks = [child for child in node.named_children if child.type == "block"]
    return tuple(found for block in blocks for found in statements(block))


def _loop(node: Node, _: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    target, iterable = node.child_by_field_name("left"), node.child_by_field_name("right")
    body = node.child_by_field_name("body")
    if target is not None and iterable is not None and body is not None:
        yield s.Loop(expression(target), expression(iterable), statements(body))


def _in_place(node: Node, _: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    for child in node.named_children:
        if child.type == "block":
            yield s.Block(_case_bodies(child) or statements(child), is_spare=False)
        elif child.type in {"else_clause", "finally_clause"}:
            yield s.Block(_in_blocks(child), is_spare=False)
        elif child.type in {"except_clause", "except_group_clause"}:
            yield s.Block(_in_blocks(child), is_spare=True)


def _case_bodies(node: Node) -> tuple[s.Statement, ...]:
    cases = [child for child in node.named_children if child.type == "case_clause"]
    return tuple(s.Block(_in_blocks(case), is_spare=True) for case in cases)


def _return(node: Node, _: tuple[s.Expression, ...]) -> Iterator[s.Statement]:
    values = [child for child in node.named_children if child.type != "comment"]
    yield s.Return(expression(values[0]) if values else None)


_Lower = Callable[[Node, tuple[s.Expression, ...]], Iterator[s.Statement]]
_DEFINITIONS: Mapping[str, _Lower] = {"function_definition": _function, "class_definition": _class}
_STATEMENTS: Mapping[str, _Lower] = {
    **_DEFINITIONS,
    "decorated_definition": _decorated,
    "expression_statement": _expression_statement,
    "type_alias_statement": _type_alias,
    "import_statement": _plain_import,
    "import_from_statement": _from_import,
    "if_statement": _branch,
    "for_statement": _loop,
    "with_statement": _in_place,
    "try_statement": _in_place,
    "while_statement": _in_place,
    "match_statement": _in_place,
    "return_statement": _return,
}
