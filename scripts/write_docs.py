# scripts/write_docs.py — write the generated pages: command help and the contract's schema
import json
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).parents[1]
PAGES = ("docs/commands.md", "schemas/contract.schema.json")


def pages() -> dict[str, str]:
    """Each generated page's text, by its path."""
    return dict(zip(PAGES, (_commands(), _schema()), strict=True))


def _commands() -> str:
    # Imported here so that a broken package shows as a failing command, not as a script that cannot start.
    from python_coder.cli.main import COMMANDS, app, load_command  # noqa: PLC0415

    parts = ["# Commands\n", "Written by `make docs` from the program's own help.\n"]
    parts.append(_help("python-coder", typer.main.get_command(app)))
    for name, lazy in COMMANDS.items():
        parts += [f"## {name}\n", _help(f"python-coder {name}", load_command(lazy))]
    return "\n".join(parts)


def _help(name: str, command: Any) -> str:
    text = command.get_help(command.make_context(name, [], resilient_parsing=True, terminal_width=100))
    return "```text\n" + "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n```\n"


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
