# src/python_coder/mcp_servers/serena.py — the serena server: code intelligence and safe edits for one project
from python_coder.mcp_servers.options import ServerOptions
from python_coder.mcp_servers.tool_server import OpenTools, ToolServer
from python_coder.settings import Settings

_INSTRUCTIONS = (
    "Code intelligence for Python services, FastAPI above all. Lines are 1-based. Paths are relative to the project. "
    "Look with get_service_map, find_symbol and find_referencing_symbols before you read whole files; "
    "edit whole symbols before lines; an edit answers with the errors it causes. "
    "initial_instructions tells more about this project."
)


def serena_server(options: ServerOptions, settings: Settings) -> ToolServer:
    """The serena server of one project. Opens nothing yet."""

    async def open_tools() -> OpenTools:
        # Imported at the first need: the client's first answer does not wait for parsers and indexes.
        from python_coder.mcp_servers.serena_session import open_session  # noqa: PLC0415

        return await open_session(options, settings)

    return ToolServer(name="serena", instructions=_INSTRUCTIONS, open=open_tools)
