# tests/services/test_query_honest.py — what an analyst asks is taken, and answered rightly
from collections.abc import Iterator

import pytest
from honest_queries import ANY, HONEST
from postgres_server import PostgresServer
from query_shop import Shop, make_shop, open_shop

pytestmark = pytest.mark.postgres

LEAST_SHARE = 0.98


@pytest.fixture(scope="module")
def shop(postgres_server: PostgresServer) -> Iterator[Shop]:
    with open_shop(make_shop(postgres_server.new_database("analysed"))) as opened:
        yield opened


async def test_nearly_all_are_taken(shop: Shop) -> None:
    refused = {name: why for name, (sql, _) in HONEST.items() if (why := await shop.refusal(sql))}
    assert len(HONEST) >= 130
    assert len(refused) <= len(HONEST) * (1 - LEAST_SHARE), refused


@pytest.mark.parametrize("name", [name for name, (_, rows) in HONEST.items() if rows is not ANY])
async def test_answer_is_right(shop: Shop, name: str) -> None:
    sql, rows = HONEST[name]
    assert await shop.rows(sql) == rows
