# src/python_coder/service_map/reading/evaluation.py — what an expression stands for
from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.host import Host, as_text
from python_coder.service_map.reading.source import parse_expression
from python_coder.service_map.reading.values import (
    UNKNOWN,
    AnnotatedType,
    Arguments,
    External,
    Many,
    Opaque,
    Pairs,
    Scope,
    Text,
    TypeOf,
    Value,
)

_MOST_TEXT = 80


def evaluate(host: Host, node: s.Expression, scope: Scope) -> Value:
    """The value of an expression. What cannot be told is opaque, never an error."""
    match node:
        case s.Name(name):
            return scope.find(name) or External(f"builtins.{name}")
        case s.Attribute(value, name):
            found = host.attribute(host.settle(host.evaluate(value, scope)), name)
            return found if found is not None else Opaque(s.text_of(node))
        case s.Call():
            return _call(host, node, scope)
        case s.String(text):
            return Text(text)
        case s.Formatted(parts):
            whole = Text("")
            for part in parts:
                whole += as_text(host, host.evaluate(part, scope), s.text_of(part))
            return whole
        case _:
            return _compound(host, node, scope)


def evaluate_annotation(host: Host, node: s.Expression, scope: Scope) -> Value:
    """The value of an annotation: one in quotes is read like one without."""
    inner = parse_expression(node.text) if isinstance(node, s.String) else node
    return host.settle(host.evaluate(inner, scope))


def _compound(host: Host, node: s.Expression, scope: Scope) -> Value:
    found: Value
    match node:
        case s.Sequence(items):
            found = _display(host, items, scope)
        case s.Dictionary(pairs):
            found = _dictionary(host, pairs, scope)
        case s.Index():
            found = _index(host, node, scope)
        case s.Binary():
            found = _binary(host, node, scope)
        case s.Choice(first, second):
            chosen = host.settle(host.evaluate(first, scope))
            found = host.evaluate(second, scope) if isinstance(chosen, Opaque) else chosen
        case s.Star(value):
            found = host.evaluate(value, scope)
        case _:
            found = Opaque(s.text_of(node))
    return found


def _call(host: Host, node: s.Call, scope: Scope) -> Value:
    function = host.settle(host.evaluate(node.function, scope))
    found = host.call(function, evaluated(host, node, scope), scope, node.line)
    return Opaque(s.text_of(node)[:_MOST_TEXT]) if found == UNKNOWN else found


def evaluated(host: Host, node: s.Call, scope: Scope) -> Arguments:
    """The arguments of a call, unpacked as far as they can be read."""
    found = Arguments()
    for argument in node.arguments:
        value = host.evaluate(argument.value, scope)
        if argument.name == "*":
            settled = host.settle(value)
            found.positional += settled.items if isinstance(settled, Many) else []
        elif argument.name == "**":
            settled = host.settle(value)
            pairs = settled.pairs if isinstance(settled, Pairs) else []
            found.named.update({key.text: item for key, item in pairs if isinstance(key, Text)})
        elif argument.name:
            found.named[argument.name] = value
            found.nodes[argument.name] = argument.value
        else:
            found.nodes[str(len(found.positional))] = argument.value
            found.positional.append(value)
    return found


def _display(host: Host, items: tuple[s.Expression, ...], scope: Scope) -> Many:
    found = Many([])
    for item in items:
        value = host.evaluate(item, scope)
        if not isinstance(item, s.Star):
            found.items.append(value)
            continue
        settled = host.settle(value)
        if isinstance(settled, Many):
            found.items += settled.items
        found.is_whole = found.is_whole and isinstance(settled, Many)
    return found


def _dictionary(host: Host, pairs: tuple[tuple[s.Expression | None, s.Expression], ...], scope: Scope) -> Pairs:
    found: list[tuple[Value, Value]] = []
    for key, value in pairs:
        item = host.evaluate(value, scope)
        if key is not None:
            found.append((host.settle(host.evaluate(key, scope)), item))
            continue
        settled = host.settle(item)
        found += settled.pairs if isinstance(settled, Pairs) else []
    return Pairs(found)


def _index(host: Host, node: s.Index, scope: Scope) -> Value:
    origin = host.settle(host.evaluate(node.value, scope))
    if isinstance(origin, External) and origin.last == "Annotated" and node.items:
        parts = [host.evaluate(item, scope) for item in node.items]
        return AnnotatedType(evaluate_annotation(host, node.items[0], scope), tuple(parts[1:]))
    if isinstance(origin, Pairs | Many):
        found = _item(origin, host.settle(host.evaluate(node.items[0], scope))) if node.items else None
        return found if found is not None else Opaque(s.text_of(node))
    if isinstance(origin, External) and origin.last == "Literal":
        return origin
    return TypeOf(origin, tuple(evaluate_annotation(host, item, scope) for item in node.items))


def _item(origin: Pairs | Many, key: Value) -> Value | None:
    if isinstance(origin, Many):
        number = key.text if isinstance(key, Opaque) else ""
        whole = origin.items
        return whole[int(number)] if number.lstrip("-").isdigit() and -len(whole) <= int(number) < len(whole) else None
    return next((item for known, item in origin.pairs if known == key and isinstance(key, Text)), None)


def _binary(host: Host, node: s.Binary, scope: Scope) -> Value:
    if node.operator == "|":
        parts = (evaluate_annotation(host, node.left, scope), evaluate_annotation(host, node.right, scope))
        return TypeOf(External("typing.Union"), parts)
    left, right = host.settle(host.evaluate(node.left, scope)), host.settle(host.evaluate(node.right, scope))
    if node.operator == "+" and isinstance(left, Many) and isinstance(right, Many):
        return Many([*left.items, *right.items], left.is_whole and right.is_whole)
    if node.operator == "+" and (isinstance(left, Text) or isinstance(right, Text)):
        return as_text(host, left, s.text_of(node.left)) + as_text(host, right, s.text_of(node.right))
    if node.operator == "%" and isinstance(left, Text):
        return _filled(host, left, right, s.text_of(node.right))
    if node.operator in {"or", "and"}:
        first, second = (left, right) if node.operator == "or" else (right, left)
        return second if isinstance(first, Opaque) else first
    return Opaque(s.text_of(node))


def _filled(host: Host, pattern: Text, value: Value, shown: str) -> Value:
    """`pattern % value`."""
    parts = [as_text(host, item, shown) for item in (value.items if isinstance(value, Many) else [value])]
    try:
        text = pattern.text % tuple(part.text for part in parts)
    except (TypeError, ValueError):
        return UNKNOWN
    return Text(text, pattern.is_exact and all(part.is_exact for part in parts))
