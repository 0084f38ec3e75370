# src/python_coder/tools/postgres/choice.py — which database the postgres tools are for
import re
from collections.abc import Mapping
from pathlib import Path

from python_coder.errors import UsageError
from python_coder.gates.migration_database import find_server
from python_coder.postgres.address import DatabaseAddress, parse_address
from python_coder.workspace.env_file import parse_env_file
from python_coder.workspace.requirement_files import read_text

DEFAULT_VARIABLE = "DATABASE_URL"
_POSTGRES = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)


def choose_address(environ: Mapping[str, str], project: Mapping[str, str], *, name: str = "") -> DatabaseAddress | None:
    """The database that the user named; `None` when nobody named one.

    Args:
        environ: The process's environment.
        project: Variables of the project's own settings, such as its `.env`.
        name: The variable that must hold the address, in either of them; without it `DATABASE_URL` of the environment
            is taken, else what the project's settings name, by an address or by its parts.

    Raises:
        UsageError: The named variable is not set, or an address cannot be read.
    """
    if name:
        value = environ.get(name) or project.get(name)
        if not value:
            raise UsageError(f"--dsn-env names {name}, which is set neither here nor in the project's .env. Set it.")
        return parse_address(value)
    if _POSTGRES.match(environ.get(DEFAULT_VARIABLE, "")):
        return parse_address(environ[DEFAULT_VARIABLE])
    named = project.get(DEFAULT_VARIABLE, "")
    address = next((value for value in (named, *project.values()) if _POSTGRES.match(value)), "")
    if address:
        return parse_address(address)
    server = find_server(project)
    if server is None:
        return None
    return DatabaseAddress(
        host=server.host, port=server.port, database=server.database, user=server.user, password=server.password
    )


def project_variables(root: Path) -> dict[str, str]:
    """What the project's `.env` says, if it has one."""
    file = root / ".env"
    return parse_env_file(read_text(file)) if file.is_file() and not file.is_symlink() else {}
