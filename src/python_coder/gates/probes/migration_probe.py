# src/python_coder/gates/probes/migration_probe.py — run by a project's Python: its own Alembic, on our scratch database
"""Reads a job from the file that its only argument names, deletes the file, and writes one JSON answer a step.

Every engine that the project's `env.py` makes is led to the scratch database, however the project finds its address:
no database of the user is ever touched. Runs on Python 3.8 and newer, alone.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

_KEPT_OPTIONS = {
    "_is_async",
    "echo",
    "future",
    "poolclass",
    "json_serializer",
    "json_deserializer",
    "execution_options",
}
"""Options of an engine that fit any kind of database."""


def lead_engines_to(target: str, asynchronous: str) -> None:
    """Let every engine that is made from now on reach the scratch database.

    Args:
        target: Its address for plain engines.
        asynchronous: Its address for asynchronous engines.
    """
    create = importlib.import_module("sqlalchemy.engine.create")
    url = importlib.import_module("sqlalchemy.engine.url")
    original = create.create_engine

    def create_engine(address: Any, **options: Any) -> Any:
        here = url.make_url(asynchronous if options.get("_is_async") else target)
        if url.make_url(address).get_backend_name() != here.get_backend_name():
            options = {name: value for name, value in options.items() if name in _KEPT_OPTIONS}
        for name in ("creator", "async_creator", "connect_args"):
            options.pop(name, None)
        return original(here, **options)

    for name in ("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.engine.create", "sqlalchemy.future"):
        module = importlib.import_module(name)
        if hasattr(module, "create_engine"):
            module.create_engine = create_engine  # type: ignore[attr-defined]
    with contextlib.suppress(ImportError):
        importlib.import_module("sqlalchemy.ext.asyncio.engine")._create_engine = create_engine  # type: ignore[attr-defined]


def run_step(command: Any, config: Any, step: dict[str, Any]) -> dict[str, Any]:
    """Carry out one step and say how it ended."""
    action = step["action"]
    try:
        if action == "check":
            if not hasattr(command, "check"):
                return {"ok": False, "unsupported": "this Alembic has no `check`; it needs 1.9 or newer"}
            command.check(config)
        elif action == "upgrade":
            command.upgrade(config, step["target"])
        else:
            command.downgrade(config, step["target"])
    except BaseException as error:  # noqa: BLE001 - the answer tells of every error, `sys.exit` included
        return told(error)
    return {"ok": True}


def told(error: BaseException) -> dict[str, Any]:
    """An error as its type, its words, and every place of the project's files that it passed, innermost last."""
    here = os.path.realpath(Path.cwd())
    frames = [
        [os.path.relpath(os.path.realpath(frame.filename), here), frame.lineno]
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.realpath(frame.filename).startswith(here + os.sep)
    ]
    diffs = [repr_of(diff) for diff in getattr(error, "diffs", None) or []]
    words = str(getattr(error, "orig", None) or error)
    return {"ok": False, "error": type(error).__name__, "message": words[:2000], "frames": frames, "diffs": diffs}


def repr_of(diff: Any) -> str:
    """An operation that Alembic misses, in a form that is the same on two databases."""
    if isinstance(diff, list):
        return "; ".join(repr_of(part) for part in diff)
    words = []
    for part in diff:
        table = getattr(part, "table", None)
        name = getattr(part, "name", None)
        if table is not None and name is not None:
            words.append(f"{getattr(table, 'name', table)}.{name}")
        elif isinstance(part, (str, int)):
            words.append(str(part))
        elif name is not None:
            words.append(str(name))
    return " ".join(words)


def main(path: str) -> None:
    """Do the job that a file describes."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    Path(path).unlink()
    out, mark = os.dup(1), job["mark"]
    # What the project prints must not mix with the answers.
    os.dup2(2, 1)

    def answer(document: dict[str, Any]) -> None:
        os.write(out, (mark + json.dumps(document) + "\n").encode())

    try:
        command = importlib.import_module("alembic.command")
        # What the command line would hand over, for an `env.py` that asks for it.
        options = argparse.Namespace(config=job["ini"], name="alembic", x=None, raiseerr=False)
        config = importlib.import_module("alembic.config").Config(job["ini"], cmd_opts=options)
        lead_engines_to(job["url"], job["async_url"])
    except Exception as error:  # noqa: BLE001 - the answer tells of every error
        answer({"ok": False, "lacks": str(error), **{k: v for k, v in told(error).items() if k == "error"}})
        return
    config.set_main_option("sqlalchemy.url", job["url"].replace("%", "%%"))
    for step in job["steps"]:
        result = run_step(command, config, step)
        answer(result)
        if not result["ok"] and step["action"] != "check":
            return


if __name__ == "__main__":
    main(sys.argv[1])
