# src/python_coder/cli/install.py — `python-coder install` and `python-coder uninstall`
import json
import secrets
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import typer

from python_coder.agent.definition import client_text
from python_coder.cli.agents import top_of
from python_coder.cli.clients.claude_code import SERVERS, FileEdit, installing, uninstalling
from python_coder.cli.clients.receipt import Receipt
from python_coder.cli.options import RepoOption
from python_coder.errors import EnvironmentLacksError, UsageError
from python_coder.settings import Settings

Client = Literal["claude-code"]
YesOption = Annotated[bool, typer.Option("--yes", help="Replace what is in the way without asking.")]


def install_command(
    client: Annotated[Client | None, typer.Argument(help="Whose configuration to write.")] = None,
    repo: RepoOption = Path(),
    yes: YesOption = False,
    shows: Annotated[
        bool, typer.Option("--print", help="Print the tool servers and the agent file for any other client.")
    ] = False,
) -> None:
    """Set an agent of your own up with python-coder: its tool servers, its agent file, and a stop hook that checks.

    For Claude Code it writes .mcp.json, .claude/agents/python-coder.md and a hook in .claude/settings.json, at the top
    of the repository, and leaves every other byte of them as it is. It asks before it replaces a server or an agent
    file of the same name; without a terminal it refuses unless --yes.

    Exit codes: 0 done or nothing to do, 2 bad usage, or something is in the way, 3 a file cannot be written.
    """
    if shows:
        sys.stdout.write(json.dumps({"mcpServers": SERVERS}, indent=2) + "\n\n" + client_text())
        return
    if client is None:
        raise UsageError("Say for whom: `python-coder install claude-code`, or --print for any other client.")
    project = _folder(repo)
    if not (project / ".git").exists():
        raise UsageError(f"{project} is not in a git repository, so no gate could judge it. Make one first: git init")
    edits = [edit for edit in installing(project) if edit.is_change]
    _ask([clash for edit in edits for clash in edit.clashes], is_yes=yes)
    receipt = Receipt.of(Settings.from_environment().state_folder, project, client)
    folders = _missing_folders(project, edits)
    receipt.with_edits(edits, folders).keep()
    _write(project, edits)
    for edit in edits:
        typer.echo(f"{'wrote' if edit.before is None else 'changed'} {edit.path}")
    if not edits:
        typer.echo("Nothing to do: it is all there.")
    if shutil.which("python-coder") is None:
        typer.echo("python-coder is not on your PATH, where the client looks for it: uv tool install python-coder")


def uninstall_command(
    client: Annotated[Client, typer.Argument(help="Whose configuration to clean.")],
    repo: RepoOption = Path(),
) -> None:
    """Take out exactly what `install` put in; what it replaced comes back, and what you changed since stays.

    Exit codes: 0 done or nothing to do, 2 bad usage, 3 a file cannot be written.
    """
    project = _folder(repo)
    receipt = Receipt.of(Settings.from_environment().state_folder, project, client)
    edits = [edit for edit in map(receipt.taken_back, uninstalling(project)) if edit.is_change]
    _write(project, edits)
    for folder in receipt.folders:
        if (project / folder).is_dir() and not any((project / folder).iterdir()):
            (project / folder).rmdir()
    receipt.drop()
    for edit in edits:
        typer.echo(f"{'removed' if edit.after is None else 'changed'} {edit.path}")
    if not edits:
        typer.echo("Nothing to do: nothing of python-coder is there, or it was changed and is yours now.")


def _folder(repo: Path) -> Path:
    if not repo.is_dir():
        raise UsageError(f"There is no folder {repo}. Name a folder of the git repository with --repo.")
    return top_of(repo)


def _ask(clashes: Sequence[str], *, is_yes: bool) -> None:
    if not clashes or is_yes:
        return
    what = ", ".join(clashes)
    if not sys.stdin.isatty():
        raise UsageError(f"Already there, and another: {what}. Nothing was written; replace with --yes.")
    if not typer.confirm(f"Replace {what}?", err=True):
        raise UsageError("Nothing was written.")


def _missing_folders(project: Path, edits: Sequence[FileEdit]) -> list[str]:
    folders = {str(folder) for edit in edits for folder in PurePosixPath(edit.path).parents if str(folder) != "."}
    return sorted((folder for folder in folders if not (project / folder).exists()), key=len, reverse=True)


def _write(project: Path, edits: Sequence[FileEdit]) -> None:
    """Write every file beside its place first, then move all of them: a full disk leaves all as it was."""
    drafts: list[tuple[Path, Path]] = []
    try:
        for edit in edits:
            target = (project / edit.path).resolve()
            if edit.after is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
            drafts.append((draft, target))
            draft.write_bytes(edit.after)
            if target.exists():
                shutil.copymode(target, draft)
        for draft, target in drafts:
            draft.replace(target)
        for edit in edits:
            if edit.after is None:
                (project / edit.path).unlink()
    except OSError as error:
        raise EnvironmentLacksError(f"{error.filename} cannot be written: {error.strerror}.") from error
    finally:
        for draft, _ in drafts:
            draft.unlink(missing_ok=True)
