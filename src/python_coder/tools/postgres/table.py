# src/python_coder/tools/postgres/table.py — the postgres tools of one database
from python_coder.tools.postgres.query_tool import QueryTools
from python_coder.tools.postgres.schema_tool import SchemaTools
from python_coder.tools.table import Tool


def postgres_tools(schema: SchemaTools, query: QueryTools, *, may_write: bool) -> tuple[Tool, ...]:
    """The `mcp__postgres__…` part of the tool table.

    Args:
        schema: Looks at the database's shape.
        query: Asks for its rows.
        may_write: Whether `query` may write rows.
    """
    return (
        Tool(name="mcp__postgres__get_schema", function=schema.get_schema, effect="reads"),
        Tool(
            name="mcp__postgres__query",
            function=query.query,
            effect="runs" if may_write else "reads",
            aliases={"statement": "sql", "query": "sql", "params": "parameters"},
        ),
    )
