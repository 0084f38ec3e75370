# src/python_coder/gates/compose_health.py — healthchecks of services: whether there is one, and whether it can fail
import json
import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from python_coder.gates.compose_resolution import PROJECT
from python_coder.gates.compose_stack import Service
from python_coder.gates.compose_views import View

_OPERATOR = re.compile(r"[;&|()]+")
_SHELLS = re.compile(r"(/\w+)*/?(ba|a|da|z|k)?sh")
_PYTHON = re.compile(r"(/\w+)*/?python[\d.]*")
_ALWAYS_RIGHT = frozenset(("true", ":", "echo", "printf", "sleep", "pwd", "whoami", "date", "hostname", "id", "uname"))
_CONSTANT = re.compile(r"\d+|==?|-(eq|le|ge)|\]")
_HARMLESS_CODE = re.compile(
    r"\s*((pass|import sys|\d+|print\([^()]*\)|(sys\.)?exit\((0|None|True)?\)|raise SystemExit(\(0?\))?)\s*;?\s*)*"
)


def is_checked(service: Service) -> bool:
    """Whether a service has a healthcheck of its own."""
    check = service.get("healthcheck")
    if not isinstance(check, Mapping) or check.get("disable"):
        return False
    test = check.get("test")
    return bool(test) and test not in (["NONE"], "NONE")


def can_fail(check: Mapping[str, Any]) -> bool:
    """Whether a healthcheck's test can come out unhealthy, as far as its words tell."""
    test = check.get("test")
    if isinstance(test, str):
        return _line_can_fail(test)
    kind, *words = [str(word) for word in test or ()] or [""]
    return _line_can_fail(" ".join(words)) if kind == "CMD-SHELL" else _command_can_fail(words)


def image_checks_itself(view: View, service: Service) -> bool:
    """Whether the service's own Dockerfile has a HEALTHCHECK in the stage that is built, or in one below it."""
    build = service.get("build")
    if not isinstance(build, Mapping):
        return False
    context, name = str(build.get("context") or PROJECT), str(build.get("dockerfile") or "Dockerfile")
    path = posixpath.relpath(posixpath.join(context, name), PROJECT)
    text = str(build.get("dockerfile_inline") or view.text(path))
    return _stage_checks(text, str(build.get("target") or ""))


def _line_can_fail(line: str) -> bool:
    """Fold a shell line from the left: what its exit status hangs on."""
    lexer = shlex.shlex(line.replace("\n", ";").replace("$$", "$"), posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:
        return True
    verdict, operator, words = False, ";", list[str]()
    for token in (*tokens, ";"):
        if not _OPERATOR.fullmatch(token):
            words.append(token)
            continue
        if words:
            own = _command_can_fail(words)
            verdict = {"&&": verdict or own, "||": verdict and own}.get(operator, own)
            if words[0] in {"exit", "return"} and operator not in {"&&", "||"}:
                return verdict
        operator, words = (token, []) if words else (operator, [])
    return verdict


def _command_can_fail(words: Sequence[str]) -> bool:
    words = [word for word in words if not re.fullmatch(r"[A-Za-z_]\w*=.*|\d*[<>]+.*", word)]
    name, *arguments = words or ["true"]
    if name in {"exit", "return"}:
        return arguments != ["0"]
    if name in {"exec", "timeout", "env", "command", "nohup"}:
        rest = [word for word in arguments if not re.fullmatch(r"-.*|[\d.]+[smh]?", word)]
        return _command_can_fail(rest)
    if arguments[:1] and arguments[0].startswith("-") and arguments[0].endswith("c") and len(arguments) > 1:
        if _SHELLS.fullmatch(name):
            return _line_can_fail(arguments[1])
        if _PYTHON.fullmatch(name):
            return not _HARMLESS_CODE.fullmatch(arguments[1])
    if name in {"test", "["} and all(_CONSTANT.fullmatch(word) for word in arguments):
        return False
    is_about_itself = bool(arguments) and all(word in {"--version", "--help", "-V", "-h"} for word in arguments)
    return not (is_about_itself or name.rpartition("/")[2] in _ALWAYS_RIGHT)


def _docker_check_can_fail(command: str) -> bool:
    """Of a HEALTHCHECK what follows `CMD`; nothing follows `NONE`."""
    try:
        return (
            can_fail({"test": ["CMD", *json.loads(command)]})
            if command.startswith("[")
            else can_fail({"test": command})
        )
    except ValueError:
        return True


def _stage_checks(dockerfile: str, target: str) -> bool:
    below: dict[str, str] = {}
    checks: dict[str, bool] = {}
    stage = ""
    for line in re.sub(r"\\\r?\n", " ", dockerfile).splitlines():
        instruction, _, rest = line.strip().partition(" ")
        words = rest.split()
        if instruction.upper() == "FROM":
            image, *named = [word for word in words if not word.startswith("--")] or [""]
            stage = named[-1] if named else f"#{len(below)}"
            below[stage] = image
        elif instruction.upper() == "HEALTHCHECK":
            checks[stage] = _docker_check_can_fail(rest.partition("CMD")[2].strip())
    stage = target or stage
    for _ in below:
        if stage in checks:
            return checks[stage]
        stage = below.get(stage, "")
    return False
