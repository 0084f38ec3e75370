# src/python_coder/recipes/reference_tests.py — tests of a field that points to another resource
from python_coder.recipes.columns import quoted
from python_coder.recipes.fields import FieldSpec
from python_coder.recipes.http_tests import HttpTests
from python_coder.recipes.plan import Plan

_INDENT = "    "


def missing_id(plan: Plan, name: str) -> str:
    """An id that no row has."""
    model = plan.sibling.model if name == plan.naming.name else plan.house.reader.models[name]
    column = model.columns.get("id")
    is_uuid = column is not None and "uuid" in column.annotation.lower()
    return "str(uuid4())" if is_uuid else "2_000_000_000"


def reference_test(plan: Plan, http: HttpTests, spec: FieldSpec, create: str, body_with_missing: str) -> list[str]:
    """A test that a reference to nothing is refused, on creation and on change."""
    method = plan.sibling.endpoints["update"].route.method.lower()
    body = [
        f"missing = {missing_id(plan, spec.target)}",
        f"data = {body_with_missing}",
        f"created = {http.call('post', 'URL', 'json=data')}",
        "assert created.status_code == 404",
        f"row = {create}",
        'row_id = row["id"]',
        f"changed = {http.call(method, http.item_url, f'json={{{quoted(spec.name)}: missing}}')}",
        "assert changed.status_code == 404",
        f"found = {http.call('get', http.item_url)}",
        "assert found.json() == row",
    ]
    return http.function(f"{spec.name}_must_exist", body, cases=())
