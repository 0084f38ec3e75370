# src/python_coder/workspace/probes/import_probe.py — run by a project's Python: where names are found, what is there
"""Reads `{"find": [...], "load": [...], "versions": [...]}` from its last argument; prints two lines of JSON.

Runs on Python 3.8 and newer, alone. What the project's modules print while they are imported goes to standard error.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from importlib import metadata
from pathlib import Path


def place(name: str) -> str:
    """File or folder that a top-level name would be imported from; empty when it is not found."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return ""
    if spec is None:
        return ""
    return (spec.origin or "") if spec.has_location else next(iter(spec.submodule_search_locations or []), "")


def load(name: str) -> str:
    """Why a module cannot be imported, its type first; empty when it can."""
    try:
        importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - whatever a project's module raises, `SystemExit` too, is the answer
        return f"{type(error).__name__}: {error}"
    return ""


def pytest_plugins() -> dict[str, str]:
    """Module of each installed pytest plugin, by the name that `-p no:NAME` takes."""
    entries = (entry for distribution in metadata.distributions() for entry in distribution.entry_points)
    return {entry.name: entry.value for entry in entries if entry.group == "pytest11"}


def version(name: str) -> str:
    """Version of an installed distribution; empty when it is not installed."""
    try:
        return metadata.version(name) or ""
    except metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    # Neither this script's folder nor the working folder is on the path when the project runs.
    sys.path[:] = [path for path in sys.path if path and path != str(Path(__file__).parent)]
    answer_to = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    asked = json.loads(sys.argv[-1])
    known = {
        "found": {name: place(name) for name in asked.get("find", [])},
        "versions": {name: version(name) for name in asked.get("versions", [])},
        "plugins": pytest_plugins(),
    }
    # Importing may end this process, so what is known without it is told first.
    answer_to.write(json.dumps(known) + "\n")
    answer_to.flush()
    answer_to.write(json.dumps({"errors": {name: load(name) for name in asked.get("load", [])}}) + "\n")
    answer_to.close()
    sys.stderr.flush()
    # Threads that an import left running must not keep the answer waiting.
    os._exit(0)
