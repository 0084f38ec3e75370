# tests/test_items.py — endpoints of items
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

URL = "/v1/items"
DESK = {"name": "Desk", "description": "Oiled.", "price": "349.90"}


async def create(client: AsyncClient, **changes: object) -> dict[str, Any]:
    response = await client.post(URL, json={**DESK, **changes})
    assert response.status_code == 201, response.text
    item: dict[str, Any] = response.json()
    return item


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        pytest.param(DESK, DESK, id="all-fields"),
        pytest.param(
            {"name": "Desk", "price": "1"}, {"name": "Desk", "description": None, "price": "1.00"}, id="least"
        ),
        pytest.param({**DESK, "name": "  Desk "}, DESK, id="outer-spaces-dropped"),
        pytest.param({**DESK, "price": "9999999999.99"}, {**DESK, "price": "9999999999.99"}, id="largest-price"),
        pytest.param({**DESK, "name": "Søster ✓"}, {**DESK, "name": "Søster ✓"}, id="any-script"),
    ],
)
async def test_create_stores_item(client: AsyncClient, body: dict[str, object], stored: dict[str, object]) -> None:
    response = await client.post(URL, json=body)
    assert response.status_code == 201
    found = (await client.get(f"{URL}/{response.json()['id']}")).json()
    assert found == response.json()
    assert {name: found[name] for name in stored} == stored
    assert found["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"price": "1"}, "body.name", id="no-name"),
        pytest.param({**DESK, "name": " "}, "body.name", id="blank-name"),
        pytest.param({**DESK, "name": "x" * 101}, "body.name", id="long-name"),
        pytest.param({**DESK, "name": "a\0b"}, "body", id="null-character"),
        pytest.param({**DESK, "description": "x" * 1001}, "body.description", id="long-description"),
        pytest.param({**DESK, "price": "-0.01"}, "body.price", id="negative-price"),
        pytest.param({**DESK, "price": "0.001"}, "body.price", id="fraction-of-a-cent"),
        pytest.param({**DESK, "price": "10000000000"}, "body.price", id="price-beyond-column"),
        pytest.param({**DESK, "price": "NaN"}, "body.price", id="not-a-number"),
        pytest.param({**DESK, "id": 7}, "body.id", id="unknown-field"),
        pytest.param([], "body", id="not-an-object"),
    ],
)
async def test_create_refuses(client: AsyncClient, body: object, field: str) -> None:
    response = await client.post(URL, json=body)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["fields"]] == [field]
    assert (await client.get(URL)).json() == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("", ["a", "b", "c"], id="all"),
        pytest.param("?limit=2", ["a", "b"], id="first-page"),
        pytest.param("?limit=2&offset=2", ["c"], id="last-page"),
        pytest.param("?offset=3", [], id="past-the-end"),
    ],
)
async def test_list_pages(client: AsyncClient, query: str, names: list[str]) -> None:
    for name in "abc":
        await create(client, name=name)
    response = await client.get(URL + query)
    assert [item["name"] for item in response.json()] == names


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1", f"offset={2**63}"])
async def test_list_refuses_page(client: AsyncClient, query: str) -> None:
    assert (await client.get(f"{URL}?{query}")).status_code == 422


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"name": "Table"}, {"name": "Table"}, id="one-field"),
        pytest.param({"name": "Desk"}, {"name": "Desk"}, id="same-name"),
        pytest.param({"description": None}, {"description": None}, id="null-where-allowed"),
        pytest.param({"name": "Table", "price": "5"}, {"name": "Table", "price": "5.00"}, id="two-fields"),
    ],
)
async def test_update_changes_only_what_is_sent(
    client: AsyncClient, changes: dict[str, object], stored: dict[str, object]
) -> None:
    item = await create(client)
    response = await client.patch(f"{URL}/{item['id']}", json=changes)
    assert response.status_code == 200
    assert response.json() == {**item, **stored}
    assert (await client.get(f"{URL}/{item['id']}")).json() == {**item, **stored}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"name": None}, id="null-name"),
        pytest.param({"price": None}, id="null-price"),
        pytest.param({"price": "-1"}, id="negative-price"),
        pytest.param({"created_at": "2030-01-01T00:00:00Z"}, id="read-only-field"),
    ],
)
async def test_update_refuses(client: AsyncClient, changes: dict[str, object]) -> None:
    item = await create(client)
    response = await client.patch(f"{URL}/{item['id']}", json=changes)
    assert response.status_code == 422
    assert (await client.get(f"{URL}/{item['id']}")).json() == item


@pytest.mark.parametrize(("field", "is_nullable"), [("name", False), ("price", False), ("description", True)])
def test_update_documents_null_only_where_it_is_taken(app: FastAPI, field: str, is_nullable: bool) -> None:
    described = app.openapi()["components"]["schemas"]["ItemUpdate"]["properties"][field]
    assert ({"type": "null"} in described["anyOf"]) is is_nullable


async def test_delete_removes(client: AsyncClient) -> None:
    item = await create(client)
    response = await client.delete(f"{URL}/{item['id']}")
    assert (response.status_code, response.content) == (204, b"")
    assert (await client.get(f"{URL}/{item['id']}")).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize(("item_id", "status"), [("7", 404), ("0", 422), ("x", 422), (str(2**31), 422)])
async def test_unknown_id(client: AsyncClient, method: str, item_id: str, status: int) -> None:
    response = await client.request(method, f"{URL}/{item_id}", json={} if method == "PATCH" else None)
    assert response.status_code == status


async def test_taken_name_is_a_conflict(client: AsyncClient) -> None:
    await create(client, name="Desk")
    table = await create(client, name="Table")
    created = await client.post(URL, json=DESK)
    renamed = await client.patch(f"{URL}/{table['id']}", json={"name": "Desk", "price": "1.00"})
    assert [created.status_code, renamed.status_code] == [409, 409]
    assert created.json()["code"] == "conflict"
    assert [item["name"] for item in (await client.get(URL)).json()] == ["Desk", "Table"]
    assert (await client.get(f"{URL}/{table['id']}")).json() == table
