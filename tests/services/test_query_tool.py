# tests/services/test_query_tool.py — answers, pages, parameters, errors, masks and writes of the query tool
import json
from collections.abc import Iterator

import psycopg
import pytest
from postgres_server import PostgresServer
from query_shop import Shop, make_shop, open_shop

from python_coder.evidence.redaction import REDACTED
from python_coder.postgres.address import parse_address
from python_coder.postgres.masking import MASK, MaskingPolicy
from python_coder.postgres.reader_role import drop_reader, make_reader

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def dsn(postgres_server: PostgresServer) -> str:
    return make_shop(postgres_server.new_database("asked"))


@pytest.fixture(scope="module")
def shop(dsn: str) -> Iterator[Shop]:
    with open_shop(dsn) as opened:
        yield opened


@pytest.fixture
def writing(dsn: str) -> Iterator[Shop]:
    with open_shop(dsn, may_write=True) as opened:
        yield opened


@pytest.fixture
def choosy(dsn: str) -> Iterator[Shop]:
    with open_shop(dsn, policy=MaskingPolicy(hidden=frozenset({"full_name"}), shown=frozenset({"email"}))) as opened:
        yield opened


@pytest.fixture
def bare(dsn: str) -> Iterator[Shop]:
    with open_shop(dsn, policy=MaskingPolicy(is_on=False)) as opened:
        yield opened


@pytest.fixture
def humble(dsn: str) -> Iterator[Shop]:
    """As a role that may write and cannot make roles."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE plain_app LOGIN PASSWORD 'plain-app-word'")
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO plain_app")
        try:
            with open_shop(dsn.replace("postgres@", "plain_app:plain-app-word@")) as opened:
                yield opened
        finally:
            connection.execute("DROP OWNED BY plain_app")
            connection.execute("DROP ROLE plain_app")


PARAMETERS = {
    "number": ("SELECT name FROM employees WHERE id = $1", [1], [["Ada"]]),
    "number-as-text": ("SELECT name FROM employees WHERE id = $1", ["1"], [["Ada"]]),
    "text": ("SELECT $1 || 'b'", ["a"], [["ab"]]),
    "text-that-is-sql": ("SELECT $1::text", ["'; DROP TABLE users; --"], [["'; DROP TABLE users; --"]]),
    "null": ("SELECT $1::int IS NULL", [None], [[True]]),
    "boolean": ("SELECT NOT $1", [True], [[False]]),
    "array": ("SELECT id FROM employees WHERE id = ANY($1) ORDER BY 1", [[2, 1]], [[1], [2]]),
    "array-of-texts": ("SELECT $1::text[]", [["a,b", 'c"d', "\\", None, ""]], [[["a,b", 'c"d', "\\", None, ""]]]),
    "array-of-enums": ("SELECT count(*) > 0 FROM orders WHERE state = ANY($1)", [["new"]], [[True]]),
    "json": ("SELECT $1::jsonb -> 'a'", [{"a": 1.5}], [[1.5]]),
    "date": ("SELECT count(*) FROM orders WHERE ordered_at < $1", ["2024-02-02"], [[2]]),
    "limit": ("SELECT id FROM employees ORDER BY id LIMIT $1", [1], [[1]]),
    "twice": ("SELECT $1::int + $1::int", [2], [[4]]),
}


@pytest.mark.parametrize("name", PARAMETERS)
async def test_parameters_take_the_type_that_the_statement_asks_for(shop: Shop, name: str) -> None:
    sql, values, rows = PARAMETERS[name]
    assert await shop.rows(sql, *values) == rows


ERRORS = {
    "syntax": ("SELECT 1 FORM users", "does not understand the statement at character 15"),
    "column": ("SELECT nonsense FROM users", '42703: column "nonsense" does not exist. At character 8'),
    "hint": ("SELECT full_nam FROM users", 'Hint: Perhaps you meant to reference the column "users.full_name"'),
    "at-run-time": ("SELECT 1 / 0", "22012: division by zero"),
    "value-of-ours": ("SELECT 'abc'::int", '22P02: invalid input syntax for type integer: "abc"'),
    "value-of-theirs": ("SELECT hashed_password::int FROM users", f'type integer: "{MASK}"'),
    "value-by-a-cast-in-where": ("SELECT 1 FROM users WHERE full_name::int = 1", f'type integer: "{MASK}"'),
    "value-with-a-quote": ("SELECT ('\"' || hashed_password)::int FROM users", f'type integer: "{MASK}"'),
    "value-of-one-letter": ("SELECT substr(hashed_password, 1, 1)::int FROM users", f'type integer: "{MASK}"'),
    "value-that-is-in-the-statement": ("SELECT left(hashed_password, 9)::int, 'plainhash' FROM users", f'"{MASK}"'),
    "value-as-a-name": ("SELECT hashed_password::regclass FROM users", f'42P01: relation "{MASK}" does not exist'),
    "value-after-a-colon": ("SELECT ('a.b.c.d.' || hashed_password)::regclass FROM users", f"): {MASK}."),
    "value-in-no-quotes": ("SELECT ('<' || hashed_password)::xml FROM users", "2200N: invalid XML content."),
    "value-as-a-figure": (
        "SELECT get_byte('x', ascii(hashed_password)) FROM users",
        f"index {MASK} out of valid range",
    ),
    "name-at-run-time": ("SELECT 'nonsense'::text::regclass", '42P01: relation "nonsense" does not exist'),
    "parameter-missing": ("SELECT $1::int", "08P01"),
}


@pytest.mark.parametrize("name", ERRORS)
async def test_errors_say_state_and_place_and_no_value(shop: Shop, name: str) -> None:
    sql, message = ERRORS[name]
    told = await shop.refusal(sql)
    assert message in told
    assert "plainhash" not in told.replace(sql, "")


async def test_value_of_a_parameter_is_told(shop: Shop) -> None:
    assert 'type integer: "seven"' in await shop.refusal("SELECT full_name FROM users WHERE id = $1", "seven")


OWN_NAMES = {
    "function": "SELECT lower(full_name) FROM users",
    "function-of-a-row": "SELECT o.summary FROM orders AS o",
    "field-of-a-row": "SELECT (o).summary FROM orders AS o",
    "operator": "SELECT 1 @#@ 'x'",
    "operator-with-schema": "SELECT 1 OPERATOR(public.@#@) 'x'",
}


@pytest.mark.parametrize("name", OWN_NAMES)
async def test_what_the_database_named_like_a_builtin_is_never_called(shop: Shop, name: str) -> None:
    assert "is this database's own" in await shop.refusal(OWN_NAMES[name])


async def test_builtin_tables_and_functions_come_first(shop: Shop) -> None:
    ((path,),) = await shop.rows("SHOW search_path")
    assert path == 'pg_catalog, "postgres", public, pg_temp'


async def test_builtin_is_called_by_its_whole_name(shop: Shop) -> None:
    assert await shop.rows("SELECT pg_catalog.lower('A'), 1 OPERATOR(pg_catalog.+) 1") == [["a", 2]]


async def test_pages_follow_each_other(shop: Shop) -> None:
    sql = "SELECT id FROM orders ORDER BY id"
    first = await shop.answer(sql, limit=30)
    second = await shop.answer(sql, limit=30, offset=first["next_offset"])
    last = await shop.answer(sql, limit=30, offset=90)
    assert (first["rows"] + second["rows"], first["truncated"]) == ([[n] for n in range(1, 61)], True)
    assert (last["row_count"], last["truncated"], "next_offset" in last, "notes" in last) == (10, False, False, False)


async def test_pages_end_where_the_answer_is_full(shop: Shop) -> None:
    seen: list[int] = []
    while True:
        answer = await shop.answer("SELECT id, body FROM products ORDER BY id", offset=len(seen), max_answer_chars=800)
        assert len(json.dumps(answer)) <= 900
        seen += [row[0] for row in answer["rows"]]
        if not answer["truncated"]:
            break
    assert seen == list(range(1, 11))


async def test_pages_without_an_order_say_so(shop: Shop) -> None:
    assert "ORDER BY" in str((await shop.answer("SELECT id FROM orders", limit=5))["notes"])


async def test_long_values_are_cut_by_the_server(shop: Shop) -> None:
    ((cell,),) = await shop.rows("SELECT repeat('ab', 5000)")
    assert cell.endswith("… (10000 characters)")
    assert len(cell) < 2_100


HIDDEN = {
    "plain": "SELECT email FROM users",
    "alias": "SELECT hashed_password AS note FROM users",
    "star": "SELECT * FROM (SELECT hashed_password FROM users) AS x(a)",
    "table-alias": "SELECT b FROM users AS u(a, x, c, b)",
    "concat": "SELECT 'x' || hashed_password FROM users",
    "substring": "SELECT substring(hashed_password FROM 1 FOR 3) FROM users",
    "reverse": "SELECT reverse(hashed_password) FROM users",
    "character-codes": "SELECT ascii(substr(hashed_password, 1, 1)) FROM users",
    "encoded": "SELECT encode(hashed_password::bytea, 'hex') FROM users",
    "hash": "SELECT md5(hashed_password) FROM users",
    "minimum": "SELECT min(hashed_password) FROM users",
    "string-agg": "SELECT string_agg(hashed_password, ',') FROM users",
    "array-agg": "SELECT array_agg(hashed_password) FROM users",
    "window": "SELECT first_value(hashed_password) OVER (ORDER BY id) FROM users",
    "case": "SELECT CASE WHEN true THEN hashed_password END FROM users",
    "coalesce": "SELECT coalesce(hashed_password, '') FROM users",
    "nullif": "SELECT nullif(hashed_password, '') FROM users",
    "array": "SELECT ARRAY[hashed_password] FROM users",
    "row": "SELECT ROW(hashed_password, 1) FROM users",
    "cte": "WITH a(b) AS (SELECT hashed_password FROM users), c AS (SELECT b AS d FROM a) SELECT d FROM c",
    "recursive": (
        "WITH RECURSIVE r(n, t) AS (SELECT 1, '' UNION ALL SELECT n + 1, hashed_password FROM r, users WHERE n < 2) "
        "SELECT t FROM r WHERE n = 2"
    ),
    "subquery": "SELECT (SELECT hashed_password FROM users LIMIT 1)",
    "array-subquery": "SELECT ARRAY(SELECT hashed_password FROM users)",
    "union-second": "SELECT name FROM products WHERE false UNION ALL SELECT hashed_password FROM users",
    "lateral": "SELECT x.v FROM users u, LATERAL (SELECT u.hashed_password AS v) AS x",
    "values": "SELECT v FROM users u, LATERAL (VALUES (u.hashed_password)) AS x(v)",
    "function-in-from": "SELECT x FROM users u, unnest(ARRAY[u.hashed_password]) AS x",
    "split-in-from": "SELECT regexp_split_to_table(hashed_password, '') FROM users",
    "whole-row": "SELECT u FROM users u",
    "whole-row-as-text": "SELECT u::text FROM users u",
    "row-to-json-key": "SELECT row_to_json(u)->>'hashed_password' FROM users u",
    "row-to-json-rename": "SELECT replace(row_to_json(u)::text, 'hashed_password', 'x') FROM users u",
    "jsonb-each": "SELECT value FROM users u, jsonb_each_text(to_jsonb(u)) WHERE key = 'hashed_password'",
    "json-path": "SELECT jsonb_path_query(to_jsonb(u), '$.hashed_password') FROM users u",
    "field-of-row": "SELECT (u).hashed_password FROM users u",
    "join-alias": "SELECT j.d FROM (users CROSS JOIN employees) AS j(a, b, c, d)",
    "using": "SELECT *, upper(hashed_password) FROM users JOIN employees USING (id)",
    "view": "SELECT reach FROM contacts",
    "nested-json-key": "SELECT attributes->'maker'->>'email' FROM products",
    "order-by-place": "SELECT hashed_password FROM users ORDER BY 1",
    "distinct": "SELECT DISTINCT hashed_password FROM users",
    "group-by": "SELECT left(hashed_password, 2), count(*) FROM users GROUP BY 1",
    "card": "SELECT card_number AS n FROM users",
    "card-as-text": "SELECT card_number::text || '' AS n FROM users",
    "card-in-content": "SELECT 'pay 4111-1111-1111-1111 now'",
    "card-as-number": "SELECT 4111111111111111",
    "email-in-content": "SELECT 'write to bob@example.com'",
    "email-escaped-in-json": """SELECT '{"a": "bob\\u0040example.com"}'::json""",
    "hash-in-content": "SELECT '$2b$12$abcdefghijklmnopqrstuv'",
    "token-in-content": "SELECT 'ghp_' || repeat('a1B2', 9)",
    "statistics": "SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE attname = 'email'",
    "most-frequent": "SELECT mode() WITHIN GROUP (ORDER BY hashed_password) FROM users",
    "percentile": "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY hashed_password) FROM users",
    "alias-of-using": "SELECT j::text FROM users AS a JOIN users AS b USING (hashed_password) AS j",
    "composite-as-text": "SELECT latest::text FROM accounts",
    "composite-in-array": "SELECT y FROM accounts, unnest(earlier) AS u(x, y)",
    "generated": "SELECT shouted FROM accounts",
    "own-function-in-from-of-a-view": "SELECT word FROM words",
    "own-function-in-a-view": "SELECT w FROM word",
    "password-in-jsonb": """SELECT '{"password": "hunter2hunter2"}'::jsonb""",
}
TOLD = (
    "plainhash",
    "PLAINHASH",
    "user1@",
    "@example.com",
    "4111",
    "$2b$",
    "ghp_",
    "hunter2",
    "hsahnialp",
    "706c61",
    "u0040",
    "112",
)


@pytest.mark.parametrize("name", HIDDEN)
async def test_secrets_stay_hidden_however_they_are_asked_for(shop: Shop, name: str) -> None:
    answer = await shop.answer(HIDDEN[name], limit=3)
    text = json.dumps([answer["rows"], answer["columns"]])
    assert [told for told in TOLD if told in text] == []
    assert name in {"statistics", "using"} or MASK in text or REDACTED in text


SHOWN = {
    "verdict-of-an-own-function": ("SELECT id, o FROM word", [[1, True]]),
    "not-null": ("SELECT count(*) FROM users WHERE email IS NOT NULL", [[20]]),
    "counted": ("SELECT count(DISTINCT email) FROM users", [[20]]),
    "compared": ("SELECT email = 'user1@example.com', email LIKE 'u%' FROM users WHERE id = 1", [[True, True]]),
    "flag": ("SELECT email_verified FROM users LIMIT 1", [[True]]),
    "ordered-by": ("SELECT full_name FROM users ORDER BY email DESC LIMIT 1", [["User 9"]]),
    "joined-on": ("SELECT count(*) FROM users a JOIN users b USING (email)", [[20]]),
    "exists": ("SELECT EXISTS (SELECT email FROM users)", [[True]]),
    "ranked": ("SELECT row_number() OVER (ORDER BY email) FROM users ORDER BY 1 LIMIT 1", [[1]]),
    "null": ("SELECT NULL AS password", [[None]]),
    "counts-by-name": ("SELECT count(*) AS emails FROM users", [[20]]),
    "long-number": ("SELECT 1234567890123456", [[1234567890123456]]),
    "microseconds": ("SELECT 1706788800000000", [[1706788800000000]]),
}


@pytest.mark.parametrize("name", SHOWN)
async def test_what_tells_nothing_is_shown(shop: Shop, name: str) -> None:
    sql, rows = SHOWN[name]
    assert await shop.rows(sql) == rows


async def test_masks_follow_the_users_wishes(choosy: Shop, bare: Shop) -> None:
    sql = "SELECT email, full_name FROM users ORDER BY id LIMIT 1"
    assert await choosy.rows(sql) == [["user1@example.com", MASK]]
    assert await bare.rows(sql) == [["user1@example.com", "User 1"]]


async def test_rows_are_written_where_that_is_allowed(writing: Shop) -> None:
    sql = "INSERT INTO employees VALUES ($1, $2, 1, 1), (8, 'Hal', 1, 1) RETURNING id, name AS email"
    made = await writing.answer(sql, 7, "Gus")
    assert (made["rows"], made["written"]) == ([[7, MASK], [8, MASK]], 2)
    assert (await writing.answer("UPDATE employees SET salary = 2 WHERE id > 6"))["written"] == 2
    assert await writing.rows("SELECT sum(salary) FROM employees WHERE id > 6") == [[4]]
    gone = "WITH o AS (SELECT id FROM employees WHERE id > 6) DELETE FROM employees WHERE id IN (SELECT id FROM o)"
    assert (await writing.answer(gone))["written"] == 2
    assert [rows for _, rows in writing.writes] == [2, 2, 2]


NEVER_WRITTEN = (
    "CREATE TABLE evil (a int)",
    "DROP TABLE employees",
    "TRUNCATE employees",
    "WITH x AS (DELETE FROM employees RETURNING 1) SELECT * FROM x",
    "INSERT INTO employees SELECT bump(), 'x', 1, 1",
    "INSERT INTO employees SELECT 9, pg_read_file('PG_VERSION'), 1, 1",
    "INSERT INTO employees SELECT 9, o.summary, 1, 1 FROM orders AS o",
    "UPDATE pg_class SET relname = 'evil'",
    "DELETE FROM pg_catalog.pg_proc",
    "UPDATE information_schema.sql_features SET comments = 'evil'",
    "UPDATE employees SET salary = 1; DELETE FROM users",
    "COPY employees FROM '/etc/passwd'",
    "UPDATE orders SET note = hashed_password FROM users WHERE users.id = orders.user_id",
    "UPDATE users SET full_name = email || ''",
    "UPDATE users SET (full_name, created_at) = (SELECT hashed_password, now() FROM users AS u WHERE u.id = users.id)",
    "INSERT INTO employees (id, name, salary) SELECT 30 + id, hashed_password, 1 FROM users",
    "INSERT INTO employees SELECT 30 + id, reach, 1, 1 FROM contacts",
    "WITH p AS (SELECT hashed_password AS w FROM users LIMIT 1) INSERT INTO employees SELECT 30, w, 1, 1 FROM p",
    "INSERT INTO employees VALUES (1, 'x', 1, 1) ON CONFLICT (id) DO UPDATE SET name = (SELECT max(email) FROM users)",
)


@pytest.mark.parametrize("sql", NEVER_WRITTEN)
async def test_writing_stays_within_rows_of_the_users_tables(writing: Shop, sql: str) -> None:
    before = writing.state()
    assert await writing.refusal(sql)
    assert (writing.state(), writing.writes) == (before, [])


async def test_masked_columns_may_be_written_to_each_other(writing: Shop) -> None:
    assert not await writing.refusal(
        "UPDATE users SET email = email, hashed_password = hashed_password, card_number = 1"
    )
    seeded = "INSERT INTO accounts (id, password) SELECT 100 + id, hashed_password FROM users RETURNING id, password"
    assert (await writing.answer(seeded))["rows"][0] == [101, MASK]
    assert (await writing.answer("DELETE FROM accounts WHERE id > 100 AND password LIKE 'plain%'"))["written"] == 20


async def test_failed_write_leaves_nothing(writing: Shop) -> None:
    before = writing.state()
    assert "23503" in await writing.refusal("INSERT INTO employees VALUES (20, 'x', NULL, 1), (21, 'y', 999, 1)")
    assert (writing.state(), writing.writes) == (before, [])


async def test_role_that_cannot_make_roles_reads_all_the_same(humble: Shop) -> None:
    assert not humble.runner.reader.is_own_role
    answer = await humble.answer("SELECT count(*) FROM employees")
    assert "may write to" in answer["notes"][0]
    assert "25006" in await humble.refusal("SELECT * FROM bumping")


async def test_reader_role_lives_as_long_as_the_session(dsn: str) -> None:
    address = parse_address(dsn)
    with psycopg.connect(dsn, autocommit=True) as watcher:
        watcher.execute("CREATE ROLE python_coder_reader_old LOGIN VALID UNTIL '2000-01-01'")
        reader = await make_reader(address)
        rights = (
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolpassword LIKE 'SCRAM%%' FROM pg_authid WHERE rolname = %s"
        )
        assert reader.is_own_role
        assert reader.address.password not in repr(reader)
        assert watcher.execute(rights, [reader.address.user]).fetchone() == (False, False, False, True)
        assert watcher.execute(
            "SELECT count(*) FROM pg_roles WHERE rolname = 'python_coder_reader_old'"
        ).fetchone() == (0,)
        await drop_reader(address, reader)
        assert watcher.execute("SELECT FROM pg_roles WHERE rolname = %s", [reader.address.user]).fetchone() is None
