# tests/gates/compose_bench.py — compose files whose comments say which findings are due on which lines
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

from change_bench import Bench, blocking

from python_coder.evidence.verdict import GateResult
from python_coder.gates.compose import ComposeGate
from python_coder.gates.context import Gate

_DUE = re.compile(r" *#! (.*)$", re.MULTILINE)
_HEALTHCHECK = "healthcheck: {test: [CMD, curl, -f, 'http://localhost/health']}"


def texts(files: Mapping[str, str]) -> dict[str, str]:
    """The files as they are delivered: without indentation and promises; CHECKED stands for a healthcheck in order."""
    return {path: _DUE.sub("", _dedented(text)).replace("CHECKED", _HEALTHCHECK) for path, text in files.items()}


def due(files: Mapping[str, str]) -> list[str]:
    """What the comments `#! rule, rule` promise, as `path:line rule`, in order of path and line."""
    return [
        f"{path}:{number} {rule}"
        for path, text in sorted(files.items())
        for number, line in enumerate(_dedented(text).splitlines(), start=1)
        if (found := _DUE.search(line))
        for rule in sorted(found[1].split(", "))
    ]


def check(
    folder: Path, files: Mapping[str, str], base: Mapping[str, str] | None = None, gate: Gate | None = None
) -> GateResult:
    """The gate's verdict on a change from `base`, which is an empty repository unless given."""
    return Bench(folder=folder, base=texts(base or {}), delivered=texts(files)).check(gate or ComposeGate())


def found(result: GateResult) -> list[str]:
    """The blocking findings as `path:line rule`, in order of path and line."""
    return sorted(blocking(result), key=_place)


def _dedented(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def _place(finding: str) -> tuple[str, int, str]:
    path, line, rule = re.split(r"[: ]", finding)
    return path, int(line), rule
