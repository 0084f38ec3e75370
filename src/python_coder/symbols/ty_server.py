# src/python_coder/symbols/ty_server.py — how ty is found, and what it is told when it starts
import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from python_coder.errors import LanguageServerError
from python_coder.workspace.programs import SYSTEM_PATH

POSITION_ENCODING = "utf-32"
"""Columns in code points, which are ours; ty takes them whenever they are offered."""
_KEPT_VARIABLES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
"""Where ty unpacks the standard library's stubs, and where the user's own settings for it lie."""


def ty_command() -> tuple[str, ...]:
    """The command that starts the server that was installed with us.

    Raises:
        LanguageServerError: It is not there.
    """
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        program = folder / "ty"
        if program.is_file():
            return (str(program), "server")
    raise LanguageServerError(
        "The type checker `ty` is not installed beside python-coder, so there are no references, renames and type "
        "diagnostics. Run `pip install ty`; look-ups by name and edits still work."
    )


def ty_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What of our environment the server gets to see: no secrets, and no other project's virtual environment."""
    kept = {name: environ[name] for name in _KEPT_VARIABLES if environ.get(name)}
    return {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8", **kept}


def project_python(root: Path) -> Path | None:
    """The project's virtual environment: `.venv` or `venv` below its root, if there is one."""
    folders = (root / name for name in (".venv", "venv"))
    return next((folder for folder in folders if (folder / "pyvenv.cfg").is_file()), None)


def library_folders(python: Path | None) -> Sequence[Path]:
    """Where packages are installed in a virtual environment, given as its folder or its interpreter."""
    if python is None:
        return ()
    environment = python if python.is_dir() else python.parent.parent
    return sorted(environment.glob("lib/python3*/site-packages"))


def settings(python: Path | None) -> dict[str, Any]:
    """Our settings for ty.

    With `openFilesOnly`, its default, ty finds nothing wrong in any file that was not opened.
    """
    configuration = {"environment": {"python": str(python)}} if python else {}
    return {"diagnosticMode": "workspace", "configuration": configuration}


def initialize_params(root: Path, python: Path | None) -> dict[str, Any]:
    """The parameters of `initialize`."""
    return {
        "processId": os.getpid(),
        "clientInfo": {"name": "python-coder"},
        "rootUri": root.as_uri(),
        "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
        "initializationOptions": {"logLevel": "error", **settings(python)},
        "capabilities": {
            "general": {"positionEncodings": [POSITION_ENCODING, "utf-16"]},
            "workspace": {
                "configuration": True,
                "workspaceFolders": True,
                "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
            },
            "textDocument": {
                "diagnostic": {"dynamicRegistration": True},
                "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
                "rename": {"prepareSupport": True},
                "typeHierarchy": {"dynamicRegistration": False},
            },
            "window": {"workDoneProgress": False},
        },
    }
