# src/python_coder/cli/options.py — options that several commands take
from pathlib import Path
from typing import Annotated

import typer

from python_coder.workspace.sandbox import SandboxMode

RepoOption = Annotated[Path, typer.Option("--repo", help="Any folder inside the git repository.")]
ProjectOption = Annotated[str, typer.Option(help="Project root below the git root, such as backend.")]
SandboxOption = Annotated[SandboxMode, typer.Option(help="Which sandbox to use.")]
NoSandboxOption = Annotated[bool, typer.Option("--no-sandbox", help="Run project code without a sandbox.")]
EnvFileOption = Annotated[Path | None, typer.Option(help="Variables for the project's processes; kept secret.")]
ConnectOption = Annotated[
    list[str] | None, typer.Option(help="PORT=SOCKET: a Unix socket that the sandbox sees on a loopback port.")
]
