# scripts/write_docs.py — write the generated pages: command help and the contract's schema
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("docs/commands.md", "schemas/contract.schema.json")


def pages() -> dict[str, str]:
    """Each generated page's text, by its path."""
    return dict(zip(PAGES, (_commands(), _schema()), strict=True))


def _commands() -> str:
    from python_coder.cli.main import COMMANDS  # noqa: PLC0415 - the docs are written by the installed program

    parts = ["# Commands\n", "Written by `make docs` from the program's own help.\n", _help()]
    for name in COMMANDS:
        parts += [f"## {name}\n", _help(name)]
    return "\n".join(parts)


def _help(*command: str) -> str:
    program = [sys.executable, "-m", "python_coder.cli.main", *command, "--help"]
    env = {**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    done = subprocess.run(program, capture_output=True, text=True, check=True, env=env)
    return "```text\n" + "\n".join(line.rstrip() for line in done.stdout.strip().splitlines()) + "\n```\n"


def _schema() -> str:
    from python_coder.evidence.contract import contract_schema  # noqa: PLC0415

    return json.dumps(contract_schema(), indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Write all pages."""
    for path, text in pages().items():
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
