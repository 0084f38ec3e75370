# src/python_coder/recipes/refusal_tests.py — tests of values that must be refused, and of those near the border
from dataclasses import dataclass

from python_coder.recipes.columns import quoted
from python_coder.recipes.fields import FieldSpec, FieldType
from python_coder.recipes.reference_tests import reference_test
from python_coder.recipes.row_tests import RowTests

_INDENT = "    "


@dataclass(frozen=True)
class RefusalTests(RowTests):
    """Writes tests of the rules that fields have."""

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
            lines += http.function("create_needs_field", body, "field: str", cases=http.cases('"field"', rows))
        rows = http.bad_rows(self.fields)
        body = [
            *self._before_refusal(),
            f"data = {self.body_call('**{field: value}')}",
            f"response = {http.call('post', 'URL', 'json=data')}",
            "assert response.status_code == 422",
        ]
        return lines + http.function(
            "create_refuses_value", body, "field: str", "value: object", cases=http.cases('("field", "value")', rows)
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
        return http.function("moment_is_stored_in_utc", body, "field: str", "sent: str", cases=cases)

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
        return http.function("update_refuses_null", body, "field: str", cases=http.cases('"field"', rows))

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
        return http.function("taken_value_is_a_conflict", body, "field: str", cases=http.cases('"field"', rows))

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
