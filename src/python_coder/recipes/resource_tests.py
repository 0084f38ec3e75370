# src/python_coder/recipes/resource_tests.py — the tests of a new resource
import re
from dataclasses import dataclass
from functools import cached_property

from python_coder.recipes.columns import quoted
from python_coder.recipes.fields import FieldSpec, FieldType
from python_coder.recipes.http_tests import HttpTests
from python_coder.recipes.plan import Plan
from python_coder.recipes.reference_tests import missing_id, reference_test
from python_coder.service_map.source import ParameterFact

_INDENT = "    "
_LIMITS = frozenset({"limit", "page_size", "per_page", "size"})


@dataclass(frozen=True)
class ResourceTests:
    """Writes the test module of a new resource."""

    plan: Plan

    @cached_property
    def http(self) -> HttpTests:
        """How tests talk to the service."""
        return HttpTests(self.plan)

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The resource's fields."""
        return self.plan.fields

    @property
    def one(self) -> str:
        """Snake-case name of the resource."""
        return self.plan.naming.one

    def write(self) -> tuple[str, str]:
        """Path and text of the module."""
        style = self.plan.house.tests
        path = self.plan.renamer.path(style.source.path)
        if path == style.source.path:
            path = self.http.new_path(f"test_{self.plan.naming.many}.py")
        lines = [*self.http.parent_helpers(), *self._helpers(), *self._stores(), *self._defaults(), *self._lists()]
        lines += [
            *self._pages(),
            *self._updates(),
            *self._refusals(),
            *self._moments(),
            *self._nulls(),
            *self._clashes(),
        ]
        lines += [*self._references(), *self._deletes(), *self._unknown(), *self._strangers(), *self._owners()]
        purpose = f"endpoints of {self.plan.naming.spoken_many}"
        url = self.plan.renamer.code(style.url)
        return path, self.http.module(path, purpose, lines, url)

    @property
    def _has_parents(self) -> bool:
        return any(self.http.parents.get(spec.target) is not None for spec in self.fields)

    def body_call(self, *arguments: str) -> str:
        """A call of the helper that makes a body."""
        if self._has_parents:
            return f"{self.http.wait}make_body({self.http.arguments(*arguments)})"
        return f"make_body({', '.join(arguments)})"

    def _pairs(self) -> list[str]:
        return [f"{quoted(spec.name)}: {self.http.value(spec)}" for spec in self.fields]

    def _helpers(self) -> list[str]:
        pairs = ", ".join(self._pairs())
        http, changes = self.http, "**changes: object"
        typed = http.annotation("dict[str, Any]")
        head = (
            f"{http.start} make_body({http.parameters(changes)}){typed}:"
            if self._has_parents
            else f"def make_body({changes}){typed}:"
        )
        row = "row: dict[str, Any] = response.json()" if typed else "row = response.json()"
        return [
            head,
            f"{_INDENT}return {{{pairs}, **changes}}",
            "",
            "",
            f"{http.start} create_{self.one}({http.parameters(changes)}){typed}:",
            f"{_INDENT}data = {self.body_call('**changes')}",
            f"{_INDENT}response = {http.call('post', 'URL', 'json=data')}",
            f"{_INDENT}assert response.status_code == {http.status('create')}, response.text",
            f"{_INDENT}{row}",
            f"{_INDENT}return row",
            "",
            "",
        ]

    def _create(self, *arguments: str) -> str:
        return f"{self.http.wait}create_{self.one}({self.http.arguments(*arguments)})"

    def _plain_fields(self) -> list[FieldSpec]:
        """Fields whose values can stand in a table of cases: no references, nothing made anew."""
        return [spec for spec in self.fields if spec.type is not FieldType.REFERENCE and not spec.is_unique]

    def _change_rows(self, *, is_update: bool) -> list[str]:
        """Cases of one changed field each. SQLAlchemy reads a null on creation as left out, so that defaults win."""
        rows = [
            f"pytest.param({{{quoted(spec.name)}: {self.http.value(spec, is_other=True)}}}, id={quoted(_dashed(spec))})"
            for spec in self._plain_fields()
        ]
        return rows + [
            f"pytest.param({{{quoted(spec.name)}: None}}, id={quoted('no-' + _dashed(spec))})"
            for spec in self.fields
            if spec.is_optional and (is_update or spec.default is None)
        ]

    def _stores(self) -> list[str]:
        http = self.http
        body = [
            f"data = {self.body_call('**changes')}",
            f"response = {http.call('post', 'URL', 'json=data')}",
            f"assert response.status_code == {http.status('create')}, response.text",
            "row = response.json()",
            "assert {name: row[name] for name in data} == data",
            'row_id = row["id"]',
            f"found = {http.call('get', http.item_url)}",
            "assert found.status_code == 200",
            "assert found.json() == row",
        ]
        rows = ['pytest.param({}, id="all-fields")', *self._change_rows(is_update=False)]
        cases = http.cases('"changes"', rows)
        parameter = "changes: dict[str, Any]" if http.house.returns_none else "changes"
        return http.function(f"create_stores_{self.one}", body, parameter, cases=cases)

    def _defaults(self) -> list[str]:
        left_out = [spec for spec in self.fields if not spec.is_required]
        if not left_out:
            return []
        names = ", ".join(quoted(spec.name) for spec in left_out)
        http = self.http
        known = [f"assert row[{quoted(s.name)}] {_equals(http.stored_default(s))}" for s in left_out]
        body = [
            f"data = {self.body_call()}",
            f"for name in ({names}{',' if len(left_out) == 1 else ''}):",
            f"{_INDENT}del data[name]",
            f"response = {http.call('post', 'URL', 'json=data')}",
            f"assert response.status_code == {http.status('create')}, response.text",
            "row = response.json()",
            *known,
        ]
        return http.function("create_fills_in_what_is_left_out", body, cases=())

    def _rows_of(self, response: str) -> str:
        listing = self.plan.sibling.listing
        if listing is None:
            return f"{response}.json()"
        attributes = self.plan.house.reader.index.attributes(listing)
        key = next(
            (name for name, fact in attributes.items() if re.match(r"(list|List|Sequence)\[", fact.annotation)), "data"
        )
        return f'{response}.json()["{self.plan.renamer.identifier(key)}"]'

    def _lists(self) -> list[str]:
        http = self.http
        body = [
            f"first = {self._create()}",
            f"second = {self._create()}",
            f"response = {http.call('get', 'URL')}",
            "assert response.status_code == 200",
            f"rows = {self._rows_of('response')}",
            "assert first in rows",
            "assert second in rows",
        ]
        return http.function(f"list_shows_{self.plan.naming.many}", body, cases=())

    def _limit(self) -> ParameterFact | None:
        parameters = self.plan.sibling.endpoints["list"].function.parameters
        return next((parameter for parameter in parameters if parameter.name in _LIMITS), None)

    def _pages(self) -> list[str]:
        limit, http = self._limit(), self.http
        if limit is None:
            return []
        one = http.call("get", "URL", f'params={{"{limit.name}": 1}}')
        lines = http.function(
            "list_is_cut_at_the_limit",
            [
                f"{self._create()}",
                f"{self._create()}",
                f"response = {one}",
                f"assert len({self._rows_of('response')}) == 1",
            ],
            cases=(),
        )
        largest = http.call("get", "URL", f'params={{"{limit.name}": 1_000_000}}')
        body = [f"response = {http.call('get', 'URL')}", "assert response.status_code == 200"]
        body += [f"response = {largest}", "assert response.status_code == 422"]
        return lines + http.function("list_refuses_an_endless_page", body, cases=())

    def _updates(self) -> list[str]:
        rows, http = self._change_rows(is_update=True), self.http
        if not rows:
            return []
        method = self.plan.sibling.endpoints["update"].route.method.lower()
        body = [
            f"row = {self._create()}",
            'row_id = row["id"]',
            f"response = {http.call(method, http.item_url, 'json=changes')}",
            f"assert response.status_code == {http.status('update')}, response.text",
            "assert response.json() == {**row, **changes}",
            f"found = {http.call('get', http.item_url)}",
            "assert found.json() == {**row, **changes}",
        ]
        parameter = "changes: dict[str, Any]" if http.house.returns_none else "changes"
        return http.function("update_changes_only_what_is_sent", body, parameter, cases=http.cases('"changes"', rows))

    def _refusals(self) -> list[str]:
        http = self.http
        lines: list[str] = []
        required = [spec for spec in self.fields if spec.is_required]
        if required:
            rows = [quoted(spec.name) for spec in required]
            body = [
                f"data = {self.body_call()}",
                "del data[field]",
                f"response = {http.call('post', 'URL', 'json=data')}",
                "assert response.status_code == 422",
            ]
            parameter = "field: str" if http.house.returns_none else "field"
            lines += http.function("create_needs_field", body, parameter, cases=http.cases('"field"', rows))
        rows = http.bad_rows(self.fields)
        body = [
            *self._before_refusal(),
            f"data = {self.body_call('**{field: value}')}",
            f"response = {http.call('post', 'URL', 'json=data')}",
            "assert response.status_code == 422",
        ]
        parameters = ("field: str", "value: object") if http.house.returns_none else ("field", "value")
        return lines + http.function(
            "create_refuses_value", body, *parameters, cases=http.cases('("field", "value")', rows)
        )

    def _before_refusal(self) -> list[str]:
        """What shows first that a refusal is about the value, where the service could refuse the field itself."""
        return []

    def _moments(self) -> list[str]:
        names = [spec.name for spec in self._plain_fields() if spec.type is FieldType.DATETIME]
        if not names:
            return []
        http = self.http
        body = [
            f"data = {self.body_call('**{field: sent}')}",
            f"response = {http.call('post', 'URL', 'json=data')}",
            f"assert response.status_code == {http.status('create')}, response.text",
            'assert response.json()[field] == "2035-01-31T09:30:00Z"',
        ]
        cases = http.cases('"field"', [quoted(name) for name in names])
        cases += http.cases('"sent"', ['"2035-01-31T09:30:00"', '"2035-01-31T11:30:00+02:00"'])
        parameters = ("field: str", "sent: str") if http.house.returns_none else ("field", "sent")
        return http.function("moment_is_stored_in_utc", body, *parameters, cases=cases)

    def _nulls(self) -> list[str]:
        required = [spec for spec in self.fields if not spec.is_optional]
        http = self.http
        if not required:
            return []
        method = self.plan.sibling.endpoints["update"].route.method.lower()
        body = [
            f"row = {self._create()}",
            'row_id = row["id"]',
            f"response = {http.call(method, http.item_url, 'json={field: None}')}",
            "assert response.status_code == 422",
            f"found = {http.call('get', http.item_url)}",
            "assert found.json() == row",
        ]
        rows = [quoted(spec.name) for spec in required]
        parameter = "field: str" if http.house.returns_none else "field"
        return http.function("update_refuses_null", body, parameter, cases=http.cases('"field"', rows))

    def _clashes(self) -> list[str]:
        unique = [spec for spec in self.fields if spec.is_unique]
        http = self.http
        if not unique:
            return []
        method = self.plan.sibling.endpoints["update"].route.method.lower()
        body = [
            f"taken = {self._create()}",
            f"data = {self.body_call('**{field: taken[field]}')}",
            f"created = {http.call('post', 'URL', 'json=data')}",
            "assert created.status_code == 409",
            f"other = {self._create()}",
            'row_id = other["id"]',
            f"changed = {http.call(method, http.item_url, 'json={field: taken[field]}')}",
            "assert changed.status_code == 409",
            f"found = {http.call('get', http.item_url)}",
            "assert found.json() == other",
        ]
        rows = [quoted(spec.name) for spec in unique]
        parameter = "field: str" if http.house.returns_none else "field"
        return http.function("taken_value_is_a_conflict", body, parameter, cases=http.cases('"field"', rows))

    def _references(self) -> list[str]:
        lines: list[str] = []
        for spec in self.fields:
            if spec.type is FieldType.REFERENCE:
                lines += self._reference(spec)
        return lines

    def _reference(self, spec: FieldSpec) -> list[str]:
        if spec.target != self.plan.naming.name:
            return self._missing_reference(spec)
        http, method = self.http, self.plan.sibling.endpoints["update"].route.method.lower()
        body = [
            f"first = {self._create()}",
            f"second = {self._create()}",
            'row_id = second["id"]',
            f'changes = {{{quoted(spec.name)}: first["id"]}}',
            f"response = {http.call(method, http.item_url, 'json=changes')}",
            f"assert response.status_code == {http.status('update')}, response.text",
            "assert response.json() == {**second, **changes}",
        ]
        lines = http.function(f"{spec.name}_points_to_another_{self.one}", body, cases=())
        return [*lines, *self._missing_reference(spec)]

    def _missing_reference(self, spec: FieldSpec) -> list[str]:
        return reference_test(self.plan, self.http, spec, self._create(), self.body_call(f"{spec.name}=missing"))

    def _deletes(self) -> list[str]:
        http = self.http
        body = [
            f"row = {self._create()}",
            'row_id = row["id"]',
            f"response = {http.call('delete', http.item_url)}",
            f"assert response.status_code == {http.status('delete')}",
            f"found = {http.call('get', http.item_url)}",
            "assert found.status_code == 404",
        ]
        return http.function(f"delete_removes_{self.one}", body, cases=())

    def _unknown(self) -> list[str]:
        http, naming = self.http, self.plan.naming
        method = self.plan.sibling.endpoints["update"].route.method
        rows = [quoted(name) for name in ("GET", method, "DELETE")]
        request = http.call("request", "method", http.item_url, f'json={{}} if method == "{method}" else None')
        body = [
            f"row_id = {missing_id(self.plan, naming.name)}",
            f"response = {request}",
            "assert response.status_code == 404",
            f"assert {quoted(naming.spoken)} in response.text.lower()",
        ]
        parameter = "method: str" if http.house.returns_none else "method"
        return http.function("unknown_id_is_not_found", body, parameter, cases=http.cases('"method"', rows))

    def _strangers(self) -> list[str]:
        """Without headers nobody gets in, when the sibling's tests send some."""
        http = self.http
        if not http.house.headers:
            return []
        body = [
            f"row = {self._create()}",
            'row_id = row["id"]',
            f"response = {http.wait}{http.house.client}.request(method, {http.item_url})",
            "assert response.status_code in {401, 403}",
        ]
        rows = [quoted(name) for name in ("GET", "DELETE")]
        parameter = "method: str" if http.house.returns_none else "method"
        return http.function("anonymous_client_is_refused", body, parameter, cases=http.cases('"method"', rows))

    def _owners(self) -> list[str]:
        """Somebody else's rows stay hidden, when rows belong to somebody."""
        http, other = self.http, self.http.house.other_headers
        if self.plan.owner is None or not other:
            return []
        method = self.plan.sibling.endpoints["update"].route.method
        request = http.call(
            "request", "method", http.item_url, f'json={{}} if method == "{method}" else None', headers=other
        )
        body = [
            f"row = {self._create()}",
            'row_id = row["id"]',
            f"response = {request}",
            "assert response.status_code == 403",
        ]
        typed = f"{other}: {http.house.headers_type}" if http.house.headers_type else other
        parameters = (typed, "method: str") if http.house.returns_none else (typed, "method")
        rows = [quoted(name) for name in ("GET", method, "DELETE")]
        lines = http.function("foreign_row_is_refused", body, *parameters, cases=http.cases('"method"', rows))
        body = [
            f"row = {self._create()}",
            f"data = {self.body_call()}",
            f"created = {http.call('post', 'URL', 'json=data', headers=other)}",
            f"response = {http.call('get', 'URL', headers=other)}",
            "assert response.status_code == 200",
            f"rows = {self._rows_of('response')}",
            "assert row not in rows",
            "assert created.json() in rows",
        ]
        return lines + http.function("list_shows_own_rows_only", body, typed, cases=())


def _dashed(spec: FieldSpec) -> str:
    return spec.name.replace("_", "-")


def _equals(expression: str) -> str:
    if expression in {"None", "True", "False"}:
        return f"is {expression}"
    return f"== {expression}" if expression else "is not None"
