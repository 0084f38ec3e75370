# src/python_coder/service_map/reading/expressions.py — from tree-sitter's expressions to the small syntax
import ast
from collections.abc import Callable, Iterator, Mapping

from tree_sitter import Node

from python_coder.service_map.reading import syntax as s

_MOST_TEXT = 80
"""Longest text, in characters, that is kept of an expression nobody evaluates."""


def source_text(node: Node) -> str:
    """The text of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def expression(node: Node) -> s.Expression:
    """One expression; what nobody evaluates is kept as text."""
    lower = _EXPRESSIONS.get(node.type)
    return lower(node) if lower is not None else s.Other(" ".join(source_text(node)[:_MOST_TEXT].split()))


def arguments(node: Node) -> Iterator[s.Argument]:
    """The arguments between the parentheses of a call or a class."""
    for child in node.named_children:
        if child.type == "comment":
            continue
        name, value = "", child
        if child.type == "keyword_argument":
            key, given = child.child_by_field_name("name"), child.child_by_field_name("value")
            if key is None or given is None:
                continue
            name, value = source_text(key), given
        elif child.type in {"list_splat", "dictionary_splat"} and child.named_children:
            name, value = ("*" if child.type == "list_splat" else "**"), child.named_children[0]
        yield s.Argument(name, expression(value))


def _name(node: Node) -> s.Expression:
    return s.Name(source_text(node))


def _inner(node: Node) -> s.Expression:
    inner = [child for child in node.named_children if child.type != "comment"]
    return expression(inner[0]) if inner else s.Other(source_text(node))


def _attribute(node: Node) -> s.Expression:
    value, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
    if value is None or name is None:
        return s.Other(source_text(node))
    return s.Attribute(expression(value), source_text(name))


def _call(node: Node) -> s.Expression:
    function, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or given is None or given.type != "argument_list":
        return s.Other(source_text(node)[:_MOST_TEXT])
    return s.Call(expression(function), tuple(arguments(given)), node.start_point.row + 1)


def _string(node: Node) -> s.Expression:
    start = source_text(node.children[0]) if node.children else ""
    prefix = start.rstrip("\"'").lower()
    if "b" in prefix:
        return s.Other(source_text(node)[:_MOST_TEXT])
    parts: list[s.Expression] = []
    for child in node.named_children:
        if child.type == "string_content":
            text = source_text(child)
            text = text.replace("{{", "{").replace("}}", "}") if "f" in prefix else text
            parts.append(s.String(text if "r" in prefix or "\\" not in text else _unescaped(text)))
        elif child.type == "interpolation":
            inner = child.child_by_field_name("expression")
            parts.append(expression(inner) if inner is not None else s.Other(source_text(child)))
    return _joined(parts)


def _unescaped(text: str) -> str:
    # Only a string literal is evaluated, never code; new syntax cannot matter here.
    try:
        return str(ast.literal_eval('"""' + text.replace('"', '\\"') + '"""'))
    except (SyntaxError, ValueError):
        return text


def _joined(parts: list[s.Expression]) -> s.Expression:
    if all(isinstance(part, s.String) for part in parts):
        return s.String("".join(part.text for part in parts if isinstance(part, s.String)))
    return s.Formatted(tuple(parts))


def _concatenated(node: Node) -> s.Expression:
    parts: list[s.Expression] = []
    for child in node.named_children:
        if child.type == "string":
            found = expression(child)
            parts += found.parts if isinstance(found, s.Formatted) else (found,)
    return _joined(parts)


def _display(node: Node) -> s.Expression:
    return s.Sequence(tuple(expression(child) for child in node.named_children if child.type != "comment"))


def _dictionary(node: Node) -> s.Expression:
    pairs: list[tuple[s.Expression | None, s.Expression]] = []
    for child in node.named_children:
        key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if child.type == "pair" and key is not None and value is not None:
            pairs.append((expression(key), expression(value)))
        elif child.type == "dictionary_splat":
            pairs.append((None, _inner(child)))
    return s.Dictionary(tuple(pairs))


def _subscript(node: Node) -> s.Expression:
    value = node.child_by_field_name("value")
    if value is None:
        return s.Other(source_text(node)[:_MOST_TEXT])
    found = tuple(expression(child) for child in node.children_by_field_name("subscript"))
    if len(found) == 1 and isinstance(found[0], s.Sequence):
        found = found[0].items
    return s.Index(expression(value), found)


def _generic(node: Node) -> s.Expression:
    value, *rest = node.named_children
    items = [child for part in rest for child in part.named_children if child.type != "comment"]
    return s.Index(expression(value), tuple(map(expression, items)))


def _binary(node: Node) -> s.Expression:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None:
        children = node.named_children
        left, right = children[0], children[-1]
    return s.Binary(expression(left), source_text(operator) if operator is not None else "|", expression(right))


def _choice(node: Node) -> s.Expression:
    parts = [child for child in node.named_children if child.type != "comment"]
    return s.Choice(expression(parts[0]), expression(parts[-1]))


def _walrus(node: Node) -> s.Expression:
    value = node.child_by_field_name("value")
    return expression(value) if value is not None else s.Other(source_text(node)[:_MOST_TEXT])


def _star(node: Node) -> s.Expression:
    return s.Star(_inner(node))


_EXPRESSIONS: Mapping[str, Callable[[Node], s.Expression]] = {
    "identifier": _name,
    "attribute": _attribute,
    "member_type": _attribute,
    "call": _call,
    "string": _string,
    "concatenated_string": _concatenated,
    "list": _display,
    "tuple": _display,
    "set": _display,
    "expression_list": _display,
    "pattern_list": _display,
    "tuple_pattern": _display,
    "list_pattern": _display,
    "dictionary": _dictionary,
    "subscript": _subscript,
    "generic_type": _generic,
    "union_type": _binary,
    "binary_operator": _binary,
    "boolean_operator": _binary,
    "conditional_expression": _choice,
    "named_expression": _walrus,
    "type": _inner,
    "parenthesized_expression": _inner,
    "await": _inner,
    "list_splat": _star,
    "splat_type": _star,
}
