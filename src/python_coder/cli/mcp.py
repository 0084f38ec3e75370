# src/python_coder/cli/mcp.py — `python-coder mcp`
import contextlib
import gc
import importlib
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from python_coder.errors import PythonCoderError, UsageError
from python_coder.mcp_servers.coder import coder_server
from python_coder.mcp_servers.docker import docker_server
from python_coder.mcp_servers.options import DatabaseOptions, ServerOptions
from python_coder.mcp_servers.postgres import postgres_server
from python_coder.mcp_servers.serena import serena_server
from python_coder.settings import Settings
from python_coder.tools.serena.modes import DEFAULT_MODES, ModeState
from python_coder.workspace.git import Git
from python_coder.workspace.programs import is_too_broad
from python_coder.workspace.sandbox import SandboxMode

_SERVERS = {"serena": serena_server, "coder": coder_server, "docker": docker_server, "postgres": postgres_server}


def mcp_command(
    server: Annotated[
        Literal["serena", "coder", "docker", "postgres"],
        typer.Argument(
            help="Which tools. serena: code intelligence and edits; coder: reads and edits in one call, recipes, "
            "trials and gates; docker: Compose stacks and one-off containers; postgres: the schema and read-only "
            "queries of a development database."
        ),
    ],
    project: Annotated[
        Path | None,
        typer.Option(help="The project's folder, the only one then; without it the session starts in the present one."),
    ] = None,
    http: Annotated[
        str, typer.Option(help="[HOST:]PORT: serve streamable HTTP behind a bearer token, instead of stdio.")
    ] = "",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let --http listen where other machines can reach it.")
    ] = False,
    mode: Annotated[list[str] | None, typer.Option(help="Mode to start in; may be given several times.")] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Never write or run anything, whatever is asked.")
    ] = False,
    allow_command: Annotated[
        list[str] | None, typer.Option(help="One more program that may be run, sandboxed.")
    ] = None,
    allow_shell: Annotated[bool, typer.Option("--allow-shell", help="Take pipelines, run by bash, sandboxed.")] = False,
    read_only_memory: Annotated[
        list[str] | None, typer.Option(help="Pattern of memories that no tool changes, such as 'decisions/*'.")
    ] = None,
    sandbox: Annotated[SandboxMode, typer.Option(help="Which sandbox commands run in.")] = "auto",
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Run commands without a sandbox.")] = False,
    dsn_env: Annotated[
        str,
        typer.Option(
            help="postgres: the variable with the database's address; else DATABASE_URL, else the project's .env, else "
            "a private database, made by the project's migrations."
        ),
    ] = "",
    embedded: Annotated[
        bool, typer.Option("--embedded", help="postgres: take the private database, whatever is configured.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="postgres: a host to read from though it is far or its name says production."),
    ] = None,
    allow_write: Annotated[
        bool,
        typer.Option(
            "--allow-write", help="postgres: take INSERT, UPDATE and DELETE on a development database on this machine."
        ),
    ] = False,
    mask_column: Annotated[list[str] | None, typer.Option(help="postgres: one more column to mask.")] = None,
    show_column: Annotated[list[str] | None, typer.Option(help="postgres: a column never to mask.")] = None,
    no_masking: Annotated[bool, typer.Option("--no-masking", help="postgres: mask nothing in rows.")] = False,
) -> None:
    """Serve tools to any MCP client: an editor, or somebody else's agent.

    On standard input and output for the client that starts it, else over HTTP. The token of HTTP is read from
    PYTHON_CODER_MCP_TOKEN, else made once and kept in a file that is named at the start.

    Exit codes: 0 the client is done, 2 bad usage, 3 the environment lacks something, 143 ended by a signal.
    """
    database = DatabaseOptions(
        dsn_variable=dsn_env,
        is_embedded=embedded,
        allowed_hosts=tuple(allow_host or ()),
        may_write=allow_write,
        is_masked=not no_masking,
        masked_columns=tuple(mask_column or ()),
        shown_columns=tuple(show_column or ()),
    )
    _refuse_foreign(server, is_serena=bool(mode or allow_command or allow_shell or read_only_memory), database=database)
    settings = Settings.from_environment()
    options = ServerOptions(
        project=_folder(project),
        is_pinned=project is not None,
        modes=ModeState(mode or DEFAULT_MODES).active,
        is_read_only=read_only,
        sandbox="none" if no_sandbox else sandbox,
        programs=tuple(allow_command or ()),
        has_shell=allow_shell,
        read_only_memories=tuple(read_only_memory or ()),
        database=database,
    )
    made = _SERVERS[server](options, settings)
    if not http:
        if sys.stdin.isatty():
            told = f"python-coder: serving {server} to an MCP client on standard input; Ctrl-C ends it. See --help."
            typer.echo(told, err=True)
        _quick_import("python_coder.mcp_servers.stdio").serve_stdio(made)
        return
    token = _quick_import("python_coder.mcp_servers.bearer").read_token
    carrier = _quick_import("python_coder.mcp_servers.streamable_http")
    address = carrier.read_address(http, may_be_remote=allow_remote)
    carrier.serve_http(made, address, token(os.environ, settings.state_folder / "mcp" / "token"))


def _refuse_foreign(server: str, *, is_serena: bool, database: DatabaseOptions) -> None:
    """Refuse options that another server has a use for."""
    if server != "serena" and is_serena:
        raise UsageError(
            f"--mode, --allow-command, --allow-shell and --read-only-memory belong to the serena server: the {server} "
            "server has no modes, commands or memories. Leave them out, or start `python-coder mcp serena`."
        )
    if server != "postgres" and database != DatabaseOptions():
        raise UsageError(
            "--dsn-env, --embedded, --allow-host, --allow-write, --mask-column, --show-column and --no-masking belong "
            f"to the postgres server: the {server} server opens no database. Leave them out, or start "
            "`python-coder mcp postgres`."
        )


def _quick_import(name: str) -> Any:
    """Import what carries the protocol, once all that was given is right: its modules take half a second.

    They make little but what stays, so that looking for what does not would cost a sixth of the start.
    """
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()


def _folder(given: Path | None) -> Path:
    """The project's folder: the one that is given, else the work tree that holds the present folder."""
    folder = (given or Path()).resolve()
    if given is None:
        with contextlib.suppress(PythonCoderError):
            folder = Path(Git(folder).text("rev-parse", "--show-toplevel"))
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}. Name the project's folder with --project.")
    if is_too_broad(folder):
        raise UsageError(f"{folder} holds more than a project. Name the project's own folder with --project.")
    return folder
