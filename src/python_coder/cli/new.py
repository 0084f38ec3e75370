# src/python_coder/cli/new.py — `python-coder new`
import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from python_coder.errors import EnvironmentLacksError
from python_coder.skeleton.write import WrittenService, write_service


def new_command(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="Name of the service, or the path of its folder.")],
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing.")] = False,
    nested_git: Annotated[bool, typer.Option("--git", help="Make a git repository even inside another one.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")] = False,
) -> None:
    """Write a new FastAPI service that passes all of its own gates, with its lock file and a first commit.

    Exit codes: 0 written, 2 the name or the folder will not do, 3 the environment lacks something: the message says
    what, and whether the folder was written.
    """
    is_interactive = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    # A path such as `.` has no name of its own before it is made absolute.
    service_name = name.name or name.absolute().name
    written = write_service(name, service_name, defaults=defaults or not is_interactive, is_nested_git=nested_git)
    typer.echo(_as_json(written) if as_json else _next_steps(written, name))
    if written.problems and as_json:
        # The document tells them.
        raise typer.Exit(EnvironmentLacksError.exit_code)
    if written.problems:
        raise EnvironmentLacksError(" ".join(written.problems))


def _as_json(written: WrittenService) -> str:
    outer = written.outer_repository
    document = {
        "folder": str(written.folder),
        "files": written.files,
        "commit": written.commit or None,
        "outer_repository": str(outer) if outer else None,
        "problems": written.problems,
    }
    return json.dumps(document, indent=2)


def _next_steps(written: WrittenService, shown: Path) -> str:
    lines = [f"Wrote {len(written.files)} files to {written.folder}."]
    if written.commit:
        lines.append(f"First commit: {written.commit[:12]} on main.")
    if written.outer_repository:
        lines.append(
            f"No repository was made, since it lies inside {written.outer_repository}. Commit it there, or use --git."
        )
    lines += [
        "",
        "Next:",
        *([f"  cd {shlex.quote(str(shown))}"] if shown != Path() else []),
        "  uv sync && uv run alembic upgrade head",
        "  uv run uvicorn app.main:app --reload      # http://127.0.0.1:8000/docs",
        '  python-coder run "Add resource Product with name: str, price: Decimal, sku: str unique"',
    ]
    return "\n".join(lines)
