# src/python_coder/gates/error_signs.py — what the output of a failed import or collection of tests tells
import re
from collections.abc import Iterable
from dataclasses import dataclass

_MISSING_FIELD = re.compile(r"(?m)^(?P<name>[A-Za-z_][\w.]*)\n\s+(?:Field required|field required)")
_MISSING_NAMED = (
    re.compile(r"KeyError: ['\"](?P<name>[A-Z][A-Z0-9_]{2,})['\"]"),
    re.compile(r"Config '(?P<name>\w+)' is missing"),
    re.compile(
        r"[Ee]nvironment variable[s]? ['\"]?(?P<name>[A-Z][A-Z0-9_]{2,})['\"]? (?:is |was |are )?(?:not|must|required)"
    ),
    re.compile(r"UndefinedValueError: (?P<name>\w+) not found"),
    re.compile(r"[Mm]issing (?:required )?(?:environment|env)[ \w]*? variable:? ['\"]?(?P<name>[A-Z][A-Z0-9_]{2,})"),
)
_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named ['\"](?P<name>[\w.]+)['\"]")
_UNREACHABLE = re.compile(
    r"(?P<sign>connection to server [^\n]*failed|could not connect to server|could not translate host name [^\n,]*"
    r"|Connect call failed \([^)\n]*\)|ConnectionRefusedError: [^\n]*|Can't connect to MySQL server[^\n(]*"
    r"|Error \d+ connecting to [^\n]*|\[Errno -[23]\] [^\n]*|Connection refused)"
)
_UNKNOWN_OPTIONS = re.compile(r"error: unrecognized arguments: (?P<options>[^\n]+)")
_UNKNOWN_SETTING = re.compile(r"Unknown config option: (?P<name>\w+)")
_WARNING = re.compile(r"(?m)^(?:E|INTERNALERROR>)\s+(?:[\w.]+\.)?\w*Warning: (?P<text>[^\n]+)")
_BROKEN_FILE = re.compile(r"(?m)^_{2,} ERROR collecting (?P<path>\S+) _{2,}$|^ERROR (?P<short>\S+\.py)\b")
_FRAME = re.compile(r"(?m)(?:File \"[^\"\n]*|^\S*)site-packages/(?P<module>\w+)[/.][^\n]*?(?:, line \d+|:\d+: in )")


@dataclass(frozen=True, kw_only=True)
class ErrorSigns:
    """What could be read out of the output of one failed process."""

    missing_variables: tuple[str, ...]
    missing_modules: tuple[str, ...]
    """Dotted names, in order of appearance."""
    unreachable: str
    """How the process said that a server does not answer; empty when it said nothing like it."""
    unknown_options: tuple[str, ...]
    unknown_settings: tuple[str, ...]
    warning: str
    """Text of a warning that was raised as an error."""
    broken_files: tuple[str, ...]
    """Test files that could not be collected."""
    installed_frames: tuple[str, ...]
    """Top-level installed modules whose code the traceback passes through, innermost first."""


def read_signs(output: str) -> ErrorSigns:
    """Read the output of a failed process of the project's code."""
    fields = [match["name"].upper().replace(".", "__") for match in _MISSING_FIELD.finditer(output)]
    named = [match["name"] for pattern in _MISSING_NAMED for match in pattern.finditer(output)]
    unreachable, unknown, warning = (pattern.search(output) for pattern in (_UNREACHABLE, _UNKNOWN_OPTIONS, _WARNING))
    frames = [match["module"] for match in _FRAME.finditer(output)]
    return ErrorSigns(
        missing_variables=tuple(dict.fromkeys(fields + named)),
        missing_modules=tuple(dict.fromkeys(match["name"] for match in _NO_MODULE.finditer(output))),
        unreachable=unreachable["sign"] if unreachable else "",
        unknown_options=tuple(unknown["options"].split()) if unknown else (),
        unknown_settings=tuple(dict.fromkeys(match["name"] for match in _UNKNOWN_SETTING.finditer(output))),
        warning=warning["text"] if warning else "",
        broken_files=tuple(dict.fromkeys(hit["path"] or hit["short"] for hit in _BROKEN_FILE.finditer(output))),
        installed_frames=tuple(dict.fromkeys(reversed(frames))),
    )


def last_error(output: str) -> str:
    """The line that says what went wrong, as far as a traceback or pytest's summary shows it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [
        line
        for line in lines
        if re.match(r"(?:(?:E|INTERNALERROR>)\s+)?(?:[\w.]+\.)?\w*(?:Error|Exception|Warning|Exit)\b", line)
    ]
    chosen = (errors or lines or [""])[-1]
    return re.sub(r"^(?:E|INTERNALERROR>)\s+", "", chosen)[:300]


def advice(signs: ErrorSigns, where: str, left_out: Iterable[str] = ()) -> tuple[str, ...]:
    """A sentence with its mend for each thing outside the code that is missing.

    Args:
        signs: What the output showed.
        where: Subject of each sentence.
        left_out: Packages that are known to be missing; nothing more is said of their modules.
    """
    told = [
        f"{where} needs the variable {name}: put {name}=… into a file and give it with --env-file FILE."
        for name in signs.missing_variables
    ]
    if signs.unreachable:
        told.append(
            f"{where} needs a server that does not answer ({signs.unreachable}): start it, "
            "and give its address with --env-file FILE."
        )
    known = [package.replace("-", "_").lower() for package in left_out]
    unknown = [
        name
        for name in signs.missing_modules
        if not any(name.partition(".")[0].lower() in package for package in known)
    ]
    told += [
        f"{where} needs the module {name}, which the project's environment does not have: "
        "add its package to the project's dependencies."
        for name in unknown
    ]
    return tuple(told)
