# src/python_coder/service_map/testing.py — how this project's tests talk to the service
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from python_coder.errors import RecipeRefusedError
from python_coder.service_map.project import Project
from python_coder.service_map.resources import Resource
from python_coder.service_map.routes import RouteReader
from python_coder.service_map.source import (
    HTTP_METHODS,
    FunctionFact,
    ParameterFact,
    SourceFile,
    calls_in,
    code,
    dotted,
    keyword_argument,
)


@dataclass(frozen=True, kw_only=True)
class TestStyle:
    """How one resource is tested over HTTP. A new resource's tests are written alike."""

    __test__ = False

    source: SourceFile
    """The file with the resource's tests."""
    client: str
    """Name of the client: a fixture, or a global of the test file."""
    is_fixture: bool
    client_type: str
    """Annotation of the fixture's parameter; empty when the tests have none."""
    is_async: bool
    marker: str
    """Decorator of the asynchronous tests, such as `@pytest.mark.anyio`; empty when none is needed."""
    url: str
    """Expression of the collection's address."""
    has_slash: bool
    """Whether that address ends in a slash."""
    headers: str
    """Fixture with the headers of a client that may do everything; empty when no headers are sent."""
    headers_type: str
    other_headers: str
    """Fixture with the headers of somebody who does not own the rows; empty when tests have none."""


@dataclass(frozen=True, kw_only=True)
class _Call:
    source: SourceFile
    function: FunctionFact
    call: cst.Call
    client: str
    url: cst.BaseExpression
    path: str


def read_test_style(project: Project, routes: RouteReader, resource: Resource) -> TestStyle:
    """Find how the tests create this resource.

    Raises:
        RecipeRefusedError: No test sends a POST to its address through a client.
    """
    wanted = resource.collection.rstrip("/")
    posts = [call for source in project.tests for call in _http_calls(routes, source, "post")]
    matching = [call for call in posts if call.path.rstrip("/") == wanted and keyword_argument(call.call, "json")]
    if not matching:
        raise RecipeRefusedError(
            f'The tests of {resource.words.many} were not found: no call such as `client.post("{resource.collection}", '
            f"json=…)` in {len(project.tests)} test files below `{project.root or '.'}`."
        )
    best = min(
        matching, key=lambda found: (resource.words.one not in posixpath.basename(found.source.path), found.source.path)
    )
    parameters = {parameter.name: parameter for parameter in best.function.parameters}
    headers = dotted(keyword_argument(best.call, "headers"))
    if headers and headers not in parameters:
        raise RecipeRefusedError(f"The tests send `headers={headers}`, which is no fixture; that cannot be followed.")
    return TestStyle(
        source=best.source,
        client=best.client,
        is_fixture=best.client in parameters,
        client_type=parameters[best.client].annotation if best.client in parameters else "",
        is_async=best.function.is_async,
        marker=_marker(best.function),
        url=_url(best),
        has_slash=best.path.endswith("/"),
        headers=headers,
        headers_type=parameters[headers].annotation if headers else "",
        other_headers=_other_headers(best.source, headers),
    )


def _http_calls(routes: RouteReader, source: SourceFile, method: str) -> Iterator[_Call]:
    for function in source.functions:
        for call in calls_in(function.node):
            if not isinstance(call.func, cst.Attribute) or call.func.attr.value != method or not call.args:
                continue
            client, url = dotted(call.func.value), call.args[0].value
            if client and "." not in client and method in HTTP_METHODS:
                yield _Call(
                    source=source,
                    function=function,
                    call=call,
                    client=client,
                    url=url,
                    path=routes.literal(source, url),
                )


def _url(found: _Call) -> str:
    """The address as an expression that stands on its own in another file."""
    if isinstance(found.url, cst.Name) and found.url.value in found.source.assigns:
        return code(found.source.assigns[found.url.value])
    return code(found.url)


def _marker(function: FunctionFact) -> str:
    texts = [code(decorator.decorator) for decorator in function.node.decorators]
    found = next((text for text in texts if re.fullmatch(r"pytest\.mark\.(asyncio|anyio|trio)(\(.*\))?", text)), "")
    return f"@{found}" if found else ""


def _other_headers(source: SourceFile, own: str) -> str:
    names: list[ParameterFact] = [
        parameter
        for function in source.functions
        if "403" in code(function.node.body)
        for parameter in function.parameters
        if parameter.name != own and "header" in parameter.name
    ]
    return names[0].name if names and own else ""
