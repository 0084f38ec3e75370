# src/python_coder/mcp_servers/protocol.py — a tool server in the words of the Model Context Protocol
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged

from python_coder import __version__
from python_coder.mcp_servers.tool_server import ToolCalls, short_name


def protocol_server(calls: ToolCalls) -> Server[Any]:
    """Carry a server's tools to any client, of the handshake's era of the protocol or a later one.

    Args:
        calls: Answers what clients ask. All clients of one server share it.
    """
    bus = InMemorySubscriptionBus()

    async def list_tools(
        ctx: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        with calls.answering():
            return types.ListToolsResult(tools=await _described(calls))

    async def call_tool(
        ctx: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        with calls.answering():
            before = await calls.offered_names()
            answer = await calls.call(params.name, params.arguments or {})
            if await calls.offered_names() != before:
                await ctx.session.send_tool_list_changed()
                await bus.publish(ToolsListChanged())
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=answer.text)], is_error=answer.is_error
        )

    return _ChangingServer(
        calls.server.name,
        version=__version__,
        instructions=calls.server.instructions,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_subscriptions_listen=ListenHandler(bus),
    )


class _ChangingServer(Server[Any]):
    """Tells every client that the list of tools can change; over HTTP the SDK leaves no other way to say so."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """As the SDK's, with changes of the tools announced."""
        changes = notification_options or NotificationOptions(tools_changed=True)
        return super().create_initialization_options(changes, experimental_capabilities, extensions)


async def _described(calls: ToolCalls) -> list[types.Tool]:
    return [
        types.Tool(
            name=short_name(schema.name),
            description=schema.description,
            input_schema=dict(schema.parameters),
            annotations=types.ToolAnnotations(read_only_hint=True) if tool.effect == "reads" else None,
        )
        for tool, schema in await calls.listed()
    ]
