# tests/postgres/test_query_check.py — what the grammar's check takes, refuses, and asks the database about
import pytest
from pglast import parse_sql

from python_coder.errors import ToolRefusedError
from python_coder.postgres.allowed_functions import ALLOWED_FUNCTIONS, EXTENSION_FUNCTIONS, SEQUENCE_FUNCTIONS
from python_coder.postgres.allowed_nodes import READING_NODES, WRITING_NODES
from python_coder.postgres.query_check import check_statement, nodes

TAKEN = {
    "select": ("SELECT 1", "rows"),
    "values": ("VALUES (1)", "rows"),
    "table": ("TABLE users", "rows"),
    "with": ("WITH a AS (SELECT 1) SELECT * FROM a", "rows"),
    "explain": ("EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1", "explain"),
    "show": ("SHOW search_path", "show"),
    "semicolons": (";; SELECT 1 ; ;", "rows"),
    "comments": ("-- a\nSELECT 1 /* é */ -- b", "rows"),
    "catalog-function": ("SELECT pg_catalog.lower('A')", "rows"),
    "extension-function": ("SELECT public.similarity('a', 'b')", "rows"),
}


@pytest.mark.parametrize(("sql", "kind"), TAKEN.values(), ids=TAKEN)
def test_statements_that_read_are_taken(sql: str, kind: str) -> None:
    assert check_statement(sql).kind == kind


REFUSED = {
    "nothing": ("", "one statement a call; this holds 0"),
    "two": ("SELECT 1; SELECT 2", "one statement a call; this holds 2"),
    "broken": ("SELECT 1 FORM x y", "at character 15"),
    "broken-after-letters": ("SELECT 'é' FORM x y", "at character 17"),
    "insert": ("INSERT INTO a VALUES (1)", "INSERT is not taken: this tool only reads"),
    "inner-delete": ("WITH a AS (DELETE FROM b RETURNING 1) SELECT 1", "this holds DELETE"),
    "explain-delete": ("EXPLAIN DELETE FROM a", "EXPLAIN is not taken"),
    "into": ("SELECT 1 INTO a", "INTO makes a table"),
    "for-update": ("SELECT 1 FROM a FOR NO KEY UPDATE", "lock rows"),
    "function": ("SELECT pg_sleep(1)", "The function pg_sleep is not"),
    "schema-of-function": ("SELECT evil.lower('a')", "The function evil.lower is not"),
    "three-part-function": ("SELECT a.b.lower('a')", "The function a.b.lower is not"),
    "closed-relation": ("SELECT * FROM pg_catalog.pg_authid", "pg_authid holds secrets"),
    "setting": ("SHOW data_directory", "data_directory is not told"),
    "computed-setting": ("SELECT current_setting(a) FROM b", "is not told"),
    "growth": ("SELECT repeat('a', 2000000000)", "at most 1,000,000"),
    "explain-option": ("EXPLAIN (evil) SELECT 1", "not evil"),
    "deep": ("SELECT " + "NOT " * 300 + "true", "nested more than"),
    "long": ("SELECT '" + "a" * 20_000 + "'", "20000 are the most"),
    "nul": ("SELECT 1\0", "a character that PostgreSQL does not take"),
    "surrogate": ("SELECT '\ud800'", "a character that PostgreSQL does not take"),
}


@pytest.mark.parametrize(("sql", "why"), REFUSED.values(), ids=REFUSED)
def test_refusals_name_the_reason(sql: str, why: str) -> None:
    with pytest.raises(ToolRefusedError) as refused:
        check_statement(sql)
    assert why in str(refused.value)


def test_names_that_the_database_resolves_are_collected() -> None:
    checked = check_statement(
        "SELECT lower(u.a), pg_catalog.upper(b), (c).d, 1 OPERATOR(public.+) 2 FROM s.users u, e ORDER BY x USING <"
    )
    assert checked.functions == {"lower"}
    assert checked.operators == {"+", "<"}
    assert checked.attributes == {"a", "d"}
    assert checked.relations == {("s", "users"), ("", "e")}
    assert checked.is_ordered


def test_writing_takes_rows_and_sequences_alone() -> None:
    for sql in ("INSERT INTO a VALUES (nextval('s'))", "UPDATE a SET b = DEFAULT", "DELETE FROM a RETURNING *"):
        assert check_statement(sql, may_write=True).kind == "write"
    for sql in (
        "SELECT nextval('s')",
        "TRUNCATE a",
        "INSERT INTO pg_class VALUES (1)",
        "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE",
    ):
        with pytest.raises(ToolRefusedError):
            check_statement(sql, may_write=True)


NEVER = (
    *(
        "pg_sleep",
        "pg_sleep_for",
        "set_config",
        "setval",
        "nextval",
        "pg_notify",
        "pg_read_file",
        "pg_ls_dir",
        "lo_get",
    ),
    *(
        "lo_import",
        "dblink",
        "dblink_exec",
        "query_to_xml",
        "table_to_xml",
        "cursor_to_xml",
        "database_to_xml",
        "ts_stat",
    ),
    *("ts_rewrite", "pg_advisory_lock", "pg_try_advisory_xact_lock", "pg_terminate_backend", "pg_cancel_backend"),
    *("txid_current", "pg_current_xact_id", "pg_export_snapshot", "pg_switch_wal", "pg_stat_reset", "pg_reload_conf"),
    *(
        "inet_server_addr",
        "setseed",
        "pg_logical_emit_message",
        "pg_create_restore_point",
        "pg_import_system_collations",
    ),
)


def test_no_list_holds_what_acts() -> None:
    assert (ALLOWED_FUNCTIONS | EXTENSION_FUNCTIONS).isdisjoint(NEVER)
    assert not {name for name in ALLOWED_FUNCTIONS if name.startswith(("lo_", "pg_ls", "pg_read", "pg_advisory"))}
    assert ALLOWED_FUNCTIONS.isdisjoint(SEQUENCE_FUNCTIONS | EXTENSION_FUNCTIONS)
    assert not {name for name in READING_NODES if name.endswith("Stmt")} - {"RawStmt", "SelectStmt"}
    assert not {name for name in WRITING_NODES - READING_NODES if name.startswith(("Merge", "Create", "Alter"))}


def test_every_node_is_walked() -> None:
    tree = parse_sql("SELECT a, (SELECT b FROM c WHERE d = ANY (ARRAY[e])) FROM f WINDOW w AS (ORDER BY g)")[0]
    names = {part.sval for node, _ in nodes(tree) for part in getattr(node, "fields", None) or ()}
    assert names == {"a", "b", "d", "e", "g"}
