# src/python_coder/service_map/requests_sent.py — test files, and which routes they call
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node

from python_coder.service_map.reading import syntax as s
from python_coder.service_map.reading.expressions import expression, source_text
from python_coder.service_map.reading.framework import VERBS
from python_coder.service_map.reading.host import as_text
from python_coder.service_map.reading.interpreter import Interpreter
from python_coder.service_map.reading.lowering import statements
from python_coder.service_map.reading.source import parse_tree
from python_coder.service_map.reading.values import Scope

_TEST = re.compile(r"^\s*(?:async\s+)?def\s+test_\w*", re.MULTILINE)
_FIXTURE = re.compile(r"@[\w.]*fixture\b")
_NAMED_AS_TEST = re.compile(_FIXTURE.pattern + r"(?:(?!\bdef\b).)*\bdef\s+test_", re.DOTALL)
"""A fixture with the name of a test."""
_SENDS = VERBS | {"request", "websocket_connect", "stream", "url_path_for", "url_for"}
_MAY_SEND = re.compile(r"\.(?:" + "|".join(sorted(_SENDS)) + r")\(")
_HOST = re.compile(r"^(?:https?|wss?)://[^/]*")
_UNKNOWN = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, order=True)
class TestCall:
    """One request that a test sends, with an address that could be read."""

    __test__ = False

    method: str
    path: str
    """Without host and query; what is computed is in angle brackets. Empty when `handler` is given."""
    handler: str
    """Name of the handler or of the route whose address is asked for (`url_path_for`)."""
    test: str
    """Function that sends it."""
    line: int
    is_test: bool
    """Whether that function is a test: a fixture or a helper is none, whatever its name."""


@dataclass(frozen=True, order=True)
class TestFile:
    """One file of tests."""

    __test__ = False

    path: str
    tests: int
    """Functions whose names start with `test_`, fixtures left out; none in a `conftest.py`."""
    calls: tuple[TestCall, ...]

    @property
    def is_collected(self) -> bool:
        """Whether pytest looks for tests in it."""
        return _is_collected(self.path)


@dataclass(frozen=True)
class _Sent:
    method: str
    address: s.Expression
    function: "_Function"
    line: int


@dataclass(frozen=True)
class _Function:
    name: str = ""
    is_fixture: bool = False
    local: tuple[s.Assign, ...] = ()


def read_tests(reader: Interpreter, paths: Sequence[str]) -> Iterator[TestFile]:
    """What each test file calls. Addresses made from constants, settings and f-strings are followed."""
    for path in paths:
        text = reader.modules.texts[path]
        count = len(_TEST.findall(text)) - len(_NAMED_AS_TEST.findall(text)) if _is_collected(path) else 0
        sent = _sent(text) if _MAY_SEND.search(text) else ()
        calls = tuple(call for found in sent if (call := _call(reader, path, found)) is not None)
        if count or calls:
            yield TestFile(path, count, calls)


def _call(reader: Interpreter, path: str, found: _Sent) -> TestCall | None:
    scope = Scope(reader.run_file(path).source, parent=reader.run_file(path))
    function = found.function
    for assign in function.local:
        if assign.value is not None and isinstance(assign.value, s.String | s.Formatted | s.Binary):
            reader.execute([assign], scope)
    shown = "…"
    address = as_text(reader, reader.evaluate(found.address, scope), shown)
    is_test = function.name.startswith("test") and not function.is_fixture and _is_collected(path)
    if found.method in {"URL_PATH_FOR", "URL_FOR"}:
        return TestCall("", "", address.text, function.name, found.line, is_test) if address.is_exact else None
    plain = _HOST.sub("", address.text).partition("?")[0]
    if not plain or plain == f"<{shown}>":
        return None
    if not plain.startswith(("/", "<")):
        plain = f"/{plain}"
    return TestCall(found.method, plain, "", function.name, found.line, is_test)


def _is_collected(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test") or name.endswith("_test.py")


@lru_cache(maxsize=4_096)
def _sent(text: str) -> tuple[_Sent, ...]:
    return tuple(_sent_below(parse_tree(text.encode("utf-8", "surrogatepass")).root_node, _Function()))


def _sent_below(node: Node, function: _Function) -> Iterator[_Sent]:
    for child in node.named_children:
        if child.type == "function_definition":
            name, body = child.child_by_field_name("name"), child.child_by_field_name("body")
            if name is not None and body is not None and _MAY_SEND.search(source_text(body)):
                is_fixture = any(
                    _FIXTURE.match(source_text(one)) for one in node.named_children if one.type == "decorator"
                )
                inner = _Function(source_text(name), is_fixture, tuple(_assigns(statements(body))))
                yield from _sent_below(body, inner)
            continue
        if child.type == "call":
            yield from _request(child, function)
        yield from _sent_below(child, function)


def _assigns(body: Sequence[s.Statement]) -> Iterator[s.Assign]:
    for node in body:
        if isinstance(node, s.Assign):
            yield node
        elif isinstance(node, s.Block | s.Loop):
            yield from _assigns(node.body)


def _request(node: Node, function: _Function) -> Iterator[_Sent]:
    callee = node.child_by_field_name("function")
    name = callee.child_by_field_name("attribute") if callee is not None and callee.type == "attribute" else None
    if name is None or source_text(name) not in _SENDS:
        return
    call = expression(node)
    if not isinstance(call, s.Call):
        return
    method = source_text(name)
    given = [argument.value for argument in call.arguments if not argument.name]
    named = {argument.name: argument.value for argument in call.arguments if argument.name}
    if method in {"request", "stream"}:
        first = named.get("method") or (given.pop(0) if given else None)
        method = first.text if isinstance(first, s.String) else "ANY"
    address = named.get("url") or (given[0] if given else None)
    if address is None:
        return
    if isinstance(address, s.Call) and s.text_of(address.function).endswith(("url_path_for", "url_for")):
        return
    method = "WEBSOCKET" if method == "websocket_connect" else method.upper()
    yield _Sent(method, address, function, node.start_point.row + 1)


def calls_route(call: TestCall, methods: tuple[str, ...], path: str, names: Container[str]) -> bool:
    """Whether a test's request would reach a route. What is computed matches any one part of a path."""
    if call.handler:
        return call.handler in names
    if call.method != "ANY" and call.method not in methods:
        return False
    return path_pattern(path).fullmatch(_UNKNOWN.sub("0", call.path).rstrip("/") or "/") is not None


@lru_cache(maxsize=4_096)
def path_pattern(path: str) -> re.Pattern[str]:
    """The paths of requests that a route answers."""
    parts = re.split(r"(\{[^{}]*\}|<[^<>]*>)", path.rstrip("/") or "/")
    text = "".join(
        (r".+" if ":path" in part or part.startswith("<") else r"[^/]+") if part[:1] in {"{", "<"} else re.escape(part)
        for part in parts
    )
    return re.compile(text)
