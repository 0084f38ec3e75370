# src/python_coder/cli/output.py — how commands print: JSON for programs, colours for people
import json
import sys

STATUS_STYLES = {
    "proven": "bold green",
    "unproven": "bold yellow",
    "refused": "bold red",
    "damaged": "bold red",
    "running": "cyan",
    "unfinished": "yellow",
    "undone": "dim",
}
"""Colour of a run's status."""


def print_json(document: object) -> None:
    """Print one JSON document alone on standard output."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
