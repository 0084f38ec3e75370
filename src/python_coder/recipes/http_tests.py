# src/python_coder/recipes/http_tests.py — the tests of a change, in the way the project's tests talk to the service
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from python_coder.errors import RecipeRefusedError
from python_coder.recipes.columns import quoted
from python_coder.recipes.fields import FieldSpec, FieldType
from python_coder.recipes.fixture_types import fixture_type
from python_coder.recipes.imports import Import, wanted_names
from python_coder.recipes.plan import Plan
from python_coder.recipes.rename import Naming, Renamer
from python_coder.recipes.samples import SampleBody, Sampler
from python_coder.recipes.values import bad_values, default_json, good_values, unique_value
from python_coder.service_map.resources import Resource, Role
from python_coder.service_map.source import calls_in, code, dotted, keyword_argument
from python_coder.service_map.testing import TestStyle

_INDENT = "    "


@dataclass(frozen=True)
class HttpTests:
    """Writes test modules over HTTP. Every test fails on a service without the change."""

    plan: Plan

    @property
    def house(self) -> TestStyle:
        """How the sibling's tests are written."""
        return self.plan.house.tests

    @cached_property
    def parents(self) -> dict[str, Resource | None]:
        """Resource behind each reference, by class name; `None` when no endpoint creates it."""
        found: dict[str, Resource | None] = {}
        for spec in self.plan.fields:
            if spec.type is FieldType.REFERENCE:
                self._add_parent(spec.target, found, is_needed=not spec.is_optional)
        return found

    def need(self, name: str) -> None:
        """Have rows of one more resource to point to."""
        self._add_parent(name, self.parents, is_needed=True)

    def _add_parent(self, name: str, found: dict[str, Resource | None], *, is_needed: bool) -> None:
        if name in found or name == self.plan.naming.name:
            return
        resource = next((each for each in self.plan.house.reader.resources if each.model.name == name), None)
        if resource is None and is_needed:
            raise RecipeRefusedError(
                f"Tests need a `{name}` to point to, but no POST endpoint that creates one was found."
            )
        found[name] = resource
        if resource is not None:
            for target in self.sample(resource).references.values():
                self._add_parent(target, found, is_needed=True)

    def sample(self, resource: Resource) -> SampleBody:
        """The least body that creates an existing resource."""
        return Sampler(self.plan.house.reader).body(resource)

    # How calls are written.

    @property
    def wait(self) -> str:
        """`await ` in asynchronous tests."""
        return "await " if self.house.is_async else ""

    @property
    def start(self) -> str:
        """`def`, or `async def` in asynchronous tests."""
        return "async def" if self.house.is_async else "def"

    @cached_property
    def _client(self) -> Import:
        return fixture_type(self.plan, self.house.client)

    @property
    def headers_type(self) -> str:
        """Annotation of fixtures with headers."""
        return self.house.headers_type or "dict[str, str]"

    def parameters(self, *more: str) -> str:
        """Fixtures that every call needs, then the test's own parameters."""
        own: list[str] = []
        if self.house.is_fixture:
            own.append(f"{self.house.client}: {self.house.client_type or self._client.local}")
        if self.house.headers:
            own.append(f"{self.house.headers}: {self.headers_type}")
        return ", ".join([*own, *more])

    def arguments(self, *more: str) -> str:
        """The same as arguments of a helper."""
        own = [self.house.client] if self.house.is_fixture else []
        own += [self.house.headers] if self.house.headers else []
        return ", ".join([*own, *more])

    def call(self, method: str, url: str, *more: str, headers: str | None = None) -> str:
        """A request."""
        given = self.house.headers if headers is None else headers
        rest = [*more, *([f"headers={given}"] if given else [])]
        return f"{self.wait}{self.house.client}.{method}({', '.join([url, *rest])})"

    def function(self, name: str, body: Sequence[str], *parameters: str, cases: Sequence[str]) -> list[str]:
        """One test function."""
        lines = [*cases, *([self.house.marker] if self.house.marker else [])]
        lines.append(f"{self.start} test_{name}({self.parameters(*parameters)}) -> None:")
        return [*lines, *(_INDENT + line for line in body), "", ""]

    def cases(self, names: str, rows: Sequence[str]) -> list[str]:
        """A table of cases; one row is `pytest.param(…)`."""
        return [f"@pytest.mark.parametrize({names}, [{', '.join(rows)}])"]

    @property
    def item_url(self) -> str:
        """Address of the row whose id is in `row_id`."""
        return 'f"{URL}{row_id}"' if self.house.has_slash else 'f"{URL}/{row_id}"'

    def status(self, role: Role, resource: Resource | None = None) -> int:
        """Status of a success."""
        endpoint = (resource or self.plan.sibling).endpoints[role]
        answers = [call for call in calls_in(endpoint.function.node) if dotted(call.func).endswith("Response")]
        declared = [keyword_argument(call, "status_code") for call in (*answers, endpoint.decorator)]
        found = re.search(r"\d{3}", "".join(code(value) for value in declared if value is not None))
        return int(found[0]) if found else 200

    def url_of(self, naming: Naming, collection: str) -> str:
        """Address of another resource's collection, as an expression."""
        if re.fullmatch(r"[\"'][^\"'{}]*[\"']", self.house.url):
            return quoted(collection)
        return Renamer(self.plan.renamer.old, naming).code(self.house.url)

    # Pieces of modules.

    def parent_helpers(self) -> list[str]:
        """Functions that create the rows which references point to; those needed by others first."""
        lines: list[str] = []
        for name, resource in reversed(list(self.parents.items())):
            if resource is not None:
                lines += self._parent_helper(Naming.of_resource(resource), resource, name)
        return lines

    def _parent_helper(self, naming: Naming, resource: Resource, name: str) -> list[str]:
        sample = self.sample(resource)
        pairs = [f"{quoted(key)}: {value}" for key, value in sample.values.items()]
        pairs += [f"{quoted(key)}: {self.create_parent(target)}" for key, target in sample.references.items()]
        kind = "str" if "uuid" in resource.model.columns["id"].annotation.lower() else "int"
        del name
        return [
            f"{self.start} create_{naming.one}({self.parameters()}) -> {kind}:",
            f"{_INDENT}data = {{{', '.join(pairs)}}}",
            f"{_INDENT}response = {self.call('post', self.url_of(naming, resource.collection), 'json=data')}",
            f"{_INDENT}assert response.status_code == {self.status('create', resource)}, response.text",
            f'{_INDENT}row_id: {kind} = response.json()["id"]',
            f"{_INDENT}return row_id",
            "",
            "",
        ]

    def create_parent(self, name: str) -> str:
        """A call that creates a row to point to."""
        resource = self.parents[name]
        one = Naming.of_resource(resource).one if resource is not None else ""
        return f"{self.wait}create_{one}({self.arguments()})"

    def value(self, spec: FieldSpec, *, is_other: bool = False) -> str:
        """An expression for a good value of a field."""
        if spec.type is FieldType.REFERENCE:
            return self.create_parent(spec.target) if self.parents.get(spec.target) is not None else "None"
        if spec.is_unique:
            return unique_value(spec)[0]
        return good_values(spec)[1 if is_other else 0]

    def stored_default(self, spec: FieldSpec) -> str:
        """What a field holds when a client leaves it out; empty when only the service knows."""
        return "None" if spec.default is None else default_json(spec)

    def bad_rows(self, fields: Sequence[FieldSpec]) -> list[str]:
        """Cases of values that must be refused."""
        return [
            f"pytest.param({quoted(bad.field)}, {bad.expression}, id={quoted(bad.name)})"
            for spec in fields
            for bad in bad_values(self.plan, spec)
        ]

    def module(self, path: str, purpose: str, lines: Sequence[str], url: str) -> str:
        """The whole text of a test module."""
        plan = self.plan
        constants = [f"URL = {url}"]
        if any("NUMBERS" in line for line in lines):
            constants.append("NUMBERS = count(1)")
        body = plan.style.lay_out([*constants, "", "", *lines]).rstrip("\n") + "\n"
        imports = plan.importer.block(self._imports(body))
        head = plan.style.lay_out([*plan.house.banner(path, purpose), *imports, *([""] if imports else [])])
        return head + body

    def _imports(self, text: str) -> list[Import]:
        known = {
            "pytest": Import("pytest"),
            "count": Import("itertools", "count"),
            "Any": Import("typing", "Any"),
            "uuid4": Import("uuid", "uuid4"),
            "date": Import("datetime", "date"),
            "datetime": Import("datetime", "datetime"),
            "UTC": Import("datetime", "UTC"),
            **({} if self.house.client_type else {self._client.local: self._client}),
        }
        found: list[Import] = []
        for name in sorted(wanted_names(text)):
            fact = self.house.source.imports.get(name)
            if name == "count" and "NUMBERS" not in text:
                continue  # a field of that name
            if name in known:
                found.append(known[name])
            elif fact is not None:
                plain = fact.original or fact.module.split(".")[0]
                found.append(Import(fact.module, fact.original, "" if plain == fact.name else fact.name))
        if not self.house.is_fixture and self.house.client not in {item.local for item in found}:
            raise RecipeRefusedError(
                f"The tests in {self.house.source.path} use a global `{self.house.client}` made in that file; "
                "tests in another file cannot reach it. Make it a fixture first."
            )
        return found

    def new_path(self, name: str) -> str:
        """Path of a new test file beside the sibling's."""
        return posixpath.join(posixpath.dirname(self.house.source.path), name)
