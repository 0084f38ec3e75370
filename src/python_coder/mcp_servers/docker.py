# src/python_coder/mcp_servers/docker.py — the docker server: Compose stacks and one-off containers of one project
import os

from python_coder.evidence.redaction import secret_values
from python_coder.mcp_servers.options import ServerOptions
from python_coder.mcp_servers.tool_server import OpenTools, ToolServer
from python_coder.settings import Settings

_INSTRUCTIONS = (
    "Compose stacks and one-off containers of one project, on the Docker engine of this machine. deploy-compose brings "
    "a stack up and waits for health; if that fails its answer names the cause. create-container runs one command, "
    "such as a migration. Only what was made here is ever stopped or removed, and no volume unless it is named."
)


def docker_server(options: ServerOptions, _: Settings) -> ToolServer:
    """The docker server of one project. Asks no engine yet.

    What `deploy-compose` brought up stays when the server ends, so that a stack outlives an editor's restart and the
    next session finds it again; watchers and containers that were left running end with it.
    """

    async def open_tools() -> OpenTools:
        # Imported at the first need: the client's first answer does not wait for them.
        from python_coder.tools.docker.session import DockerSession  # noqa: PLC0415
        from python_coder.tools.docker.table import docker_tools  # noqa: PLC0415
        from python_coder.workspace.sandbox import make_runner  # noqa: PLC0415

        session = DockerSession(
            root=options.project, runner=make_runner(options.sandbox), secrets=set(secret_values(os.environ))
        )
        tools = docker_tools(session)
        if options.is_read_only:
            tools = tuple(tool for tool in tools if tool.effect == "reads")
        return OpenTools(tools=tools, redact=session.redact, close=session.aclose)

    return ToolServer(name="docker", instructions=_INSTRUCTIONS, open=open_tools)
