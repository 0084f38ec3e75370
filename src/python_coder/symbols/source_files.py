# src/python_coder/symbols/source_files.py — the files below a root that a type checker reads, found quickly
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_MOST_FILES = 50_000
_SOURCE_SUFFIXES = (".py", ".pyi")
_SETTINGS = {"pyproject.toml", "ty.toml", ".gitignore", ".ignore"}
_NOT_SOURCE = (".", "__pycache__", "node_modules")


def source_files(root: Path) -> Iterator[os.DirEntry[str]]:
    """Sources and type checkers' settings; those of upper folders first. Skips virtual environments and hidden folders.

    It obeys no `.gitignore`: a few files too many do no harm where it is used.
    """
    folders, found = [str(root)], 0
    for folder in folders:
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError:
            continue
        if any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            name = entry.name
            with contextlib.suppress(OSError):
                if name.endswith(_SOURCE_SUFFIXES) or name in _SETTINGS:
                    if entry.is_file():  # to read a pipe would never end
                        found += 1
                        yield entry
                elif not name.startswith(_NOT_SOURCE) and entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
        if found > _MOST_FILES:
            break
