# src/python_coder/gates/ruff_report.py — what ruff printed, as sightings and as the files that it covers
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from python_coder.gates.ratchet import Sighting
from python_coder.gates.ruff_rules import SYNTAX_RULE

_JUDGED = frozenset({0, 1})
"""Exit codes of a `ruff check` that looked at all its files."""


def sightings_in(stdout: str | bytes, exit_code: int, folder: Path) -> tuple[Sighting, ...] | None:
    """What a `ruff check --output-format json` saw; `None` when it could not judge.

    Args:
        stdout: What it printed.
        exit_code: How it ended.
        folder: The tree; paths are told relative to it.
    """
    try:
        rows = json.loads(stdout)
    except ValueError:
        return None
    if exit_code not in _JUDGED or not isinstance(rows, list):
        return None
    root = folder.resolve()
    return tuple(_sighting(row, root) for row in rows)


def shown_among(listing: str, folder: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Those of the paths, relative to a folder, that a `ruff check --show-files` lists."""
    shown = {os.path.realpath(line) for line in listing.splitlines()}
    return tuple(path for path in paths if os.path.realpath(folder / path) in shown)


def _sighting(row: Mapping[str, Any], root: Path) -> Sighting:
    path = Path(row["filename"])
    relative = path.resolve().relative_to(root) if path.resolve().is_relative_to(root) else path
    line = int(row["location"]["row"])
    return Sighting(
        path=relative.as_posix(),
        line=line,
        end_line=max(line, int(row["end_location"]["row"])),
        rule=row["code"] or SYNTAX_RULE,
        message=row["message"],
    )
