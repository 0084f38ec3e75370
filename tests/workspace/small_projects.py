# tests/workspace/small_projects.py — trees of a few files, written as a table of texts
from collections.abc import Mapping
from pathlib import Path

PYPROJECT = '[project]\nname = "shop"\nversion = "1.2.0"\nrequires-python = ">=3.11"\ndependencies = ["fastapi"]\n'
APP = "from fastapi import FastAPI\n\napp = FastAPI()\n"


def write_tree(folder: Path, files: Mapping[str, str]) -> Path:
    """Write each text at its path below `folder`."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder
