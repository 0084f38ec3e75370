# src/python_coder/recipes/row_tests.py — tests that store, read and change rows, and what such tests need
from dataclasses import dataclass
from functools import cached_property

from python_coder.recipes.columns import quoted
from python_coder.recipes.fields import FieldSpec, FieldType
from python_coder.recipes.http_tests import HttpTests
from python_coder.recipes.plan import Plan

_INDENT = "    "


@dataclass(frozen=True)
class RowTests:
    """Writes tests of fields that a client sends and gets back."""

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
        http, changes = self.http, self._changes
        head = (
            f"{http.start} make_body({http.parameters(changes)}) -> dict[str, Any]:"
            if self._has_parents
            else "def make_body(**changes: object) -> dict[str, Any]:"
        )
        return [
            head,
            f"{_INDENT}return {{{pairs}, **changes}}",
            "",
            "",
            f"{http.start} create_{self.one}({http.parameters(changes)}) -> dict[str, Any]:",
            f"{_INDENT}data = {self.body_call('**changes')}",
            f"{_INDENT}response = {http.call('post', 'URL', 'json=data')}",
            f"{_INDENT}assert response.status_code == {http.status('create')}, response.text",
            f"{_INDENT}row: dict[str, Any] = response.json()",
            f"{_INDENT}return row",
            "",
            "",
        ]

    @property
    def _changes(self) -> str:
        """The parameter for changed fields; what is given before it must not clash with a field's name."""
        return "/, **changes: object" if self.http.arguments() else "**changes: object"

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
        return http.function(f"create_stores_{self.one}", body, "changes: dict[str, Any]", cases=cases)

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
        return http.function(
            "update_changes_only_what_is_sent", body, "changes: dict[str, Any]", cases=http.cases('"changes"', rows)
        )


def _dashed(spec: FieldSpec) -> str:
    return spec.name.replace("_", "-")


def _equals(expression: str) -> str:
    if expression in {"None", "True", "False"}:
        return f"is {expression}"
    return f"== {expression}" if expression else "is not None"
