# src/python_coder/tools/docker/stands_for.py — which docker tool a `docker …` command line stands for
import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from python_coder.errors import ToolRefusedError
from python_coder.tools.docker.command_line import parsed, tool_of
from python_coder.tools.serena.command_line import words_of
from python_coder.tools.table import InnerCall, Tool


def docker_calls(tools: Sequence[Tool], arguments: Mapping[str, Any]) -> Sequence[InnerCall]:
    """The call of a docker tool that a shell command stands for; none for any other command.

    Args:
        tools: The docker tools.
        arguments: Of `execute_shell_command`.
    """
    try:
        words = words_of(str(arguments.get("command", "")))
        given = parsed(words) if words[0] in {"docker", "docker-compose"} else None
    except ToolRefusedError:
        # The shell refuses it as well.
        return ()
    name = f"mcp__docker__{tool_of(given)}" if given else ""
    return [InnerCall(tool=tool, arguments=_arguments(given)) for tool in tools if given and tool.name == name]


def _arguments(given: argparse.Namespace) -> Mapping[str, Any]:
    """What the command line gives, under the names of the tools' parameters."""
    said = {"file": given.file, "project_name": given.project_name, "profiles": given.profile}
    if given.command == "run":
        return {**said, "service": given.service, "command": " ".join(given.words)}
    if given.command == "logs":
        return {**said, "service": given.service or "", "container": getattr(given, "container", "")}
    return said
