# tests/tools/docker/test_stands_for.py — a docker command line is held to the rules on the tool that does it
from pathlib import Path

import pytest

from python_coder.agent.approvals import Approvals
from python_coder.agent.policy import Policy, Rule
from python_coder.tools.docker.session import DockerSession
from python_coder.tools.docker.stands_for import docker_calls
from python_coder.tools.docker.table import docker_tools
from python_coder.tools.table import Tool
from python_coder.workspace.sandbox import make_runner

CASES = {
    "up": ("docker compose up -d", "deploy_compose", {}, "deny"),
    "the-old-program": ("docker-compose up", "deploy-compose", {}, "deny"),
    "all-of-docker": ("docker ps", "mcp__docker__*", {}, "deny"),
    "down": ("docker compose down", "stop_compose", {}, "deny"),
    "run": ("docker compose run web alembic upgrade head", "create_container", {"command": "alembic *"}, "deny"),
    "a-file": ("docker compose -f prod.yaml up", "deploy_compose", {"file": "prod*"}, "deny"),
    "another-file": ("docker compose -f dev.yaml up", "deploy_compose", {"file": "prod*"}, "allow"),
    "another-tool": ("docker compose logs web", "deploy_compose", {}, "allow"),
    "no-docker": ("pytest -q", "mcp__docker__*", {}, "allow"),
    "what-is-not-open": ("docker system prune", "mcp__docker__*", {}, "allow"),
}


async def _nothing(command: str) -> str:
    return command


@pytest.mark.parametrize(("command", "tool", "arguments", "decision"), CASES.values(), ids=CASES)
def test_rules_on_docker_tools_hold_for_the_shell(
    tmp_path: Path, command: str, tool: str, arguments: dict[str, str], decision: str
) -> None:
    stacks = docker_tools(DockerSession(root=tmp_path, runner=make_runner("auto")))
    shell = Tool(
        name="mcp__serena__execute_shell_command",
        function=_nothing,
        effect="runs",
        inner_calls=lambda given: docker_calls(stacks, given),
    )
    policy = Policy((Rule(decision="deny", tool=tool, arguments=arguments),))
    assert Approvals(policy=policy).weigh(shell, {"command": command}).decision == decision
