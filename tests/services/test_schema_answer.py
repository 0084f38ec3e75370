# tests/services/test_schema_answer.py — get_schema's answers: whole, in part, in pages, as JSON, without secrets
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from postgres_server import PostgresServer
from schema_samples import AUDIT, SHOP, TENANTS

from python_coder.errors import ToolRefusedError
from python_coder.postgres import schema_reading
from python_coder.tools.postgres.schema_tool import SchemaTools

pytestmark = pytest.mark.postgres

TABLES = 500


def tools(dsn: str) -> SchemaTools:
    @contextlib.asynccontextmanager
    async def connect() -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            await connection.execute("SET TRANSACTION READ ONLY")
            yield connection

    return SchemaTools(connect=connect)


def make(server: PostgresServer, name: str, sql: str) -> SchemaTools:
    dsn = server.new_database(name)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql)  # type: ignore[call-overload]
    return tools(dsn)


@pytest.fixture(scope="module")
def shop(postgres_server: PostgresServer) -> SchemaTools:
    return make(postgres_server, "shop_told", SHOP)


@pytest.fixture(scope="module")
def tenants(postgres_server: PostgresServer) -> SchemaTools:
    return make(postgres_server, "tenants_told", TENANTS)


@pytest.fixture(scope="module")
def audit(postgres_server: PostgresServer) -> SchemaTools:
    return make(postgres_server, "audit_told", AUDIT)


@pytest.fixture(scope="module")
def large(postgres_server: PostgresServer) -> SchemaTools:
    statements = "".join(
        f"CREATE TABLE record_of_some_kind_{n:03} (id serial PRIMARY KEY, parent integer"
        f" REFERENCES record_of_some_kind_{max(0, n - 1):03}, note text, at timestamptz);"
        for n in range(TABLES)
    )
    return make(postgres_server, "large_told", f"{statements} INSERT INTO record_of_some_kind_007 (note) VALUES ('x');")


ONE_TABLE = """\
shop_told on PostgreSQL {version}: 1 table
rows unknown, never analysed: 1 of 1
enums: order_status(draft, placed, paid, shipped, cancelled)
A column takes no null unless it says `null`.
order
  shop_id integer
  number integer
  customer_id bigint → customer(id) on delete RESTRICT
  status order_status = 'draft'::public.order_status
  placed_at timestamp(3) without time zone null
  total numeric(12,2) = 0
  pk_order: PRIMARY KEY (shop_id, number)
  ck_order_placed: CHECK (((status = 'draft'::public.order_status) OR (placed_at IS NOT NULL)))
  index ix_order_open: btree (customer_id, placed_at DESC NULLS LAST) WHERE (status <> 'cancelled'::public.order_status)
  referenced by: order_line(shop_id, number) on delete CASCADE"""


async def test_one_table_is_told_with_all_that_belongs_to_it(shop: SchemaTools) -> None:
    answer = await shop.get_schema(table="order")
    version = answer.partition("PostgreSQL ")[2].partition(":")[0]
    assert answer == ONE_TABLE.format(version=version)


FILTERS = {
    "mask": ({"table": "order*"}, {"order", "order_line"}),
    "question-mark": ({"table": "p?oduct"}, {"product"}),
    "underscore-is-no-mask": ({"table": "order_"}, None),
    "view": ({"table": "open_order"}, {"open_order"}),
    "schema": ({"schema": "pub*"}, {"customer", "open_order", "order", "order_line", "product", "stock_movement"}),
    "both": ({"schema": "public", "table": "*movement"}, {"stock_movement"}),
    "nothing": ({"schema": "pg_catalog"}, None),
    "no-injection": ({"table": "order' OR '1'='1"}, None),
}


@pytest.mark.parametrize(("asked", "names"), FILTERS.values(), ids=FILTERS)
async def test_filters_take_masks(asked: dict[str, str], names: set[str] | None, shop: SchemaTools) -> None:
    if names is None:
        with pytest.raises(ToolRefusedError, match="Nothing in shop_told matches"):
            await shop.get_schema(**asked)
        return
    document = json.loads(await shop.get_schema(**asked, output="json"))
    assert {table["name"] for table in document["tables"]} == names


SUMMARY = {
    "kinds": ": 7 tables, 1 partitioned table, 1 materialized view",
    "schemas": "schemas: metering (6), public (1), tenant (2)",
    "no-key": "without a primary key: metering.invoice",
    "enums": "enums: tenant.plan(free, team, enterprise)",
    "lone-sequences": "sequences that no column owns: metering.invoice_number",
    "unknown-rows": "rows unknown, never analysed: 9 of 9",
}


@pytest.mark.parametrize("words", SUMMARY.values(), ids=SUMMARY)
async def test_the_summary_comes_first(words: str, tenants: SchemaTools) -> None:
    head, _, body = (await tenants.get_schema()).partition("A column takes no null")
    assert words in head
    assert "metering.event_2024" in body


DETAILS = {
    "partitioned": "  partitioned by RANGE (at)",
    "partition": "  partition DEFAULT of metering.event",
    "inherits": "  inherits from metering.document",
    "identity": "  user_no integer identity by default",
    "generated": "  display_name text null generated as upper((slug)::text)",
    "comment": "  seats integer = 3 -- Bought, not used",
    "table-comment": "tenant.account: One paying organisation",
    "view": "metering.monthly materialized view",
    "itself": "  invited_by integer null → tenant.member(user_no) on delete SET NULL",
}


@pytest.mark.parametrize("line", DETAILS.values(), ids=DETAILS)
async def test_details_are_told(line: str, tenants: SchemaTools) -> None:
    assert line in (await tenants.get_schema()).splitlines()


@pytest.mark.parametrize("output", ["text", "json"])
async def test_a_secret_in_a_default_is_masked(output: Any, audit: SchemaTools) -> None:
    answer = await audit.get_schema(table="principal", output=output)
    assert "'[redacted]'::character varying" in answer
    assert "tok-4f9a1c77d2" not in answer


async def test_five_hundred_tables_fit_with_the_summary_first(large: SchemaTools) -> None:
    answer = await large.get_schema()
    lines = answer.splitlines()
    assert len(answer) < 20_000
    assert ": 500 tables" in lines[0]
    assert lines[-TABLES:] == [f"record_of_some_kind_{n:03}" for n in range(TABLES)]


@pytest.mark.parametrize("output", ["text", "json"])
async def test_pages_together_hold_every_table_once(output: Any, large: SchemaTools) -> None:
    names: list[str] = []
    while len(names) < TABLES:
        answer = await large.get_schema(output=output, max_answer_chars=9_000, skip=len(names))
        assert len(answer) <= 9_000
        page = (
            [table["name"] for table in json.loads(answer)["tables"]]
            if output == "json"
            else [line.split()[0] for line in answer.splitlines() if line.startswith("record_")]
        )
        assert page
        names += page
    assert names == [f"record_of_some_kind_{n:03}" for n in range(TABLES)]


@pytest.mark.parametrize(("asked", "most"), [({}, 7), ({"table": "record_of_some_kind_1*"}, 8)], ids=["all", "part"])
async def test_few_statements_read_it_however_many_tables_there_are(
    asked: dict[str, str], most: int, large: SchemaTools
) -> None:
    async with large.connect() as connection:
        log: list[str] = []
        execute = psycopg.AsyncCursor.execute

        class Counting(psycopg.AsyncCursor[Any]):
            async def execute(self, query: Any, *args: Any, **more: Any) -> Any:
                log.append(str(query))
                return await execute(self, query, *args, **more)

        connection.cursor_factory = Counting
        found = await schema_reading.read_schema(connection, **asked)
    assert len(found.tables) == (100 if asked else TABLES)
    assert len(log) == most


async def test_estimates_are_told_once_the_table_was_analysed(large: SchemaTools) -> None:
    async with large.connect() as connection:
        await connection.rollback()
        await connection.execute("ANALYZE record_of_some_kind_007")
        await connection.commit()
    answer = await large.get_schema()
    assert "most rows, estimated: record_of_some_kind_007 ~1" in answer
    assert "rows unknown, never analysed: 499 of 500" in answer
