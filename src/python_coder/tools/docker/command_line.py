# src/python_coder/tools/docker/command_line.py — `docker compose …` on a command line, done by the docker tools
import argparse
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from python_coder.compose.source import StackSource
from python_coder.compose.stack import Stack
from python_coder.errors import ToolRefusedError, UsageError
from python_coder.evidence.verdict import CommandRecord
from python_coder.tools.docker.containers import ContainerTools
from python_coder.tools.docker.session import DockerSession
from python_coder.tools.docker.stacks import StackTools
from python_coder.workspace.commands import digest

_OPEN = (
    "Open are docker compose [-f FILE] [-p NAME] [--profile NAME] up, down, stop, ps, logs, config, build and run, "
    "docker ps and docker logs; the docker tools can more, such as diagnose-stack and create-container"
)


@dataclass(frozen=True)
class _Ended:
    """What a command came to."""

    exit_code: int
    text: str


class _Parser(argparse.ArgumentParser):
    """Reads words as Compose does; whatever it does not know becomes a sentence."""

    def error(self, message: str) -> NoReturn:
        """Refuse, instead of ending the process."""
        raise ToolRefusedError(f"{self.prog}: {message}. {_OPEN}.")


async def run_docker(session: DockerSession, words: Sequence[str]) -> tuple[str, CommandRecord]:
    """Do what a `docker` command line asks for, as far as that is open.

    Args:
        session: Where stacks run.
        words: The command line, split, `docker` or `docker-compose` first.

    Returns:
        What to show, and what the evidence keeps.

    Raises:
        ToolRefusedError: A command or an option is not open; the message names what is.
        EnvironmentLacksError: There is no engine.
    """
    given = parsed(words)
    started = time.monotonic()
    try:
        ended = await _COMMANDS[given.command].run(session, given)
    except (ToolRefusedError, UsageError) as error:
        ended = _Ended(1, str(error))
    text = session.redact(ended.text)
    record = CommandRecord(
        argv=tuple(map(session.redact, words)),
        exit_code=ended.exit_code,
        seconds=time.monotonic() - started,
        output_digest=digest(text.encode(errors="replace")),
        tree="",
        is_timed_out=False,
    )
    return text, record


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """What a command line asks for; its `command` is one of those that are open.

    Raises:
        ToolRefusedError: It is not open; the message names what is.
    """
    rest = list(words[1:])
    if words[0] == "docker-compose" or rest[:1] == ["compose"]:
        return _compose_parser().parse_args(rest if words[0] == "docker-compose" else rest[1:])
    parser = _Parser(prog="docker", add_help=False, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_listing(commands.add_parser("ps", add_help=False, allow_abbrev=False))
    logs = commands.add_parser("logs", add_help=False, allow_abbrev=False)
    _add_logs(logs)
    logs.add_argument("container")
    return parser.parse_args(rest, argparse.Namespace(file=[], project_name="", profile=[], service=[]))


def tool_of(given: argparse.Namespace) -> str:
    """Name of the docker tool that a parsed command line stands for, such as `deploy-compose`."""
    return _COMMANDS[given.command].tool


def _compose_parser() -> _Parser:
    parser = _Parser(prog="docker compose", add_help=False, allow_abbrev=False)
    parser.add_argument("-f", "--file", action="append", default=[])
    parser.add_argument("-p", "--project-name", default="")
    parser.add_argument("--profile", action="append", default=[])
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, add_help=False, allow_abbrev=False)

    up = command("up")
    for option in ("--build", "--wait", "--quiet-pull", "--no-color"):
        up.add_argument(option, action="store_true")
    up.add_argument("-d", "--detach", action="store_true")
    up.add_argument("--wait-timeout", type=int, default=180)
    for name in ("down", "stop"):
        ending = command(name)
        ending.add_argument("--remove-orphans", action="store_true")
        ending.add_argument("-t", "--timeout")
    _add_listing(command("ps"))
    logs = command("logs")
    _add_logs(logs)
    logs.add_argument("--no-log-prefix", action="store_true")
    logs.add_argument("service", nargs="?", default="")
    config = command("config")
    config.add_argument("-q", "--quiet", action="store_true")
    config.add_argument("--format", choices=("yaml", "json"), default="yaml")
    build = command("build")
    build.add_argument("service", nargs="*", default=[])
    run = command("run")
    for options in (("--rm",), ("-T", "--no-TTY"), ("--no-deps",), ("--quiet-pull",)):
        run.add_argument(*options, action="store_true")
    run.add_argument("-e", "--env", action="append", default=[], type=_assignment)
    run.add_argument("service")
    run.add_argument("words", nargs=argparse.REMAINDER)
    return parser


def _assignment(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{name} has no value, and no variable is taken from here")
    return name, value


def _add_listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", "--all", action="store_true")


def _add_logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", "--tail", default="100")
    parser.add_argument("--since", default="")
    parser.add_argument("--no-color", action="store_true")


async def _up(session: DockerSession, given: argparse.Namespace) -> _Ended:
    text = await StackTools(session).deploy_compose(
        file=given.file,
        project_name=given.project_name,
        profiles=given.profile,
        build=given.build,
        timeout_seconds=given.wait_timeout,
    )
    return _Ended(0, text)


async def _down(session: DockerSession, given: argparse.Namespace) -> _Ended:
    return _Ended(0, await StackTools(session).stop_compose(given.project_name))


async def _ps(session: DockerSession, given: argparse.Namespace) -> _Ended:
    return _Ended(0, await ContainerTools(session).list_containers(given.project_name, all=given.all))


async def _logs(session: DockerSession, given: argparse.Namespace) -> _Ended:
    tail = int(given.tail) if given.tail.isdecimal() else 5_000
    tools, container = ContainerTools(session), getattr(given, "container", "")
    if container or given.service:
        text = await tools.get_logs(
            given.service or "", container=container, project_name=given.project_name, tail=tail, since=given.since
        )
        return _Ended(0, text)
    services = sorted({state.service for state in await session.stack(given.project_name).states()})
    texts = [
        await tools.get_logs(name, project_name=given.project_name, tail=tail, since=given.since) for name in services
    ]
    return _Ended(0, "\n".join(texts) or "Nothing of this stack runs.")


async def _config(session: DockerSession, given: argparse.Namespace) -> _Ended:
    text = await StackTools(session).compose_config(given.file, project_name=given.project_name, format=given.format)
    is_refused = text.startswith("refused: ")
    return _Ended(int(is_refused), "" if given.quiet and not is_refused else text)


async def _build(session: DockerSession, given: argparse.Namespace) -> _Ended:
    said = await _stack(session, given).build(given.profile, given.service)
    return _Ended(said.exit_code, said.output)


async def _run(session: DockerSession, given: argparse.Namespace) -> _Ended:
    done = await _stack(session, given).run_one_off(given.service, given.words, environment=dict(given.env))
    return _Ended(done.exit_code, done.output)


def _stack(session: DockerSession, given: argparse.Namespace) -> Stack:
    if not given.file:
        return session.stack(given.project_name)
    return session.opened(given.project_name, StackSource(root=session.root, files=tuple(given.file)))


@dataclass(frozen=True)
class _Command:
    """One that is open."""

    run: Callable[[DockerSession, argparse.Namespace], Awaitable[_Ended]]
    tool: str
    """Name of the docker tool that it stands for, whose rules hold for it."""


_COMMANDS: Mapping[str, _Command] = {
    "up": _Command(_up, "deploy-compose"),
    "down": _Command(_down, "stop-compose"),
    "stop": _Command(_down, "stop-compose"),
    "ps": _Command(_ps, "list-containers"),
    "logs": _Command(_logs, "get-logs"),
    "config": _Command(_config, "compose-config"),
    "build": _Command(_build, "deploy-compose"),
    "run": _Command(_run, "create-container"),
}
