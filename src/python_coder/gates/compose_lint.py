# src/python_coder/gates/compose_lint.py — the maintained linter compose-lint, on stacks as Compose resolved them
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_coder.gates.compose_marks import MarkedFile, Place
from python_coder.gates.compose_stack import Stack
from python_coder.gates.ratchet import Sighting
from python_coder.gates.ruff_run import last_line
from python_coder.gates.tool_run import Bench, ToolRun, own_tool, run_tool
from python_coder.workspace.commands import Command

CONFIGURATIONS = (".compose-lint.yml", ".compose-lint.yaml")
_NO_CONFIGURATION = "none.yml"
"""An empty one, or else the linter would look for one by itself."""
_BLOCKING = frozenset(("high", "critical"))
_SECRETS = frozenset(("CL-0020", "CL-0021"))
"""Rules on literal credentials. Resolved values all look literal, so `compose_secrets.py` reads the files instead."""


@dataclass(frozen=True, kw_only=True)
class Lint:
    """What the linter saw at its levels high and critical."""

    sightings: tuple[Sighting, ...] = ()
    milder: int = 0
    """How many findings of a lower level it had: advice for hardening that does not fail a gate."""
    runs: tuple[ToolRun, ...] = ()
    problem: str = ""


async def lint(bench: Bench, stacks: Sequence[Stack], roots: Sequence[Path]) -> Lint:
    """Lint resolved stacks: what they extend, include, merge and default to is in them.

    Args:
        bench: Where tools run.
        stacks: The stacks.
        roots: Folders in which the linter's configuration may lie; the first one that has any counts.
    """
    if not stacks:
        return Lint()
    names = _write(bench.scratch, stacks)
    configurations = (root / name for root in roots for name in CONFIGURATIONS)
    configuration = next((path for path in configurations if path.is_file()), bench.scratch / _NO_CONFIGURATION)
    options = ("check", "--format", "json", "--no-env", "--no-merge-overrides", "--no-pager")
    argv = (own_tool("compose-lint"), *options, "--config", str(configuration), "--", *names)
    run = await run_tool(bench, Command(argv=argv, cwd=bench.scratch, readable=(configuration,)))
    try:
        report = json.loads(run.completed.stdout)
        rows, problems = report["findings"], report["errors"]
        by_file = dict(zip(names, stacks, strict=True))
        sightings = tuple(sighting for name in names for sighting in _sightings(by_file[name], name, rows))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Lint(runs=(run,), problem=last_line(run))
    return Lint(
        sightings=sightings,
        milder=sum(row["severity"] not in _BLOCKING for row in rows),
        runs=(run,),
        problem=str(problems[0].get("message", problems[0])) if problems else "",
    )


def _write(folder: Path, stacks: Sequence[Stack]) -> tuple[str, ...]:
    names = tuple(f"{number}.json" for number in range(len(stacks)))
    for name, stack in zip(names, stacks, strict=True):
        (folder / name).write_text(stack.text, encoding="utf-8")
    (folder / _NO_CONFIGURATION).write_bytes(b"")
    return names


def _sightings(stack: Stack, file: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Sighting]:
    resolved = MarkedFile.read(file, stack.text.encode())
    for row in rows:
        is_due = row["severity"] in _BLOCKING and not row["suppressed"] and row["rule_id"] not in _SECRETS
        if row["file"] != file or not is_due:
            continue
        line = int(row["line"] or 1)
        keys = resolved.keys_at(line)[2:3]
        # The first sentence says what; the rest is a lecture.
        message = f"{row['service']}: {row['message'].partition('. ')[0]}"
        item = _item(resolved.find("services", row["service"], *keys), line)
        yield stack.at(row["rule_id"], message, row["service"], *keys, item=item)


def _item(place: Place | None, line: int) -> str:
    """What tells the item of a list on this line from the others, in the resolved model as in the file."""
    for item in place.items if place else ():
        if item.line <= line <= item.end_line:
            target = MarkedFile("", (item.node,)).find("target")
            return item.text or (target.text if target else "")
    return ""
