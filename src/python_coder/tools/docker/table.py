# src/python_coder/tools/docker/table.py — the docker tools: Compose stacks and one-off containers
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from python_coder.errors import PythonCoderError
from python_coder.tools.docker.containers import ContainerTools
from python_coder.tools.docker.session import DockerSession
from python_coder.tools.docker.stacks import StackTools
from python_coder.tools.table import Tool, ToolEffect

_ALIASES: Mapping[str, Mapping[str, str]] = {
    "deploy_compose": {"profile": "profiles", "path": "file", "timeout": "timeout_seconds"},
    "compose_config": {"path": "file"},
    "get_logs": {"container_name": "container"},
    "create_container": {"timeout": "timeout_seconds"},
}
"""Names that other servers give to parameters."""


def docker_tools(session: DockerSession) -> tuple[Tool, ...]:
    """The `mcp__docker__…` part of the tool table. What the tools start ends with the session's `aclose`."""
    stacks, containers = StackTools(session), ContainerTools(session)
    return (
        _tool(session, stacks.deploy_compose, "runs"),
        _tool(session, containers.list_containers, "reads"),
        _tool(session, containers.get_logs, "reads"),
        _tool(session, containers.create_container, "runs"),
        _tool(session, stacks.stop_compose, "runs"),
        _tool(session, stacks.compose_config, "reads"),
        _tool(session, stacks.diagnose_stack, "reads"),
        _tool(session, stacks.watch_compose, "runs"),
    )


def _tool(session: DockerSession, function: Callable[..., Awaitable[str]], effect: ToolEffect) -> Tool:
    @functools.wraps(function)
    async def told(*args: Any, **kwargs: Any) -> str:
        """The tool, with the stacks' secrets masked in whatever it says."""
        try:
            return session.redact(await function(*args, **kwargs))
        except PythonCoderError as error:
            raise type(error)(session.redact(str(error))) from error

    name = f"mcp__docker__{function.__name__.replace('_', '-')}"
    return Tool(name=name, function=told, effect=effect, aliases=_ALIASES.get(function.__name__, {}))
