# src/python_coder/gates/probes/models_probe.py — run by a project's Python: the tables that its models ask for, made
"""Reads a job as `migration_probe` does, and makes the tables of the project's metadata on an empty scratch database.

The metadata is what the project's own `env.py` gives to Alembic, so all models that count are in it. No revision runs.
Runs on Python 3.8 and newer, with the other probe beside it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any


def make_tables(config: Any, extensions: list[str]) -> int:
    """Make all tables of the metadata, with the schemas and extensions they need. Returns how many there are.

    Args:
        config: Alembic's.
        extensions: Names of extensions, which models do not speak of.
    """
    text = importlib.import_module("sqlalchemy").text
    made = []

    def work(_revision: Any, context: Any) -> list[Any]:
        given = context.opts.get("target_metadata")
        if given is None:
            raise LookupError("env.py gives Alembic no target_metadata")
        # As Alembic begins it for each step, where `env.py` wants one transaction a step.
        with context.begin_transaction(_per_migration=True):
            for name in extensions:
                context.connection.execute(text('CREATE EXTENSION IF NOT EXISTS "{}"'.format(name.replace('"', ""))))
            for metadata in given if isinstance(given, (list, tuple)) else [given]:
                tables = list(metadata.tables.values())
                for schema in sorted({table.schema for table in tables if table.schema}):
                    context.connection.execute(text('CREATE SCHEMA IF NOT EXISTS "{}"'.format(schema.replace('"', ""))))
                metadata.create_all(context.connection)
                made.extend(tables)
        return []

    script = importlib.import_module("alembic.script").ScriptDirectory.from_config(config)
    environment = importlib.import_module("alembic.runtime.environment").EnvironmentContext
    with environment(config, script, fn=work):
        script.run_env()
    return len(made)


def main(path: str) -> None:
    """Do the job that a file describes."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    Path(path).unlink()
    out = os.dup(1)
    # What the project prints must not mix with the answer.
    os.dup2(2, 1)
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    probe = importlib.import_module("migration_probe")
    del sys.path[0]
    try:
        options = argparse.Namespace(config=job["ini"], name="alembic", x=None, raiseerr=False)
        config = importlib.import_module("alembic.config").Config(job["ini"], cmd_opts=options)
        probe.lead_engines_to(job["url"], job["async_url"])
        config.set_main_option("sqlalchemy.url", job["url"].replace("%", "%%"))
        answer = {"ok": True, "tables": make_tables(config, job["extensions"])}
    except BaseException as error:  # noqa: BLE001 - the answer tells of every error, `sys.exit` included
        answer = probe.told(error)
    os.write(out, (job["mark"] + json.dumps(answer) + "\n").encode())


if __name__ == "__main__":
    main(sys.argv[1])
