# src/python_coder/workspace/env_file.py — variables out of a `.env` file
import re
from collections.abc import Mapping
from pathlib import Path

from python_coder.errors import UsageError

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*
        (?:'(?P<single>[^']*)'|"(?P<double>(?:\\.|[^"\\])*)"|(?P<bare>[^\r\n]*))""",
    re.MULTILINE | re.VERBOSE,
)
_REFERENCE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?-(?P<default>[^}]*))?\}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def parse_env_file(text: str, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Read the lines `NAME=value` as python-dotenv and Compose do.

    Args:
        text: Content of the file; quoted values may span lines, comments and anything else is passed over.
        known: Variables that `${NAME}` may refer to beside those of the file. Nothing is read from our environment.

    Returns:
        Values by name, in order of the file. Single quotes keep `${NAME}` as it stands.
    """
    found: dict[str, str] = {}
    for match in _LINE.finditer(text.lstrip("\ufeff")):
        if (literal := match["single"]) is not None:
            found[match["name"]] = literal
            continue
        if match["double"] is not None:
            value = re.sub(r"\\(.)", lambda hit: _ESCAPES.get(hit[1], hit[1]), match["double"], flags=re.DOTALL)
        else:
            value = re.sub(r"(?:^|\s)#.*$", "", match["bare"]).strip()
        found[match["name"]] = _expand(value, {**(known or {}), **found})
    return found


def read_env_file(path: Path | None) -> dict[str, str]:
    """The variables of the file that `--env-file` names; none without one.

    Raises:
        UsageError: The file cannot be read as text.
    """
    if path is None:
        return {}
    try:
        return parse_env_file(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"--env-file {path} cannot be read: {error.strerror or error}. Name a file that is there and yours."
        raise UsageError(message) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--env-file {path} cannot be read: it is no UTF-8 text. Save it as UTF-8.") from error


def _expand(value: str, known: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda hit: known.get(hit["name"]) or hit["default"] or "", value)
